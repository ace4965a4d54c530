"""Companies by their names, for files that name them: read once for a run, then only what has changed since.

Looked up by the letters of each name, a thousand names cost seconds: the index of letters holds what an import writes in a list of
its own, which every look reads whole.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import connection

from enishi.customers.imports.people.names import name_key
from enishi.customers.models import Customer

_RUNS_KEPT = 2
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_ALL = "SELECT id, name FROM customers_customer WHERE kind = 'company' AND archived_at IS NULL"
# Whoever goes into the recycle bin, or is renamed, stays among the ids: who is meant is told from the row itself.
_CHANGED = _ALL + " AND row_xid >= %s::text::xid8"


@dataclass(slots=True)
class _Names:
    """What one run has read: key of a name → ids, and from which transaction on it has to read again."""

    horizon: str = ""
    ids: dict[str, set[int]] = field(default_factory=dict)


_read: OrderedDict[int, _Names] = OrderedDict()


def company_ids(run_id: int, keys: Collection[str]) -> set[int]:
    """Companies that have one of these names, or had it when this run last looked. Two queries, none without names."""
    if not keys:
        return set()
    names = _read.pop(run_id, None) or _Names()
    _read[run_id] = names
    while len(_read) > _RUNS_KEPT:
        _read.popitem(last=False)
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        (horizon,) = cursor.fetchone()
        cursor.execute(_CHANGED, [names.horizon]) if names.horizon else cursor.execute(_ALL)
        for pk, name in cursor.fetchall():
            names.ids.setdefault(name_key(Customer.Kind.COMPANY, name), set()).add(pk)
    names.horizon = horizon
    return {pk for key in keys for pk in names.ids.get(key, ())}
