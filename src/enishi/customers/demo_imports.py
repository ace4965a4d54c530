"""The demo's past import: 金沢東山店 sends the readings that it never asked for, and seventeen rows come back."""

from __future__ import annotations

from collections.abc import Iterable

from enishi.customers.actions import imports as actions
from enishi.customers.imports import running, staging
from enishi.customers.queries import imports as queries
from enishi.platform.demo.chapter import Chapter, Rows, Story
from enishi.platform.demo.files import missing_readings, readings_csv
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.world import Block
from enishi.platform.rights import actor_by_id

FILE_NAME = "金沢東山店_ふりがな.csv"
ROWS = 90
_SHELF = "missing readings"


def _begin(story: Story) -> None:
    story.shelf[_SHELF] = []


def _block(story: Story, block: Block) -> Iterable[Rows]:
    people = story.shelf[_SHELF]
    assert isinstance(people, list)
    people += missing_readings(block, staff.KANAZAWA)[: ROWS - len(people)]
    return ()


def _end(story: Story) -> None:
    """Through the same door as a real file."""
    people = story.shelf[_SHELF]
    assert isinstance(people, list)
    actor = actor_by_id(story.user_ids["mori"])
    run_id = actions.start_import(
        target="customers", name=FILE_NAME, chunks=[readings_csv(people)], actor=actor, now=story.now, foreground=True
    )
    staging.stage(run_id)
    columns, _fields, _options = queries.columns(actor, run_id)
    actions.map_columns(run_id=run_id, mapping={column.index: column.field for column in columns}, options={}, actor=actor)
    actions.answer_consent(run_id=run_id, basis="unknown", actor=actor)
    actions.run_import(run_id=run_id, actor=actor, now=story.now, foreground=True)
    for _progress in running.run_stretch(run_id):
        pass


CHAPTER = Chapter("imports", _begin, _block, _end)
