"""Who is surely somebody else's second record, although nobody has merged the two yet. A system read, for jobs."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Q

from enishi.customers.models import TwinPair
from enishi.customers.twins.model import AUTOMATIC_PPM
from enishi.platform.sql.one_of import OneOf


def sure_twins(customer_ids: Collection[int]) -> dict[int, set[int]]:
    """Customer → the others who are the same person as far as anybody can say; who was told apart, or is to be looked at first, is
    not among them. Unscoped: never for a screen. One query."""
    sides = Q(OneOf(F("first_id"), customer_ids)) | Q(OneOf(F("second_id"), customer_ids))
    rows = TwinPair.rows.filter(sides, state=TwinPair.State.OPEN, score_ppm__gte=AUTOMATIC_PPM, held_by=[])
    found: dict[int, set[int]] = {}
    for first, second in rows.values_list("first_id", "second_id"):
        found.setdefault(first, set()).add(second)
        found.setdefault(second, set()).add(first)
    return found
