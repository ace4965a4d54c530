"""The demo's merges: people who were registered twice and are one again, and a couple who were merged by mistake and parted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from enishi.customers.actions.merging import merge_customers
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.merging.outcome import strong_ids
from enishi.customers.models import Customer, Relation
from enishi.customers.ties import HOUSEHOLD
from enishi.platform.actor import Actor
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.demo.world.people import is_duplicate, originals
from enishi.platform.rights import actor_by_id

#: Of the many who stand twice, so few were found by hand so far.
MERGED: Final = 3
_REASONS: Final = ("お電話でご本人に確認", "同じ住所・同じ生年月日", "店頭で会員証を2枚お持ちでした")


def _end(story: Story) -> None:
    """Through the same door as somebody at the screen, during the last hours."""
    for n, (keep, gone) in enumerate(_twins(story)):
        at = story.now - timedelta(minutes=95 - 20 * n)
        _merge(story, keep, gone, _REASONS[n], at)
    couple = Relation.rows.filter(kind=HOUSEHOLD, until_on=None, source__archived_at=None, target__archived_at=None).order_by("pk").first()
    if couple is not None:
        at = story.now - timedelta(minutes=30)
        mistaken = _merge(story, couple.target_id, couple.source_id, "電話番号が同じ", at)
        unmerge_customers(merge_id=mistaken, actor=_actor(story), now=at + timedelta(minutes=12), door="demo")


def _actor(story: Story) -> Actor:
    return actor_by_id(story.user_ids["takahashi"])


def _merge(story: Story, keep: int, gone: int, reason: str, at: datetime) -> int:
    """By somebody who looked at both numbers."""
    looked_at = [f"{kind}:{value}" for kind, value, _holder in strong_ids([keep, gone])]
    return merge_customers(keep=keep, gone=[gone], reason=reason, confirmed=looked_at, actor=_actor(story), now=at, door="demo").id


def _twins(story: Story) -> Iterator[tuple[int, int]]:
    """Who was there first, and the same person once more: each pair for itself, nobody of them in the recycle bin."""
    keys = np.arange(101, story.world.customers + 1)
    keys = keys[is_duplicate(keys)][: MERGED * 10]
    pairs = list(zip(originals(story.world.seed, keys).tolist(), keys.tolist(), strict=True))
    living = set(
        Customer.rows.filter(pk__in={pk for pair in pairs for pk in pair}, archived_at=None, kind="person").values_list("pk", flat=True)
    )
    met: set[int] = set()
    for pair in pairs:
        if living >= set(pair) and not met & set(pair):
            met |= set(pair)
            yield pair
            if len(met) == 2 * MERGED:
                return


CHAPTER = Chapter("merges", end=_end)
