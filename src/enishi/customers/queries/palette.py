"""Customers for the one search box over everything."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access, search
from enishi.customers.models import Customer
from enishi.platform.actor import Actor
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.japanese.normalise import fold
from enishi.platform.policy import present_many, shown
from enishi.platform.search import SearchHit
from enishi.platform.sql.one_of import OneOf

RANKED = 300


@dataclass(frozen=True, slots=True)
class _Hit:
    id: int
    number: str
    kind: str
    name: str | None
    lifecycle: str
    kana: str | None = shown("kana", format=to_hiragana)


def customer_hits(actor: Actor, text: str, limit: int) -> list[SearchHit]:
    """Customers whom the text finds: those whose name begins with it first, then whose kana does, then the rest.

    Five queries at most, and one view-log row.
    """
    if not access.may(actor, "read"):
        return []
    ids = best_ids(actor, access.visible_customers(actor), text, limit)
    shown_rows = {row.id: row for row in present_many(_Hit, actor, access.visible_customers(actor).filter(pk__in=ids))} if ids else {}
    base, stages = reverse("customers:list"), dict(Customer.Lifecycle.choices)
    return [_told(shown_rows[pk], base, str(stages.get(shown_rows[pk].lifecycle, ""))) for pk in ids if pk in shown_rows]


def best_ids(actor: Actor, rows: QuerySet[Customer], text: str, limit: int) -> list[int]:
    """The ids among `rows` (of the actor's customers) that a text finds, best first. Four queries at most."""
    found = search.narrowed(actor, rows, text, few=RANKED)
    narrowed = found.rows if found.ids is None else rows.filter(OneOf(F("pk"), found.ids))
    wanted = fold(text)
    values = narrowed.order_by().values_list("pk", "name", "kana")[:RANKED]
    return [pk for _rank_of, _kana, pk in sorted((_rank(wanted, name, kana), kana, pk) for pk, name, kana in values)[:limit]]


def _rank(wanted: str, name: str, kana: str) -> int:
    if fold(name).startswith(wanted):
        return 0
    return 1 if kana and fold(kana).startswith(wanted) else 2


def _told(row: _Hit, base: str, stage: str) -> SearchHit:
    is_company = row.kind == Customer.Kind.COMPANY
    ruby = (row.kana or "") if not is_company and row.name and "＊" not in row.name else ""
    sub = "・".join(part for part in (row.number, stage) if part)
    return SearchHit(row.name or _("（氏名は表示できません）"), f"{base}{row.number}/", "company" if is_company else "customer", ruby, sub)
