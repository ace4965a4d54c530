"""What a dry run has planned so far: people it would have made or changed, in tables that only its connection sees.

So a million rows need no memory, and a person who stands twice in the file is met the second time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import connection

from enishi.customers.actions.relation_rules import Bond, Standing
from enishi.customers.imports.people.plan import Known, Plan, World
from enishi.customers.imports.people.rows import PersonRow
from enishi.platform.bulk import copy_rows
from enishi.platform.sql.pairs import delete_pairs, found_by_pairs

_PEOPLE, _KEYS, _BONDS = "import_check_person", "import_check_key", "import_check_bond"
_CLOSE = "DROP TABLE IF EXISTS pg_temp.import_check_person, pg_temp.import_check_key, pg_temp.import_check_bond"
_OPEN = (
    _CLOSE,
    "CREATE TEMP TABLE import_check_person (ref bigint PRIMARY KEY, name_key text NOT NULL, known jsonb NOT NULL)",
    "CREATE INDEX ON import_check_person (name_key)",
    "CREATE TEMP TABLE import_check_key (kind text, value text, ref bigint NOT NULL, PRIMARY KEY (kind, value))",
    "CREATE TEMP TABLE import_check_bond (source bigint, kind text, bonds jsonb NOT NULL, PRIMARY KEY (source, kind))",
)
_BY_REF = "SELECT ref, name_key, known FROM import_check_person WHERE ref = ANY(%s)"
_BY_NAME = "SELECT ref, name_key, known FROM import_check_person WHERE name_key = ANY(%s)"
_BONDS_OF = "SELECT source, kind, bonds FROM import_check_bond WHERE source = ANY(%s) AND kind = ANY(%s)"
_FORGET_BONDS = "DELETE FROM import_check_bond WHERE (source, kind) IN (SELECT unnest(%s::bigint[]), unnest(%s::text[]))"
_FORGET = "DELETE FROM import_check_person WHERE ref = ANY(%s)"


class PeopleMemory:
    """Open for one check, on the connection of the check."""

    def __init__(self) -> None:
        self.next_ref = -1
        with connection.cursor() as cursor:
            for statement in _OPEN:
                cursor.execute(statement)

    def close(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE)

    def overlay(self, world: World, rows: Sequence[PersonRow]) -> None:
        """Put what was planned before over what the base says. Three queries."""
        keys = [key for row in rows for key in (*row.keys, *(key for tie in row.ties for key in tie.keys))]
        owners = found_by_pairs(_KEYS, ("kind", "value", "ref"), keys)
        with connection.cursor() as cursor:
            known = {known.ref: known for known in (*world.identities.values(), *world.numbers.values())} | {
                known.ref: known for people in world.namesakes.values() for known in people
            }
            cursor.execute(_BY_REF, [list({*owners.values(), *known})])
            remembered = {ref: self._recalled(known.get(ref), ref, name, data) for ref, name, data in cursor.fetchall()}
            world.identities |= {key: remembered[ref] for key, ref in owners.items() if ref in remembered}
            cursor.execute(_BY_NAME, [list({key for row in rows for key in (row.name_key, *(tie.name_key for tie in row.ties)) if key})])
            for ref, name, data in cursor.fetchall():
                person = remembered.get(ref) or self._recalled(known.get(ref), ref, name, data)
                people = world.namesakes.setdefault(name, [])
                if person not in people:
                    people.append(person)

    def remember(self, plan: Plan) -> None:
        """Keep whom the plan touched. Four queries."""
        people = {known.ref: known for _result, known in plan.results if known is not None}
        self.next_ref -= len(plan.created)
        keys: Collection[tuple[str, str]] = [*plan.identities, *plan.freed]
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [list(people)])
        delete_pairs(_KEYS, ("kind", "value"), keys)
        copy_rows(_PEOPLE, ("ref", "name_key", "known"), ((known.ref, known.name_key, _data(known)) for known in people.values()))
        copy_rows(_KEYS, ("kind", "value", "ref"), ((*key, known.ref) for key, known in plan.identities.items()))
        self._remember_bonds(plan)

    def overlay_bonds(self, standing: Standing, ends: Collection[tuple[int, str]]) -> None:
        """Put relations that were planned before over what the base says of these customers, and of what stands above them. A
        query, and one a storey."""
        kinds, seen, storey = sorted({kind for _ref, kind in ends}), set[int](), {ref for ref, _kind in ends}
        with connection.cursor() as cursor:
            while storey:
                seen |= storey
                standing.read(storey, kinds, lasting=True)
                cursor.execute(_BONDS_OF, [list(storey), kinds])
                for source, kind, document in cursor.fetchall():
                    standing.replace(source, kind, [_bond(data) for data in json.loads(document)])
                storey = standing.above(storey, kinds) - seen

    def _remember_bonds(self, plan: Plan) -> None:
        if plan.bonds is None:
            return
        touched = {(bond.source, bond.kind) for bond in plan.bonds.touched}
        if touched:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET_BONDS, [[source for source, _kind in touched], [kind for _source, kind in touched]])
            rows = [(*key, json.dumps([asdict(bond) for bond in plan.bonds.of(*key)], default=str)) for key in touched]
            copy_rows(_BONDS, ("source", "kind", "bonds"), rows)

    @staticmethod
    def _recalled(loaded: Known | None, ref: int, name_key: str, document: str) -> Known:
        """The person as planned; the object that the world holds already is brought up to date."""
        data: dict[str, Any] = json.loads(document)
        columns = data["columns"]
        if columns.get("birthday_on"):
            columns["birthday_on"] = date.fromisoformat(columns["birthday_on"])
        known = loaded or Known(ref, {}, name_key)
        known.columns, known.name_key, known.counted_as = columns, name_key, data["counted_as"]
        known.archived, known.may_update = data["archived"], data["may_update"]
        known.further, known.mail_stopped = set(map(tuple, data.get("further", ()))), data.get("mail_stopped", False)
        known.consents = {channel: (allowed, basis) for channel, (allowed, basis) in data["consents"].items()}
        return known


def _bond(data: dict[str, Any]) -> Bond:
    """A relation as planned; in the base it would be there by now, as it is."""
    for name in ("from_on", "until_on"):
        data[name] = date.fromisoformat(data[name]) if data[name] else None
    return Bond(**data | {"id": data["id"] or -1, "before": None, "gave_way": False})


def _data(known: Known) -> str:
    more = {"further": sorted(known.further), "mail_stopped": True} if known.mail_stopped else {"further": sorted(known.further)}
    return json.dumps(
        {
            **more,
            "columns": known.columns,
            "consents": known.consents,
            "counted_as": known.counted_as,
            "archived": known.archived,
            "may_update": known.may_update,
        },
        ensure_ascii=False,
        default=str,
    )
