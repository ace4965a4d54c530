"""What a kind of import file offers the engine. Customers are one target, orders another (wire IMPORT_TARGETS)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from django.db.models import QuerySet
from django.utils.functional import Promise

from enishi.customers.importing.vocabulary import TargetField
from enishi.customers.models import ImportRun, ImportUndo
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


@dataclass(slots=True)
class Message:
    """What is said about one row. `column` is the key of a target field, "" for the row as a whole."""

    column: str
    text: str

    def as_json(self) -> dict[str, Json]:
        return {"column": self.column, "text": self.text}


class RawRow(NamedTuple):
    """A staged line: its number in the file as Excel counts, its place in the order of work, its cells, and what was
    wrong with the line itself when it was read."""

    row_no: int
    position: int
    cells: Sequence[str]
    problems: Sequence[Mapping[str, Json]] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How cells become values: everything the preparing process needs, chosen on screen and stored with the run."""

    mapping: Mapping[int, str]  # column → field key
    heads: Sequence[str]
    repairs: Sequence[str]  # keys of findings whose repair was accepted
    choices: Mapping[str, Json]
    today: date
    extras: Mapping[str, Any] = field(default_factory=dict)  # what the target's `extras` gave for these columns


@dataclass(slots=True)
class RowResult:
    """What became of one row. `object_id` is the customer or order it made or met."""

    position: int
    outcome: str
    object_id: int | None = None
    messages: Sequence[Message] = ()


@dataclass(slots=True)
class ChunkResult:
    """A chunk, row by row, and what to add up for the report: counter → how many."""

    rows: list[RowResult]
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunContext:
    """One chunk's surroundings: the run (locked), on whose behalf, when, and the change set of the whole run."""

    run: ImportRun
    actor: Actor
    now: datetime
    change_set_id: int


@dataclass(frozen=True, slots=True)
class UndoContext:
    """One chunk's surroundings while an import is taken back: the undo (locked), on whose behalf, and when."""

    undo: ImportUndo
    actor: Actor
    now: datetime

    @property
    def run(self) -> ImportRun:
        return self.undo.run

    @property
    def written_under(self) -> int:
        """The change set of the import, where it kept what it changed."""
        return int(self.run.report["change_set"])

    @property
    def is_check(self) -> bool:
        return self.undo.state == ImportUndo.State.CHECKING


@dataclass(frozen=True, slots=True)
class Named:
    """An object of an import as a list shows it."""

    id: int
    number: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Option:
    """A choice for the whole file that the target asks for beside the columns."""

    key: str
    label: str | Promise
    choices: Sequence[tuple[str, str | Promise]]
    proposed: str
    reason: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a check's or a run's result beside the counts of rows."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: str = ""  # good, wait, bad


@dataclass(frozen=True, slots=True)
class Naming:
    """Columns in which rows name other objects of their file, and those by which they can be named."""

    named_in: Sequence[int]
    known_by: Sequence[int]


class Memory(Protocol):
    """What a dry run remembers of rows it has seen and never writes. Lives for one check."""

    def close(self) -> None: ...


class ImportTarget(Protocol):
    """One kind of file."""

    key: str
    label: str | Promise
    counter: str | Promise  # "%(count)s人": how its objects are counted
    asks_consent: bool
    group_by: str | None  # rows that share this field's value must be handled together

    @property
    def fields(self) -> Sequence[TargetField]:
        """What columns may become; a query where people define some of it."""

    def extras(self, keys: Collection[str]) -> Mapping[str, Any]:
        """What `prepare` must know of the base to read these fields: plain data, it goes to another process."""

    def naming(self, mapping: Mapping[int, str]) -> Naming | None:
        """Whether rows name each other by these columns: then those who are named come first. None where they do not."""

    def recognised(self, headings: Sequence[str]) -> tuple[str, Mapping[int, str]] | None:
        """Of a file whose format is known by its headings: what it is called, and column → field. None for all others."""

    def prepare(self, recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
        """Cells to values, one object a row. Runs in a process of its own and must not ask the database."""

    def require(self, actor: Actor) -> None:
        """Raises NotAllowed where the actor may not write such objects."""

    def options(self, run: ImportRun) -> list[Option]:
        """What to ask for the whole file, with the answer that the file suggests."""

    def mapping_problems(self, fields: Collection[str]) -> list[str]:
        """What is missing among the chosen fields beside those that are required."""

    def apply(self, context: RunContext, rows: Sequence[object]) -> ChunkResult:
        """Write one chunk inside the engine's transaction; the number of queries does not grow with the rows."""

    def open_memory(self) -> Memory: ...

    def check(self, context: RunContext, rows: Sequence[object], memory: Memory) -> ChunkResult:
        """What `apply` would say, without writing."""

    def figures(self, counters: Mapping[str, int]) -> list[Figure]:
        """The counters that are worth telling, in words."""

    def reach(self, counters: Mapping[str, int]) -> list[Figure]:
        """How many can be written to, first, and why the rest cannot; empty where the file holds no people."""

    def finish(self, context: RunContext) -> dict[str, int]:
        """After the last chunk: what only the whole can tell, for the report."""

    def take_back(self, context: UndoContext, made: Collection[int], changed: Collection[int]) -> Mapping[int, str]:
        """Object → ImportUndoRow.Outcome: remove what the run made, give what it changed its old values back, and leave
        alone what somebody changed or used since. Inside the engine's transaction; a check (`context.is_check`) looks and
        writes nothing. The number of queries does not grow with the objects."""

    def finish_undo(self, context: UndoContext) -> None:
        """After the last chunk: what the run made beside its objects."""

    def touched_beside(self, context: UndoContext) -> QuerySet[FieldChange]:
        """Changes of the run that belong to an object that no row of its report names; their `after` is its id."""

    def named(self, actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
        """Those of the objects that the actor may see, as a list shows them."""
