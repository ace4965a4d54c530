"""What the database is asked: only the tables that a rule names, values as parameters, within the viewer's scope."""

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection

from enishi.commerce.models import PurchaseSummary
from enishi.customers.access import visible_customers
from enishi.customers.models import ConsentState, Customer, CustomerAlias
from enishi.platform import time
from enishi.platform.actor import SYSTEM
from enishi.rules.facts import registry
from enishi.rules.loading import load_for
from enishi.rules.rights import RuleRefused, readable, refuse_unreadable
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, RuleInvalid, parse
from enishi.segments.tests.rule_base import Base

pytestmark = pytest.mark.django_db


def is_(fact, kind, op, *values, **more):
    return Condition(fact=fact, test={"type": kind, "op": op, **({"values": values} if values else {})}, **more)


ONCE = is_("purchase.count", "number", "eq", 1)
LAST = is_("purchase.last", "date", "days_ago_between", 30, 90)
MAILABLE = is_("contact.mailable", "flag", "yes")
FIRST_SEGMENT = AllOf(rules=(ONCE, LAST, MAILABLE))


def tables(rule, now) -> set[str]:
    query = str(to_queryset(rule, Customer.rows.filter(archived_at=None), now=now, registry=registry()).values("pk").query)
    return set(re.findall(r'(?:FROM|JOIN) "(\w+)"', query))


@pytest.fixture
def make_customer(now: datetime) -> Callable[..., Customer]:
    def make(number: str, **columns) -> Customer:
        return Customer.rows.create(number=number, name=columns.pop("name", number), created_at=now, **columns)

    return make


def test_the_first_segment_finds_its_people(make_customer, now):
    today = time.today(now)
    expected = []
    for number, count, days, email, allowed in [
        ("C-1", 1, 30, "a@example.jp", True),
        ("C-2", 1, 90, "b@example.jp", True),
        ("C-3", 1, 91, "c@example.jp", True),
        ("C-4", 2, 60, "d@example.jp", True),
        ("C-5", 1, 60, "", True),
        ("C-6", 1, 60, "f@example.jp", False),
        ("C-7", 1, 60, "g@example.jp", None),
    ]:
        customer = make_customer(number, email=email)
        bought_on = date.fromordinal(today.toordinal() - days)
        PurchaseSummary.rows.create(customer=customer, purchase_count=count, first_on=bought_on, last_on=bought_on, revenue_jpy=0)
        if allowed is not None:
            basis = "consent" if allowed else "refused"
            ConsentState.rows.create(customer=customer, channel="email", allowed=allowed, basis=basis, changed_at=now)
        if number in ("C-1", "C-2"):
            expected.append(customer.pk)

    found = to_queryset(FIRST_SEGMENT, Customer.rows.all(), now=now, registry=registry())

    assert sorted(found.values_list("pk", flat=True)) == expected


def test_only_the_tables_of_the_rule_are_read(now):
    assert tables(is_("customer.prefecture", "choice", "in", "東京都"), now) == {"customers_customer"}
    assert tables(AnyOf(rules=(is_("customer.age", "number", "gte", 20), is_("customer.city", "text", "is_empty"))), now) == {
        "customers_customer"
    }
    assert tables(FIRST_SEGMENT, now) == {
        "customers_customer",
        "commerce_purchasesummary",
        "customers_consentstate",
        "customers_contactpoint",
    }


def test_conditions_on_one_summary_share_one_look(now):
    query = str(to_queryset(AllOf(rules=(ONCE, LAST)), Customer.rows.all(), now=now, registry=registry()).query)
    assert query.count("EXISTS") == query.count('FROM "commerce_purchasesummary"') == 1


def test_no_subquery_stands_inside_an_or(now):
    """PostgreSQL would look it up customer by customer."""
    rule = AnyOf(rules=(ONCE, is_("mail.opened", "flag", "yes"), Not(rule=is_("customer.tags", "labels", "all_of", "1", "2"))))
    query = to_queryset(rule, Customer.rows.all(), now=now, registry=registry())
    assert "SubPlan" not in query.explain()


@pytest.mark.parametrize(
    "value",
    ["'; DROP TABLE customers_customer; --", '") OR 1=1 --', "%s %(name)s {0}", "%", "_", "\\", "a\\'b", "\ue000", "𠮷" * 100, "$1 ::text"],
)
def test_values_are_parameters_whatever_they_say(value, make_customer, now):
    make_customer("C-1", name="山田")
    exact = make_customer("C-2", name=value[:120])
    for op in ("is", "contains", "starts_with"):
        found = to_queryset(is_("customer.name", "text", op, value[:120]), Customer.rows.all(), now=now, registry=registry())
        assert list(found.values_list("pk", flat=True)) == [exact.pk]


@pytest.mark.parametrize("number", [-(10**15), 2**31, 2**31 - 1, 10**15])
def test_numbers_beyond_a_column_are_compared_not_an_error(number, make_customer, now):
    make_customer("C-1")
    for op in ("eq", "gte", "lte", "not_eq"):
        to_queryset(is_("purchase.count", "number", op, number), Customer.rows.all(), now=now, registry=registry()).count()
        to_queryset(is_("orders.count", "number", op, number), Customer.rows.all(), now=now, registry=registry()).count()


def test_an_unknown_fact_is_refused_before_any_query(now, django_assert_num_queries):
    known = registry()
    with django_assert_num_queries(0), pytest.raises(RuleInvalid):
        to_queryset(is_("owner__password__startswith", "text", "is", "pbkdf2"), Customer.rows.all(), now=now, registry=known)
    with django_assert_num_queries(0), pytest.raises(RuleInvalid):
        to_queryset(is_("customer.owner.password", "text", "is", "pbkdf2"), Customer.rows.all(), now=now, registry=known)


def test_a_rule_stays_inside_the_viewers_scope(make_customer, yoshida, hayashi, misaki, now):
    mine = make_customer("C-1", prefecture="東京都", owner_id=yoshida.user_id)
    other = make_customer("C-2", prefecture="東京都")
    rule = is_("customer.prefecture", "choice", "in", "東京都")

    def seen(actor, rule):
        return set(to_queryset(rule, visible_customers(actor), now=now, registry=registry()).values_list("pk", flat=True))

    assert seen(SYSTEM, rule) == seen(misaki, rule) == {mine.pk, other.pk}
    assert seen(yoshida, rule) == {mine.pk}
    assert seen(yoshida, Not(rule=Not(rule=AnyOf(rules=(ONCE, rule))))) == {mine.pk}


def test_a_masked_fact_cannot_be_asked_about(hayashi, misaki):
    by_name = parse({"type": "condition", "fact": "customer.name", "test": {"type": "text", "op": "starts_with", "values": ["山"]}})
    refuse_unreadable(by_name, registry(), misaki)
    with pytest.raises(RuleRefused):
        refuse_unreadable(by_name, registry(), hayashi)
    assert "customer.name" not in readable(registry(), hayashi)
    assert "customer.birthday" not in readable(registry(), hayashi)


def test_merging_does_not_lose_what_was_sent_before(make_customer, now):
    base = Base(1, now, size=4)
    CustomerAlias.rows.all().delete()
    received = is_("mail.received", "flag", "yes")

    def found():
        return set(to_queryset(received, Customer.rows.all(), now=now, registry=registry()).values_list("pk", flat=True))

    before, heir = found(), make_customer("C-heir")
    gone = min(before)
    CustomerAlias.rows.create(old_id=gone, current=heir, number="C-gone", merged_at=now)
    assert found() == (before - {gone}) | {heir.pk}
    assert gone in base.ids


def test_one_customer_is_explained_with_few_queries(make_customer, now, django_assert_max_num_queries):
    customer = make_customer("C-1", email="a@example.jp")
    known = registry()
    with django_assert_max_num_queries(6):  # own columns, two summary columns, consents allowed and refused, contact points
        loaded = load_for([FIRST_SEGMENT], Customer.rows.all(), ids=[customer.pk], now=now, registry=known)
    assert loaded[customer.pk].values["purchase.count"] == 0


def test_choice_lists_are_read_once_in_the_life_of_a_registry(django_assert_num_queries, db):
    known = registry()
    with django_assert_num_queries(1):
        known.fact("lines.bought").properties()["store"].choice_list()
        known.fact("orders.count").properties()["store"].choice_list()
    assert connection.in_atomic_block
