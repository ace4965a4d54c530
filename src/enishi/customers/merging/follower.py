"""What an app does beside the rows that a merge moves (wire MERGE_FOLLOWERS): figures anew, and re-files what came since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parting:
    """Customers who were one since `at` and are again who they were. The rows that the merge moved are back already."""

    merge_id: int
    kept: int
    gone: Sequence[int]
    at: datetime  # of the merge
    said_until: int  # entries of the ledger of consents above it were written since
    born: Mapping[int, int]  # every id that leads to one of `gone`, their own among them → that one


class Follower(Protocol):
    #: The tables of rule "recompute" that it figures.
    tables: Collection[str]

    def refigure(self, customer_ids: Collection[int], now: datetime) -> None:
        """Make what follows from the rows of these customers true again. Inside of the caller's transaction; ids that
        were merged away are among them."""

    def refile(self, parting: Parting) -> Mapping[int, int]:
        """Give what came since the merge to whom its own evidence names; without any it stays with who carried on.

        Statements on consents that go along: their entry in the ledger → customer.
        """
