"""Kaplan–Meier against hand-made cases and its own definition."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.analytics.survival import come_by, half_came_after, share_at

waits = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.integers(0, 5)), max_size=12, unique_by=lambda row: row[0])


def test_those_who_were_watched_shortly_are_no_failures():
    steps = come_by([(10, 1, 0), (20, 0, 2), (30, 1, 0)])  # four people: one came, two were watched for 20 days, one came on day 30
    assert share_at(steps, 9) == 0
    assert share_at(steps, 10) == Fraction(1, 4)
    assert share_at(steps, 30) == 1


def test_who_drops_out_on_a_day_was_there_for_those_who_came_on_it():
    assert share_at(come_by([(5, 1, 1)]), 5) == Fraction(1, 2)


def test_the_classic_figures():
    """Freireich et al. 1963 (6-MP): the estimate at 23 weeks is 0.448 still in remission."""
    events = {6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 1), 11: (0, 1), 13: (1, 0), 16: (1, 0), 17: (0, 1), 19: (0, 1), 20: (0, 1)}
    events |= {22: (1, 0), 23: (1, 0), 25: (0, 1), 32: (0, 2), 34: (0, 1), 35: (0, 1)}
    steps = come_by([(week, *counts) for week, counts in events.items()])
    assert float(1 - share_at(steps, 6)) == pytest.approx(0.857, abs=0.0005)
    assert float(1 - share_at(steps, 23)) == pytest.approx(0.448, abs=0.0005)


@given(rows=waits)
def test_without_anybody_out_of_sight_it_is_the_plain_share(rows):
    seen = [(days, came, 0) for days, came, _unseen in rows]
    people = sum(came for _days, came, _unseen in seen)
    for days, _came, _unseen in seen:
        plain = Fraction(sum(came for day, came, _ in seen if day <= days), people) if people else 0
        assert share_at(come_by(seen), days) == plain


@given(rows=waits)
def test_it_grows_and_is_never_below_the_plain_share(rows):
    steps = come_by(rows)
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert all(0 < share <= 1 for share in shares)
    people = sum(came + unseen for _days, came, unseen in rows)
    if people:
        assert share_at(steps, 30) >= Fraction(sum(came for _days, came, _unseen in rows), people)


def test_half():
    assert half_came_after(come_by([(3, 1, 0), (8, 1, 0), (9, 0, 2)])) == 8
    assert half_came_after(come_by([(3, 1, 0), (9, 0, 2)])) is None
