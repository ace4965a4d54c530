"""What an address asks of the list of customers."""

from __future__ import annotations

from dataclasses import dataclass

from enishi.platform.listing import FROM_THE_TOP, Window
from enishi.rules.tree import Rule

TABLE = "table"


@dataclass(frozen=True, slots=True)
class Asked:
    """`sort` and `view` are keys; unknown ones are refused."""

    view: str = ""
    sort: str = ""
    backwards: bool = False  # against the direction that the sort's name says
    text: str = ""
    window: Window = FROM_THE_TOP
    exact_count: bool = False
    rule: Rule | None = None  # the filter
    columns: tuple[str, ...] = ()  # keys in their order; what is not on offer is left out
    board: str = ""  # by what its columns stand; TABLE for a table whatever the view says
    is_opening: bool = False  # the address says nothing at all
