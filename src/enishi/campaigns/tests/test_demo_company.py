"""The demo company in a base of its own: whole, at one with itself, and the simulated people who act in it.

It is made once, inside a transaction that is taken back when this module ends; each test works in a savepoint.
"""

from __future__ import annotations

import json
import os
import socket
from collections import Counter as Tally
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from psycopg import sql

from enishi.campaigns import demo_life
from enishi.campaigns.models import Audience, AudienceMember
from enishi.campaigns.queries import results
from enishi.campaigns.tasks import freeze
from enishi.commerce.actions import lifecycles
from enishi.commerce.actions.demo_orders import Wish, place_demo_orders
from enishi.commerce.lifecycle import standing
from enishi.commerce.models import Order, OrderLine, PurchaseSummary
from enishi.customers import timeline
from enishi.customers.actions.customers import create_customer
from enishi.customers.demo_merges import MERGED
from enishi.customers.demo_twins import COUPLE
from enishi.customers.details import Details
from enishi.customers.models import ConsentRecord, ConsentState, Customer, CustomerAlias, ImportRun, Merge, Suppression, TwinPair
from enishi.messaging.actions import deliveries
from enishi.messaging.actions.sink import Arrived, take_mails
from enishi.messaging.engine.hand_over import run_lane
from enishi.messaging.models import Delivery, MailAccount, Message, SinkMail, Touch
from enishi.messaging.sink.server import MailSink
from enishi.platform import rights, time
from enishi.platform.actions.installation import ask_for_days, move_clock
from enishi.platform.demo import run
from enishi.platform.demo.world import script
from enishi.platform.demo.world.calendar import months_before
from enishi.platform.models import Event, Organisation, User, Work
from enishi.rules.tree import EVERYONE
from enishi.segments.actions.segments import create_segment
from enishi.segments.models import Segment
from enishi.segments.queries.members import members_of_rule

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 1, 11, tzinfo=UTC)  # as the `now` of all tests
CUSTOMERS = 1_000


@pytest.fixture(scope="module")
def owners_rights(django_db_setup):
    """The owner of the database makes the demo, sets sequences and gathers statistics, without which one segment takes a
    minute; here the app does so, in a transaction."""

    def change(statement):
        url = os.environ["ENISHI_DATABASE_URL_OWNER"].rpartition("/")[0]
        with psycopg.connect(f"{url}/{connection.settings_dict['NAME']}", autocommit=True) as owner:
            owner.execute(sql.SQL(statement).format(sql.Identifier(connection.settings_dict["USER"])))

    change("GRANT UPDATE ON ALL SEQUENCES IN SCHEMA public TO {}")
    change("GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {}")
    yield
    change("REVOKE MAINTAIN ON ALL TABLES IN SCHEMA public FROM {}")
    change("REVOKE UPDATE ON ALL SEQUENCES IN SCHEMA public FROM {}")


@pytest.fixture(scope="module", autouse=True)
def demo(owners_rights, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        time.freeze(NOW)
        yield run.make(customers=CUSTOMERS, today=time.today(NOW), now=NOW, tell=lambda _: None)
        transaction.set_rollback(True)
    time.freeze(None)


@pytest.fixture
def misaki():
    return rights.actor_of(User.rows.get(username="takahashi"))


@pytest.fixture
def misaki_client():
    client = Client()
    client.force_login(User.rows.get(username="takahashi"), backend="enishi.platform.signin.ActiveUserBackend")
    return client


# ---- whole, and at one with itself


def test_every_chapter_has_written(now):
    assert Customer.rows.count() == CUSTOMERS - MERGED
    assert [merge.undone_at is not None for merge in Merge.rows.order_by("pk")] == [False] * MERGED + [True]
    couple = [part.key for part in script.PARTS if part.slug in COUPLE]
    assert list(TwinPair.rows.values_list("first_id", "second_id", "state")) == [(*couple, "distinct")]
    assert Organisation.rows.get().name == "株式会社縁日堂"
    assert Order.rows.count() > CUSTOMERS
    assert OrderLine.rows.count() >= Order.rows.count()
    assert Delivery.rows.filter(state="done").count() >= 12
    assert Delivery.rows.filter(state="stopped").count() == 1
    assert Segment.rows.count() >= 2
    assert Audience.rows.exclude(verdict="").values("verdict").distinct().count() == 3
    past = ImportRun.rows.get()
    assert (past.state, past.rejected_count) == (
        "done",
        len(range(1, min(past.total, 68), 4)),
    )  # seventeen, where there are enough people


def test_what_comes_next_gets_the_next_number(misaki, now):
    last = {model: (model.rows.order_by("-pk").first().pk, max(model.rows.values_list("number", flat=True)))
            for model in (Customer, Order, Delivery, Segment)}  # fmt: skip
    create_customer(details=Details(family_name="新規", given_name="花子", kana="シンキ ハナコ"), actor=misaki, now=now)
    place_demo_orders(wishes=[Wish("20261122-000001", 1, now, 3)], now=now)
    client_made = deliveries.create_delivery(actor=misaki, name="次", subject="", preheader="", blocks=[], account_id=None, now=now)
    create_segment(actor=misaki, name="次", rule=EVERYONE, now=now)
    assert Delivery.rows.get(pk=client_made).name == "次"
    for model, (pk, number) in last.items():
        newest = model.rows.order_by("-pk").first()
        assert newest.pk > pk, model
        assert newest.number == f"{number[:2]}{int(number[2:]) + 1:06d}", model


def naive_purchases():
    """customer → (days bought on, revenue, revenue of 24 months), from the orders one by one."""
    days, revenue, recent = defaultdict(set), Tally(), Tally()
    since = months_before(time.today(NOW), 24)
    for customer, day, counts, goods in Order.rows.filter(archived_at=None).values_list("customer_id", "ordered_on", "counts", "goods_jpy"):
        revenue[customer] += goods
        recent[customer] += goods if day > since else 0
        if counts:
            days[customer].add(day)
    return days, revenue, recent


def summaries():
    return {
        row[0]: row[1:] for row in PurchaseSummary.rows.values_list("customer_id", "purchase_count", "first_on", "last_on", "revenue_jpy")
    }


def naive_summaries():
    days, revenue, _ = naive_purchases()
    return {pk: (len(found), min(found), max(found), revenue[pk]) for pk, found in days.items()}


def test_the_purchase_summary_is_that_of_the_orders(now):
    assert summaries() == naive_summaries()


def test_orders_are_the_sum_of_their_lines(now):
    sums = Tally()
    for order, amount in OrderLine.rows.values_list("order_id", "amount_jpy"):
        sums[order] += amount
    for pk, state, counts, goods in Order.rows.values_list("pk", "state", "counts", "goods_jpy"):
        assert goods == (0 if state in ("cancelled", "refused") else sums[pk])
        assert counts == (state not in ("cancelled", "refused", "returned"))


def test_the_stage_is_that_of_the_formula(now):
    days, _, recent = naive_purchases()
    ranked = sorted((value for value in recent.values() if value > 0), reverse=True)
    best_from = ranked[-(-len(ranked) // 5) - 1]
    for pk, stage, since in Customer.rows.values_list("pk", "lifecycle", "lifecycle_on"):
        found = standing(sorted(days[pk]), today=time.today(now), among_best=recent[pk] >= best_from)
        assert stage == found.stage, pk
        assert found.since in (None, since), pk
    assert len(set(Customer.rows.values_list("lifecycle", flat=True))) == 7


def test_the_nightly_look_finds_nothing_to_change(now):
    assert lifecycles.refresh_all(now=now) == 0


def test_the_consents_are_the_projection_of_the_ledger(now):
    today = dict(CustomerAlias.rows.values_list("old_id", "current_id"))
    latest = {}
    for pk, *row in ConsentRecord.rows.order_by("at", "pk").values_list("customer_id", "channel", "purpose", "allowed", "basis"):
        latest[today.get(pk, pk), *row[:2]] = tuple(row[2:])
    states = {row[:3]: row[3:] for row in ConsentState.rows.values_list("customer_id", "channel", "purpose", "allowed", "basis")}
    assert states == latest


def test_each_of_the_fixed_people_has_a_history(misaki, now):
    for part in script.PARTS:
        page = timeline.merged(misaki, [part.key])
        assert len(page.entries) > 3, part.slug
        assert max(entry.at for entry in page.entries) <= now, part.slug
        assert timeline.count(misaki, [part.key])["order"] > 0, part.slug


def test_nothing_lies_in_the_future(now):
    for rows, column in ((Order.rows, "ordered_at"), (Message.rows, "finished_at"), (Touch.rows, "at"), (ConsentRecord.rows, "at")):
        assert not rows.filter(**{f"{column}__gt": now}).exists()


def test_the_messages_add_up(now):
    for delivery in Delivery.rows.all():
        audience = Audience.rows.get(pk=delivery.pk)
        arms = Tally(AudienceMember.rows.filter(audience=audience).values_list("arm", flat=True))
        assert (arms["treated"], arms["control"]) == (audience.treated_count, audience.control_count)
        found = results.funnel(delivery.pk, control=audience.control_count)
        assert found.assigned == found.control + found.waiting + found.sent + found.uncertain + found.suppressed
        assert found.assigned - found.control == audience.treated_count
        assert found.clicked <= found.opened <= found.delivered
        treated = set(AudienceMember.rows.filter(audience=audience, arm="treated").values_list("customer_id", flat=True))
        assert set(Message.rows.filter(delivery=delivery).values_list("customer_id", flat=True)) == treated
    assert not Touch.rows.exclude(message__state="accepted").exists()


def test_a_touch_is_its_messages_and_a_link_its_deliverys(now):
    for touched, received, link, delivery in Touch.rows.values_list(
        "customer_id", "message__customer_id", "link__delivery_id", "message__delivery_id"
    ):
        assert touched == received
        assert link in (None, delivery)


def test_its_segments_have_people(misaki, now):
    found = {segment.name: members_of_rule(segment.rule, now=now).count() for segment in Segment.rows.all()}
    assert any(count > 20 for count in found.values())
    assert "メールを送れる人" in " ".join(found)


@pytest.mark.parametrize(
    "view", ["platform:home", "customers:list", "segments:list", "campaigns:deliveries", "commerce:orders", "imports:list"]
)
def test_every_list_is_alive(misaki_client, view, now):
    assert misaki_client.get(reverse(view)).status_code == 200


def test_the_page_of_a_finished_delivery(misaki_client, now):
    delivery = Delivery.rows.get(name="新茶先行案内")
    body = misaki_client.get(reverse("campaigns:delivery", args=[delivery.pk])).content.decode()
    for said in ("配信による増分", "参考値", "判断と学び", "コツコツには先行案内"):
        assert said in body


# ---- its people act


@pytest.fixture
def clock(monkeypatch, now):
    """The demo's clock moves the frozen one of the test."""

    def move(*, hours, now):
        move_clock(hours=hours, now=now)
        time.freeze(now + timedelta(hours=hours))

    monkeypatch.setattr(demo_life, "move_clock", move)


@pytest.fixture
def mailbox(settings):
    """The demo's own mail server on a free port; what it takes is put into the mailbox by `mailbox()`."""
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
    settings.SINK_PORT = port
    MailAccount.rows.update(per_second=5_000)
    sink = MailSink(lambda recipient, raw: taken.append(Arrived(recipient, raw)), port=port)
    sink.start()
    yield lambda: take_mails(mails=taken, now=time.now())
    sink.stop()


@pytest.fixture
def delivery(misaki_client, mailbox, now):
    """A mailing to everybody, from its button to the mailbox, through the doors of the screens."""
    segment = Segment.rows.get(name="メールを送れる人")
    url = misaki_client.post(reverse("campaigns:new"), {"segment": segment.pk}).url
    delivery = Delivery.rows.get(pk=int(url.split("/")[2]))
    Audience.rows.filter(pk=delivery.pk).update(control_percent=20)
    misaki_client.post(reverse("campaigns:confirm", args=[delivery.pk]))
    freeze(delivery_id=delivery.pk)
    misaki_client.post(reverse("campaigns:hurry", args=[delivery.pk]))
    deliveries.start_due(now=now)
    run_lane(delivery_id=delivery.pk, lane=0)
    mailbox()
    deliveries.keep_sending(now=now)
    delivery.refresh_from_db()
    assert delivery.state == "done"
    return delivery


@pytest.fixture
def asked(misaki, now):
    """「7日進める」 → the event that the worker gets."""
    ask_for_days(actor=misaki, days=7, now=now)
    return Event.rows.filter(kind="clock.days_asked").latest("pk").pk


def everything():
    models = (Order, OrderLine, Touch, ConsentRecord, Suppression, Message, Event, SinkMail)
    return {model.__name__: model.rows.count() for model in models} | {"offset": Organisation.rows.get().clock_offset_seconds}


def test_seven_days_pass_once_and_what_people_did_adds_up(delivery, asked, clock, now):
    orders = Order.rows.count()
    demo_life.pass_days(days=7, event_id=asked)
    assert time.now() == now + timedelta(days=7)
    work = Work.rows.get(kind="demo.days")
    assert (work.done, work.total, work.state) == (7, 7, "done")

    funnel = results.funnel(delivery.pk, control=Audience.rows.get(pk=delivery.pk).control_count)
    assert funnel.sent == SinkMail.rows.count() > 200
    assert 0.3 * funnel.delivered < funnel.opened < 0.55 * funnel.delivered
    assert 0 < funnel.clicked < funnel.opened
    assert funnel.machine_opened > 0
    touched = Tally(Touch.rows.filter(message__delivery=delivery).values_list("message_id", "kind", "machine"))
    assert set(touched.values()) == {1}
    assert not Touch.rows.filter(message__delivery=delivery).exclude(at__gt=now, at__lte=time.now()).exists()

    fresh = list(Order.rows.order_by("pk")[orders:])
    assert len({(order.customer_id, order.external_id) for order in fresh}) == len(fresh) > 7
    assert all(now < order.ordered_at <= time.now() for order in fresh)
    assert len({time.today(order.ordered_at) for order in fresh}) >= 6
    placed = Event.rows.filter(kind="order.placed").values_list("subject_id", flat=True)
    assert set(placed) == {order.pk for order in fresh}
    assert summaries() == naive_summaries()

    lift = results.lift(Audience.rows.get(pk=delivery.pk), now=time.now())
    assert lift.complete
    assert lift.treated.reached + lift.control.reached > 0
    assert lift.treated.revenue_jpy + lift.control.revenue_jpy <= sum(order.goods_jpy for order in fresh)
    assert results.attributed(delivery.pk).buyers <= funnel.clicked

    people = Touch.rows.filter(message__delivery=delivery, machine=False)
    clicked, bought = set(people.filter(kind="click").values_list("customer_id", flat=True)), {order.customer_id for order in fresh}
    assert len(bought & clicked) / len(clicked) > 3 * len(bought - clicked) / (CUSTOMERS - len(clicked))
    for gone in people.filter(kind="unsubscribe"):
        assert not ConsentState.rows.get(customer_id=gone.customer_id, channel="email", purpose="marketing").allowed

    once = everything()  # the job runs a second time, whole and in its parts
    demo_life.pass_days(days=7, event_id=asked)
    demo_life.read_mailbox(time.now())
    assert demo_life.shop(time.now()) == 0
    assert everything() == once


def test_a_job_that_dies_goes_on_with_the_day_it_was_at(delivery, asked, clock, now, monkeypatch):
    class Killed(Exception):
        pass

    shop, days = demo_life.shop, []

    def third_day_kills(at):
        days.append(at)
        if len(days) == 3:
            raise Killed
        return shop(at)

    monkeypatch.setattr(demo_life, "shop", third_day_kills)
    with pytest.raises(Killed):
        demo_life.pass_days(days=4, event_id=asked)
    assert Work.rows.get(kind="demo.days").done == 2
    demo_life.pass_days(days=4, event_id=asked)
    assert (len(days), Work.rows.get(kind="demo.days").state) == (5, "done")
    assert summaries() == naive_summaries()
    assert Tally(Touch.rows.filter(message__delivery=delivery).values_list("message_id", "kind", "machine")).most_common(1)[0][1] == 1


def test_days_that_are_asked_for_twice_pass_one_after_another(misaki, now):
    from enishi.campaigns.subscribers import live_on

    for _ in range(2):
        ask_for_days(actor=misaki, days=1, now=now)
    live_on(Event.rows.filter(kind="clock.days_asked"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT args, lock FROM procrastinate_jobs WHERE task_name = 'campaigns.live'")
        jobs = cursor.fetchall()
    assert [lock for _, lock in jobs] == ["demo.days"] * 2
    assert len({json.loads(args)["event_id"] for args, _ in jobs}) == 2
