"""The words of long work. What a run does under kills is tested where runs are: imports, changes of many."""

from __future__ import annotations

import pytest
from django.utils import translation

from enishi.platform.runs import Stretch, time_left


@pytest.mark.parametrize(
    ("done", "total", "pace", "words"),
    [(0, 600, 10, "1分00秒"), (400, 1_000, 4_800, "1秒"), (100, 6_060, 40, "2分29秒"), (0, 59, 1, "59秒"), (0, 0, 10, ""), (5, 10, 0, "")],
)
def test_the_time_that_is_left_is_told_in_minutes_and_seconds(done, total, pace, words):
    with translation.override("ja"):
        assert time_left(done=done, total=total, pace=pace) == words


def test_a_stretch_ends_and_knows_its_pace():
    stretch = Stretch(seconds=-1)
    assert stretch.is_over
    assert Stretch(seconds=60).pace(0) == 0
    assert not Stretch(seconds=60).is_over
