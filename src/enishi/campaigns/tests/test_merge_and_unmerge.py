"""Merge, live on, part again: from the roof, where every table that points to a customer is in sight."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from config.wiring import APPEND_ONLY
from enishi.commerce.actions import lifecycles
from enishi.commerce.models import Order, PurchaseSummary
from enishi.commerce.tests.factories import order
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.bookmarks import add_favourite
from enishi.customers.actions.consent import Statement, record_consents
from enishi.customers.actions.contacts import add_contact
from enishi.customers.actions.customers import change_customer, claim_identities
from enishi.customers.actions.merging import merge_customers
from enishi.customers.actions.purposes import drift
from enishi.customers.actions.relations import Terms, relate_customers
from enishi.customers.actions.shares import share_customer
from enishi.customers.actions.tasks import add_task
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.contact_points import Point
from enishi.customers.models import ConsentState, ContactPoint, Customer, CustomerTag, Identity, Tag
from enishi.customers.queries.consent import address_hash
from enishi.customers.resolve import resolve
from enishi.customers.tests.factories import customer
from enishi.messaging.actions.touches import unsubscribe
from enishi.messaging.models import Delivery, Message, Touch
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import ActionError
from enishi.platform.secrets import keyed_hash

#: Grown by every deed; that nothing of them goes or changes is the base's own promise.
LOGS = {*APPEND_ONLY, "customers_merge", "customers_mergeentry", "platform_tombstone"}

PEOPLE = st.integers(0, 3)
SAID = st.tuples(
    st.sampled_from(["email", "post"]), st.sampled_from([(True, "consent"), (True, "relation"), (False, "refused"), (False, "unknown")])
)
DEEDS = st.one_of(
    st.tuples(st.just("tag"), PEOPLE, st.sampled_from("味醤酢")),
    st.tuples(st.just("note"), PEOPLE, st.just("")),
    st.tuples(st.just("task"), PEOPLE, st.just("")),
    st.tuples(st.just("say"), PEOPLE, SAID),
    st.tuples(st.just("contact"), PEOPLE, st.sampled_from(["a@example.jp", "b@example.jp", "090-1111-2222", "03-1234-5678"])),
    st.tuples(st.just("tie"), PEOPLE, st.tuples(PEOPLE, st.sampled_from(["household", "referred"]))),
    st.tuples(st.just("share"), PEOPLE, st.sampled_from(["read", "update"])),
    st.tuples(st.just("buy"), PEOPLE, st.integers(1, 40)),
    st.tuples(st.just("mail"), PEOPLE, st.just("")),
    st.tuples(st.just("stop"), PEOPLE, st.just("")),
    st.tuples(st.just("member"), PEOPLE, st.just("")),
    st.tuples(st.just("star"), PEOPLE, st.just("")),
    st.tuples(
        st.just("write"), PEOPLE, st.sampled_from([("city", "金沢市"), ("city", "小松市"), ("kana", "サイトウ"), ("gender", "female")])
    ),
)
LIVES = st.lists(DEEDS, max_size=14)


@dataclass
class World:
    """Four people, and what befalls them. `led`: whose evidence each deed carries while they are one."""

    actor: object
    colleague: int
    now: object
    deliveries: list[int]
    people: list[int] = field(default_factory=list)
    count: int = 0

    def tick(self):
        self.now += timedelta(minutes=1)
        return self.now

    def whose(self, place):
        return resolve(self.people[place])

    def do(self, deed, *, at=None):
        """One deed of somebody's life. `at`: the person it is done to, where it is not who it belongs to."""
        kind, place, what = deed
        try:
            with transaction.atomic():
                getattr(self, f"do_{kind}")(at or self.whose(place), place, what)
        except ActionError:
            pass  # what the product refuses does not befall them

    def do_tag(self, pk, place, name):
        tag, _made = Tag.rows.get_or_create(name=name)
        CustomerTag.rows.get_or_create(customer_id=pk, tag=tag, defaults={"at": self.tick()})

    def do_note(self, pk, place, what):
        record_activity(customer_id=pk, kind="note", text="電話", actor=self.actor, now=self.tick())

    def do_task(self, pk, place, what):
        add_task(customer_id=pk, title="折り返し", due_on=date(2026, 12, 1), actor=self.actor, now=self.tick())

    def do_say(self, pk, place, what):
        channel, (allowed, basis) = what
        record_consents(statements=[Statement(pk, channel, allowed=allowed, basis=basis, source="screen")], actor=SYSTEM, now=self.tick())

    def do_contact(self, pk, place, what):
        point = Point(kind="email", email=what) if "@" in what else Point(kind="phone", phone=what, note="自宅")
        add_contact(customer_id=pk, point=point, actor=self.actor, now=self.tick(), shares_address=True)

    def do_tie(self, pk, place, what):
        other, kind = what
        relate_customers(
            customer_id=pk,
            other_id=self.whose(other),
            kind=kind,
            outward=True,
            terms=Terms(is_primary=True),
            actor=self.actor,
            now=self.tick(),
        )

    def do_share(self, pk, place, level):
        share_customer(customer_id=pk, level=level, until_on=None, reason="応援", user_id=self.colleague, actor=self.actor, now=self.tick())

    def do_buy(self, pk, place, days):
        self.count += 1
        claim = {"email": f"p{place}@example.jp"} if days % 2 else {}
        who = Customer.rows.get(pk=pk)
        order(who, on=date(2026, 11, 22) - timedelta(days=days), external_id=f"X{self.count}", number=f"O-X{self.count}", claim=claim)
        lifecycles.refresh(customer_ids=[pk], now=self.now)

    def do_mail(self, pk, place, what):
        self.count += 1
        address = f"p{place}@example.jp"
        Message.rows.create(
            delivery_id=self.deliveries[self.count % len(self.deliveries)],
            customer_id=pk,
            occasion=str(self.count),
            state="accepted",
            address_hash=address_hash("email", address),
            token_hash=keyed_hash(f"{self.count}"),
            handed_at=self.tick(),
        )

    def do_stop(self, pk, place, what):
        sent = Message.rows.filter(address_hash=address_hash("email", f"p{place}@example.jp")).order_by("-pk").first()
        if sent is not None:
            unsubscribe(token_hash=bytes(sent.token_hash), now=self.tick())

    def do_member(self, pk, place, what):
        Identity.rows.get_or_create(kind="member", value=f"M-{place}", defaults={"customer_id": pk, "created_at": self.tick()})

    def do_star(self, pk, place, what):
        add_favourite(customer_id=pk, actor=self.actor, now=self.tick())

    def do_write(self, pk, place, what):
        change_customer(customer_id=pk, given=dict([what]), seen=None, actor=self.actor, now=self.tick())

    def merge(self, keep, gone, choices):
        ids = [self.people[place] for place in (keep, *gone)]
        chosen = {part: ids[index % len(ids)] for part, index in choices.items()}
        strong = [f"{kind}:{value}" for kind, value in Identity.rows.filter(customer_id__in=ids).values_list("kind", "value")]
        return merge_customers(keep=ids[0], gone=ids[1:], choices=chosen, confirmed=strong, actor=self.actor, now=self.tick()).id

    def part(self, merge_id):
        return unmerge_customers(merge_id=merge_id, actor=self.actor, now=self.tick())


@pytest.fixture
def world(misaki, yoshida, now):
    letters = [Delivery.rows.create(number=f"D-{n}", name="お便り", created_at=now, state="done").pk for n in range(3)]
    made = World(misaki, yoshida.user_id, now, letters)
    for place in range(4):
        columns = {"email": f"p{place}@example.jp", "phone": f"090-0000-000{place}", "city": ("", "金沢市")[place % 2], "postal_code": ""}
        row = customer(**columns)
        claim_identities(row, now)
        made.people.append(row.pk)
    return made


class Undone(Exception):
    """Ends one example: what it wrote is rolled back."""


def rows_of(table):
    query = sql.SQL("SELECT (to_jsonb(t) - 'row_xid')::text FROM {} t ORDER BY 1").format(sql.Identifier(table))
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [text for (text,) in cursor.fetchall()]


def tables():
    return sorted({m._meta.db_table for m in apps.get_models() if m.__module__.startswith("enishi.")} - LOGS)


def state():
    """The base as it is: a hash a table."""
    return {table: hashlib.sha256("\n".join(rows_of(table)).encode()).hexdigest() for table in tables()}


def same_as(before):
    after = state()
    return [table for table in before if before[table] != after[table]]


MANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHOICES = st.dictionaries(st.sampled_from(["name", "email", "phone", "address", "kana", "gender"]), st.integers(0, 3), max_size=4)
TOGETHER = st.permutations(range(4)).flatmap(lambda order: st.integers(2, 4).map(lambda size: list(order[:size])))


@MANY
@given(life=LIVES, together=TOGETHER, choices=CHOICES)
def test_to_merge_and_to_part_leaves_the_base_as_it_was(world, life, together, choices):
    clock, count = world.now, world.count
    try:
        with transaction.atomic():
            for deed in life:
                world.do(deed)
            before = state()
            found = world.merge(together[0], together[1:], choices)
            assert drift().total == 0
            world.part(found)
            assert same_as(before) == []
            assert drift().total == 0
            raise Undone
    except Undone:
        world.now, world.count = clock, count


@MANY
@given(life=LIVES, steps=st.lists(st.tuples(TOGETHER, CHOICES), min_size=1, max_size=4))
def test_merges_upon_merges_taken_back_newest_first_leave_the_base_as_it_was(world, life, steps):
    clock, count = world.now, world.count
    try:
        with transaction.atomic():
            for deed in life:
                world.do(deed)
            before, done = state(), []
            for together, choices in steps:
                people = list(dict.fromkeys(world.whose(place) for place in together))
                places = [world.people.index(pk) for pk in people]
                if len(places) > 1:
                    done.append((state(), world.merge(places[0], places[1:], choices)))
            for then, merge_id in reversed(done):
                world.part(merge_id)
                assert same_as(then) == []
            assert same_as(before) == []
            assert drift().total == 0
            raise Undone
    except Undone:
        world.now, world.count = clock, count


#: What carries evidence of whose it is, or may befall either as it befalls who carries on.
BETWEEN = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), PEOPLE, st.sampled_from([1, 3, 5])),
        st.tuples(st.just("mail"), PEOPLE, st.just("")),
        st.tuples(st.just("stop"), PEOPLE, st.just("")),
        st.tuples(st.just("note"), st.just(-1), st.just("")),
        st.tuples(st.just("task"), st.just(-1), st.just("")),
        st.tuples(st.just("say"), st.just(-1), SAID),
        st.tuples(st.just("tag"), st.just(-1), st.sampled_from("塩糖")),
        st.tuples(st.just("buy"), st.just(-1), st.sampled_from([2, 4])),
    ),
    max_size=8,
)
QUIET = st.lists(DEEDS.filter(lambda deed: deed[0] not in ("contact", "stop", "write")), max_size=8)


@MANY
@given(life=QUIET, together=TOGETHER, between=BETWEEN)
def test_what_came_in_between_goes_to_whom_it_names_else_to_who_carried_on(world, life, together, between):
    """The same life twice: once as one customer who parts again, once as people who were never merged."""

    def lived(*, as_one):
        clock, count = world.now, world.count
        try:
            with transaction.atomic():
                for deed in life:
                    world.do(deed)
                world.tick()
                found = world.merge(together[0], together[1:], {}) if as_one else None
                for kind, place, what in between:
                    whom = together[0] if place < 0 else place
                    if whom in together:
                        world.do((kind, whom, what))
                if found is not None:
                    world.part(found)
                assert drift().total == 0
                raise Undone(seen(world))
        except Undone as end:
            world.now, world.count = clock, count
            return end.args[0]

    assert lived(as_one=True) == lived(as_one=False)


def seen(world):
    """What the base says of each of them, by words that are the same in both lives."""
    place = {pk: index for index, pk in enumerate(world.people)}

    def by(rows, *columns):
        return sorted(((place[pk], *map(str, rest)) for pk, *rest in rows.values_list("customer_id", *columns)))

    columns = ("name", "email", "phone", "phone_e164", "city", "kana", "gender", "lifecycle", "custom")
    return {
        "customers": [(place[row[0]], *map(str, row[1:])) for row in Customer.rows.order_by("pk").values_list("pk", *columns)],
        "orders": by(Order.rows, "external_id"),
        "summaries": by(PurchaseSummary.rows, "purchase_count", "revenue_jpy", "last_on"),
        "mails": by(Message.rows, "occasion"),
        "touches": by(Touch.rows, "message__occasion", "kind"),
        "consents": by(ConsentState.rows, "channel", "allowed", "basis"),
        "tags": by(CustomerTag.rows, "tag__name"),
        "contacts": by(ContactPoint.rows, "kind", "email", "phone"),
        "identities": by(Identity.rows, "kind", "value"),
    }
