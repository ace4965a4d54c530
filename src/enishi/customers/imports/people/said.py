"""What an import said about consents, taken back: the ledger gets an entry against each statement, and today's state is again
what was said before."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection
from django.db.models import F

from enishi.customers.imports.target import UndoContext
from enishi.customers.models import ConsentRecord, ConsentState, CustomerAlias, ImportUndo
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.sql.one_of import OneOf

Source, Basis = ConsentRecord.Source, ConsentRecord.Basis
type _Key = tuple[int, str, str]  # customer, channel, purpose

_LEDGER = ("customer_id", "channel", "purpose", "allowed", "basis", "source", "source_id", "place", "wording", "actor_id", "at")
_AS_BEFORE = """
UPDATE customers_consentstate s SET allowed = r.allowed, basis = r.basis, changed_at = r.at
  FROM customers_consentrecord r, unnest(%(records)s::bigint[], %(customers)s::bigint[]) AS v(record, customer)
 WHERE r.id = v.record AND s.customer_id = v.customer AND s.channel = r.channel AND s.purpose = r.purpose
"""


class _Entry(NamedTuple):
    pk: int
    allowed: bool
    basis: str
    ours: bool  # said by this import
    counts: bool  # said by nobody whose import was taken back, this one included


def take_back_statements(context: UndoContext, customer_ids: Collection[int]) -> None:
    """Where the import spoke last, what was said before it counts again; nothing, where nobody had spoken. Where somebody
    spoke since, that stays. About six queries."""
    counter: list[tuple[_Key, _Entry | None]] = []
    for key, entries in _entries(context, customer_ids).items():
        if not entries[-1].counts and any(entry.ours for entry in entries):
            counter.append((key, next((entry for entry in reversed(entries) if entry.counts), None)))
    if not counter:
        return
    by = f"{Source.UNDO.value}\t{context.run.pk}\t\t\t{copy_value(context.actor.user_id)}\t{context.now}"
    copy_lines(ConsentRecord, _LEDGER, [f"{key[0]}\t{key[1]}\t{key[2]}\t{_words(before)}\t{by}" for key, before in counter])
    known = [(before.pk, key[0]) for key, before in counter if before is not None]
    with connection.cursor() as cursor:
        cursor.execute(_AS_BEFORE, {"records": [pk for pk, _ in known], "customers": [customer for _, customer in known]})
    gone = {key for key, before in counter if before is None}
    states = ConsentState.rows.filter(OneOf(F("customer_id"), {key[0] for key in gone}))
    ids = [pk for pk, *key in states.values_list("pk", "customer_id", "channel", "purpose") if tuple(key) in gone]
    ConsentState.rows.filter(OneOf(F("pk"), ids)).delete()


def _words(before: _Entry | None) -> str:
    return f"f\t{Basis.UNKNOWN.value}" if before is None else f"{copy_value(before.allowed)}\t{before.basis}"


def _entries(context: UndoContext, customer_ids: Collection[int]) -> dict[_Key, list[_Entry]]:
    """The ledger of these customers, and of those merged into them, in the order in which it was written. Three queries."""
    undone = {context.run.pk, *ImportUndo.rows.filter(state=ImportUndo.State.DONE).values_list("run_id", flat=True)}
    merged = dict(CustomerAlias.rows.filter(OneOf(F("current_id"), customer_ids)).values_list("old_id", "current_id"))
    rows = ConsentRecord.rows.filter(OneOf(F("customer_id"), [*customer_ids, *merged])).order_by("pk")
    found: dict[_Key, list[_Entry]] = {}
    for pk, born, channel, purpose, allowed, basis, source, source_id in rows.values_list(
        "pk", "customer_id", "channel", "purpose", "allowed", "basis", "source", "source_id"
    ):
        by_import = source in (Source.IMPORT, Source.UNDO)
        entry = _Entry(pk, allowed, basis, by_import and source_id == context.run.pk, not by_import or source_id not in undone)
        found.setdefault((merged.get(born, born), channel, purpose), []).append(entry)
    return found
