"""What shall stand in a range of cells: a pasted block, the first row copied down, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.cells.block import Block
from enishi.customers.cells.columns import details_of_column
from enishi.customers.cells.reading import Offered, emptied, read_cell
from enishi.customers.details import Details, value_of
from enishi.customers.fields.values import Refused
from enishi.customers.listing import Words

MOST_ROWS = 200  # a page of the list at its longest


@dataclass(frozen=True, slots=True)
class Paste:
    """`block` onto the rows `numbers` and the columns from the focused cell on. What of it lies beyond them is left out."""

    label: ClassVar[Words] = gettext_lazy("貼り付け")
    numbers: tuple[str, ...]
    columns: tuple[str, ...]
    block: Block

    @property
    def targets(self) -> tuple[str, ...]:
        return self.numbers[: len(self.block)]

    @property
    def used_columns(self) -> tuple[str, ...]:
        return self.columns[: len(self.block[0])]

    @property
    def source(self) -> str:
        return ""

    @property
    def beyond(self) -> tuple[int, int]:
        """Rows and columns of the block for which the list has no place."""
        return max(0, len(self.block) - len(self.numbers)), max(0, len(self.block[0]) - len(self.columns))

    def values(self, row: int, place: int, details: Details, offered: Offered, source: Details | None) -> dict[str, object]:
        """Detail → value for one cell. Raises Refused."""
        return read_cell(self.used_columns[place], details.kind, self.block[row][place], offered)


@dataclass(frozen=True, slots=True)
class FillDown:
    """What stands in the first row goes into the rows below it."""

    label: ClassVar[Words] = gettext_lazy("下へコピー")
    numbers: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return self.numbers[1:]

    @property
    def used_columns(self) -> tuple[str, ...]:
        return self.columns

    @property
    def source(self) -> str:
        return self.numbers[0] if self.numbers else ""

    @property
    def beyond(self) -> tuple[int, int]:
        return 0, 0

    def values(self, row: int, place: int, details: Details, offered: Offered, source: Details | None) -> dict[str, object]:
        """Detail → value for one cell. Raises Refused."""
        names = details_of_column(self.columns[place], details.kind)
        if source is None or details_of_column(self.columns[place], source.kind) != names:
            raise Refused(_("個人と会社のあいだでは写せません。"))
        return {name: value_of(source, name) for name in names}


@dataclass(frozen=True, slots=True)
class Clear:
    """Nothing stands in the cells."""

    label: ClassVar[Words] = gettext_lazy("空にする")
    numbers: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return self.numbers

    @property
    def used_columns(self) -> tuple[str, ...]:
        return self.columns

    @property
    def source(self) -> str:
        return ""

    @property
    def beyond(self) -> tuple[int, int]:
        return 0, 0

    def values(self, row: int, place: int, details: Details, offered: Offered, source: Details | None) -> dict[str, object]:
        """Detail → value for one cell."""
        return emptied(self.columns[place], details.kind)


type Order = Paste | FillDown | Clear
