"""Writing sets of rows: COPY, one UPDATE from a document, and arrays as COPY wants them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched, chain
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from psycopg import sql

from enishi.platform.behind import lane

type Json = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None

_PIECE = 250  # lines
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"'})


def copy_rows(table: type[models.Model] | str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into a table in the current transaction; no row, no query. Names come from code, never from input.

    `table`: a model, or the name of a temporary table. Arrays are given as the text of `array_text`, documents as JSON text.
    """
    if (behind := lane.get()) is not None:
        behind.settle()
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_copy_command(table, columns)) as copy:
        for row in rows:
            copy.write_row(row)


def copy_lines(table: type[models.Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY lines that are COPY's own text already: values by `copy_value`, joined by tabs, without the line's end.

    Three times as fast as `copy_rows`; for the paths that write millions. Lines leave as they come, some hundred at a
    time; inside `copying_behind` without waiting for PostgreSQL. One query, none without lines.
    """
    pieces = batched(lines, _PIECE, strict=False)
    first = next(pieces, None)
    if first is not None:
        _copy_text(table, columns, ("\n".join(piece) + "\n" for piece in chain([first], pieces)))


class Plain(list[str]):
    """A column in which every value is there and holds nothing that COPY would misread: figures, days, codes."""


type Columns = Mapping[str, Sequence[str | None]]


def copy_columns(table: type[models.Model], columns: Columns) -> None:
    """COPY whole columns of the same length, every value as text, None for nothing.

    Without a loop over the values in Python: for the worlds of demo and bench, whose columns come from numpy.
    """
    text = columns_text(columns)
    if text:
        _copy_text(table, list(columns), [text])


def columns_text(columns: Columns) -> str:
    """The columns as the text that COPY reads."""
    lines = list(map("\t".join, zip(*map(_copy_column, columns.values()), strict=True)))
    return "\n".join([*lines, ""]) if lines else ""


def pour(server: psycopg.Connection, table: type[models.Model], names: Sequence[str], text: str) -> None:
    """COPY a text into a table that this transaction emptied: its rows need no vacuum afterwards. From any thread."""
    command = sql.SQL("{} (FREEZE)").format(_copy_command(table, names))
    with server.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(text)


def _copy_column(values: Sequence[str | None]) -> Sequence[str]:
    if isinstance(values, Plain):
        return values
    known = [value for value in values if value is not None]
    if _TO_ESCAPE.search("".join(known)):
        return list(map(copy_value, values))
    return known if len(known) == len(values) else ["\\N" if value is None else value for value in values]


def _copy_text(table: type[models.Model], columns: Sequence[str], pieces: Iterable[str]) -> None:
    if (behind := lane.get()) is not None:
        behind.copy(_copy_command(table, columns), pieces)
        return
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_copy_command(table, columns)) as copy:
        for piece in pieces:
            copy.write(piece)


def _copy_command(table: type[models.Model] | str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(_name(table)), sql.SQL(", ").join(map(sql.Identifier, columns)))


def copy_value(value: object) -> str:
    """A value as COPY's text has it: \\N for nothing, t and f, and no bare tab, line end or backslash."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    text = value if isinstance(value, str) else str(value)
    return text.translate(_ESCAPED) if _TO_ESCAPE.search(text) else text


def copy_line(values: Sequence[str | None]) -> str:
    """Texts as one line of COPY; the columns of one row or a stretch of them."""
    line = "\t".join(["\\N" if value is None else value for value in values])
    is_plain = line.count("\t") == len(values) - 1 and line.count("\\") == values.count(None) and "\n" not in line and "\r" not in line
    return line if is_plain else "\t".join(map(copy_value, values))


def _name(table: type[models.Model] | str) -> str:
    return table if isinstance(table, str) else table._meta.db_table


def array_text(texts: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it: five times as fast as handing over a list."""
    joined = "".join(texts)
    if '"' in joined or "\\" in joined:
        texts = [text.translate(_QUOTED) for text in texts]
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def update_from_json(table: type[models.Model], types: Mapping[str, str], rows: Sequence[Mapping[str, Json]]) -> None:
    """Set the columns of `types` (column → SQL type) in the rows whose `id`s are given. One query."""
    names = list(types)
    command = sql.SQL("UPDATE {table} AS t SET {sets} FROM jsonb_to_recordset(%s) AS v(id bigint, {shape}) WHERE t.id = v.id").format(
        table=sql.Identifier(_name(table)),
        sets=sql.SQL(", ").join(sql.SQL("{0} = v.{0}").format(sql.Identifier(name)) for name in names),
        shape=sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in names),
    )
    with connection.cursor() as cursor:
        cursor.execute(command, [json.dumps(rows, ensure_ascii=False)])


def _sql_of(chosen: models.QuerySet[Any, Any]) -> tuple[str, Sequence[Any]] | None:
    """The query as SQL; None for one that is known to find nothing: what somebody may see who may see nothing."""
    try:
        return chosen.query.sql_with_params()
    except EmptyResultSet:
        return None


def insert_numbered(table: type[models.Model], fixed: Mapping[str, int | str], chosen: models.QuerySet[Any, Any], *, into: str) -> None:
    """Insert one row for each id that `chosen` gives (a query of one column), in the order of the ids: `position` from 0,
    the id in the column `into`, and the `fixed` values. One query, however many: the ids never leave the database."""
    asked = _sql_of(chosen)
    if asked is None:
        return
    query, params = asked
    command = sql.SQL(
        "INSERT INTO {table} (position, {into}, {names}) SELECT row_number() OVER (ORDER BY chosen.id) - 1, chosen.id, {values}"
        " FROM ({query}) AS chosen(id)"
    ).format(
        table=sql.Identifier(_name(table)),
        into=sql.Identifier(into),
        names=sql.SQL(", ").join(map(sql.Identifier, fixed)),
        values=sql.SQL(", ").join([sql.Placeholder()] * len(fixed)),
        query=sql.SQL(query),  # compiled by Django, its values apart
    )
    with connection.cursor() as cursor:
        cursor.execute(command, [*fixed.values(), *params])


def insert_stretches(
    table: type[models.Model], fixed: Mapping[str, int | str], placed: models.QuerySet[Any, Any], *, into: str, size: int
) -> None:
    """Insert a row for each `size` ids: `number` from 0, the ids as an array in the column `into`, and the `fixed` values. `placed`
    is a query of two columns, the id and its place from 1. One query, however many: the ids never leave the database."""
    asked = _sql_of(placed)
    if asked is None:
        return
    query, params = asked
    command = sql.SQL(
        "INSERT INTO {table} (number, {into}, {names}) SELECT (placed.place - 1) / %s, array_agg(placed.id ORDER BY placed.place), {values}"
        " FROM ({query}) AS placed(id, place) GROUP BY 1"
    ).format(
        table=sql.Identifier(_name(table)),
        into=sql.Identifier(into),
        names=sql.SQL(", ").join(map(sql.Identifier, fixed)),
        values=sql.SQL(", ").join([sql.Placeholder()] * len(fixed)),
        query=sql.SQL(query),  # compiled by Django, its values apart
    )
    with connection.cursor() as cursor:
        cursor.execute(command, [size, *fixed.values(), *params])
