"""広告費台帳: what advertising cost, by month, source and medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from enishi.analytics.models import AdCost, Source
from enishi.platform import changes, events, policy, time
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.japanese.normalise import clean

MOST_JPY = 10_000_000_000  # a month and medium
LONGEST_MEDIUM = 40
FIRST_MONTH = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of the ledger; `amount_jpy` None takes it out. `key`: what a refusal is written beside."""

    key: str
    month: date
    source_id: int
    medium: str
    amount_jpy: int | None


@action
def put_ad_costs(*, entries: Sequence[Entry], actor: Actor, now: datetime, door: str = "screen") -> int:
    """Write these cells, all of them or none; how many are new. Cells that are not named stay. Records `ad_costs.changed` where any is.

    Raises NotAllowed, Invalid (by the entries' keys).
    """
    policy.require(actor, "cost", "update")
    wanted = {(one.month, one.source_id, clean(one.medium)): one for one in _checked(entries, time.today(now))}
    months = {month for month, _source, _medium in wanted}
    found = AdCost.rows.select_for_update().filter(month__in=months).order_by("pk")
    there = {(row.month, row.source_id, row.medium): row for row in found}
    told: list[tuple[int, dict[str, changes.Change]]] = []
    for key, entry in sorted(wanted.items()):
        row, amount = there.get(key), entry.amount_jpy
        before = row.amount_jpy if row else None
        if before == amount:
            continue
        if row is None:
            row = AdCost(month=key[0], source_id=key[1], medium=key[2])
        if amount is None:
            told.append((row.pk, {"amount_jpy": (before, None)}))
            row.delete()
            continue
        row.amount_jpy = amount
        row.save()
        told.append((row.pk, {"amount_jpy": (before, amount)}))
    if told:
        deed = changes.open_change_set(actor=actor, door=door, at=now)
        changes.record_changes(deed, AdCost, told)
        events.record("ad_costs.changed", subject=deed.pk, customer=None, actor=actor, at=now, data={"cells": len(told)})
    return len(told)


def _checked(entries: Sequence[Entry], today: date) -> Sequence[Entry]:
    """Raises Invalid."""
    sources = set(Source.rows.values_list("pk", flat=True))
    wrong: dict[str, list[str]] = {}
    for entry in entries:
        if words := _wrong(entry, today, sources):
            wrong.setdefault(entry.key, []).append(words)
    if wrong:
        raise Invalid(fields=wrong)
    return entries


def _wrong(entry: Entry, today: date, sources: set[int]) -> str:
    if entry.source_id not in sources:
        return _("この流入経路はありません。一覧から選んでください。")
    if entry.month.day != 1 or entry.month < FIRST_MONTH:
        return _("月は2000年1月からです。")
    if entry.month > today:
        return _("まだ来ていない月です（%(month)s）。") % {"month": f"{entry.month:%Y/%m}"}
    if len(clean(entry.medium)) > LONGEST_MEDIUM:
        return _("媒体は%(n)d文字までです。") % {"n": LONGEST_MEDIUM}
    if entry.amount_jpy is not None and entry.amount_jpy < 0:
        return _("マイナスの金額は入れられません。返金は、その月の金額から引いて入力してください。")
    if entry.amount_jpy is not None and entry.amount_jpy > MOST_JPY:
        return _("金額が大きすぎます。%(most)s円までです。") % {"most": f"{MOST_JPY:,}"}
    return ""
