"""The chain of seals over the append-only tables: making the next link's figures, and walking along it to see whether anything
was changed since. Reads only; `actions_audit` writes.

A seal holds, for each table, how many rows were added since the seal before and the hashes of their text, some thousand ids
a block, so that a change is found by its block. Rows stream through COPY: memory does not grow with the table. What a chain
cannot tell by itself (its end was cut off, or all of it was made anew) is told by the anchors: copies of the seals' hashes
outside of the database (`anchors`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from enishi.platform import wiring
from enishi.platform.models import Seal

BLOCK = 10_000
#: Ids of one table in one seal: what a first seal finds is taken in several.
MOST = 1_000_000
BEFORE_ALL = -(2**63)
#: How values are put into text, whatever the server or the session is set to.
_TEXT_FORMS = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows whose ids lie above the block before and up to `until`."""

    until: int
    rows: int
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was sealed. `code` is stable: changed, missing, added, table_gone, seal_changed, chain_broken,
    seal_missing, not_in_anchor …; the other figures say where."""

    code: str
    seal: int
    table: str = ""
    first: int = 0
    last: int = 0
    count: int = 0

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("code", "seal", "table", "first", "last", "count")}

    def __str__(self) -> str:
        return _words()[self.code] % self.as_json()


def _words() -> dict[str, str]:
    return {
        "changed": _("封印%(seal)s：%(table)s の id %(first)s〜%(last)s に、書き換えられた行があります。"),
        "missing": _("封印%(seal)s：%(table)s の id %(first)s〜%(last)s で、%(count)s行が消えています。"),
        "added": _("封印%(seal)s：%(table)s の id %(first)s〜%(last)s に、あとから%(count)s行が加えられています。"),
        "table_gone": _("封印%(seal)s：%(table)s の表か列がなくなっています。"),
        "seal_changed": _("封印%(seal)s：封印そのものが書き換えられています。"),
        "chain_broken": _("封印%(seal)s：前の封印とつながっていません。"),
        "seal_missing": _("封印%(seal)s：データベースから消えています。"),
        "tail_cut": _("封印%(seal)s：控えにあるのに、データベースにありません。末尾が切り取られています。"),
        "rewritten": _("封印%(seal)s：控えの値と違います。記録がまるごと作り直された疑いがあります。"),
        "anchor_disagrees": _("封印%(seal)s：控えの中に、違う値が2つあります。"),
        "not_sealed": _("まだ封印がありません。"),
    }


def sealed_tables() -> list[str]:
    """Every append-only table but that of the seals themselves."""
    return [table for table in wiring.load("APPEND_ONLY") if table != Seal._meta.db_table]


@cache
def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table that are sealed today; transaction ids are book-keeping of one server."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return tuple(field.column for field in model._meta.concrete_fields if field.column and field.name != "row_xid")


# ---- making ---------------------------------------------------------------------------------------------------------


def last_ids() -> dict[str, int]:
    """The last id of each sealed table. One query each."""
    found = {}
    with connection.cursor() as cursor:
        for table in sealed_tables():
            cursor.execute(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(table)))
            found[table] = cursor.fetchone()[0] or 0
    return found


def next_transaction() -> int:
    """Every transaction that has written anything so far is below this. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def part(table: str, after: int, until: int) -> dict[str, object]:
    """What a seal says of one table."""
    columns = columns_of(table)
    blocks = list(_blocks(table, columns, after, list(_ends(after, until))))
    return {
        "after": after,
        "until": until,
        "columns": list(columns),
        "rows": sum(block.rows for block in blocks),
        "blocks": [[block.until, block.rows, block.hash] for block in blocks],
    }


def hash_of(*, number: int, at: datetime, previous: str, tables: Mapping[str, object]) -> str:
    """The hash of a seal: over all that it says, and over the hash of the one before."""
    text = json.dumps(
        {"number": number, "at": at.astimezone(UTC).isoformat(), "previous": previous, "tables": tables},
        sort_keys=True,
        separators=(",", ":"),
    )
    return sha256(text.encode()).hexdigest()


def hash_again(seal: Seal) -> str:
    return hash_of(number=seal.number, at=seal.at, previous=seal.previous_hash, tables=seal.tables)


def _ends(after: int, until: int) -> Iterator[int]:
    end = max(after, 0)
    while end < until:
        end = min(end + BLOCK, until)
        yield end


def _blocks(table: str, columns: Sequence[str], after: int, ends: Sequence[int]) -> Iterator[Block]:
    """The blocks up to each of the ends, in a transaction of their own where none is open."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _TEXT_FORMS:
            cursor.execute(statement)
        for end in ends:
            yield _block(cursor, table, columns, after, end)
            after = end


def _block(cursor: Any, table: str, columns: Sequence[str], after: int, until: int) -> Block:
    rows = sql.SQL("COPY (SELECT {} FROM {} WHERE id > {} AND id <= {} ORDER BY id) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table), sql.Literal(after), sql.Literal(until)
    )
    digest, count = sha256(), 0
    with connection.wrap_database_errors, cursor.copy(rows) as copy:
        for piece in copy:
            digest.update(piece)
            count += bytes(piece).count(b"\n")  # COPY writes a line end in a value as \n
    return Block(until, count, digest.hexdigest() if count else "")


# ---- looking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """One seal that was looked at."""

    number: int
    rows: int
    problems: list[Problem]


def walk(
    *, first: int = 1, anchors: Mapping[int, set[str]] | None = None, between: Callable[[], object] = lambda: None
) -> Iterator[Looked]:
    """Every seal from number `first` on, against the rows as they are now. `anchors`: number → hashes that were written outside.
    `between` is called after each table. One seal in memory at a time."""
    anchors = anchors or {}
    last = Seal.rows.order_by("-number").values_list("number", flat=True).first() or 0
    before = Seal.rows.filter(number=first - 1).values_list("hash", flat=True).first() if first > 1 else ""
    for number in range(first, max([last, *anchors]) + 1):
        seal = Seal.rows.filter(number=number).first()
        if seal is None:
            yield Looked(number, 0, [Problem("tail_cut" if number > last else "seal_missing", number)])
            before = None
            continue
        yield look_at(seal, before=before, anchored=anchors.get(number, set()), between=between)
        before = seal.hash


def look_at(seal: Seal, *, before: str | None, anchored: set[str], between: Callable[[], object]) -> Looked:
    """One seal: its own hash, its link to the hash `before` it (None: not known), the anchors, and the rows."""
    problems, rows = [], 0
    if hash_again(seal) != seal.hash:
        problems.append(Problem("seal_changed", seal.number))
    if before is not None and seal.previous_hash != before:
        problems.append(Problem("chain_broken", seal.number))
    if len(anchored) > 1:
        problems.append(Problem("anchor_disagrees", seal.number))
    elif anchored and seal.hash not in anchored:
        problems.append(Problem("rewritten", seal.number))
    for table, said in seal.tables.items():
        found = _compare(seal.number, table, said)
        problems += found
        rows += said["rows"]
        between()
    return Looked(seal.number, rows, problems)


def _compare(number: int, table: str, said: Mapping[str, Any]) -> list[Problem]:
    sealed = [Block(*block) for block in said["blocks"]]
    if not _is_there(table, said["columns"]):
        return [Problem("table_gone", number, table)]
    problems, after = [], said["after"]
    now = _blocks(table, said["columns"], after, [block.until for block in sealed])
    for then, is_now in zip_longest(sealed, now):
        first = max(after, 0) + 1
        if is_now.rows != then.rows:
            code, count = ("missing", then.rows - is_now.rows) if is_now.rows < then.rows else ("added", is_now.rows - then.rows)
            problems.append(Problem(code, number, table, first, then.until, count))
        elif is_now.hash != then.hash:
            problems.append(Problem("changed", number, table, first, then.until))
        after = then.until
    return problems


def _is_there(table: str, columns: Sequence[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s", [table])
        return set(columns) <= {name for (name,) in cursor.fetchall()}
