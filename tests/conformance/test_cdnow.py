"""The CDNOW sample (Fader and Hardie): BG/NBD and Gamma-Gamma find what was published of it, and foretell what was published."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from enishi.analytics.lifetime.model import People, learned

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
CALIBRATED_UNTIL = date(1997, 9, 30)  # 39 weeks; as many are held out

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not FILE.exists(), reason=f"the CDNOW sample is not here ({FILE})"),
]


@pytest.fixture(scope="module")
def sample():
    """The customers as of the end of the calibration, dollars as they are, and the purchases of each after it."""
    bought: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in FILE.read_text().splitlines():
        customer, _second, day, _pieces, dollars = line.split()
        bought[customer][datetime.strptime(day, "%Y%m%d").date()] += float(dollars)  # noqa: DTZ007 — a day
    rows, later = [], []
    for days in bought.values():
        known = sorted(day for day in days if day <= CALIBRATED_UNTIL)
        first = known[0]
        paid = sum(days[day] for day in known[1:])
        rows.append((len(known) - 1, (known[-1] - first).days, (CALIBRATED_UNTIL - first).days, paid))
        later.append(len(days) - len(known))
    x, recency, age, paid = zip(*rows, strict=True)
    people = People(*(np.array(column, dtype=np.int64) for column in (x, recency, age)), np.array(paid))
    return people, np.array(later)


def test_the_sample_is_the_published_one(sample):
    people, later = sample
    assert (len(people), int((people.repeats > 0).sum()), int(later.sum())) == (2_357, 946, 1_882)


def test_the_parameters_are_the_published_ones(sample):
    model = learned(sample[0])
    assert model.buying_fit.parameters == pytest.approx([0.243, 4.414, 0.793, 2.426], rel=0.005)
    assert model.buying_fit.log_likelihood == pytest.approx(-9_582.4, abs=0.05)
    assert model.spending_fit.parameters == pytest.approx([6.25, 3.74, 15.44], rel=0.005)


def test_the_weeks_held_out_are_foretold_as_published(sample):
    people, later = sample
    expected = learned(people).purchases_ahead(people, 39 * 7)
    assert expected.sum() == pytest.approx(1_653, abs=1)
    assert np.corrcoef(expected, later)[0, 1] == pytest.approx(0.626, abs=0.001)
