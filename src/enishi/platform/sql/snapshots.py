"""PostgreSQL's snapshots: which transactions a query could see, kept as text, to say later whether a row was written since."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection


def taken() -> str:
    """「xmin:xmax:those under way」 of this moment. One query."""
    with connection.cursor() as db:
        db.execute("SELECT pg_current_snapshot()::text")
        return str(db.fetchone()[0])


def shows(snapshot: str, xid: int) -> bool:
    """Whether what a transaction wrote was there when the snapshot was taken, as `pg_visible_in_snapshot` says."""
    before, under_way = _parsed(snapshot)
    return xid < before and xid not in under_way


@lru_cache(maxsize=64)
def _parsed(snapshot: str) -> tuple[int, frozenset[int]]:
    _oldest, before, under_way = snapshot.split(":")
    return int(before), frozenset(int(xid) for xid in under_way.split(",") if xid)
