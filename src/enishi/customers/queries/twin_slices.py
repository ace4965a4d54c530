"""Duplicates for programs: pairs page by page, without a word of who they are, and how a search stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from enishi.customers import access
from enishi.customers.models import Customer, TwinPair, TwinSearch
from enishi.customers.queries.twins import Asked, chosen_pairs
from enishi.customers.twins.model import AUTOMATIC_PPM
from enishi.customers.twins.words import Reason, held, reasons
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound


@dataclass(frozen=True, slots=True)
class PairSide:
    id: int
    number: str


@dataclass(frozen=True, slots=True)
class PairFacts:
    id: int
    group: int
    customers: tuple[PairSide, PairSide]
    score: float  # 0 to 1
    sure: bool
    reasons: tuple[Reason, ...]
    held: tuple[str, ...]
    state: str
    later_until: date | None
    found_at: datetime


@dataclass(frozen=True, slots=True)
class PairSlice:
    items: list[PairFacts]
    after: tuple[int, int] | None  # where the next page begins


@dataclass(frozen=True, slots=True)
class SearchFacts:
    id: int
    kind: str
    state: str
    total: int
    done: int
    found: int
    created_at: datetime
    finished_at: datetime | None


def pair_slice(
    actor: Actor, *, shown: str, at_least_ppm: int, after: tuple[int, int] | None, size: int, now: datetime, of: int | None = None
) -> PairSlice:
    """The pairs both of which are the actor's to merge, the surest first; `of`: of this customer alone. Raises NotAllowed. Two queries."""
    access.require_comparing(actor)
    rows = chosen_pairs(actor, Asked(shown=shown), now).filter(score_ppm__gte=at_least_ppm)
    if of is not None:
        rows = rows.filter(Q(first_id=of) | Q(second_id=of))
    if after is not None:
        rows = rows.filter(Q(score_ppm__lt=after[0]) | Q(score_ppm=after[0], pk__lt=after[1]))
    found = list(rows.order_by("-score_ppm", "-pk")[: size + 1])
    page = found[:size]
    return PairSlice(_facts(page), (page[-1].score_ppm, page[-1].pk) if len(found) > size else None)


def pair_facts(actor: Actor, pair_ids: Collection[int]) -> list[PairFacts]:
    """These pairs as they are now, as far as both are the actor's to merge. Raises NotAllowed. Two queries."""
    access.require_comparing(actor)
    rows: QuerySet[TwinPair] = access.twin_pairs(actor).filter(pk__in=pair_ids)
    return _facts(list(rows.order_by("pk")))


def search_facts(actor: Actor, search_id: int | None = None) -> SearchFacts:
    """How a search stands; the last one where none is named. Raises NotAllowed, NotFound. One query."""
    access.require_comparing(actor)
    rows = TwinSearch.rows.all() if search_id is None else TwinSearch.rows.filter(pk=search_id)
    found = rows.order_by("-pk").first()
    if found is None:
        raise NotFound
    return SearchFacts(found.pk, found.kind, found.state, found.total, found.done, found.found_count, found.created_at, found.finished_at)


def _facts(pairs: list[TwinPair]) -> list[PairFacts]:
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    numbers = dict(Customer.rows.filter(pk__in=ids).order_by().values_list("pk", "number")) if ids else {}
    return [
        PairFacts(
            id=pair.pk,
            group=pair.group_id,
            customers=(PairSide(pair.first_id, numbers[pair.first_id]), PairSide(pair.second_id, numbers[pair.second_id])),
            score=pair.score_ppm / 1_000_000,
            sure=pair.score_ppm >= AUTOMATIC_PPM and not pair.held_by,
            reasons=tuple(reasons(pair.outcomes)),
            held=tuple(held(pair.held_by)),
            state=pair.state,
            later_until=pair.snoozed_until,
            found_at=pair.found_at,
        )
        for pair in pairs
    ]
