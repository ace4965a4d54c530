"""配信停止リスト, of which only keyed hashes are known: how many stand on it, and whether one address does."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from enishi.customers.models import Suppression
from enishi.customers.queries.consent import address_hash
from enishi.platform import time
from enishi.platform.japanese.dates import format_date


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of one address. `reason` is empty where it is not on the list."""

    is_address: bool
    reason: str = ""
    since: str = ""


def counts() -> list[tuple[str, int]]:
    """Why, and how many. One query."""
    rows = dict(Suppression.rows.values_list("reason").annotate(n=Count("pk")))
    return [(str(reason.label), rows.get(reason.value, 0)) for reason in Suppression.Reason]


def look_up(channel: str, address: str) -> Listed:
    """One query at most."""
    hashed = address_hash(channel, address)
    if hashed is None:
        return Listed(is_address=False)
    row = Suppression.rows.filter(channel=channel, address_hash=hashed).first()
    if row is None:
        return Listed(is_address=True)
    return Listed(True, str(Suppression.Reason(row.reason).label), format_date(time.local(row.at).date()))
