"""The points of a mark on a day: what was measured, and how fresh it is by then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncDate

from enishi.customers.models import QualityMark
from enishi.customers.quality.marking import FRESH


def scored(marks: QuerySet[QualityMark], today: date) -> QuerySet[Any]:
    """With `since`, the day from which freshness counts, and `score`, of 100."""
    (year, most), (two, some) = FRESH
    since = Coalesce(F("customer__verified_on"), TruncDate("customer__created_at"))
    fresh = Case(
        When(since__gt=today - timedelta(days=year), then=Value(most)),
        When(since__gt=today - timedelta(days=two), then=Value(some)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return marks.annotate(since=since).annotate(score=F("points") + fresh)
