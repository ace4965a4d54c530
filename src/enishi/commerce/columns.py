"""What orders add to the list of customers: last purchase, number of purchases, revenue, and the views on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enishi.commerce.models import PurchaseSummary
from enishi.customers.listing import Cell, ColumnSet, Kind, ListColumn, ListView, Side, Sort, Value, Words, money
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date

RECENT_DAYS = 90
FALLING_ASLEEP_FROM_DAYS, ASLEEP_AFTER_DAYS = 120, 180


def days_ago_words(day: date, today: date) -> str:
    """今日, 昨日, 4日前, 5か月前, 2年前: rough where a day more or less no longer matters."""
    days = (today - day).days
    if days <= 0:
        return _("今日") if days == 0 else ""
    if days == 1:
        return _("昨日")
    if days < 100:
        return _("%(n)d日前") % {"n": days}
    if days < 730:
        return _("%(n)dか月前") % {"n": days * 12 // 365}
    return _("%(n)d年前") % {"n": days // 365}


_FIELDS: Mapping[str, str] = {"last": "last_on", "count": "purchase_count", "revenue": "revenue_jpy"}


def _values(actor: Actor, customer_ids: Sequence[int], keys: Sequence[str]) -> Mapping[int, Sequence[Value]]:
    rows = PurchaseSummary.rows.filter(pk__in=customer_ids).values_list("pk", *[_FIELDS[key] for key in keys])
    return {pk: values for pk, *values in rows}


def _day_with_distance(day: Any, today: date) -> Cell:
    return Cell(format_date(day), days_ago_words(day, today))


def _summaries() -> QuerySet[PurchaseSummary]:
    return PurchaseSummary.rows.all()


def _last_between(rows: QuerySet[PurchaseSummary], today: date, *, nearest: int, farthest: int) -> QuerySet[PurchaseSummary]:
    return rows.filter(last_on__range=(today - timedelta(days=farthest), today - timedelta(days=nearest)))


SUMMARIES = Side(_summaries)
RECENT = Side(_summaries, partial(_last_between, nearest=0, farthest=RECENT_DAYS))
FALLING_ASLEEP = Side(_summaries, partial(_last_between, nearest=FALLING_ASLEEP_FROM_DAYS, farthest=ASLEEP_AFTER_DAYS - 1))


def _side_sort(key: str, fields: tuple[str, ...], label: Words, reversed_label: Words) -> Sort:
    return Sort(key, label, fields, side=SUMMARIES, reversed_label=reversed_label)


COUNT = pgettext_lazy("column", "購入回数")
LIST_COLUMNS = ColumnSet(
    object="order",
    columns=(
        ListColumn(
            key="last",
            label=gettext_lazy("最終購入"),
            kind=Kind.DAY,
            width="date",
            usual=20,
            sort="last",
            phone_label=gettext_lazy("最終購入"),
            shown=_day_with_distance,
        ),
        ListColumn(key="count", label=COUNT, kind=Kind.NUMBER, width="short", usual=30, sort="count", phone_label=COUNT),
        ListColumn(
            key="revenue",
            label=gettext_lazy("売上（税抜）"),
            kind=Kind.MONEY,
            width="money",
            usual=40,
            sort="revenue",
            phone_label=gettext_lazy("売上"),
            summed=gettext_lazy("売上"),
            shown=money,
        ),
    ),
    values=_values,
    sorts=(
        _side_sort("last", ("last_on",), gettext_lazy("最終購入が新しい順"), gettext_lazy("最終購入が古い順")),
        _side_sort("revenue", ("revenue_jpy",), gettext_lazy("売上が多い順"), gettext_lazy("売上が少ない順")),
        _side_sort("count", ("purchase_count", "last_on"), gettext_lazy("購入回数が多い順"), gettext_lazy("購入回数が少ない順")),
    ),
    views=(
        ListView("recent", gettext_lazy("購入あり・90日以内"), gettext_lazy("最終購入が90日以内の顧客です。"), side=RECENT, sort="last"),
        ListView(
            "falling-asleep",
            gettext_lazy("休眠に入りそう"),
            gettext_lazy("最終購入が120〜179日前の顧客です。180日を過ぎると休眠になります。"),
            side=FALLING_ASLEEP,
            sort="last",
        ),
    ),
    footnote=gettext_lazy("売上は全期間・税抜"),
)
