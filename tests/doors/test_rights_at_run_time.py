"""A16: long work is done with the rights that whoever ordered it has when it is done, not those of the moment of ordering.

Every task of the product stands in one of the three tables below. A new one that stands in none fails the census.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from enishi.customers import tasks as customers_tasks
from enishi.customers.actions import bulk, exports, handover, import_undo, imports, merge_batches, printing
from enishi.customers.actions.files import add_file
from enishi.customers.actions.shares import share_customer
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import (
    BulkRun,
    Customer,
    CustomerAlias,
    CustomerFile,
    CustomerTag,
    ExportRun,
    ImportRow,
    ImportRun,
    ImportUndo,
    MergeBatch,
    TwinPair,
    TwinSearch,
)
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.files import open_file
from enishi.customers.tests import factories
from enishi.customers.tests.import_files import answered, csv, imported, looked_at, staged
from enishi.platform import jobs, rights, tasks, time
from enishi.platform.actions.audit_files import order_audit_file
from enishi.platform.actor import Actor
from enishi.platform.audit_files import wishes_of
from enishi.platform.errors import NotAllowed
from enishi.platform.models import ApiToken, AuditFile, Role, RoleGrant, RoleLevel, Share, User, UserRole
from enishi.platform.queries import audit as queries_audit

pytestmark = pytest.mark.django_db
EVERYBODY = Selection(asked=Asked())
LOSSES: dict[str, Callable[[Actor], object]] = {
    "the role": lambda actor: UserRole.rows.filter(user_id=actor.user_id).delete(),
    "the account": lambda actor: User.rows.filter(pk=actor.user_id).update(is_active=False),
    "the rights of the role": lambda actor: RoleGrant.rows.filter(role__key="ec_lead").delete(),
    "personal data": lambda actor: RoleLevel.rows.filter(role__key="ec_lead").delete(),
}
#: With personal data out of sight, customers are still tagged and given to others, and a log is written with what is masked.
NO_MATTER = {("bulk", "personal data"), ("handover", "personal data"), ("audit file", "personal data")}


@dataclass(frozen=True)
class Work:
    """One kind of long work: the task, how it is ordered (its id), and whether anything came of it."""

    task: str
    order: Callable[[Actor], int]
    run: Callable[[int], None]
    came_of_it: Callable[[], bool]
    model: type


def _export(actor, form):
    wanted = exports.Wanted(EVERYBODY, ("number", "name"), form)
    return exports.export_customers(wanted=wanted, reason="x", actor=actor, now=time.now())


def _labels(actor):
    wishes = printing.LabelWishes(sheet="2x6", order="kana", leave_out_refused=False, first=1, right_mm=0, down_mm=0)
    return printing.order_labels(selection=EVERYBODY, wishes=wishes, reason="x", actor=actor, now=time.now())


def _bulk(actor, selection=EVERYBODY):
    return bulk.change_many(verb="tag", selection=selection, value="常連", actor=actor, now=time.now())


def _bulk_undo(actor):
    run_id = _bulk(actor)
    customers_tasks.change_many(run_id=run_id)
    assert CustomerTag.rows.exists()
    return bulk.undo_many(run_id=run_id, actor=actor, now=time.now())


def _handover(actor):
    """To somebody without a right, who is given them all the same."""
    heir = User.rows.create(username="heir", display_name="後任", joined_at=time.now())
    return handover.hand_over(selection=EVERYBODY, handover=handover.Handover(str(heir.pk)), actor=actor, now=time.now())


def _handed_over():
    return Customer.rows.filter(owner__username="heir").exists()


def _merges(actor):
    """Two who are one, planned and approved."""
    pair = [factories.customer(name="田中 太郎", owner_id=actor.user_id).pk for _side in range(2)]
    search = TwinSearch.rows.create(kind="whole", state="done", snapshot=f"1:{10**15}:", created_at=time.now())
    TwinPair.rows.create(first_id=pair[0], second_id=pair[1], score_ppm=999_900, group_id=pair[0], found_at=time.now(), search=search)
    run_id = merge_batches.plan_merges(at_least_ppm=999_000, actor=actor, now=time.now())
    customers_tasks.merge_many(run_id=run_id)
    merge_batches.approve_merges(batch_id=run_id, actor=actor, now=time.now())
    return run_id


def _merges_undo(actor):
    run_id = _merges(actor)
    customers_tasks.merge_many(run_id=run_id)
    assert CustomerAlias.rows.exists()
    return merge_batches.undo_merges(batch_id=run_id, actor=actor, now=time.now())


def _audit_file(actor):
    wanted = wishes_of(queries_audit.usual(time.now()))
    return order_audit_file(kind="log", wishes=wanted, file_format="csv", reason="x", actor=actor, now=time.now())


FILE = csv("M001,田中 千夏", headings="会員番号,氏名")


def _stage(actor):
    return imports.start_import(target="customers", name="x.csv", chunks=[FILE], actor=actor, now=time.now())


def _check(actor):
    run = answered(staged(FILE, actor=actor), actor=actor)
    imports.check_import(run_id=run.pk, actor=actor)
    return run.pk


def _run(actor):
    run = answered(staged(FILE, actor=actor), actor=actor)
    imports.run_import(run_id=run.pk, actor=actor, now=time.now())
    return run.pk


def _undo_check(actor):
    run = imported(FILE, actor=actor)
    import_undo.check_undo(run_id=run.pk, actor=actor, now=time.now())
    return ImportUndo.rows.get(run=run).pk


def _undo(actor):
    run = imported(FILE, actor=actor)
    looked_at(run, actor=actor)
    import_undo.undo_import(run_id=run.pk, actor=actor, now=time.now())
    return ImportUndo.rows.get(run=run).pk


def _made():
    return Customer.rows.filter(name="田中 千夏").exists()


def _file_made():
    return ExportRun.rows.filter(file__isnull=False).exists()


WORK = {
    "export csv": Work(
        "customers.export", lambda actor: _export(actor, "csv"), lambda pk: customers_tasks.export(run_id=pk), _file_made, ExportRun
    ),
    "export xlsx": Work(
        "customers.export", lambda actor: _export(actor, "xlsx"), lambda pk: customers_tasks.export(run_id=pk), _file_made, ExportRun
    ),
    "labels": Work("customers.export", _labels, lambda pk: customers_tasks.export(run_id=pk), _file_made, ExportRun),
    "bulk": Work("customers.change_many", _bulk, lambda pk: customers_tasks.change_many(run_id=pk), CustomerTag.rows.exists, BulkRun),
    "bulk undo": Work(
        "customers.change_many",
        _bulk_undo,
        lambda pk: customers_tasks.change_many(run_id=pk),
        lambda: not CustomerTag.rows.exists(),
        BulkRun,
    ),
    "handover": Work("customers.change_many", _handover, lambda pk: customers_tasks.change_many(run_id=pk), _handed_over, BulkRun),
    "merges": Work(
        "customers.merge_many", _merges, lambda pk: customers_tasks.merge_many(run_id=pk), CustomerAlias.rows.exists, MergeBatch
    ),
    "merges undo": Work(
        "customers.merge_many",
        _merges_undo,
        lambda pk: customers_tasks.merge_many(run_id=pk),
        lambda: not CustomerAlias.rows.exists(),
        MergeBatch,
    ),
    "import stage": Work(
        "customers.stage_import", _stage, lambda pk: customers_tasks.stage_import(run_id=pk), ImportRow.rows.exists, ImportRun
    ),
    "import check": Work(
        "customers.check_import",
        _check,
        lambda pk: customers_tasks.check_import(run_id=pk),
        lambda: ImportRun.rows.filter(report__has_key="check").exists(),
        ImportRun,
    ),
    "import": Work("customers.run_import", _run, lambda pk: customers_tasks.run_import(run_id=pk), _made, ImportRun),
    "import undo check": Work(
        "customers.undo_import",
        _undo_check,
        lambda pk: customers_tasks.undo_import(run_id=pk),
        lambda: ImportUndo.rows.filter(state="ready").exists(),
        ImportUndo,
    ),
    "import undo": Work("customers.undo_import", _undo, lambda pk: customers_tasks.undo_import(run_id=pk), lambda: not _made(), ImportUndo),
    "audit file": Work(
        "platform.write_audit_file",
        _audit_file,
        lambda pk: tasks.write_audit_file(run_id=pk),
        lambda: AuditFile.rows.filter(file__isnull=False).exists(),
        AuditFile,
    ),
}
#: Tasks whose rights are asked again in tests of their own app.
ELSEWHERE = {
    "campaigns.freeze": "enishi.campaigns.tests.test_rights_at_run_time.test_nobody_is_put_on_the_ledger_for_who_may_not_send_any_more",
    # It sends what was frozen; whether its sender still may is asked when it starts, and by the pulse while it goes on.
    "messaging.hand_over": "enishi.campaigns.tests.test_rights_at_run_time.test_a_delivery_on_its_way_stops_and_goes_on_for_who_may_send",
}
#: Tasks that nobody orders for themselves, and why.
NOBODYS = {
    "platform.seal": "the product's own",
    "platform.check_audit": "ordered by hand it only reads seals, and says whether they hold",
    "platform.mail_notice": "tells somebody of their own account",
    "platform.mail_first_sign_in": "goes to the account's own address",
    "platform.mail_reset_link": "goes to the account's own address",
    "commerce.refresh_lifecycles": "the product's own",
    "customers.look_at_quality": "the product's own",
    "customers.search_twins": "compares everybody, whoever ordered it; a pair is shown to those alone who may merge both",
    "campaigns.live": "of the demo alone",
}


def test_every_task_says_by_whose_rights_it_works():
    registered = {name for name in jobs.app.tasks if not name.startswith(("builtin:", "procrastinate."))}
    assert {work.task for work in WORK.values()} | ELSEWHERE.keys() | NOBODYS.keys() == registered
    for path in ELSEWHERE.values():
        module, _, name = path.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.fixture
def somebody(organisation, make_user, tmp_path, settings):
    """Who orders: everything with customers, and the log."""
    settings.DATA_DIR = tmp_path
    RoleGrant.rows.get_or_create(role=Role.rows.get(key="ec_lead"), object="audit", action="export", defaults={"scope": "all"})
    factories.customer(email="yuriko@example.jp", postal_code="1100001", prefecture="東京都", city="台東区", street="谷中1-2-3")
    return rights.actor_of(make_user("somebody", "ec_lead"))


@pytest.mark.parametrize("kind", WORK)
def test_with_the_rights_still_there_something_comes_of_it(kind, somebody, now):
    work = WORK[kind]
    run_id = work.order(somebody)
    assert not work.came_of_it()
    work.run(run_id)
    assert work.came_of_it()


@pytest.mark.parametrize(
    ("kind", "loss"), [(kind, loss) for kind in WORK for loss in LOSSES if (kind.removesuffix(" undo"), loss) not in NO_MATTER]
)
def test_nothing_comes_of_it_once_rights_are_taken_between_order_and_work(kind, loss, somebody, now):
    work = WORK[kind]
    run_id = work.order(somebody)
    LOSSES[loss](somebody)
    work.run(run_id)
    assert not work.came_of_it()
    assert work.model.rows.get(pk=run_id).state == "failed"


@pytest.mark.parametrize(("kind", "act"), [("import", "create"), ("import undo", "archive")])
def test_an_import_goes_on_and_back_while_one_may_do_just_that(kind, act, somebody, now):
    work = WORK[kind]
    run_id = work.order(somebody)
    RoleGrant.rows.filter(role__key="ec_lead", object="import", action=act).delete()
    work.run(run_id)
    assert not work.came_of_it()
    assert work.model.rows.get(pk=run_id).state == "failed"


@pytest.fixture
def seller(organisation, make_user, misaki, now):
    """Changes many of their own customers, and one that a colleague shares with them."""
    role = Role.rows.create(key="seller", name="外商")
    rights_of_role = [("customer", act) for act in ("read", "update", "bulk")]
    RoleGrant.rows.bulk_create([RoleGrant(role=role, object=thing, action=act, scope="own") for thing, act in rights_of_role])
    return rights.actor_of(make_user("seller", "seller"))


@pytest.mark.parametrize("ends", [True, False], ids=["ended", "standing"])
def test_a_share_that_has_ended_is_no_right_any_more(ends, seller, misaki, now):
    shared = factories.customer()
    share_customer(customer_id=shared.pk, user_id=seller.user_id, level="update", until_on=None, reason="x", actor=misaki, now=now)
    run_id = _bulk(rights.actor_by_id(seller.user_id), Selection(ids=(shared.pk,)))
    if ends:
        Share.rows.all().update(ended_at=now)
    customers_tasks.change_many(run_id=run_id)
    assert CustomerTag.rows.filter(customer=shared).exists() is not ends


@pytest.mark.parametrize("kind", ["export csv", "labels", "bulk", "import stage", "audit file"])
def test_a_token_orders_no_job_which_would_have_all_the_rights_of_its_owner(kind, somebody, now):
    ApiToken.rows.create(user_id=somebody.user_id, name="x", token_hash=rights.token_hash("t"), read_only=False, created_at=now)
    with pytest.raises(NotAllowed):
        WORK[kind].order(rights.actor_of_token("t"))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_address_of_a_file_opens_nothing_once_rights_are_taken(loss, somebody, now):
    customer = Customer.rows.get()
    add_file(customer_id=customer.pk, name="x.txt", chunks=[b"x"], actor=somebody, now=now)
    opened = open_file(somebody, customer.pk, CustomerFile.rows.get().pk, "download")
    path = opened.url.partition(settings.FILES_HOST)[2]
    path = path[path.index("/") :]
    browser = Client(SERVER_NAME=settings.FILES_HOST)
    assert browser.get(path).status_code == 200
    LOSSES[loss](somebody)
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", ["export csv", "labels", "audit file"])
def test_a_file_that_was_made_is_not_fetched_once_rights_are_taken(kind, loss, somebody, sign_in, now):
    if (kind, loss) in NO_MATTER:
        pytest.skip("the log is the same for who reads no personal data")
    work, browser = WORK[kind], sign_in(somebody)
    run_id = work.order(somebody)
    work.run(run_id)
    door = "platform:audit-file-download" if kind == "audit file" else "exports:file"
    assert browser.get(reverse(door, settings.ROOT_URLCONF, args=[run_id])).status_code == 200
    LOSSES[loss](somebody)
    assert browser.get(reverse(door, settings.ROOT_URLCONF, args=[run_id])).status_code in (302, 403, 404, 409)
