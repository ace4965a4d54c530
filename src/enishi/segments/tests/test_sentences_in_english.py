import pytest
from django.utils import translation

from enishi.rules.facts import registry
from enishi.rules.operators import DaysAgo, LastDays, LastMonths
from enishi.rules.readback import phrase, sentence
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Where


def is_(fact, kind, op, *values, **more):
    return Condition(fact=fact, test={"type": kind, "op": op, **({"values": values} if values else {})}, **more)


ONCE = is_("purchase.count", "number", "eq", 1)
LAST = is_("purchase.last", "date", "days_ago_between", 30, 90)
MAILABLE = is_("contact.mailable", "flag", "yes")
OWN_SHOP = Where(property="channel", test={"type": "choice", "op": "in", "values": ["ec"]})
SUBSCRIBED = Where(property="subscription", test={"type": "flag", "op": "yes"})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AllOf(), "All customers"),
        (ONCE, "Customers whose purchase count is 1"),
        (AllOf(rules=(ONCE, MAILABLE)), "Customers whose purchase count is 1 and who can be emailed"),
        (
            AllOf(rules=(ONCE, LAST, MAILABLE)),
            "Customers whose purchase count is 1, whose last purchase is 30–90 days ago and who can be emailed",
        ),
        (AnyOf(rules=(ONCE, MAILABLE)), "Customers who match “purchase count is 1” or “can be emailed”"),
        (AllOf(rules=(ONCE, Not(rule=MAILABLE))), "Customers whose purchase count is 1, except those who can be emailed."),
        (
            Not(rule=AnyOf(rules=(AllOf(rules=(ONCE, LAST)), MAILABLE))),
            "All customers, except those whose purchase count is 1 and whose last purchase is 30–90 days ago and those who can be emailed.",
        ),
        (
            AllOf(rules=(MAILABLE, AnyOf(rules=(AllOf(rules=(ONCE, LAST)), ONCE)))),
            "Customers who can be emailed and who match “purchase count is 1 and last purchase is 30–90 days ago” or “purchase count is 1”",
        ),
        (is_("customer.city", "text", "contains", "Taito"), "Customers whose city contains “Taito”"),
        (is_("customer.city", "text", "is_empty"), "Customers whose city is empty"),
        (is_("customer.age", "number", "between", 20, 39), "Customers whose age is 20–39"),
        (is_("customer.birthday", "date", "month_is", 3, 4), "Customers whose birthday is in March, April"),
        (is_("customer.birthday", "date", "month_from_now", 1), "Customers whose birthday is next month"),
        (is_("purchase.last", "date", "is_empty"), "Customers whose last purchase is not known"),
        (is_("purchase.last", "date", "fiscal_years_ago", 1), "Customers whose last purchase is in the last fiscal year"),
        (is_("purchase.last", "date", "on_or_after", "2026-11-01"), "Customers whose last purchase is on or after 2026/11/01 (Sun)"),
        (is_("customer.kind", "choice", "not_in", "person"), "Customers whose kind is other than Person"),
        (is_("consent.email", "consent", "denied"), "Customers whose consent to email is refused by the customer"),
        (is_("consent.post", "consent", "allowed"), "Customers whose consent to post (DM) is given"),
        (is_("customer.tags", "labels", "is_filled"), "Customers whose tags are set"),
        (
            is_("orders.count", "number", "gte", 2, window=LastMonths(months=24)),
            "Customers whose purchase count in the last 24 months is at least 2",
        ),
        (
            is_("orders.count", "number", "gte", 2, where=(OWN_SHOP,)),
            "Customers whose purchase count over all time (counting only those whose sales channel is Own online shop) is at least 2",
        ),
        (
            is_("orders.any", "flag", "no", window=DaysAgo(nearest=30, farthest=90), where=(OWN_SHOP,)),
            "Customers who have no order whose sales channel is Own online shop 30–90 days ago",
        ),
        (
            is_("orders.revenue", "number", "gte", 10_000, where=(SUBSCRIBED,)),
            "Customers whose revenue (excl. tax) over all time (counting only those whose subscription is “yes”) is at least ¥10,000",
        ),
        (is_("mail.opened", "flag", "yes", window=LastDays(days=30)), "Customers who opened an email in the last 30 days"),
    ],
)
def test_a_rule_reads_as_english(db, rule, expected):
    with translation.override("en"):
        assert str(sentence(rule, registry())) == expected


def test_a_condition_by_itself_begins_without_a_customer(db):
    with translation.override("en"):
        assert phrase(is_("mail.opened", "flag", "yes", window=LastDays(days=30)), registry()) == "opened an email in the last 30 days"
