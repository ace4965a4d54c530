"""Which of the customers that an import made were used since: by what others recorded of them, and by what points to them."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.db.models import F, Q
from psycopg import sql

from enishi.customers.imports.target import UndoContext
from enishi.customers.models import ConsentRecord, ImportUndo
from enishi.platform import wiring
from enishi.platform.sql.one_of import OneOf

_BY_IMPORT = ["customer.imported", "customer.import_undone", "customer.related", "customer.relation_changed"]
#: What the system records by itself of customers whom nobody touched. The ledger of consents is asked itself.
_DERIVED = ["consent.recorded", "customer.lifecycle_changed"]

_EVENTS = """
SELECT DISTINCT customer_id FROM platform_event
 WHERE customer_id = ANY(%(ids)s) AND kind <> ALL(%(derived)s)
   AND NOT (kind = ANY(%(by_import)s) AND coalesce((data ->> 'run')::bigint = ANY(%(runs)s), false))
"""
# Tags and notes that stand under another deed than the import's.
_PUT = """
SELECT t.customer_id FROM customers_customertag t
  JOIN platform_fieldchange f ON f.object = 'customers.customertag' AND f.object_id = t.id AND f.change_set_id <> ALL(%(deeds)s)
 WHERE t.customer_id = ANY(%(ids)s)
 UNION
SELECT a.customer_id FROM customers_activity a
  JOIN platform_fieldchange f ON f.object = 'customers.activity' AND f.object_id = a.id AND f.change_set_id <> ALL(%(deeds)s)
 WHERE a.customer_id = ANY(%(ids)s)
"""
Source = ConsentRecord.Source


def used_since(context: UndoContext, made: Collection[int]) -> set[int]:
    """Those whom somebody changed, tagged, wrote to, sold to, tied to another customer or heard from since. Every action
    leaves an event; what is too much for events stands in a table that points to its customers.

    An import that was undone meanwhile does not count. Five queries and one a wire.
    """
    if not made:
        return set()
    claims = wiring.load("IDENTITY_CLAIMS")
    undone = dict(ImportUndo.rows.filter(state=ImportUndo.State.DONE).values_list("run_id", "run__report__change_set"))
    runs, deeds = {context.run.pk, *undone}, [context.written_under, *map(int, undone.values())]
    derived = [*_DERIVED, *(kind for claim in claims for kind in claim.events)]
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"ids": list(made), "derived": derived, "by_import": _BY_IMPORT, "runs": list(runs)})
        found = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(_PUT, {"ids": list(made), "deeds": deeds})
        found |= {pk for (pk,) in cursor.fetchall()}
        cursor.execute(_pointers(), {"ids": list(made)})
        found |= {pk for (pk,) in cursor.fetchall()}
    said = ConsentRecord.rows.filter(OneOf(F("customer_id"), made))
    found |= set(said.exclude(Q(source__in=(Source.IMPORT, Source.UNDO), source_id__in=runs)).values_list("customer_id", flat=True))
    for claim in claims:
        found |= claim.holders(made)
    return found


def _pointers() -> sql.Composed:
    """Who has a row in any table that points to customers and that no import writes. Names come from the manifest."""
    traces = set(wiring.load("IMPORT_TRACES"))
    tables = [(str(entry["table"]), str(entry["key"])) for entry in wiring.load("PERSON_TABLES") if entry["table"] not in traces]
    one = sql.SQL("SELECT {key}::bigint FROM {table} WHERE {key} = ANY(%(ids)s)")
    return sql.SQL(" UNION ").join([one.format(key=sql.Identifier(key), table=sql.Identifier(table)) for table, key in tables])
