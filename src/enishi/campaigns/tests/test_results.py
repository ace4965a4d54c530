"""What a delivery changed, against a naive computation over plain values: loops, and Wilson's and Welch's formulas written out."""

from __future__ import annotations

import random
from datetime import timedelta
from math import sqrt
from statistics import mean, variance

import pytest
from scipy import stats

from enishi.campaigns.models import Audience, AudienceMember
from enishi.campaigns.queries import results
from enishi.campaigns.statistics import FEWEST_FOR_CONTROL, Arm, detectable_difference
from enishi.commerce.models import Order
from enishi.customers.models import Customer, CustomerAlias
from enishi.messaging.models import Delivery, DeliveryLink, Message, Touch
from enishi.platform import time

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def sent(plan, freeze, make_people, now):
    """A delivery to sixty people, half of them held back, that has been sent."""
    make_people(60)
    delivery = freeze(plan(control_percent=50))
    Message.rows.filter(delivery=delivery).update(state="accepted", handed_at=now, finished_at=now)
    Delivery.rows.filter(pk=delivery.pk).update(state="done", started_at=now, finished_at=now)
    delivery.refresh_from_db()
    return delivery


@pytest.fixture
def buy(db):
    """`buy(customer, at, 3000)` → an order; `state` and `counts` as an import leaves them."""

    def make(customer_id, at, goods_jpy=1_000, **columns):
        number = f"O-{Order.rows.count() + 1:06d}"
        values = {"number": number, "external_id": number, "channel": "ec", "customer_id": customer_id, "goods_jpy": goods_jpy}
        return Order.rows.create(**values | {"ordered_at": at, "ordered_on": time.today(at), "created_at": at} | columns)

    return make


def arm(delivery, name):
    rows = AudienceMember.rows.filter(audience_id=delivery.pk, arm=name)
    return list(rows.order_by("customer_id").values_list("customer_id", flat=True))


def touch(delivery, customer_id, kind, at, **columns):
    message = Message.rows.get(delivery=delivery, customer_id=customer_id)
    if kind == "click" and "link" not in columns:
        columns["link"] = DeliveryLink.rows.get(delivery=delivery)
    return Touch.rows.create(message=message, customer_id=customer_id, kind=kind, at=at, **columns)


def lift_of(delivery, now):
    return results.lift(Audience.rows.get(pk=delivery.pk), now=now)


# ---- the naive computation


def wilson(reached, assigned):
    z = stats.norm.ppf(0.975)
    share, middle = reached / assigned, z * z / (2 * assigned)
    reach = z * sqrt(share * (1 - share) / assigned + z * z / (4 * assigned**2))
    return (share + middle - reach) / (1 + 2 * middle), (share + middle + reach) / (1 + 2 * middle)


def newcombe(treated, control):
    (a, n), (b, m) = treated, control
    (low_a, high_a), (low_b, high_b) = wilson(a, n), wilson(b, m)
    p, q = a / n, b / m
    return p - q, p - q - sqrt((p - low_a) ** 2 + (high_b - q) ** 2), p - q + sqrt((high_a - p) ** 2 + (q - low_b) ** 2)


def welch(treated, control):
    spread, other = variance(treated) / len(treated), variance(control) / len(control)
    freedom = (spread + other) ** 2 / (spread**2 / (len(treated) - 1) + other**2 / (len(control) - 1))
    point, reach = mean(treated) - mean(control), stats.t.ppf(0.975, freedom) * sqrt(spread + other)
    return tuple(value * len(treated) for value in (point, point - reach, point + reach))


def test_lift_and_revenue_are_those_of_the_naive_computation(sent, buy, now):
    dice, begin, end = random.Random(4), now, now + 7 * DAY
    people = {name: arm(sent, name) for name in ("treated", "control")}
    orders = []
    for pk in people["treated"] + people["control"]:
        for _ in range(dice.choice([0, 0, 1, 2])):
            at = begin + timedelta(seconds=dice.randrange(-3 * 86_400, 10 * 86_400))
            kind = dice.choice(["done", "done", "done", "cancelled", "return"])
            goods = {"done": dice.randrange(500, 9_000), "cancelled": 0, "return": -dice.randrange(100, 400)}[kind]
            buy(pk, at, goods, state=kind if kind != "return" else "done", counts=kind == "done")
            orders.append((pk, at, goods, kind == "done"))

    def spent(pk):
        return sum(goods for who, at, goods, _ in orders if who == pk and begin <= at < end)

    def bought(pk):
        return any(who == pk and counts and begin <= at < end for who, at, _, counts in orders)

    found = lift_of(sent, now)
    for name, counted in (("treated", found.treated), ("control", found.control)):
        reached, revenue = sum(map(bought, people[name])), sum(map(spent, people[name]))
        assert (counted.assigned, counted.reached, counted.revenue_jpy) == (len(people[name]), reached, revenue)
    expected = newcombe((found.treated.reached, found.treated.assigned), (found.control.reached, found.control.assigned))
    assert (found.points.point, found.points.low, found.points.high) == pytest.approx(expected)
    money = welch([spent(pk) for pk in people["treated"]], [spent(pk) for pk in people["control"]])
    assert (found.revenue.point, found.revenue.low, found.revenue.high) == pytest.approx(money)
    assert 0 < found.treated.reached < found.treated.assigned


# ---- who and what counts


def test_everybody_assigned_counts_whether_or_not_the_mail_arrived(sent, buy, now):
    bounced, suppressed, uncertain = arm(sent, "treated")[:3]
    for pk, state in ((bounced, "rejected"), (suppressed, "suppressed"), (uncertain, "uncertain")):
        Message.rows.filter(customer_id=pk).update(state=state)
        buy(pk, now + DAY)
    found = lift_of(sent, now)
    assert (found.treated.assigned, found.treated.reached) == (len(arm(sent, "treated")), 3)


def test_the_goal_is_reached_within_seven_days_of_the_assignment(sent, buy, now):
    inside, at_once, before, after = arm(sent, "treated")[:4]
    buy(inside, now + 7 * DAY - timedelta(seconds=1))
    buy(at_once, now)
    buy(before, now - timedelta(seconds=1))
    buy(after, now + 7 * DAY)
    found = lift_of(sent, now + 6 * DAY)
    assert (found.treated.reached, found.until, found.complete) == (2, now + 7 * DAY, False)
    assert lift_of(sent, now + 7 * DAY).complete


def test_two_orders_of_a_person_are_one_goal_and_the_revenue_of_both(sent, buy, now):
    pk = arm(sent, "control")[0]
    buy(pk, now + HOUR, 2_000)
    buy(pk, now + DAY, 500)
    found = lift_of(sent, now)
    assert (found.control.reached, found.control.revenue_jpy, found.control.yen_per_head) == (
        1,
        2_500,
        round(2_500 / found.control.assigned),
    )


def test_cancelled_and_archived_orders_reach_nothing(sent, buy, now):
    cancelled, archived = arm(sent, "treated")[:2]
    buy(cancelled, now + HOUR, 0, state="cancelled", counts=False)
    buy(archived, now + HOUR, archived_at=now + DAY)
    touch(sent, cancelled, "click", now + HOUR / 2)
    touch(sent, archived, "click", now + HOUR / 2)
    assert lift_of(sent, now).treated.reached == 0
    assert results.attributed(sent.pk) == results.Attributed(0, 0)
    assert results.links(sent.pk)[0].buyers == 0


def test_a_customer_in_the_recycle_bin_stays_in_their_arm(sent, buy, now):
    pk = arm(sent, "control")[0]
    buy(pk, now + HOUR)
    before = lift_of(sent, now)
    Customer.rows.filter(pk=pk).update(archived_at=now + DAY)
    assert lift_of(sent, now) == before
    assert before.control.reached == 1


def merge(old, into, now):
    """`old` is merged into `into` after the freeze; orders are re-pointed, the audience keeps the ids that were born."""
    Order.rows.filter(customer_id=old).update(customer_id=into)
    CustomerAlias.rows.create(old_id=old, current_id=into, number=f"C-9{old:05d}", merged_at=now)


def test_merged_records_are_one_customer_in_the_arm_of_the_one_that_lives_on(sent, buy, now):
    treated, control = arm(sent, "treated"), arm(sent, "control")
    buy(treated[0], now + HOUR, 700)
    buy(control[0], now + HOUR, 300)
    buy(treated[2], now + HOUR, 900)
    merge(control[0], treated[0], now)  # across the arms
    merge(treated[1], treated[2], now)  # within one
    found = lift_of(sent, now)
    assert (found.treated.assigned, found.control.assigned) == (len(treated) - 1, len(control) - 1)
    assert (found.treated.reached, found.treated.revenue_jpy) == (2, 700 + 300 + 900)
    assert (found.control.reached, found.control.revenue_jpy) == (0, 0)


def test_a_member_that_was_merged_into_somebody_outside_keeps_its_arm(sent, buy, make_people, now):
    (outside,) = make_people(1)
    old = arm(sent, "control")[0]
    merge(old, outside, now)
    buy(outside, now + HOUR)
    touch(sent, arm(sent, "treated")[0], "click", now)
    assert lift_of(sent, now).control.reached == 1


# ---- attributed purchases


def test_attributed_means_within_seven_days_after_a_click_of_a_person(sent, buy, now):
    within, late, before, machine, opened, other = arm(sent, "treated")[:6]
    click = now + DAY
    for pk in (within, late, before):
        touch(sent, pk, "click", click)
    touch(sent, machine, "click", click, machine=True)
    touch(sent, opened, "open", click)
    buy(within, click + 7 * DAY - timedelta(seconds=1), 1_100)
    buy(late, click + 7 * DAY)
    buy(before, click - timedelta(seconds=1))
    for pk in (machine, opened, other):
        buy(pk, click + HOUR)
    assert results.attributed(sent.pk) == results.Attributed(buyers=1, revenue_jpy=1_100)


def test_any_click_counts_and_an_order_counts_once(sent, buy, now):
    pk = arm(sent, "treated")[0]
    for days in (0, 1, 5):
        touch(sent, pk, "click", now + days * DAY)
    buy(pk, now + 6 * DAY, 400)
    buy(pk, now + 11 * DAY, 600)  # within a week of the third click only
    assert results.attributed(sent.pk) == results.Attributed(1, 1_000)
    assert [(link.clicked, link.buyers) for link in results.links(sent.pk)] == [(1, 1)]


def test_the_order_of_a_merged_buyer_is_found(sent, buy, make_people, now):
    (living,) = make_people(1)
    old = arm(sent, "treated")[0]
    touch(sent, old, "click", now)
    buy(old, now + HOUR, 800)
    merge(old, living, now)
    assert results.attributed(sent.pk) == results.Attributed(1, 800)


def test_links_tell_who_clicked_each(sent, buy, now):
    first = DeliveryLink.rows.get(delivery=sent)
    second = DeliveryLink.rows.create(delivery=sent, position=1, url="https://shop.example.jp/b", label="b")
    one, two, three = arm(sent, "treated")[:3]
    touch(sent, one, "click", now, link=first)
    touch(sent, one, "click", now + HOUR, link=second)
    touch(sent, two, "click", now, link=second)
    touch(sent, three, "click", now, link=first, machine=True)
    buy(two, now + DAY)
    found = [(link.position, link.clicked, link.buyers) for link in results.links(sent.pk)]
    assert found == [(1, 2, 1), (0, 1, 0)]


# ---- the funnel


def test_the_funnel_adds_up_and_keeps_machines_apart(sent, now):
    ids = arm(sent, "treated")
    bounced, uncertain, suppressed, queued, reader, machine, clicker, gone = ids[:8]
    for pk, state in ((bounced, "rejected"), (uncertain, "uncertain"), (suppressed, "suppressed"), (queued, "deferred")):
        Message.rows.filter(customer_id=pk).update(state=state, reason="refused" if state == "suppressed" else "")
    for _ in range(3):
        touch(sent, reader, "open", now)
    touch(sent, machine, "open", now, machine=True)
    touch(sent, clicker, "click", now)  # whose mail program shows no pictures
    touch(sent, gone, "unsubscribe", now)
    found = results.funnel(sent.pk, control=len(arm(sent, "control")))
    assert found == results.Funnel(
        assigned=60,
        control=len(arm(sent, "control")),
        waiting=1,
        sent=len(ids) - 3,
        bounced=1,
        uncertain=1,
        suppressed=1,
        opened=2,
        machine_opened=1,
        clicked=1,
        unsubscribed=1,
    )
    assert found.delivered == len(ids) - 4
    assert results.suppressed_reasons(sent.pk) == [("refused", 1)]


# ---- what is said of it


def said(treated, control, **columns):
    """A Lift of two arms as (assigned, reached)."""
    from enishi.campaigns import statistics

    a, b = (Arm(n, k, k * 1_000, k * 1_000.0**2) for n, k in (treated, control))
    rate = (a.reached + b.reached) / max(a.assigned + b.assigned, 1)
    values = {"ratio_is_off": False, "detectable": detectable_difference(a.assigned, b.assigned, rate), "until": None, "complete": True}
    return results.Lift(a, b, statistics.lift(a, b), statistics.incremental_revenue(a, b), **values | columns)


def test_few_people_are_said_to_be_few_with_what_could_have_been_seen():
    found = said((800, 84), (200, 20))
    assert FEWEST_FOR_CONTROL > 800 + 200
    assert found.reading == "open"
    assert found.words.startswith("差があるとは言えません（人数不足）")
    assert f"{found.detectable * 100:.1f} ポイント" in found.words
    assert "人数不足" not in said((8_000, 840), (2_000, 200)).words


def test_an_interval_that_leaves_zero_is_said_with_its_sign():
    more, less = said((8_000, 1_000), (2_000, 150)), said((8_000, 600), (2_000, 250))
    assert (more.reading, more.words, more.point_words) == ("up", "配信で購入が増えた", "+5.0")
    assert (less.reading, less.words, less.point_words) == ("down", "配信で購入が減った", "−5.0")
    assert more.range_words == "+3.6 ～ +6.3"


def test_without_a_control_group_there_is_nothing_to_compare(plan, freeze, make_people, now):
    make_people(5)
    found = lift_of(freeze(plan(control_percent=0)), now)
    assert (found.points, found.revenue, found.detectable, found.ratio_is_off) == (None, None, None, False)
    assert (found.reading, found.words, found.revenue_words, found.revenue_range) == ("open", "差があるとは言えません", "―", "")


def test_before_the_freeze_there_is_no_lift(plan, now):
    assert results.lift(Audience.rows.get(pk=plan()), now=now) is None


def test_a_split_that_is_not_the_hashs_is_told(sent, plan, freeze, now):
    assert not lift_of(sent, now).ratio_is_off
    everybody = freeze(plan(control_percent=0))
    Audience.rows.filter(pk=everybody.pk).update(control_percent=50)
    assert lift_of(everybody, now).ratio_is_off


def test_each_answer_costs_one_question_to_the_database(sent, buy, now, django_assert_num_queries):
    buy(arm(sent, "treated")[0], now + HOUR)
    audience = Audience.rows.get(pk=sent.pk)
    for ask, count in (
        (lambda: results.lift(audience, now=now), 1),
        (lambda: results.attributed(sent.pk), 1),
        (lambda: results.links(sent.pk), 1),
        (lambda: results.funnel(sent.pk, control=0), 2),
    ):
        with django_assert_num_queries(count):
            ask()
