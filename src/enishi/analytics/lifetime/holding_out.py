"""The hold-out check: what the model would have said of days that it did not know, beside what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from enishi.analytics.lifetime.completing import BANDS
from enishi.analytics.lifetime.model import TooFew, learned, people_in
from enishi.warehouse.analysis import Rows, rows

if TYPE_CHECKING:
    import pyarrow as pa

    from enishi.analytics.analyses.ltv import HoldOutParams

STEP = 30  # days
_WHOLE = ("reason", "customers", "back", "expected", "came", "correlation", "expected_jpy", "came_jpy")


def compared(tables: Mapping[str, pa.Table], params: HoldOutParams) -> Mapping[str, Rows]:
    """`whole`: purchases and revenue of the days held out, expected and come, and how well single customers were told apart, or why
    there is no check; `months`: purchases by 30 days, added up; `bands`: purchases a head by purchases before."""
    people, buyers = people_in(tables["buyers"]), tables["buyers"]
    counts = [len(people), int((people.repeats > 0).sum())]
    try:
        model = learned(people)
    except TooFew as error:
        return {"whole": rows(_WHOLE, [[error.reason, *counts, *[None] * 5]]), "months": rows((), []), "bands": rows((), [])}
    days, later = (params.as_of - params.cut).days, buyers.column("later").to_numpy()
    expected = model.purchases_ahead(people, days)
    is_told_apart = expected.std() > 0 and later.std() > 0
    figures = [
        float(expected.sum()),
        int(later.sum()),
        float(np.corrcoef(expected, later)[0, 1]) if is_told_apart else None,
        float((expected * model.spend_of(people)).sum()),
        int(buyers.column("later_jpy").to_numpy().sum()),
    ]
    came = {row["month"]: row["later"] for row in tables["months"].to_pylist()}
    through = np.cumsum([came.get(month, 0) for month in range(days // STEP)])
    months = [
        [STEP * (nth + 1), float(model.purchases_ahead(people, STEP * (nth + 1)).sum()), int(told)] for nth, told in enumerate(through)
    ]
    bands = []
    for least, most in BANDS:
        mine = (people.repeats >= least) & (people.repeats <= most)
        if mine.any():
            bands.append([least + 1, most + 1, int(mine.sum()), float(expected[mine].mean()), float(later[mine].mean())])
    return {
        "whole": rows(_WHOLE, [["", *counts, *figures]]),
        "months": rows(("days", "expected", "came"), months),
        "bands": rows(("least", "most", "customers", "expected", "came"), bands),
    }
