"""/api/v1/duplicates: customers who may be one, what is decided about them, and the search that finds them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from enishi.customers.actions.twins import MOST_AT_ONCE, put_off, reopen_pairs, search_twins, stop_search, tell_apart
from enishi.customers.queries.record import locate
from enishi.customers.queries.twin_slices import pair_facts, pair_slice, search_facts
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.guards import needs

router = Router()
SearchId = Annotated[int, Path(ge=1, lt=2**63)]
DECISIONS = {"apart": tell_apart, "later": put_off, "open": reopen_pairs}


class PairsIn(In):
    state: Literal["open", "later", "distinct"] = "open"
    min_score: float = Field(default=0, ge=0, le=1, description="How likely the two are one, from 0 to 1; 0.998 is sure.")
    customer: str = Field(default="", max_length=40, description="A number (C-000042) or an id: pairs of this customer alone.")
    cursor: str = Field(default="", max_length=30, pattern=r"^([0-9]{1,7}-[0-9]{1,18})?$")
    limit: int = Field(default=50, ge=1, le=200)


class PairSideOut(Schema):
    id: int
    number: str


class ReasonOut(Schema):
    """What was compared, in words, and what it weighs in bits: each doubles the odds."""

    words: str
    weight: str
    speaks_for: bool


class PairOut(Schema):
    """Two customers who may be one. `held`: why they are never merged without somebody's looking at them."""

    id: int
    group: int = Field(description="Equal for pairs that hang together.")
    customers: list[PairSideOut]
    score: float
    sure: bool
    reasons: list[ReasonOut]
    held: list[str]
    state: str
    later_until: date | None
    found_at: datetime


class PairsOut(Schema):
    items: list[PairOut]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class DecisionIn(In):
    pairs: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(min_length=1, max_length=MOST_AT_ONCE)
    decision: Literal["apart", "later", "open"] = Field(
        description="apart: not the same, until something new speaks for it; later: not in the list for two weeks; open: to be decided again."
    )


class DecidedOut(Schema):
    items: list[PairOut]


class SearchIn(In):
    whole: bool = Field(default=False, description="Of everybody; else of who is new or changed since the last one.")


class SearchOut(Schema):
    """`total` and `done`: customers; `found`: pairs that were not known before."""

    id: int
    kind: str
    state: str
    total: int
    done: int
    found: int
    created_at: datetime
    finished_at: datetime | None


@router.get("", response={200: PairsOut, **REFUSALS}, operation_id="list_duplicates")
@needs("customer", "merge")
def list_duplicates(request: ApiRequest, asked: Annotated[PairsIn, Query()]) -> Any:
    """Pairs of which both are yours to merge, the surest first. They are merged by `POST /customers/merge`."""
    score, _dash, pair_id = asked.cursor.partition("-")
    found = pair_slice(
        request.auth,
        shown=asked.state,
        at_least_ppm=round(asked.min_score * 1_000_000),
        of=locate(request.auth, asked.customer).id if asked.customer else None,
        after=(int(score), int(pair_id)) if pair_id else None,
        size=asked.limit,
        now=time.now(),
    )
    return {"items": found.items, "next_cursor": f"{found.after[0]}-{found.after[1]}" if found.after else None}


@router.post("/decide", response={200: DecidedOut, **REFUSALS}, operation_id="decide_duplicates")
@needs("customer", "merge")
def decide(request: ApiRequest, payload: DecisionIn) -> Any:
    """Say of pairs what they are; of all of them or of none. 409 `twins.already_decided` where somebody was faster."""
    DECISIONS[payload.decision](pair_ids=payload.pairs, actor=request.auth, now=time.now())
    return {"items": pair_facts(request.auth, payload.pairs)}


@router.post("/searches", response={201: SearchOut, **REFUSALS}, operation_id="search_duplicates")
@needs("customer", "merge")
def post_search(request: ApiRequest, payload: SearchIn) -> Any:
    """Order a search; for who may merge everybody. 409 `twins.search_under_way` while one goes on."""
    made = search_twins(whole=payload.whole, actor=request.auth, now=time.now())
    return Status(201, search_facts(request.auth, made))


@router.get("/searches/last", response={200: SearchOut, **REFUSALS}, operation_id="get_last_duplicate_search")
@needs("customer", "merge")
def last_search(request: ApiRequest) -> Any:
    """The search that began last, also one that began by itself."""
    return search_facts(request.auth)


@router.get("/searches/{search_id}", response={200: SearchOut, **REFUSALS}, operation_id="get_duplicate_search")
@needs("customer", "merge")
def get_search(request: ApiRequest, search_id: SearchId) -> Any:
    """How far a search is. `state`: running, done, stopped, failed."""
    return search_facts(request.auth, search_id)


@router.post("/searches/{search_id}/stop", response={200: SearchOut, **REFUSALS}, operation_id="stop_duplicate_search")
@needs("customer", "merge")
def post_stop(request: ApiRequest, search_id: SearchId) -> Any:
    """End a search; what it has found stays. 409 `twins.search_over` where it has ended."""
    stop_search(search_id=search_id, actor=request.auth, now=time.now())
    return search_facts(request.auth, search_id)
