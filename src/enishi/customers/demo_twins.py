"""The demo's look-alikes: a couple with one phone in one house, whom somebody has told apart. The search, which begins by itself soon
after the start, finds who is there twice; some of them surely, since not everybody showed a member's card the second time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from enishi.customers.actions.twins import tell_apart
from enishi.customers.models import TwinPair
from enishi.customers.twins import reading, settling
from enishi.customers.twins.matching import compare
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.demo.world.script import PARTS
from enishi.platform.rights import actor_by_id

COUPLE: Final = ("couple-he", "couple-she")


def _end(story: Story) -> None:
    """As the search finds them and the screen decides."""
    at = story.now - timedelta(minutes=20)
    keys = [part.key for part in PARTS if part.slug in COUPLE]
    couple = [who for stretch in reading.these(keys) for who in stretch]
    settling.write_down(compare(couple, customers=story.world.customers), search=None, now=at)
    pairs = list(TwinPair.rows.values_list("pk", flat=True))
    if pairs:  # among very many people a phone, a house and a family name are not enough to ask
        tell_apart(pair_ids=pairs, actor=actor_by_id(story.user_ids["takahashi"]), now=at + timedelta(minutes=2))


CHAPTER = Chapter("twins", end=_end)
