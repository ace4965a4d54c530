"""Customers, and what was written down about them, for the one search box over everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access, search
from enishi.customers.models import Activity, ActivityGrams, Customer
from enishi.customers.queries.comments import comments_on
from enishi.customers.queries.timeline import ICONS
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.grams import query_grams, query_words
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.japanese.normalise import fold
from enishi.platform.policy import present_many, shown
from enishi.platform.privacy import Privacy
from enishi.platform.search import SearchHit
from enishi.platform.sql.one_of import OneOf

RANKED = 300
SHORTEST = 2  # one letter stands in nearly every note
_BEFORE, _AFTER = 8, 40  # letters shown around what was found


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
    return told_customers(actor, best_ids(actor, access.visible_customers(actor), text, limit))


def told_customers(actor: Actor, ids: Sequence[int]) -> list[SearchHit]:
    """These customers as answers, in the order of their ids as given. One query, and one view-log row; none for nobody."""
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


# ---- what was written down -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Written:
    id: int
    kind: str
    text: str | None
    at: datetime
    number: str = shown("customer__number")
    name: str | None = shown("customer__name")


def activity_hits(actor: Actor, text: str, limit: int) -> list[SearchHit]:
    """Activities in which, or in a comment on which, every word of the text stands, newest first; nothing for who does not read
    personal data. Three queries, and a view-log row each for activities and comments.
    """
    words = query_words(text)
    if not words or min(map(len, words)) < SHORTEST or not actor.reads(Privacy.PERSONAL):
        return []
    holding = ActivityGrams.rows.filter(grams__contains=query_grams(text)).values("activity_id")
    newest = access.visible_activities(actor).filter(pk__in=holding).order_by("-at", "-pk")
    written = list(newest.values_list("pk", "text")[:RANKED])
    said = comments_on(actor, [pk for pk, text in written if not _holds(text, words)])
    told = {pk: next((c.text for c in found if _holds(c.text or "", words)), None) for pk, found in said.items()}
    ids = [pk for pk, text in written if _holds(text, words) or told.get(pk)][:limit]
    rows = present_many(_Written, actor, newest.filter(pk__in=ids)) if ids else []
    base = reverse("customers:list")
    return [
        SearchHit(
            label=_around(told.get(row.id) or row.text or "", words[0]),
            url=f"{base}{row.number}/",
            kind=ICONS[Activity.Kind(row.kind)],
            sub="・".join(filter(None, (row.name, format_date(time.local(row.at).date())))),
        )
        for row in rows
    ]


def _holds(text: str, words: Sequence[str]) -> bool:
    """Pairs of letters do not prove a word: it is looked for again."""
    folded = fold(text)
    return all(word in folded for word in words)


def _around(text: str, word: str) -> str:
    """One line of the text with what was found in sight."""
    line = next((line for line in text.split("\n") if word in fold(line)), text.partition("\n")[0])
    start = max(fold(line).find(word) - _BEFORE, 0)
    cut = line[start : start + _BEFORE + _AFTER]
    return f"{'…' if start else ''}{cut}{'…' if start + len(cut) < len(line) else ''}"
