"""Reads customers with what they are compared by, in stretches of ids, and those who may be the same as some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from django.db import connection

from enishi.customers.models import Customer
from enishi.customers.twins.matching import MOST_AT_A_KEY
from enishi.customers.twins.traits import SOURCES, TRAITS_VERSION, Traits, traits_of

STRETCH = 20_000
_READ = f"SELECT {', '.join(SOURCES)} FROM customers_customer WHERE"  # noqa: S608 — names of ours
_ONWARD = "archived_at IS NULL AND id > %s ORDER BY id LIMIT %s"
_EVERYBODY = f"{_READ} {_ONWARD}"
_CHANGED = f"{_READ} row_xid >= %s::xid8 AND row_xid < %s::xid8 AND {_ONWARD}"
_THESE = f"{_READ} id = ANY(%s) AND {_ONWARD}"
_FURTHER = (
    "SELECT customer_id, email, phone_e164 FROM customers_contactpoint WHERE NOT is_primary AND kind <> 'address' AND state = 'usable'"
    " AND label <> 'fax' AND customer_id = ANY(%s) ORDER BY id"
)


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
    """All customers in the order of their ids, some thousand at a time. Two queries each time."""
    yield from _stretches(_EVERYBODY, [])


def changed(since_xid: int, until_xid: int) -> Iterator[list[Traits]]:
    """Those that transactions from `since_xid` up to before `until_xid` wrote last. Two queries for some thousand."""
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
            cursor.execute(_FURTHER, [[row[0] for row in rows]])
            further: dict[int, list[tuple[str, str]]] = {}
            for pk, mail, phone in cursor.fetchall():
                further.setdefault(pk, []).append((mail, phone))
        yield [traits_of(row, further.get(row[0], ())) for row in rows]
        last = rows[-1][0]


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


def drop_keys_of_nobody() -> None:
    """Inside a transaction: forget the keys of customers who were merged away, erased or taken back. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_twinkey AS kept WHERE NOT EXISTS (SELECT FROM customers_customer WHERE id = kept.customer_id)"
        )
