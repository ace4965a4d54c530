"""Writes down what a search found, and what follows from merges: each inside an action of `running` or `actions.twins`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import F, Q

from enishi.customers.merging.outcome import strong_kinds
from enishi.customers.models import Identity, TwinPair, TwinSearch
from enishi.customers.twins import model
from enishi.customers.twins.groups import regroup
from enishi.customers.twins.matching import Likeness
from enishi.platform.sql.one_of import OneOf

State = TwinPair.State


def strong_ids_of(ids: Collection[int]) -> dict[int, set[str]]:
    """Customer → the kinds of strong ids that they have: no two customers have the same, so that two of a kind differ. One query."""
    found: dict[int, set[str]] = {}
    rows = Identity.rows.filter(OneOf(F("customer_id"), ids), kind__in=strong_kinds()).values_list("customer_id", "kind")
    for pk, kind in rows:
        found.setdefault(pk, set()).add(kind)
    return found


def write_down(found: Sequence[Likeness], *, search: TwinSearch | None, now: datetime) -> int:
    """Keep these pairs: new ones are open, known ones get the score of today; how many are new. Five queries and those of `regroup`.

    「同じ人ではない」 stays, until something speaks for it that did not before: a higher score, by other reasons.
    """
    sides = {pk for one in found for pk in (one.first, one.second)}
    strong = strong_ids_of(sides)
    known = _known(found)
    fresh, changed = [], []
    for one in found:
        held = one.held_by
        if strong.get(one.first, set()) & strong.get(one.second, set()):
            held = [*held, "strong_ids"]
        pair = known.get((one.first, one.second))
        if pair is None:
            fresh.append(
                TwinPair(
                    first_id=one.first,
                    second_id=one.second,
                    score_ppm=one.score_ppm,
                    outcomes=one.outcomes,
                    held_by=held,
                    group_id=one.first,
                    search=search,
                    found_at=now,
                )
            )
            continue
        if pair.state in (State.GONE, State.MERGED) or (
            pair.state == State.DISTINCT and _grounds(pair.outcomes) != _grounds(one.outcomes) and one.score_ppm > pair.score_ppm
        ):
            pair.state, pair.decided_by_id, pair.decided_at, pair.snoozed_until = State.OPEN, None, None, None
        pair.score_ppm, pair.outcomes, pair.held_by, pair.search = one.score_ppm, one.outcomes, held, search
        changed.append(pair)
    TwinPair.rows.bulk_create(fresh, batch_size=1_000)
    columns = ["state", "decided_by", "decided_at", "snoozed_until", "score_ppm", "outcomes", "held_by", "search"]
    TwinPair.rows.bulk_update(changed, columns, batch_size=500)
    regroup(sides)
    return len(fresh)


def _grounds(outcomes: Mapping[str, str]) -> dict[str, str]:
    """What the two records say themselves: how rare their name is changes with everybody else."""
    return {name: code for name, code in outcomes.items() if name != model.RARITY.name}


def _known(found: Sequence[Likeness]) -> dict[tuple[int, int], TwinPair]:
    rows = TwinPair.rows.filter(OneOf(F("first_id"), {one.first for one in found})).select_for_update()
    return {(pair.first_id, pair.second_id): pair for pair in rows}


def let_go(rows: Q, *, state: str = State.GONE) -> int:
    """Put open pairs away: nothing is to be decided about them any more; how many. Three queries and those of `regroup`."""
    ids = list(TwinPair.rows.filter(rows, state=State.OPEN).order_by("pk").values_list("pk", "first_id", "second_id"))
    TwinPair.rows.filter(OneOf(F("pk"), [pk for pk, _first, _second in ids])).update(state=state, snoozed_until=None)
    regroup({side for _pk, first, second in ids for side in (first, second)})
    return len(ids)


def of_customers(ids: Iterable[int]) -> Q:
    """Pairs in which one of these is a side."""
    wanted = set(ids)
    return Q(OneOf(F("first_id"), wanted)) | Q(OneOf(F("second_id"), wanted))


def follow_merges(merged: Mapping[int, int]) -> None:
    """Customers that were merged away → who carries on: pairs between the two are settled, others of the gone are moot: who carries
    on has changed, and is compared anew by the next search."""
    for gone, current in merged.items():
        first, second = sorted((gone, current))
        let_go(Q(first_id=first, second_id=second), state=State.MERGED)
    let_go(of_customers(merged))
