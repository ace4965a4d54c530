"""データ品質: points by a formula in words, measured once a day, shown as far as the viewer's scope goes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from html import unescape
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers import access
from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.quality import look_again
from enishi.customers.actions.standards import publish_standards, put_rule
from enishi.customers.actions.verifying import ask_owners, verify_customer
from enishi.customers.facts.quality import FACTS
from enishi.customers.models import ContactPoint, Customer, ImportResult, ImportRun, QualityFigure, QualityMark, QualityRun, Task
from enishi.customers.quality import running
from enishi.customers.quality.marking import FRESH, WORTH, WRITTEN_WELL, mark
from enishi.customers.queries.quality import Narrowing, quality_page, score_of, worst
from enishi.customers.queries.quality_parts import weekly
from enishi.customers.queries.record import customer_record
from enishi.customers.scanners import quality as scan
from enishi.customers.standards.book import Book
from enishi.customers.standards.rule import Rule
from enishi.platform import time
from enishi.platform.actor import FieldLevel
from enishi.platform.errors import NotAllowed
from enishi.platform.models import Event, FieldChange, StoredFile, Team
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import actor_of
from enishi.platform.runs import TRIES
from enishi.rules.facts import registry
from enishi.rules.rights import readable

PLACE = {"postal_code": "106-0032", "city": "港区", "street": "六本木1-2-3"}
WHOLE = PLACE | {"phone": "090-1234-5678", "birthday_on": "1985-04-01"}
LOOKALIKE = Rule(key="r1", field="street", check="lookalikes", mode="warn")


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))


def measured(now):
    run_id = running.begin(now=now)
    running.look_through(run_id)
    return QualityRun.rows.get(pk=run_id)


def values(**more):
    return {"kind": "person", "kana": "サイトウ", "birthday_on": "1985-04-01", "owner_id": None} | PLACE | more


def test_the_points_add_up_to_a_hundred():
    most = sum(WORTH.values()) - WORTH["owner"] + WRITTEN_WELL + FRESH[0][1]
    assert most == 100
    assert mark(Book(), values(), reachable=True).points == most - FRESH[0][1]


@pytest.mark.parametrize(
    ("said", "reachable", "gaps"),
    [
        (values(kana=""), True, ("kana",)),
        (values(street=""), True, ("address",)),
        (values(birthday_on=None), True, ("birthday",)),
        (values(), False, ("contact",)),
        (values(kind="company", birthday_on=None), True, ("owner",)),
        (values(kind="company", owner_id=1), True, ()),
    ],
)
def test_what_is_missing_costs_its_points(said, reachable, gaps):
    found = mark(Book(), said, reachable=reachable)
    assert found.gaps == gaps
    assert found.points == 85 - sum(WORTH[gap] for gap in gaps)


def test_a_broken_rule_costs_ten_and_never_more_than_there_is():
    book = Book(1, (LOOKALIKE,))
    assert mark(book, values(street="六本木1一2"), reachable=True).points == 75
    many = Book(1, tuple(Rule(key=f"r{n}", field=field, check="longest", mode="warn", most=1) for n, field in enumerate(PLACE, 1)))
    assert mark(many, values(), reachable=True).points == 60


def test_a_day_is_measured_once_and_added_up(organisation, admin, now, make_customer, yanaka):
    make_customer(**WHOLE, team=yanaka)
    make_customer(kana="", created_at=now - timedelta(days=800))
    make_customer(archived_at=now)
    assert scan(now) == 1
    assert scan(now) == 0
    running.look_through(QualityRun.rows.get().pk)
    whole = QualityFigure.rows.get(part="all")
    assert (whole.customers, whole.score, whole.poor) == (2, 6250, 1)  # 100 and 25
    assert QualityFigure.rows.get(part="team", key=str(yanaka.pk)).score == 10_000
    assert dict(QualityFigure.rows.filter(part="gap").values_list("key", "customers")) == {
        "contact": 1,
        "kana": 1,
        "address": 1,
        "birthday": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_only_who_changed_is_looked_at_again(organisation, admin, now, make_customer, monkeypatch):
    one, other = make_customer(**WHOLE), make_customer(**WHOLE)
    measured(now)
    looked = []
    monkeypatch.setattr(running, "mark", lambda book, said, **more: looked.append(said["name"]) or mark(book, said, **more))
    change_customer(customer_id=one.pk, given={"family_name": "佐藤"}, seen=None, actor=admin, now=now)
    measured(now + timedelta(days=1))
    assert looked == ["佐藤 百合子"]
    put_rule(rule=LOOKALIKE, actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    measured(now + timedelta(days=2))
    assert len(looked) == 3  # a new book means everybody
    assert {one.pk, other.pk} == set(QualityMark.rows.values_list("customer_id", flat=True))


def test_a_killed_look_goes_on_and_comes_to_the_same(organisation, now, make_customer, monkeypatch):
    for _n in range(5):
        make_customer(**WHOLE)
    monkeypatch.setattr(running, "CHUNK", 2)
    run_id = running.begin(now=now)
    running.look_through(run_id, chunks=1)
    assert QualityRun.rows.get(pk=run_id).state == "running"
    running.look_through(run_id)
    assert (QualityRun.rows.get(pk=run_id).state, QualityFigure.rows.get(part="all").customers) == ("done", 5)


def test_a_mail_address_that_works_no_more_is_no_contact(organisation, now, make_customer):
    one = make_customer(**(WHOLE | {"phone": "", "email": "x@example.jp"}))
    ContactPoint.rows.create(
        customer=one, kind="email", is_primary=True, state="invalid", reason="bounced", stopped_on=now.date(), created_at=now
    )
    measured(now)
    assert QualityMark.rows.get().gaps == ["contact"]


def test_freshness_comes_back_with_the_word_of_somebody(organisation, admin, now, make_customer):
    one = make_customer(**WHOLE, created_at=now - timedelta(days=800))
    measured(now)
    assert score_of(admin, one.pk, now=now).points == 85
    verify_customer(customer_id=one.pk, actor=admin, now=now)
    verify_customer(customer_id=one.pk, actor=admin, now=now)
    assert score_of(admin, one.pk, now=now).points == 100
    assert score_of(admin, one.pk, now=now + timedelta(days=400)).points == 93
    assert Event.rows.filter(kind="customer.attested").count() == 1
    assert FieldChange.rows.filter(field="verified_on").count() == 1


def test_the_worst_come_first_and_only_those_in_sight(organisation, admin, now, make_customer):
    best, poor = make_customer(**WHOLE), make_customer(kana="", owner_id=admin.user_id)
    measured(now)
    assert [one.id for one in worst(admin, Narrowing(), now=now)] == [poor.pk, best.pk]
    assert [one.id for one in worst(admin, Narrowing(gap="kana"), now=now)] == [poor.pk]
    assert [one.id for one in worst(admin, Narrowing(stale=True), now=now)] == []
    sees_own = replace(admin, grants={**admin.grants, ("customer", "read"): "own"})
    assert [one.id for one in worst(sees_own, Narrowing(), now=now)] == [poor.pk]
    assert [bool(score_of(sees_own, one.pk, now=now)) for one in (poor, best)] == [True, False]


def test_who_reads_masked_is_told_of_nobody(organisation, hayashi, yoshida, now, make_customer, yanaka):
    poor = make_customer(kana="", team=yanaka)
    measured(now)
    masked = [actor for actor in (hayashi, yoshida) if not access.reads_compared(actor)]
    assert masked
    assert [worst(actor, Narrowing(gap="kana"), now=now) for actor in masked] == [[] for _actor in masked]
    assert [score_of(actor, poor.pk, now=now) for actor in masked] == [None for _actor in masked]


def test_the_record_of_a_customer_tells_its_points_and_what_is_missing(organisation, admin, now, make_customer):
    one = make_customer(**WHOLE, kana="")

    def told():
        groups = customer_record(admin, one.pk, now=now).groups
        return [(said.lines, said.note) for group in groups for said in group.properties if said.label == "データ品質"]

    assert told() == []
    measured(now)
    assert told() == [(("85点",), "フリガナ")]


def test_the_day_of_registration_is_that_of_the_business(organisation, now, make_customer):
    """23:30 UTC a year and a day ago is a year ago in Japan: the figure of the day says the same as the customer's own."""
    long_ago = datetime.combine(time.today(now) - timedelta(days=FRESH[0][0]), datetime_time(23, 30), tzinfo=UTC)
    make_customer(**WHOLE, created_at=long_ago)
    measured(now)
    assert QualityFigure.rows.get(part="all").score == 100 * 100


def test_who_sees_a_part_is_shown_that_part_alone(organisation, admin, hayashi, now, make_customer):
    make_customer(**WHOLE)
    measured(now)
    assert quality_page(admin, now=now).customers == 1
    page = quality_page(hayashi, now=now)
    assert (page.customers, page.tables) == (0, [])
    assert not page.can_refresh


def test_owners_are_asked_once(organisation, admin, now, make_customer):
    one = make_customer()
    assert ask_owners(customer_ids=[one.pk], actor=admin, now=now) == 1
    assert ask_owners(customer_ids=[one.pk], actor=admin, now=now) == 0
    assert Task.rows.get().due_on == time.today(now) + timedelta(days=14)


def test_the_screens(sign_in, admin, now, make_customer, hayashi, yoshida):
    number = make_customer(kana="").number
    client = sign_in(admin)
    assert "まだ測っていません" in client.get(reverse("customers:quality")).content.decode()
    client.post(reverse("customers:quality-again"))
    running.look_through(QualityRun.rows.get().pk)
    page = client.get(reverse("customers:quality")).content.decode()
    assert "フリガナ" in page
    listed = client.get(reverse("customers:quality-worst"), {"gap": "kana", "team": "x"}).content.decode()
    assert number in listed
    client.post(reverse("customers:quality-ask"), {"ids": [Customer.rows.get().pk]})
    assert Task.rows.count() == 1
    client.post(reverse("customers:verify", args=[number]))
    assert Customer.rows.get().verified_on == time.today()
    assert "最後に確かめた日" in client.get(reverse("customers:record", args=[number])).content.decode()
    with pytest.raises(NotAllowed):
        look_again(actor=hayashi, now=now)


def test_what_is_odd_in_a_further_contact_point_counts_once(organisation, make_customer, admin, now):
    put_rule(rule=LOOKALIKE, actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    own, beside, stopped = (make_customer(**WHOLE) for _n in range(3))
    Customer.rows.filter(pk=own.pk).update(street="六本木1一2")
    for one, state in ((own, "usable"), (beside, "usable"), (stopped, "invalid")):
        why = {} if state == "usable" else {"reason": "moved", "stopped_on": time.today(now)}
        ContactPoint.rows.create(customer=one, kind="address", street="神谷町1一2", state=state, created_at=now, **why)
    measured(now)
    assert [QualityMark.rows.get(customer=one).breaches for one in (own, beside, stopped)] == [["street"], ["street"], []]


def test_the_worst_open_as_a_list_with_all_its_verbs(organisation, make_customer, admin, sign_in, now):
    put_rule(rule=LOOKALIKE, actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    whole, odd, poor = (
        make_customer(name="完", **WHOLE),
        make_customer(name="怪", **(WHOLE | {"street": "六本木1一2"})),
        make_customer(name="無"),
    )
    measured(now)
    client = sign_in(admin)

    def listed(**asked):
        page = client.get(reverse("customers:quality-worst"), asked).content.decode()
        (address,) = re.findall(f'href="({reverse("customers:list")}[?].*?)"', page) or [""]
        rows = client.get(unescape(address)).content.decode() if address else ""
        return {one.number for one in (whole, odd, poor) if one.number in rows}

    assert listed() == {whole.number, odd.number, poor.number}  # as many as are shown there, where few are below 50
    assert listed(gap="kana") == {whole.number, odd.number, poor.number}
    assert listed(gap="contact") == {poor.number}
    assert listed(breach="street") == {odd.number}
    Customer.rows.filter(pk=odd.pk).update(created_at=now - timedelta(days=365))
    Customer.rows.filter(pk=whole.pk).update(created_at=now - timedelta(days=364))
    assert listed(stale="1") == {odd.number}


def test_who_does_not_read_all_that_the_points_tell_may_not_ask_by_them(make_user):
    everything = {fact.key for fact in FACTS if fact.key.startswith("quality.")}
    clerk = actor_of(make_user("boss", "admin", "all_customers"))
    assert everything <= {fact.key for fact in readable(registry(), clerk)}
    for right in ("customer.name", "customer.email", "customer.phone", "customer.address", "customer.birthday"):
        masked = replace(clerk, fields={right: FieldLevel(Privacy.PERSONAL, Level.MASKED)})
        assert not everything & {fact.key for fact in readable(registry(), masked)}


# ---- stores, departments, owners, imports and fields beside their own past ------------------------------------------


def table_of(page, title):
    (found,) = [table for table in page.tables if table.title == title] or [None]
    return found


def imported(now):
    file = StoredFile.rows.create(name="会員.csv", size_bytes=1, created_at=now)
    return ImportRun.rows.create(target="customers", file=file, state="done", created_at=now)


def on_days(now, part, key, values):
    """Figures of `part`, by days ago: a score in points, or how many of a hundred customers."""
    is_share = part in ("gap", "breach")
    for ago, value in values.items():
        on = time.today(now) - timedelta(days=ago)
        QualityFigure.rows.create(on=on, part=part, key=key, customers=value if is_share else 10, score=0 if is_share else value * 100)


def test_every_part_is_told_beside_its_own_past(organisation, admin, now, yanaka):
    shop, office = Team.rows.create(name="金沢東山店", kind="shop"), Team.rows.create(name="業務部")
    run = imported(now)
    days = range(0, 60, 5)
    on_days(now, "all", "", dict.fromkeys(days, 70))
    QualityFigure.rows.filter(part="all").update(customers=100)
    for part, key in (("team", shop.pk), ("team", office.pk), ("owner", admin.user_id), ("import", run.pk)):
        on_days(now, part, str(key), {ago: 80 - ago for ago in days})
    on_days(now, "gap", "kana", {ago: 10 + ago for ago in days})
    page = quality_page(admin, now=now)
    for title in ("店舗ごと", "部署ごと", "担当ごと", "最近の取り込みごと"):
        (row,) = table_of(page, title).rows
        assert (row.figure, row.change, row.tone, row.told.split()[-1]) == ("80.0", 30.0, "good", "80.0")
        assert row.line.count(",") == 8  # a corner a week
    (kana,) = table_of(page, "足りない項目").rows
    assert (kana.figure, kana.change, kana.tone) == ("10.0%", -30.0, "good")


def test_the_worst_part_comes_first_and_what_is_new_has_no_change(organisation, admin, now):
    good, bad = Team.rows.create(name="良い店", kind="shop"), Team.rows.create(name="悪い店", kind="shop")
    on_days(now, "all", "", {0: 60})
    on_days(now, "team", str(good.pk), {0: 90})
    on_days(now, "team", str(bad.pk), {0: 30})
    rows = table_of(quality_page(admin, now=now), "店舗ごと").rows
    assert [(row.label, row.change, row.line) for row in rows] == [("悪い店", None, ""), ("良い店", None, "")]


def test_a_field_that_nobody_lacked_a_month_ago_stood_at_nothing(organisation, admin, now):
    on_days(now, "all", "", {0: 60, 30: 60})
    on_days(now, "gap", "kana", {0: 5})
    (row,) = table_of(quality_page(admin, now=now), "足りない項目").rows
    assert (row.change, row.tone) == (50.0, "bad")


def test_the_page_asks_no_more_for_many_parts_than_for_one(organisation, admin, now, django_assert_max_num_queries):
    on_days(now, "all", "", dict.fromkeys(range(80), 60))
    for n in range(40):
        on_days(now, "team", str(Team.rows.create(name=f"{n}号店", kind="shop").pk), {0: n + 1, 30: n})
    with django_assert_max_num_queries(11):
        table = table_of(quality_page(admin, now=now), "店舗ごと")
    assert (len(table.rows), table.left, table.rows[0].figure) == (30, 10, "1.0")


def test_who_sees_a_team_is_told_of_that_team_and_those_below_alone(organisation, admin, now, yanaka):
    other = Team.rows.create(name="よその店", kind="shop")
    on_days(now, "all", "", {0: 60})
    on_days(now, "gap", "kana", {0: 1})
    for team in (yanaka, other):
        on_days(now, "team", str(team.pk), {0: 50})
    on_days(now, "team", "", {0: 50})
    on_days(now, "owner", str(admin.user_id), {0: 50})
    manager = replace(admin, grants={**admin.grants, ("customer", "read"): "team"}, team_ids=frozenset({yanaka.pk}))
    told = {row.label for table in quality_page(manager, now=now).tables for row in table.rows}
    assert yanaka.name in told
    assert not told & {"よその店", "（なし）", "フリガナ"}
    alone = replace(manager, grants={**admin.grants, ("customer", "read"): "own"})
    assert [table.title for table in quality_page(alone, now=now).tables] == ["担当ごと"]


def test_the_worst_of_an_import_and_of_nobodys_are_found(organisation, admin, now, make_customer, yanaka, sign_in):
    theirs, brought, changed = make_customer(team=yanaka, owner_id=admin.user_id), make_customer(), make_customer()
    run = imported(now)
    for position, (outcome, pk) in enumerate([("created", brought.pk), ("updated", changed.pk), ("unchanged", theirs.pk)]):
        ImportResult.rows.create(run=run, position=position, outcome=outcome, object_id=pk)
    measured(now)

    def found(actor, **narrowed):
        return {one.id for one in worst(actor, Narrowing(**narrowed), now=now)}

    assert found(admin, run=run.pk) == {brought.pk, changed.pk}
    assert found(admin, team=0) == found(admin, owner=0) == {brought.pk, changed.pk}
    blind = replace(admin, grants={key: width for key, width in admin.grants.items() if key[0] != "import"})
    assert found(blind, run=run.pk) == set()
    assert table_of(quality_page(blind, now=now), "最近の取り込みごと") is None
    (row,) = table_of(quality_page(admin, now=now), "最近の取り込みごと").rows
    assert (row.customers, row.label.split("（")[0]) == (2, "会員.csv")
    masked = replace(admin, levels={**admin.levels, Privacy.PERSONAL: Level.MASKED})
    (row,) = table_of(quality_page(masked, now=now), "最近の取り込みごと").rows
    assert "会員" not in row.label
    page = sign_in(admin).get(reverse("customers:quality-worst"), {"import": run.pk}).content.decode()
    assert "会員.csv" in page
    assert "一覧で開く" not in page


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31)), min_size=1))
def test_a_week_has_one_point_and_the_last_day_is_among_them(days):
    points = weekly(days)
    assert set(points) <= days
    assert points[-1] == max(days)
    assert len(points) <= 13
    assert all(a < b for a, b in pairwise(points))


# ---- a look that is ordered again -----------------------------------------------------------------------------------


def test_who_was_registered_since_a_look_began_is_in_the_one_ordered_by_hand(organisation, admin, now, make_customer):
    begun = running.begin(now=now)
    make_customer(**WHOLE)
    assert look_again(actor=admin, now=now) == begun
    running.look_through(begun)
    assert QualityFigure.rows.get(part="all").customers == 1


def test_a_look_that_was_set_aside_is_tried_anew_by_hand(organisation, admin, now, make_customer):
    make_customer(**WHOLE)
    run_id = running.begin(now=now)
    QualityRun.rows.filter(pk=run_id).update(tries=TRIES)
    running.look_through(run_id)
    assert QualityRun.rows.get(pk=run_id).state == "failed"
    running.look_through(look_again(actor=admin, now=now))
    assert QualityRun.rows.get(pk=run_id).state == "done"
