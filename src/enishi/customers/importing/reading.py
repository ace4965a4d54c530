"""A file as a stream of rows under its headings, in constant memory, from any place of it to the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from enishi.customers.importing import workbook
from enishi.customers.importing.records import EXTRA_CELLS, Lines, Row, RowProblem, records
from enishi.customers.importing.sniff import FileShape
from enishi.customers.importing.vocabulary import ERROR_COLUMN, heading_key


class Table:
    """An opened file of known shape. `header` and every row's cells leave out the error column of a file put back."""

    def __init__(self, source: BinaryIO, shape: FileShape) -> None:
        self._source = source
        self._shape = shape
        self._dropped = {column for column, name in enumerate(shape.header) if heading_key(name) == heading_key(ERROR_COLUMN)}
        self.header: tuple[str, ...] = self._kept(list(shape.header))
        self._size = source.seek(0, os.SEEK_END)

    def rows(self) -> Iterator[Row]:
        """Every row below the headings that is not blank; always from the beginning of the file.

        Short rows are filled up with "" (Excel leaves empty cells at the end out), long ones are cut and carry a problem
        if anything stood in the cells that were cut. Raises LineTooLong, UnsafeArchive.
        """
        width = len(self._shape.header)
        for row in self._records(width):
            if row.number <= self._shape.header_row or not "".join(row.cells).strip():
                continue
            fitting = row if len(row.cells) == width else _fitted(row, width)
            if fitting is not row and not "".join(fitting.cells).strip():
                continue
            yield Row(row.number, list(self._kept(fitting.cells)), self._moved(fitting.problems)) if self._dropped else fitting

    def progress(self) -> float:
        """How far reading has come, 0 to 1; always 0 for a workbook, whose bytes say nothing of its rows."""
        if self._shape.format == "xlsx" or not self._size:
            return 0.0
        return min(1.0, self._source.tell() / self._size)

    def _records(self, width: int) -> Iterator[Row]:
        shape = self._shape
        if shape.format == "xlsx":
            return workbook.sheet_rows(self._source, shape.sheet)
        lines = Lines(self._source, codec=shape.encoding, newline=shape.newline.encode())
        return records(lines, delimiter=shape.delimiter, quote=shape.quote, width=width)

    def _kept(self, cells: list[str]) -> tuple[str, ...]:
        if not self._dropped:
            return tuple(cells)
        return tuple(cell for column, cell in enumerate(cells) if column not in self._dropped)

    def _moved(self, problems: tuple[RowProblem, ...]) -> tuple[RowProblem, ...]:
        """The problems with their columns counted without the dropped ones."""
        if not problems or not self._dropped:
            return problems
        kept = (problem for problem in problems if problem.column not in self._dropped)
        return tuple(
            problem if problem.column is None else problem._replace(column=problem.column - sum(d < problem.column for d in self._dropped))
            for problem in kept
        )


def _fitted(row: Row, width: int) -> Row:
    cells, problems = row.cells, row.problems
    if len(cells) <= width:
        return row._replace(cells=cells + [""] * (width - len(cells)))
    surplus = [cell for cell in cells[width:] if cell.strip()]
    if surplus:
        problems = (*problems, RowProblem(EXTRA_CELLS, None, " / ".join(surplus)[:80]))
    return Row(row.number, cells[:width], problems)
