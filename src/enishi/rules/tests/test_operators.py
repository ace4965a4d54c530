"""The meaning of every operator, by example. What is said here holds for every evaluator."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from enishi.rules import python_eval
from enishi.rules.days import DayRange, months_before
from enishi.rules.operators import Between, DaysAgo, LastDays, LastMonths
from enishi.rules.python_eval import LoadedFacts, Row
from enishi.rules.tests.pretend import REGISTRY
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, RuleInvalid, Where, parse
from enishi.rules.words import comparable, spellings

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # noon in Tokyo
TODAY = date(2026, 11, 22)


def holds(fact, kind, op, values, value, now=NOW):
    rule = parse(
        {"type": "condition", "fact": fact, "test": {"type": kind, "op": op, **({"values": values} if values is not None else {})}}
    )
    return python_eval.matches(rule, LoadedFacts(REGISTRY, {fact: value}), now=now)


@pytest.mark.parametrize(
    ("op", "sought", "value", "expected"),
    [
        ("is", "台東区", "台東区", True),
        ("is", "台東区", "台東", False),
        ("is", "ABC", "ａｂｃ", True),
        ("is", "ｶﾏｸﾗ", "かまくら", True),
        ("is_not", "台東区", "", True),
        ("is_not", "台東区", "台東区", False),
        ("contains", "東", "台東区", True),
        ("contains", "東", "", False),
        ("contains", "%", "100%", True),
        ("contains", "%", "100", False),
        ("not_contains", "東", "", True),
        ("not_contains", "東", "台東区", False),
        ("starts_with", "台", "台東区", True),
        ("starts_with", "東", "台東区", False),
        ("is_empty", None, "", True),
        ("is_empty", None, None, True),
        ("is_filled", None, "x", True),
        ("is_filled", None, "", False),
    ],
)
def test_texts(op, sought, value, expected):
    assert holds("customer.city", "text", op, [sought] if sought else None, value) is expected


@pytest.mark.parametrize(
    ("op", "values", "value", "expected"),
    [
        ("eq", [20], 20, True),
        ("eq", [0], None, False),
        ("not_eq", [20], None, True),
        ("not_eq", [20], 20, False),
        ("gte", [20], 20, True),
        ("gte", [20], None, False),
        ("lte", [20], 21, False),
        ("lte", [20], None, False),
        ("between", [20, 39], 39, True),
        ("between", [20, 39], 40, False),
        ("is_empty", None, None, True),
        ("is_empty", None, 0, False),
    ],
)
def test_numbers(op, values, value, expected):
    assert holds("customer.age", "number", op, values, value) is expected


def test_fractions_are_compared_exactly():
    assert holds("customer.height", "number", "eq", ["170.1"], Decimal("170.10"))
    assert not holds("customer.height", "number", "gte", ["170.2"], Decimal("170.1"))


@pytest.mark.parametrize(
    ("op", "values", "value", "expected"),
    [
        ("within_last_days", [30], date(2026, 11, 22), True),
        ("within_last_days", [30], date(2026, 10, 23), True),
        ("within_last_days", [30], date(2026, 10, 22), False),
        ("within_last_days", [30], date(2026, 11, 23), False),
        ("days_ago_between", [30, 90], date(2026, 10, 23), True),
        ("days_ago_between", [30, 90], date(2026, 8, 24), True),
        ("days_ago_between", [30, 90], date(2026, 8, 23), False),
        ("days_ago_between", [30, 90], date(2026, 10, 24), False),
        ("days_ago_between", [30, 90], None, False),
        ("more_than_days_ago", [30], date(2026, 10, 22), True),
        ("more_than_days_ago", [30], date(2026, 10, 23), False),
        ("more_than_days_ago", [30], None, False),
        ("on_or_after", ["2026-11-22"], date(2026, 11, 22), True),
        ("before", ["2026-11-22"], date(2026, 11, 22), False),
        ("before", ["2026-11-22"], date(2026, 11, 21), True),
        ("on", ["2026-11-22"], date(2026, 11, 22), True),
        ("between", ["2026-11-01", "2026-11-30"], date(2026, 11, 30), True),
        ("is_empty", None, None, True),
        ("is_filled", None, None, False),
    ],
)
def test_days(op, values, value, expected):
    assert holds("purchase.last", "date", op, values, value) is expected


@pytest.mark.parametrize(
    ("now", "born", "expected"), [(NOW, 11, True), (NOW, 12, False), (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), 12, True)]
)
def test_the_month_of_a_birthday_is_this_month_in_tokyo(now, born, expected):
    assert holds("customer.birthday", "date", "month_from_now", [0], date(1980, born, 5), now) is expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "years_ago", "first", "last"),
    [
        (4, 0, "2026-04-01", "2027-03-31"),
        (4, 1, "2025-04-01", "2026-03-31"),
        (12, 0, "2025-12-01", "2026-11-30"),
        (11, 2, "2024-11-01", "2025-10-31"),
    ],
)
def test_a_fiscal_year_begins_with_the_organisations_month(organisation, start, years_ago, first, last):
    organisation.fiscal_year_start_month = start
    organisation.save()
    inside, day = [date.fromisoformat(first), date.fromisoformat(last)], timedelta(days=1)
    outside = [inside[0] - day, inside[1] + day]
    assert all(holds("purchase.last", "date", "fiscal_years_ago", [years_ago], value) for value in inside)
    assert not any(holds("purchase.last", "date", "fiscal_years_ago", [years_ago], value) for value in [*outside, None])


def test_a_fiscal_year_is_one_of_three():
    with pytest.raises(RuleInvalid):
        holds("purchase.last", "date", "fiscal_years_ago", [3], TODAY)


def test_next_month_after_december_is_january():
    december = datetime(2026, 12, 10, tzinfo=UTC)
    assert holds("customer.birthday", "date", "month_from_now", [1], date(1980, 1, 5), december)
    assert holds("customer.birthday", "date", "month_is", [2, 3], date(2000, 2, 29))


@pytest.mark.parametrize(
    ("op", "values", "value", "expected"),
    [
        ("in", ["東京都", "京都府"], "京都府", True),
        ("in", ["東京都"], "", False),
        ("not_in", ["東京都"], "", True),
        ("not_in", ["東京都"], "東京都", False),
        ("is_empty", None, "", True),
        ("is_filled", None, "東京都", True),
    ],
)
def test_choices(op, values, value, expected):
    assert holds("customer.prefecture", "choice", op, values, value) is expected


def test_numbered_choices_are_compared_as_ids():
    assert holds("customer.owner", "choice", "in", ["7"], 7)
    assert holds("customer.owner", "choice", "not_in", ["7"], None)


@pytest.mark.parametrize(
    ("op", "values", "value", "expected"),
    [
        ("any_of", ["1", "2"], {2, 3}, True),
        ("any_of", ["1"], {2}, False),
        ("all_of", ["1", "2"], {1, 2, 3}, True),
        ("all_of", ["1", "2"], {1}, False),
        ("none_of", ["1", "2"], set(), True),
        ("none_of", ["1", "2"], {2}, False),
        ("is_empty", None, set(), True),
        ("is_filled", None, {1}, True),
    ],
)
def test_labels(op, values, value, expected):
    assert holds("customer.tags", "labels", op, values, frozenset(value)) is expected


def test_flags_and_consents():
    assert holds("customer.vip", "flag", "yes", None, True)
    assert holds("customer.vip", "flag", "no", None, None)
    assert holds("consent.email", "consent", "unknown", None, None)
    assert holds("consent.email", "consent", "denied", None, "denied")
    assert not holds("consent.email", "consent", "allowed", None, None)


def test_groups_and_their_opposites():
    yes, no = (Condition(fact="customer.vip", test={"type": "flag", "op": op}) for op in ("yes", "no"))
    facts = LoadedFacts(REGISTRY, {"customer.vip": True})

    def said(rule):
        return python_eval.matches(rule, facts, now=NOW)

    assert said(AllOf())
    assert said(AllOf(rules=(yes, Not(rule=no))))
    assert said(AnyOf(rules=(no, yes)))
    assert not said(Not(rule=AnyOf(rules=(no, yes))))
    assert not said(Not(rule=AllOf()))


# ---- rows -------------------------------------------------------------------------------------------------

ROWS = [
    Row(date(2026, 11, 22), {"orders.sum": 500}, {"channel": "ec", "amount": 500}),
    Row(date(2026, 10, 23), {"orders.sum": 1_500}, {"channel": "store", "amount": 1_500}),
    Row(date(2026, 8, 24), {"orders.sum": 3_000}, {"channel": "store", "amount": 3_000}),
    Row(None, {"orders.sum": 7}, {"channel": "", "amount": 7}),
]


@pytest.mark.parametrize(
    ("fact", "window", "where", "expected"),
    [
        ("orders.count", None, (), 4),
        ("orders.count", LastDays(days=30), (), 2),
        ("orders.count", LastDays(days=29), (), 1),
        ("orders.count", LastMonths(months=3), (), 3),
        ("orders.count", DaysAgo(nearest=30, farthest=90), (), 2),
        ("orders.count", Between(since=date(2026, 10, 1), until=date(2026, 10, 31)), (), 1),
        ("orders.count", None, ("channel", "choice", "in", ["store"]), 2),
        ("orders.count", None, ("channel", "choice", "not_in", ["store"]), 2),
        ("orders.sum", None, ("amount", "number", "gte", [1_500]), 4_500),
        ("orders.sum", LastDays(days=0), ("channel", "choice", "in", ["store"]), 0),
        ("orders.any", LastDays(days=0), (), True),
        ("orders.any", LastDays(days=0), ("channel", "choice", "in", ["store"]), False),
        ("orders.last", DaysAgo(nearest=1, farthest=365), (), date(2026, 10, 23)),
        ("orders.last", LastDays(days=0), ("channel", "choice", "in", ["store"]), None),
    ],
)
def test_figures_over_rows(fact, window, where, expected):
    test = {"orders.any": {"type": "flag", "op": "yes"}, "orders.last": {"type": "date", "op": "is_filled"}}
    filters = (Where(property=where[0], test={"type": where[1], "op": where[2], "values": where[3]}),) if where else ()
    rule = Condition(fact=fact, test=test.get(fact, {"type": "number", "op": "gte", "values": [0]}), window=window, where=filters)
    assert python_eval.actual_value(rule, LoadedFacts(REGISTRY, rows={"orders": ROWS}), TODAY) == expected


def test_nobody_has_less_than_no_orders():
    none = Condition(fact="orders.count", test={"type": "number", "op": "eq", "values": [0]}, window=LastDays(days=30))
    assert python_eval.matches(none, LoadedFacts(REGISTRY), now=NOW)


def test_explaining_names_each_condition_with_its_value():
    once = Condition(fact="purchase.count", test={"type": "number", "op": "eq", "values": [1]})
    refused = Condition(fact="consent.email", test={"type": "consent", "op": "denied"})
    facts = LoadedFacts(REGISTRY, {"purchase.count": 8, "consent.email": "denied"})

    results = python_eval.explain(AllOf(rules=(once, Not(rule=AnyOf(rules=(refused, once))))), facts, now=NOW)

    assert [(found.path, found.actual, found.holds, found.negated, found.speaks_for) for found in results] == [
        ((0,), 8, False, False, False),
        ((1, 0, 0), "denied", True, True, False),
        ((1, 0, 1), 8, False, True, True),
    ]


# ---- days and words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 22), 24, date(2024, 11, 22)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
    ],
)
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected


def test_a_range_of_days_begins_at_midnight_in_tokyo():
    found = DayRange(date(2026, 11, 1), date(2026, 12, 1))
    assert (found.since_at, found.until_at) == (datetime(2026, 10, 31, 15, tzinfo=UTC), datetime(2026, 11, 30, 15, tzinfo=UTC))


def test_the_comparable_form_unites_width_and_case():
    assert comparable("ＡＢＣ ｶﾅ ΌΔΟΣ İ") == "abc カナ όδοσ i"


def test_what_is_typed_in_one_kana_finds_the_other():
    assert spellings("ﾔﾏﾀﾞ") == ("ヤマダ", "やまだ")
    assert spellings("山田") == ("山田",)
