"""The demo's input standards: published a month ago, a cleansing that was done and can be undone, and a quarter of figures of quality."""

from __future__ import annotations

from datetime import timedelta

from enishi.customers.actions.cleansing import cleanse, try_cleansing
from enishi.customers.actions.standards import publish_standards, take_proposed
from enishi.customers.bulk import running
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun, QualityFigure, QualityRun
from enishi.customers.quality.running import begin, look_through
from enishi.customers.queries.asked import Asked
from enishi.customers.standards import current
from enishi.platform import time
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.rights import actor_by_id

_DAYS = 60
#: By how many hundredths of a point the base was worse a day before, and its parts in turn: most got better little by little, some worse.
_A_DAY = 6
_A_DAY_BY_TURNS = (9, 2, 6, -4)
#: Days since the file of the demo was imported.
_SINCE_IMPORT = 35
_FIELDS = (QualityFigure.Part.GAP, QualityFigure.Part.BREACH)


def _end(story: Story) -> None:
    """Through the same doors as on the screens."""
    admin, actor = (actor_by_id(story.user_ids[login]) for login in ("admin", "takahashi"))
    at = story.now - timedelta(days=30)
    take_proposed(actor=admin, now=at)
    publish_standards(note="はじめの入力基準", actor=admin, now=at)
    keys = [rule.key for rule in current.current().rules if rule.fixes]
    trial = try_cleansing(rules=keys, selection=Selection(asked=Asked()), actor=actor, now=story.now)
    _do(trial)
    if BulkRun.rows.filter(pk=trial, changed_count__gt=0).exists():  # a small company may hold nobody to mend
        _do(cleanse(run_id=trial, actor=actor, now=story.now))
    look_through(begin(now=story.now))
    _past(story)


def _do(run_id: int) -> None:
    while running.run_stretch(run_id):
        pass


def _past(story: Story) -> None:
    """The days before, as they would have been measured: the same people, a little worse."""
    today = time.today(story.now)
    figures = list(QualityFigure.rows.filter(on=today))
    for days in range(1, _DAYS):
        on = today - timedelta(days=days)
        QualityRun.rows.create(on=on, state=QualityRun.State.DONE)
        QualityFigure.rows.bulk_create(
            [
                QualityFigure(
                    on=on,
                    part=one.part,
                    key=one.key,
                    customers=one.customers + (one.customers * days // 300 if one.part in _FIELDS else 0),
                    score=_score_before(one, days),
                    poor=one.poor + one.poor * days // 200,
                )
                for one in figures
                if one.part != QualityFigure.Part.IMPORT or days < _SINCE_IMPORT
            ]
        )


def _score_before(figure: QualityFigure, days: int) -> int:
    a_day = _A_DAY if figure.part == QualityFigure.Part.ALL else _A_DAY_BY_TURNS[figure.pk % len(_A_DAY_BY_TURNS)]
    return min(10_000, max(0, figure.score - a_day * days - (days * days) % 7))


CHAPTER = Chapter("standards", end=_end)
