"""An import taken back: the base is as it was before it, but for what somebody changed or used since; whatever dies."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from django.urls import reverse

from enishi.customers.actions import import_undo, imports
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import Statement, record_consent
from enishi.customers.actions.customers import archive_customer, change_customer
from enishi.customers.actions.tags import put_tag
from enishi.customers.actions.views import Named, Shown, save_view
from enishi.customers.imports import doors, undoing
from enishi.customers.models import (
    Activity,
    ActivityGrams,
    ConsentRecord,
    ConsentState,
    Customer,
    CustomerTag,
    Identity,
    ImportUndo,
    ImportUndoRow,
    Tag,
)
from enishi.customers.queries.import_undo import undo_page
from enishi.customers.tests.import_files import answered, base, begun, csv, imported, looked_at, staged, undone
from enishi.platform import runs, time
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotAllowed
from enishi.platform.models import Event, Tombstone, Work
from enishi.rules.tree import parse

TABLES = (Customer, Identity, ConsentState, CustomerTag, Tag, Activity, ActivityGrams)
HEADINGS = "会員番号,氏名,メール,電話番号,市区町村,メルマガ希望,タグ,備考"
NAMES = ["山田 一郎", "鈴木 花子", "佐藤 次郎", "高橋 美咲", "伊藤 健", "渡辺 千夏"]
Outcome = ImportUndoRow.Outcome


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    from enishi.customers.imports import staged as staged_rows

    monkeypatch.setitem(staged_rows.read_chunk.__kwdefaults__, "size", 5)
    monkeypatch.setattr(undoing, "CHUNK", 4)


def file(*lines, headings=HEADINGS):
    return csv(*lines, headings=headings, encoding="utf-8-sig")


def counts(undo):
    return (undo.state, undo.removed_count, undo.restored_count, undo.kept_count)


def outcomes(run):
    rows = ImportUndoRow.rows.filter(undo__run=run).order_by("position")
    numbers = dict(Customer.rows.values_list("pk", "name"))
    return {numbers.get(pk, pk): outcome for pk, outcome in rows.values_list("object_id", "outcome")}


# ---- the first hash ---------------------------------------------------------------------------------------


def _lines(dice, count):
    """People who are new, known, known twice, who swap addresses, share them, say yes and no."""
    names = ["齋藤 百合子", "田中 健", "髙橋 千夏", "𠮷﨑 翔"]
    for _ in range(count):
        n = dice.randrange(14)
        yield ",".join(
            (
                dice.choice([f"M{n:03}", f"M{n:03}", ""]),
                names[n % 4] + dice.choice(["", "", "子"]),
                dice.choice([f"u{n}@example.jp", f"u{dice.randrange(14)}@example.jp", ""]),
                dice.choice(["", f"090-1234-{5600 + n}", f"090-1234-{5600 + dice.randrange(14)}"]),
                dice.choice(["", "台東区", "金沢市"]),
                dice.choice(["", "○", "×"]),
                dice.choice(["", "", "VIP", "VIP;常連", f"新{n}"]),
                dice.choice(["", "", "電話は夕方に", "犬がいる"]),
            )
        )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("existing", ["fill", "overwrite"])
def test_undo_of_an_untouched_import_gives_back_the_first_rows_of_every_table(seed, existing):
    dice = random.Random(seed)
    imported(file(*_lines(dice, 18)), consent="unknown")
    first = base(*TABLES)
    run = imported(file(*_lines(dice, 30)), existing=existing)
    assert base(*TABLES) != first
    undo = undone(run)
    assert base(*TABLES) == first
    assert (undo.state, undo.kept_count) == ("done", 0)


def test_imports_undone_one_after_the_other_give_back_the_first_rows():
    first = base(*TABLES)
    dice = random.Random(5)
    made = [imported(file(*_lines(dice, 15)), existing="overwrite") for _ in range(3)]
    for run in reversed(made):
        assert undone(run).kept_count == 0
    assert base(*TABLES) == first


def test_the_part_of_a_stopped_import_is_taken_back_and_the_rest_never_comes():
    from enishi.customers.imports import running

    first = base(*TABLES)
    run = begun(answered(staged(file(*[f"M{n:03},顧客{n},,,,,," for n in range(12)]))))
    next(running.run_stretch(run.pk))
    imports.stop_import(run_id=run.pk, actor=SYSTEM, now=time.now())
    assert counts(undone(run)) == ("done", 5, 0, 0)
    assert base(*TABLES) == first
    with pytest.raises(imports.ImportIsBusy):
        imports.resume_import(run_id=run.pk, actor=SYSTEM)


# ---- what was said of consents ----------------------------------------------------------------------------


def test_the_ledger_keeps_what_was_said_and_gets_entries_against_it():
    imported(file("M001,齋藤 百合子,y@example.jp,,,○,,"))
    said = list(ConsentRecord.rows.order_by("pk").values_list("allowed", "basis", "source"))
    run = imported(file("M001,齋藤 百合子,y@example.jp,,,×,,", "M002,田中 健,k@example.jp,,,○,,"))
    undone(run)
    assert list(ConsentRecord.rows.order_by("pk").values_list("allowed", "basis", "source")) == [
        *said,
        (False, "refused", "import"),
        (True, "consent", "import"),
        (True, "consent", "undo"),  # what counted before counts again
        (False, "unknown", "undo"),  # nobody had spoken
    ]
    assert ConsentState.rows.get().allowed is True


def test_who_spoke_for_themselves_since_is_believed():
    imported(file("M001,齋藤 百合子,y@example.jp,,,,,"), consent="unknown")
    run = imported(file("M001,齋藤 百合子,y@example.jp,,金沢市,○,,"))
    person = Customer.rows.get()
    record_consent(statement=Statement(person.pk, "email", False, "refused", "unsubscribe"), actor=SYSTEM, now=time.now())
    assert counts(undone(run)) == ("done", 0, 1, 0)
    state = ConsentState.rows.get()
    assert (state.allowed, state.basis, Customer.rows.get().city) == (False, "refused", "")


# ---- what happened since ----------------------------------------------------------------------------------


def _renamed(person):
    change_customer(customer_id=person.pk, given={"family_name": "改名", "given_name": "済"}, seen=None, actor=SYSTEM, now=time.now())


def _moved(person):
    change_customer(customer_id=person.pk, given={"city": "奈良市"}, seen=None, actor=SYSTEM, now=time.now())


def _tagged(person):
    put_tag(customer_id=person.pk, name="あとから", actor=SYSTEM, now=time.now())


def _visited(person):
    record_activity(customer_id=person.pk, kind="shop", text="来店", actor=SYSTEM, now=time.now())


def _refused(person):
    record_consent(statement=Statement(person.pk, "email", False, "refused", "unsubscribe"), actor=SYSTEM, now=time.now())


def _binned(person):
    archive_customer(customer_id=person.pk, actor=SYSTEM, now=time.now())


def _imported_again(person):
    number = Identity.rows.get(customer=person, kind="member").value
    imported(file(f"{number},{person.name},,,,,また,"))


@pytest.mark.parametrize("deed", [_renamed, _tagged, _visited, _refused, _binned, _imported_again])
def test_a_new_customer_whom_somebody_used_since_stays_whole(deed):
    run = imported(file(*[f"M{n:03},{NAMES[n]},u{n}@example.jp,,,○,VIP,犬がいる" for n in range(6)]))
    person = Customer.rows.get(name=NAMES[3])
    deed(person)
    kept = base(*TABLES)
    assert counts(undone(run)) == ("done", 5, 0, 1)
    assert list(Customer.rows.values_list("pk", flat=True)) == [person.pk]
    left = base(*TABLES)
    for table, rows in left.items():
        assert set(rows) <= set(kept[table]), table
    assert Identity.rows.filter(customer=person).count() == 2


def test_a_known_customer_whose_new_value_was_changed_since_is_left_alone_and_others_are_restored():
    imported(file(*[f"M{n:03},{NAMES[n]},,,台東区,,," for n in range(6)]))
    before = {row.name: row.city for row in Customer.rows.all()}
    run = imported(file(*[f"M{n:03},{NAMES[n]},,,金沢市,,," for n in range(6)]), existing="overwrite")
    _moved(Customer.rows.get(name=NAMES[2]))
    _tagged(Customer.rows.get(name=NAMES[4]))  # is no change of what the import wrote
    assert counts(undone(run)) == ("done", 0, 5, 1)
    assert {row.name: row.city for row in Customer.rows.all()} == before | {NAMES[2]: "奈良市"}
    assert CustomerTag.rows.count() == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_changed_since_stays_and_everybody_else_is_as_before(seed):
    dice = random.Random(100 + seed)
    imported(file(*_lines(dice, 15)), consent="unknown")
    first = {row["id"]: row for row in Customer.rows.values()}
    run = imported(file(*_lines(dice, 25)), existing="overwrite")
    touched = dice.sample(list(Customer.rows.order_by("pk")), 4)
    for person in touched:
        _binned(person)
    now = {row["id"]: row for row in Customer.rows.values()}
    undo = undone(run)
    mine = {person.pk for person in touched}
    for row in Customer.rows.values():
        wanted = now[row["id"]] if row["id"] in mine else first[row["id"]]
        assert row | {"row_xid": 0} == wanted | {"row_xid": 0}
    assert {pk for pk in first if pk not in mine} <= set(Customer.rows.values_list("pk", flat=True))
    assert undo.kept_count == ImportUndoRow.rows.filter(undo=undo, object_id__in=mine).count()


def test_a_tag_that_the_import_made_stays_where_somebody_asks_for_it(misaki, now):
    run = imported(file("M001,齋藤 百合子,,,,,VIP;常連,"))
    vip = Tag.rows.get(name="VIP")
    asks = {"type": "condition", "fact": "customer.tags", "test": {"type": "labels", "op": "any_of", "values": [str(vip.pk)]}}
    save_view(named=Named("VIPの人"), shown=Shown(rule=parse({"type": "all", "rules": [asks]})), actor=misaki, now=now)
    undone(run)
    assert list(Tag.rows.all()) == [vip]


# ---- the check, the word, the rights ----------------------------------------------------------------------


def test_the_check_says_what_the_run_does_and_writes_nothing():
    imported(file("M001,齋藤 百合子,,,,,,"))
    run = imported(file("M001,齋藤 百合子,,,金沢市,,,", "M002,田中 健,,,,,,", "M003,髙橋 千夏,,,,,,"))
    _renamed(Customer.rows.get(name="田中 健"))
    before = base(*TABLES, ConsentRecord)
    undo = looked_at(run)
    assert counts(undo) == ("ready", 1, 1, 1)
    assert base(*TABLES, ConsentRecord) == before
    page = undo_page(SYSTEM, run.pk)
    assert [(reason.text[:5], reason.count) for reason in page.reasons] == [("取り込みの", 1)]
    assert [kept.name for kept in page.named] == ["改名 済"]
    _renamed(Customer.rows.get(name="髙橋 千夏"))  # after the check
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    undoing.run_stretch(undo.pk, seconds=600)
    undo.refresh_from_db()
    assert counts(undo) == ("done", 0, 1, 2)


def test_an_import_is_taken_back_once_and_only_when_it_is_over():
    run = begun(answered(staged(file("M001,齋藤 百合子,,,,,,"))))
    with pytest.raises(import_undo.CannotBeUndone):
        import_undo.check_undo(run_id=run.pk, actor=SYSTEM, now=time.now())
    run = imported(file("M002,田中 健,,,,,,"))
    with pytest.raises(import_undo.CannotBeUndone):  # nobody has looked yet
        import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now())
    undone(run)
    for verb in (import_undo.check_undo, import_undo.undo_import, import_undo.stop_undo):
        with pytest.raises(import_undo.CannotBeUndone):
            verb(run_id=run.pk, actor=SYSTEM, now=time.now())


def test_an_import_of_a_version_that_kept_nothing_for_undo_cannot_be_taken_back():
    run = imported(file("M001,齋藤 百合子,,,,,,"))
    run.report.pop("kept_for_undo")
    run.save()
    with pytest.raises(import_undo.CannotBeUndone):
        import_undo.check_undo(run_id=run.pk, actor=SYSTEM, now=time.now())


def test_whom_the_actor_may_not_change_stays(misaki):
    imported(file("M001,齋藤 百合子,,,,,,"))
    run = imported(file("M001,齋藤 百合子,,,金沢市,,,", "M002,田中 健,,,,,,"))
    narrow = replace(misaki, grants={**misaki.grants, ("customer", "update"): "own"})
    undo = looked_at(run)
    undoing_actor = undoing.actor_for
    try:
        undoing.actor_for = lambda _undo: narrow
        import_undo.undo_import(run_id=run.pk, actor=misaki, now=time.now(), foreground=True)
        undoing.run_stretch(undo.pk)
    finally:
        undoing.actor_for = undoing_actor
    assert set(outcomes(run).values()) == {Outcome.NOT_ALLOWED}
    grants = {key: width for key, width in misaki.grants.items() if key != ("import", "archive")}
    with pytest.raises(NotAllowed):
        import_undo.check_undo(run_id=run.pk, actor=replace(misaki, grants=grants), now=time.now())


def test_each_customer_and_the_import_leave_an_event_and_what_is_gone_a_tombstone():
    imported(file("M001,齋藤 百合子,,,,,,"))
    run = imported(file("M001,齋藤 百合子,,,金沢市,,,", "M002,田中 健,,,,,,"))
    gone, changed = Customer.rows.get(name="田中 健").pk, Customer.rows.get(name="齋藤 百合子").pk
    undone(run)
    told = Event.rows.filter(kind="customer.import_undone").values_list("customer_id", "data")
    assert dict(told) == {gone: {"run": run.pk, "removed": True}, changed: {"run": run.pk, "removed": False}}
    assert Event.rows.get(kind="import.undone").data == {"removed": 1, "restored": 1, "kept": 0}
    assert Tombstone.rows.filter(table_name="customers_customer", row_id=gone).exists()


# ---- stopping, dying, going on ----------------------------------------------------------------------------


class Killed(BaseException):
    pass


def _big_import():
    dice = random.Random(3)
    imported(file(*_lines(dice, 12)), consent="unknown")
    first = base(*TABLES)
    return imported(file(*_lines(dice, 40)), existing="overwrite"), first


def test_an_undo_killed_anywhere_ends_with_the_first_rows(monkeypatch):
    run, first = _big_import()
    undo = looked_at(run)
    assert undo.total > 12
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    places = ["show_work", "_settle", "_finish"]
    for turn in range(60):
        if ImportUndo.rows.get(pk=undo.pk).state == "done":
            break
        with monkeypatch.context() as patch:
            if turn % 2 == 0:

                def dying(*_args):
                    raise Killed

                patch.setattr(undoing, places[turn % 3], dying)
            try:
                undoing.run_stretch(undo.pk, seconds=-1)
            except Killed:
                ImportUndo.rows.filter(pk=undo.pk).update(lease_until=None)
    undo.refresh_from_db()
    assert counts(undo)[0] == "done"
    assert undo.removed_count + undo.restored_count == undo.total
    assert base(*TABLES) == first


def test_a_stopped_undo_goes_on_where_it_stood():
    run, first = _big_import()
    undo = looked_at(run)
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    assert undoing.run_stretch(undo.pk, seconds=-1)
    import_undo.stop_undo(run_id=run.pk, actor=SYSTEM, now=time.now())
    assert not undoing.run_stretch(undo.pk)
    assert ImportUndo.rows.get(pk=undo.pk).done == 4
    import_undo.resume_undo(run_id=run.pk, actor=SYSTEM)
    assert not undoing.run_stretch(undo.pk, seconds=600)
    assert base(*TABLES) == first
    assert Work.rows.get(kind="import_undo", subject_id=run.pk).state == "done"


def test_a_worker_that_comes_back_too_late_takes_nothing_back():
    run, first = _big_import()
    undo = looked_at(run)
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    late = runs.claim(ImportUndo, undo.pk, *undoing.WORKED_ON)
    ImportUndo.rows.filter(pk=undo.pk).update(lease_until=None)
    while undoing.run_stretch(undo.pk):
        pass
    with pytest.raises(runs.LeaseLost):
        undoing.take_back_chunk(lease=late)
    assert base(*TABLES) == first


def test_the_pulse_orders_an_abandoned_undo_again(monkeypatch, now):
    run, _first = _big_import()
    import_undo.check_undo(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    ordered = []
    monkeypatch.setattr(runs.jobs, "enqueue", lambda name, **ids: ordered.append((name, ids["run_id"])))
    assert doors.scan(now) == 0
    ImportUndo.rows.update(ordered_at="2020-01-01T00:00:00Z")
    assert doors.scan(now) == 1
    assert ordered == [("customers.undo_import", ImportUndo.rows.get().pk)]


def test_a_chunk_costs_the_same_however_many_stand_in_it(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(undoing, "CHUNK", 1_000)
    imported(file(*[f"M{n:03},顧客{n},,,,,," for n in range(60)]))
    run = imported(file(*[f"M{n:03},顧客{n},u{n}@example.jp,,金沢市,○,VIP,犬がいる" for n in range(120)]))
    undo = looked_at(run)
    import_undo.undo_import(run_id=run.pk, actor=SYSTEM, now=time.now(), foreground=True)
    lease = runs.claim(ImportUndo, undo.pk, *undoing.WORKED_ON)
    with django_assert_max_num_queries(95):  # with one for each table that would go with activities and customers
        undoing.take_back_chunk(lease=lease)
    assert Customer.rows.count() == 60


# ---- screens ----------------------------------------------------------------------------------------------

HTMX = {"HX-Request": "true"}


def test_from_the_report_to_the_first_rows_on_screen(misaki_client, misaki):
    first = base(Customer)
    run = imported(file("M001,齋藤 百合子,,,,,,", "M002,田中 健,,,,,,"), actor=misaki)
    report = reverse("imports:run", args=[run.pk])
    assert "この取り込みを元に戻す…" in misaki_client.get(report).content.decode()
    page = misaki_client.post(reverse("imports:undo-check", args=[run.pk])).headers["Location"]
    assert "何が元に戻るかを確かめています" in misaki_client.get(page).content.decode()
    assert "hx-get" in misaki_client.get(reverse("imports:undo-progress", args=[run.pk]), headers=HTMX).content.decode()
    doors.undo(ImportUndo.rows.get().pk)
    assert misaki_client.get(reverse("imports:undo-progress", args=[run.pk]), headers=HTMX).headers["HX-Redirect"] == page
    assert "まだ何も変更していません" in misaki_client.get(page).content.decode()
    dialog = misaki_client.get(reverse("imports:undo-confirm", args=[run.pk]), headers=HTMX).content.decode()
    assert "2件の登録を取り消し" in dialog
    assert "この取り込みを元に戻す" in dialog
    assert misaki_client.post(reverse("imports:undo-start", args=[run.pk])).headers["Location"] == page
    doors.undo(ImportUndo.rows.get().pk)
    assert "取り込みを元に戻しました" in misaki_client.get(page).content.decode()
    assert "この取り込みは元に戻されました" in misaki_client.get(report).content.decode()
    assert base(Customer) == first
    assert misaki_client.post(reverse("imports:undo-resume", args=[run.pk])).headers["Location"] == report
