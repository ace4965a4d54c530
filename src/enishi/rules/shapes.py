"""Where a fact's value comes from. About a dozen shapes in the end; these are the first.

Every expression here is written by hand in an app's `facts.py`. Nothing of a request reaches them: a rule only
picks a fact by its key, and its values become query parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable

from enishi.rules.tree import Rule
from enishi.rules.values import Trait, Value

type RowsOf = Callable[[], QuerySet[Any]]
#: Of the mirror's tables (`warehouse.tables.Tables`), the same rows as Ibis sees them, with columns called as the paths of the `F` beside
#: it; instants are their business days there.
type MirrorOf = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the customer.

    `sql` computes the value in the database as of a day and `plain` the same in Python from what `source` loaded;
    both are left out where the column is the value. `instant`: an aware date-time, asked about by its day.
    """

    source: F
    sql: Callable[[date], Combinable] | None = None
    plain: Callable[[Any, date], Value] | None = None
    instant: bool = False


@dataclass(frozen=True, slots=True)
class CustomField:
    """The value under `cf_<number>` in the customer's `custom` column. The server made the number.

    `instant`: a date-time in UTC, asked about by its day.
    """

    number: int
    instant: bool = False

    @property
    def name(self) -> str:
        return f"cf_{self.number:d}"


@dataclass(frozen=True, slots=True)
class Summary:
    """A column of a table with at most one row a customer; `absent` is the value of those without a row."""

    rows: RowsOf
    customer: F
    value: F
    absent: Value = None
    mirrored: MirrorOf | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """Which labels a customer has: one row each, or with `several` a list of them in one row."""

    rows: RowsOf
    customer: F
    member: F
    several: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """What the customer said about one channel and purpose: the rows that allow, and the rows that refuse."""

    allowed: RowsOf
    denied: RowsOf
    customer: F


@dataclass(frozen=True, slots=True)
class Property(Trait):
    """What a row filter may ask about one row."""

    value: F = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows that belong to customers and happened on a day.

    `customer` gives the id of today's customer: a plain `F`, or an expression where rows keep the id they were
    born with. `at` is a date, or with `instant` an aware date-time; rows without one are in no window.
    """

    name: str
    rows: RowsOf
    customer: Callable[[], Combinable]
    at: F
    instant: bool = False
    properties: Mapping[str, Property] = field(default_factory=dict)
    mirrored: MirrorOf | None = None


class Measure(Enum):
    EXISTS = "exists"
    COUNT = "count"
    SUM = "sum"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Rows:
    """One figure over a source's rows in a window: whether there are any, how many, a sum, the latest day.

    `of`: what is summed; for counts what is counted once each (order days, say), or the rows themselves.
    """

    source: RowSource
    measure: Measure
    of: F | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """A flag that is a rule over other facts, under a name of its own."""

    rule: Rule


type Shape = Column | CustomField | Summary | Membership | Consent | Rows | Derived
