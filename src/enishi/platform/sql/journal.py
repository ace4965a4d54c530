"""Rows of any table as plain values, and put back from them: what a journal needs that must take back exactly what it saw.

Values travel as PostgreSQL's own JSON, so that every type comes back as it was. `row_xid` is left out: the base sets it for
readers by watermark, and a row that is put back is news to them. Names of tables and columns come from code, never from input.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql

type Row = Mapping[str, object]
type Only = tuple[str, str] | None

_STAMP = "row_xid"


def rows_of(table: str, key: str, ids: Collection[int], *, pk: str, only: Only = None) -> dict[int, Row]:
    """Primary key → row, of the rows whose `key` is one of the ids. `only`: a column and what it must say. One query."""
    query = sql.SQL("SELECT t.{pk}, (to_jsonb(t) - {stamp})::text FROM {table} t WHERE t.{key} = ANY(%s){only}")
    with connection.cursor() as cursor:
        cursor.execute(query.format(**_names(table, pk=pk, key=key), stamp=sql.Literal(_STAMP), only=_only(only)), [sorted(ids)])
        return {number: json.loads(text) for number, text in cursor.fetchall()}


def put_in(table: str, row: Row) -> None:
    """A row that is gone, as it was. Columns that the table has no longer are left out. One query, two with the first of a table."""
    _write("INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)", table, row, [])


def put_back(table: str, pk: str, row_id: int, values: Row) -> None:
    """Some columns of a row that is there, as they were. One query, two with the first of a table."""
    query = "UPDATE {table} SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)) WHERE {pk} = %s"
    _write(query, table, values, [row_id], pk=pk)


def set_one(table: str, pk: str, row_ids: Collection[int], column: str, value: Any) -> None:
    """One column of many rows. One query; none without rows."""
    if row_ids:
        query = sql.SQL("UPDATE {table} SET {column} = %s WHERE {pk} = ANY(%s)").format(**_names(table, pk=pk, column=column))
        with connection.cursor() as cursor:
            cursor.execute(query, [value, sorted(row_ids)])


def take_out(table: str, pk: str, row_ids: Collection[int]) -> None:
    """Remove rows. What still points to them is looked for at the commit. One query."""
    if row_ids:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DELETE FROM {table} WHERE {pk} = ANY(%s)").format(**_names(table, pk=pk)), [sorted(row_ids)])


def point(table: str, key: str, old: Collection[int], new: int, *, only: Only = None) -> None:
    """Let rows that point to the old ids point to the new one. One query."""
    query = sql.SQL("UPDATE {table} SET {key} = %s WHERE {key} = ANY(%s){only}")
    with connection.cursor() as cursor:
        cursor.execute(query.format(**_names(table, key=key), only=_only(only)), [new, sorted(old)])


def _write(query: str, table: str, values: Row, behind: Sequence[Any], **names: str) -> None:
    known = _columns(table)
    held = [name for name in values if name in known]
    if not held:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, held))
    with connection.cursor() as cursor:
        text = json.dumps({name: values[name] for name in held}, ensure_ascii=False)
        cursor.execute(sql.SQL(query).format(**_names(table, **names), columns=columns), [text, *behind])


def _only(only: Only) -> sql.Composable:
    return sql.SQL("") if only is None else sql.SQL(" AND {} = {}").format(sql.Identifier(only[0]), sql.Literal(only[1]))


def _columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


def _names(table: str, **columns: str) -> dict[str, sql.Identifier]:
    return {"table": sql.Identifier(table)} | {name: sql.Identifier(column) for name, column in columns.items()}
