"""From a stored file to the staging table: recognised, read once in a stream, looked over for damage.

Each batch commits with its count, so that a killed reading goes on behind the last batch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import batched, islice
from typing import BinaryIO

from django.db import connection
from django.utils.translation import gettext as _

from enishi.customers.importing.columns import ColumnGuess, guess_columns
from enishi.customers.importing.damage import DamageScan
from enishi.customers.importing.errors import UnreadableFile
from enishi.customers.importing.reading import Table
from enishi.customers.importing.records import Row, RowProblem
from enishi.customers.importing.sniff import FileShape, first_rows, sniff
from enishi.customers.imports.cells import kinds_of
from enishi.customers.imports.running import fail, require_rights, set_aside, show_work, target_of
from enishi.customers.models import ImportRow, ImportRun
from enishi.platform import files, runs
from enishi.platform.action import action
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Work
from enishi.platform.runs import Lease

BATCH = 2_000
_AT_ONCE = 500  # rows that are looked over together
_LOOKED_AT = 300
_COLUMNS = ("run_id", "row_no", "position", "cells", "messages")


def stage(run_id: int) -> None:
    """Read the file of a run. Leaves quietly where somebody else is at it; a file that cannot be read fails the run.
    Raises RightsGone."""
    with runs.taken_up(ImportRun, run_id, ImportRun.State.STAGING, set_aside=set_aside) as lease:
        if lease is None:
            return
        run = ImportRun.rows.select_related("file").get(pk=run_id)
        require_rights(run)
        try:
            with files.path_of(run.file).open("rb") as source:
                _read(lease, run, source)
        except UnreadableFile as refusal:
            refuse(lease=lease, refusal=refusal)


def _read(lease: Lease[ImportRun], run: ImportRun, source: BinaryIO) -> None:
    shape = FileShape.from_json(run.shape) if run.shape else sniff(source)
    table = Table(source, shape)
    guesses = _recognised(run, guess_columns(table.header, [row.cells for row in islice(table.rows(), _LOOKED_AT)], target_of(run).fields))
    mapping = _mapping(run, guesses)
    scan = DamageScan(table.header, kinds_of(mapping, target_of(run).fields))
    done = run.total
    recognise(lease=lease, shape=shape, guesses=guesses, mapping=mapping)
    rows = _looked_over(table, scan)
    for _staged_before in batched(islice(rows, done), BATCH, strict=False):
        lease.renew()
    while keep(lease=lease, rows=islice(rows, BATCH)) == BATCH:
        pass
    conclude(lease=lease, scan=scan, shape=shape)


def _looked_over(table: Table, scan: DamageScan) -> Iterator[tuple[int, Row]]:
    position = 0
    for rows in batched(table.rows(), _AT_ONCE, strict=False):
        scan.look(rows)
        yield from enumerate(rows, position)
        position += len(rows)


def _recognised(run: ImportRun, guesses: list[ColumnGuess]) -> list[ColumnGuess]:
    """The guesses, those of a file whose format is known replaced by what the format says."""
    known = target_of(run).recognised([guess.heading for guess in guesses])
    if known is None:
        return guesses
    called, mapping = known
    reason = _("%(system)sの形式の見出しです。") % {"system": called}
    return [guess._replace(field=mapping.get(guess.column), confidence=1.0, reason=reason) for guess in guesses]


def _mapping(run: ImportRun, guesses: Sequence[ColumnGuess]) -> dict[int, str]:
    """What was chosen before, if the columns are the same; else what the headings and values say."""
    if run.mapping and len(run.columns) == len(guesses):
        return {int(column): key for column, key in run.mapping.items() if key}
    return {guess.column: guess.field for guess in guesses if guess.field}


@action
def recognise(*, lease: Lease[ImportRun], shape: FileShape, guesses: Sequence[ColumnGuess], mapping: Mapping[int, str]) -> None:
    """Write down how the file is read and what its columns seem to be. Raises LeaseLost."""
    run = lease.held()
    run.shape = shape.as_json()
    run.columns = [
        {
            "name": guess.heading,
            "field": guess.field or "",
            "confidence": guess.confidence,
            "reason": guess.reason,
            "samples": list(guess.samples),
        }
        for guess in guesses
    ]
    run.mapping = {str(column): key for column, key in mapping.items()}
    run.save(update_fields=["shape", "columns", "mapping"])


@action
def keep(*, lease: Lease[ImportRun], rows: Iterator[tuple[int, Row]]) -> int:
    """Add rows to the staging table while they are being read, so that PostgreSQL works beside us; how many they were.

    Raises LeaseLost, UnreadableFile. Four queries.
    """
    runs.commit_soon()
    run = lease.held("file")
    before = run.total

    def lines() -> Iterator[str]:
        for position, row in rows:
            run.total = position + 1
            yield f"{run.pk}\t{row.number}\t{position}\t{_cells(row.cells)}\t{_problems(row.problems)}"

    copy_lines(ImportRow, _COLUMNS, lines())
    runs.checkpoint(run, "total")
    show_work(run, Work.State.RUNNING)
    return run.total - before


_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def _cells(cells: Sequence[str]) -> str:
    """Cells as a JSON array in COPY's text. Most hold nothing that either would have to escape."""
    if not _TO_ESCAPE.search("".join(cells)):
        return '["' + '","'.join(cells) + '"]'
    # A workbook may hold a zero letter or half a letter, which PostgreSQL cannot keep; a CSV file cannot.
    whole = [cell.replace("\x00", "").encode("utf-8", "replace").decode() for cell in cells]
    return copy_value(json.dumps(whole, ensure_ascii=False))


def _problems(problems: Sequence[RowProblem]) -> str:
    """Problems as JSON in COPY's text."""
    return copy_value(json.dumps([problem._asdict() for problem in problems], ensure_ascii=False)) if problems else "[]"


@action
def conclude(*, lease: Lease[ImportRun], scan: DamageScan, shape: FileShape) -> None:
    """The file is in; its owner looks at columns and findings next. Raises LeaseLost."""
    run = lease.held("file")
    run.findings = [finding.as_json() for finding in scan.findings(shape)]
    runs.leave(run, ImportRun.State.MAPPING, "findings")
    show_work(run, Work.State.DONE)


@action
def refuse(*, lease: Lease[ImportRun], refusal: UnreadableFile) -> None:
    """The file cannot be read: say why and what to do."""
    run = lease.held("file")
    run.report["refusal"] = refusal.code
    fail(run, f"{refusal.message}{refusal.advice}")


def look_again(run: ImportRun, mapping: Mapping[int, str]) -> list[dict[str, object]]:
    """The findings anew after columns changed their meaning, over the rows that are staged already."""
    header = [str(column["name"]) for column in run.columns]
    scan = DamageScan(header, kinds_of(mapping, target_of(run).fields))
    rows = ImportRow.rows.filter(run=run).order_by("position").values_list("row_no", "cells", "messages")
    for batch in batched(rows.iterator(chunk_size=BATCH), BATCH, strict=False):
        scan.look(
            [
                Row(row_no, cells, tuple(RowProblem(p["code"], p["column"], p["detail"]) for p in problems if "code" in p))
                for row_no, cells, problems in batch
            ]
        )
    return [finding.as_json() for finding in scan.findings(FileShape.from_json(run.shape))]


def with_header_row(source: BinaryIO, shape: FileShape, number: int) -> FileShape:
    """The shape with its headings in the line that somebody chose; 0 for a file without headings."""
    rows = first_rows(source, shape)
    width = max((len(row.cells) for row in rows), default=0)
    chosen = next((row for row in rows if row.number == number), None)
    names = [clean(cell) for cell in chosen.cells] if chosen else []
    if chosen is None:
        names = [_("%(n)d列目") % {"n": column + 1} for column in range(width)]
    names += [""] * (width - len(names))
    return replace(
        shape, header_row=number if chosen else 0, header_rows=1 if chosen else 0, header=tuple(names), skipped_rows=0, reasons=()
    )


def forget_rows(run_id: int) -> None:
    """Empty the staging table of a run: the file is about to be read in another way."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_importrow WHERE run_id = %s", [run_id])
