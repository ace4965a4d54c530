"""What the builder calls operators and windows."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from enishi.rules.facts import Fact
from enishi.rules.shapes import Rows
from enishi.rules.values import Kind, Trait, Words

_SAME, _OTHER, _EMPTY, _FILLED = _("が次と同じ"), _("が次と違う"), _("が空欄"), _("が入力済み")
_NUMBER: Mapping[str, Words] = {
    "eq": _SAME,
    "not_eq": _OTHER,
    "gte": _("が次の値以上"),
    "lte": _("が次の値以下"),
    "between": _("が次の間"),
    "is_empty": _EMPTY,
    "is_filled": _FILLED,
}
_OPERATORS: Mapping[Kind, Mapping[str, Words]] = {
    Kind.TEXT: {
        "is": _SAME,
        "is_not": _OTHER,
        "contains": _("が次を含む"),
        "not_contains": _("が次を含まない"),
        "starts_with": _("が次で始まる"),
        "is_empty": _EMPTY,
        "is_filled": _FILLED,
    },
    Kind.NUMBER: _NUMBER,
    Kind.MONEY: _NUMBER,
    Kind.DATE: {
        "within_last_days": _("が次の日数以内"),
        "days_ago_between": _("が次の日数前"),
        "more_than_days_ago": _("が次の日数より前"),
        "fiscal_years_ago": _("が次の年度"),
        "on_or_after": _("が次の日以降"),
        "before": _("が次の日より前"),
        "on": _("が次の日"),
        "between": _("が次の期間"),
        "month_is": _("の月が次のどれか"),
        "month_from_now": _("の月が次の月"),
        "is_empty": _("がない"),
        "is_filled": _("がある"),
    },
    Kind.CHOICE: {"in": _("が次のどれか"), "not_in": _("が次のどれでもない"), "is_empty": _EMPTY, "is_filled": _FILLED},
    Kind.LABELS: {
        "any_of": _("に次のどれかがある"),
        "all_of": _("に次がすべてある"),
        "none_of": _("に次のどれもない"),
        "is_empty": _("がない"),
        "is_filled": _("がある"),
    },
    Kind.FLAG: {"yes": _("に当てはまる"), "no": _("に当てはまらない")},
    Kind.CONSENT: {"allowed": _("が配信可"), "denied": _("が不可（本人希望）"), "unknown": _("が未取得")},
}
_OF_ROWS: Mapping[str, Words] = {"yes": _("がある"), "no": _("がない")}

WINDOWS: tuple[tuple[str, Words], ...] = (
    ("", _("全期間")),
    ("last_days", _("最近の日数")),
    ("last_months", _("最近の月数")),
    ("days_ago", _("何日前から何日前")),
    ("between", _("日付で指定")),
)
JOINS: Mapping[str, Words] = {"all": _("すべて"), "any": _("どれか")}
FISCAL_YEARS: tuple[tuple[str, Words], ...] = (("0", _("今年度")), ("1", _("前年度")), ("2", _("前々年度")))
MONTHS_FROM_NOW: tuple[tuple[str, Words], ...] = (("0", _("今月")), ("1", _("来月")), ("2", _("再来月")))


def operator_words(op: str, trait: Trait) -> Words:
    """「が次の値以上」; of facts about rows 「がある」."""
    if isinstance(trait, Fact) and isinstance(trait.shape, Rows) and op in _OF_ROWS and trait.kind is Kind.FLAG:
        return _OF_ROWS[op]
    return _OPERATORS[trait.kind][op]
