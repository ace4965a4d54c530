"""Reads customers with what they are compared by, in stretches of ids, and those who may be the same as some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from enishi.customers.models import Customer, TwinKey
from enishi.customers.twins.matching import MOST_AT_A_KEY, NameCounts
from enishi.customers.twins.traits import SOURCES, TRAITS_VERSION, Beside, Traits, traits_of
from enishi.platform.japanese.mail import normalise_mail
from enishi.platform.japanese.normalise import fold
from enishi.platform.japanese.phone import parse_phone

STRETCH = 20_000
_READ = f"SELECT {', '.join(SOURCES)} FROM customers_customer WHERE"  # noqa: S608 — names of ours
_ONWARD = "archived_at IS NULL AND id > %s ORDER BY id LIMIT %s"
_EVERYBODY = f"{_READ} {_ONWARD}"
_CHANGED = f"{_READ} row_xid >= %s::xid8 AND row_xid < %s::xid8 AND {_ONWARD}"
_THESE = f"{_READ} id = ANY(%s) AND {_ONWARD}"
#: Of an address only what may be somebody's home: colleagues share a firm's, a present goes to somebody else's.
_FURTHER = (
    "SELECT customer_id, email, phone_e164, postal_code, city, street, building, state = 'invalid' FROM customers_contactpoint"
    " WHERE NOT is_primary AND label <> 'fax' AND reason <> 'someone_else' AND (kind <> 'address' OR label IN ('', 'home', 'other'))"
    " AND customer_id = ANY(%s) ORDER BY id"
)
_ADDRESS = ("postal_code", "city", "street", "building")
_COUNT = "SELECT {column}, count(*) FROM customers_customer WHERE {column} <> '' AND archived_at IS NULL GROUP BY {column}"
#: What was changed, the newest first. What was taken back had been a mistake, and was perhaps somebody else's.
_CHANGES = (
    "SELECT change.object_id, change.change_set_id, change.field, change.before #>> '{}' FROM platform_fieldchange AS change"
    " JOIN platform_changeset AS deed ON deed.id = change.change_set_id"
    " WHERE change.object = 'customers.customer' AND change.object_id = ANY(%s) AND change.field = ANY(%s)"
    " AND deed.door NOT IN ('undo', 'list_undo', 'restore', 'unmerge') ORDER BY change.object_id, change.id DESC"
)
_CHANGED_FIELDS = ["family_name", "name", "email", "phone", *_ADDRESS]


def alive_count() -> int:
    """How many customers there are, the recycle bin left out. One query."""
    return Customer.rows.filter(archived_at=None).count()


def changed_count(since_xid: int, until_xid: int) -> int:
    """How many a search of the changes would look at. One query by the index of transactions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM customers_customer WHERE row_xid >= %s::xid8 AND row_xid < %s::xid8 AND archived_at IS NULL",
            [str(since_xid), str(until_xid)],
        )
        return int(cursor.fetchone()[0])


def everybody() -> Iterator[list[Traits]]:
    """All customers in the order of their ids, some thousand at a time. Three queries each time."""
    yield from _stretches(_EVERYBODY, [])


def changed(since_xid: int, until_xid: int) -> Iterator[list[Traits]]:
    """Those that transactions from `since_xid` up to before `until_xid` wrote last. Three queries for some thousand."""
    yield from _stretches(_CHANGED, [str(since_xid), str(until_xid)])


def these(ids: Collection[int]) -> Iterator[list[Traits]]:
    """The customers of these ids, the recycle bin left out."""
    yield from _stretches(_THESE, [sorted(ids)])


def _stretches(query: str, values: list[str] | list[list[int]]) -> Iterator[list[Traits]]:
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, [*values, last, STRETCH])
            rows = cursor.fetchall()
            if not rows:
                return
            ids = [row[0] for row in rows]
            besides: dict[int, list[Beside]] = {}
            cursor.execute(_FURTHER, [ids])
            for pk, mail, phone, postal, city, street, building, is_past in cursor.fetchall():
                besides.setdefault(pk, []).append(Beside(mail, phone, postal, city, street, building, is_past=is_past))
            cursor.execute(_CHANGES, [ids, _CHANGED_FIELDS])
            changes: dict[int, dict[int, dict[str, str]]] = {}  # customer → deed → field → what it said before
            for pk, deed, name, before in cursor.fetchall():
                changes.setdefault(pk, {}).setdefault(deed, {})[name] = before or ""
        yield [traits_of(row, (*besides.get(row[0], ()), *_past(row, changes.get(row[0], {})))) for row in rows]
        last = rows[-1][0]


def _past(row: Sequence[Any], deeds: Mapping[int, Mapping[str, str]]) -> Iterator[Beside]:
    """What a customer was called and where they were reached before each of these changes, the newest first."""
    said = dict(zip(SOURCES, row, strict=True))
    for before in deeds.values():
        said |= before
        phone = parse_phone(before.get("phone", ""))
        moved = {name: said[name] for name in _ADDRESS} if not before.keys().isdisjoint(_ADDRESS) else {}
        former = before.get("name" if said["kind"] == Customer.Kind.COMPANY else "family_name", "")
        email = normalise_mail(before.get("email", "")) or ""
        yield Beside(email, phone.e164 if phone else "", **moved, former_name=former, is_past=True)


def name_counts() -> NameCounts:
    """How many people have each family name and each given name. Two queries, each over the whole base: a second at a million."""
    return NameCounts(_counted("family_name"), _counted("given_name"))


def _counted(column: str) -> dict[str, int]:
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(column=column))
        for word, count in cursor.fetchall():
            found[fold(word)] = found.get(fold(word), 0) + count
    return found


def ids_at(keys: Collection[int]) -> set[int]:
    """Who else is found by one of these keys; those of a key that very many share are left out. One query by the index of keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(found.ids) FROM unnest(%s::int[]) AS key, LATERAL"
            " (SELECT array_agg(few.customer_id) AS ids FROM"
            "  (SELECT customer_id FROM customers_twinkey WHERE keys @> ARRAY[key] LIMIT %s) AS few) AS found"
            " WHERE cardinality(found.ids) <= %s",
            [list(keys), MOST_AT_A_KEY + 1, MOST_AT_A_KEY],
        )
        return {row[0] for row in cursor.fetchall()}


def write_keys(who: Sequence[Traits]) -> None:
    """Inside a transaction: keep the keys of these customers where they are not the same already. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS twin_keys_now (customer_id bigint, keys int[]) ON COMMIT DELETE ROWS")
        with cursor.copy("COPY twin_keys_now (customer_id, keys) FROM STDIN") as copy:
            copy.write("".join([f"{one.id}\t{{{','.join(map(str, sorted(one.keys)))}}}\n" for one in who]))
        # A customer who was removed for good in the meantime has no keys.
        cursor.execute(
            "INSERT INTO customers_twinkey AS kept (customer_id, keys, version)"
            " SELECT fresh.customer_id, fresh.keys, %s FROM twin_keys_now AS fresh JOIN customers_customer ON id = fresh.customer_id"
            " ON CONFLICT (customer_id) DO UPDATE SET keys = excluded.keys, version = excluded.version"
            " WHERE kept.keys <> excluded.keys OR kept.version <> excluded.version",
            [TRAITS_VERSION],
        )


def keys_are_old() -> bool:
    """Whether keys are there that were made in another way, which would not meet those of today. A look at a few of the oldest
    customers, who are rarely all changed since: a search of everybody makes all of them anew. One query."""
    few = TwinKey.rows.order_by("customer_id").values_list("version", flat=True)[:100]
    return any(version != TRAITS_VERSION for version in few)


def drop_keys_of_nobody() -> None:
    """Inside a transaction: forget the keys of customers who were merged away, erased or taken back. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_twinkey AS kept WHERE NOT EXISTS (SELECT FROM customers_customer WHERE id = kept.customer_id)"
        )
