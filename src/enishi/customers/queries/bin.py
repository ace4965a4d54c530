"""ごみ箱: customers that were archived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from enishi.customers import access
from enishi.platform import listing, time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.listing import Slice, Window
from enishi.platform.policy import present_many, shown


def _day(at: datetime | None) -> str:
    return format_date(time.local(at).date()) if at else ""


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    id: int
    number: str
    name: str | None
    archived_on: str = shown("archived_at", format=_day)


@dataclass(frozen=True, slots=True)
class ArchivedLine:
    row: ArchivedRow
    url: str
    restore_url: str


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    lines: list[ArchivedLine]
    slice: Slice
    count_words: str


def archived_customers(actor: Actor, window: Window) -> ArchivedPage:
    """One page of the recycle bin, the latest first. Five queries."""
    rows = access.visible_customers(actor, archived=True)
    page = listing.page_of_ids(rows, ("archived_at",), window, descending=True)
    found = {row.id: row for row in present_many(ArchivedRow, actor, rows.filter(pk__in=page.ids))} if page.ids else {}
    base = reverse("customers:list")
    lines = [ArchivedLine(r, f"{base}{r.number}/", f"{base}{r.number}/restore/") for pk in page.ids if (r := found.get(pk))]
    return ArchivedPage(lines, page, listing.count_words(listing.capped_count(rows)))
