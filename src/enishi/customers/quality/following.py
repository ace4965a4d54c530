"""What a merge means for marks: they are measured anew (wire MERGE_FOLLOWERS)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from enishi.customers.merging.follower import Parting
from enishi.customers.models import QualityMark


class _Marks:
    tables = ("customers_qualitymark",)

    def refigure(self, customer_ids: Collection[int], now: datetime) -> None:
        """Whoever was merged or parted is another: the next look measures them."""
        QualityMark.rows.filter(customer_id__in=customer_ids).delete()

    def refile(self, parting: Parting) -> Mapping[int, int]:
        return {}


MARKS = _Marks()
