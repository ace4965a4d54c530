"""What of a table the mirror keeps for analyses: ids, amounts, days and choices, never what tells who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type MirrorType = Literal["int64", "int32", "bool", "date", "string"]


@dataclass(frozen=True, slots=True)
class MirrorColumn:
    """One column of the mirror. `source` is the model's column, whose privacy class must be public or internal; `sql` says how it
    is read where that is not the column itself."""

    source: str
    type: MirrorType
    sql: str = ""


@dataclass(frozen=True, slots=True)
class MirrorTable:
    """One table of the mirror: `name` is what analyses call it, `model` ("commerce.order") where it comes from, `key` its bigint
    primary key. `whole`: a small table without a watermark, which is read whole whenever anything is read."""

    name: str
    model: str
    columns: Mapping[str, MirrorColumn] = field(default_factory=dict)
    key: str = "id"
    whole: bool = False


def same(kind: MirrorType, *names: str) -> dict[str, MirrorColumn]:
    """Columns that are called in the mirror as in the model."""
    return {name: MirrorColumn(name, kind) for name in names}
