"""A blow in the middle of a batch of merges, and in the middle of its taking back: each group is merged once, whole or not at all, and
in the end everybody is who they were. Used by the chaos scenarios."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from bench import stage
from bench.installation import asked

_LOGIN = "chaos-steward"
_PATIENCE = 240
_SEEN = (
    "SELECT to_jsonb(t) - 'row_xid' FROM customers_customer t ORDER BY id",
    "SELECT customer_id, kind, value FROM customers_identity ORDER BY 1, 2, 3",
    "SELECT customer_id, tag_id FROM customers_customertag ORDER BY 1, 2",
)


def prepare(groups: int) -> None:
    """Groups of two records each of one person, told by a search that is over, and somebody who may merge them all."""
    from enishi.customers.models import Customer, CustomerTag, Tag, TwinPair, TwinSearch
    from enishi.customers.search import fill_search_columns
    from enishi.platform import time as clock
    from enishi.platform.actions.installation import set_up
    from enishi.platform.models import User
    from enishi.platform.sql import snapshots

    now = clock.now()
    if not User.rows.filter(username=_LOGIN).exists():
        set_up(
            organisation_name="縁日堂",
            address="東京都台東区谷中1-2-3",
            contact="0120-000-000",
            username=_LOGIN,
            display_name="髙橋 美咲",
            language="ja",
            password="en-nichi-do-2026",  # noqa: S106  # of an installation that is thrown away
            now=now,
        )
    tag = Tag.rows.create(name="常連")
    people = []
    for n in range(groups * 2):
        name = f"顧客{n // 2}"
        one = Customer(number=f"C-9{n:05}", name=name, family_name=name, city="京都市" if n % 2 else "", created_at=now)
        fill_search_columns(one)
        people.append(one)
    Customer.rows.bulk_create(people)
    CustomerTag.rows.bulk_create([CustomerTag(customer=one, tag=tag, at=now) for one in people])
    search = TwinSearch.rows.create(kind="whole", state="done", snapshot=snapshots.taken(), created_at=now, finished_at=now)
    TwinPair.rows.bulk_create(
        [
            TwinPair(
                first_id=one.pk,
                second_id=two.pk,
                score_ppm=999_900,
                outcomes={"name": "same"},
                group_id=one.pk,
                search=search,
                found_at=now,
            )
            for one, two in zip(people[::2], people[1::2], strict=True)
        ]
    )


def ordeal(groups: int, blow: Callable[[], object], dice: random.Random) -> dict[str, Any]:
    """Plan, merge under a blow, look, take back under another, look again."""
    from enishi.customers.actions import merge_batches as actions
    from enishi.customers.models import CustomerAlias, Merge, MergeBatch, MergeEntry
    from enishi.platform import time as clock
    from enishi.platform.rights import actor_of_login

    before, actor = _seen(), actor_of_login(_LOGIN)
    batch_id = actions.plan_merges(at_least_ppm=999_000, actor=actor, now=clock.now())
    _wait_for(batch_id, lambda state, _done: state == MergeBatch.State.PLANNED)
    actions.approve_merges(batch_id=batch_id, actor=actor, now=clock.now())
    struck = [_strike(batch_id, groups, blow, dice)]
    merged = asked(lambda: MergeBatch.rows.values_list("total", "merged_count", "refused_count").get(pk=batch_id))
    journals = asked(lambda: MergeEntry.rows.filter(table="customers_customer").values("merge_id").distinct().count())
    whole = [asked(lambda: Merge.rows.count()), asked(lambda: CustomerAlias.rows.count()), journals]  # noqa: PLW0108  # asked again
    undo_id = asked(lambda: actions.undo_merges(batch_id=batch_id, actor=actor, now=clock.now()))
    _wait_for(undo_id, lambda state, _done: state != MergeBatch.State.PLANNING)
    struck.append(_strike(undo_id, groups, blow, dice))
    return {
        "groups": groups,
        "struck_at": struck,
        "merges_aliases_journals": whole,
        "whole": merged == (groups, groups, 0) and whole == [groups] * 3,
        "as_before": asked(_seen) == before,
    }


def _strike(batch_id: int, groups: int, blow: Callable[[], object], dice: random.Random) -> int:
    """Let the blow fall once some are done, and wait until all are; how many were done."""
    from enishi.customers.models import MergeBatch

    place = dice.randrange(groups // 6, groups // 2)
    _wait_for(batch_id, lambda _state, done: done >= place)
    struck = asked(lambda: MergeBatch.rows.values_list("done", flat=True).get(pk=batch_id))
    blow()
    _wait_for(batch_id, lambda state, _done: state == MergeBatch.State.DONE)
    return int(struck)


def _wait_for(batch_id: int, condition: Callable[[str, int], bool]) -> None:
    from enishi.customers.models import MergeBatch

    def there() -> bool:
        state, done = asked(lambda: MergeBatch.rows.values_list("state", "done").get(pk=batch_id))
        if state == MergeBatch.State.FAILED:
            raise SystemExit(f"the batch failed at group {done}")
        return condition(state, done)

    began = time.monotonic()
    if not stage.wait_until(there, seconds=_PATIENCE, every=0.05):
        raise SystemExit(f"the batch stood still for {time.monotonic() - began:.0f} s")


def _seen() -> list[list[tuple[Any, ...]]]:
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for query in _SEEN:
            cursor.execute(query)
            found.append(cursor.fetchall())
    return found
