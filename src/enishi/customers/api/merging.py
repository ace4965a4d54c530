"""/api/v1/customers/merge and /customers/merges: several customers who are one, and those who are not after all."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Path, Router, Schema
from pydantic import Field

from enishi.customers.actions.merging import LONGEST_REASON, MOST, merge_customers
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.queries.merging import merge_preview, unmerge_preview
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs

router = Router()
CustomerKeyIn = Annotated[str, Field(max_length=40, description="A number (C-000042) or an id.")]
MergeId = Annotated[int, Path(ge=1, lt=2**63)]


class MergeIn(In):
    """Who carries on, and who goes. The numbers and ids of those who go answer for who carries on, for ever."""

    keep: CustomerKeyIn
    gone: list[CustomerKeyIn] = Field(min_length=1, max_length=MOST - 1)
    choices: dict[Annotated[str, Field(max_length=40)], CustomerKeyIn] = Field(
        default_factory=dict,
        max_length=200,
        description="Field (name, email, address, cf_7 …) → whose value stays; the rest as the proposal says.",
    )
    reason: str = Field(default="", max_length=LONGEST_REASON)
    confirmed: list[Annotated[str, Field(max_length=300)]] = Field(
        default_factory=list,
        max_length=100,
        description="kind:value (member:M-001) of each id from elsewhere, where two of a kind differ.",
    )
    dry_run: bool = Field(default=False, description="Tell what would become of them, and write nothing.")


class FieldOut(Schema):
    """A field in which any of them says something, in words; what the token may not read is masked and never told to differ."""

    field: str
    label: str
    values: dict[str, str]
    stays: str | None
    differs: bool


class MergeOut(Schema):
    """What became of them, or would."""

    merge_id: int | None
    number: str
    gone: list[str]
    fields: list[FieldOut]
    moving: dict[str, int]
    consents: dict[str, str]
    confirm: list[str]


class LaterIn(In):
    """Of fields that were changed since the merge: who has the later value. Who carried on, where nothing is said."""

    later: dict[Annotated[str, Field(max_length=40)], Annotated[int, Field(ge=1, lt=2**63)]] = Field(default_factory=dict, max_length=200)


class UnmergedOut(Schema):
    kept_id: int
    gone_ids: list[int]
    left: int


class PastMergeOut(Schema):
    id: int
    at: datetime
    kept_id: int
    kept_number: str
    gone_numbers: list[str]
    reason: str
    undone_at: datetime | None


@router.post("/merge", response={200: MergeOut, **REFUSALS}, operation_id="merge_customers")
@needs("customer", "merge")
def post_merge(request: ApiRequest, payload: MergeIn) -> Any:
    """Merge customers who are one; with `dry_run` tell what would become of them. 409 `merge.two_strong_ids` where two have different
    ids of one kind from elsewhere and `confirmed` does not name them all."""
    ids = {key: locate(request.auth, key).id for key in (payload.keep, *payload.gone, *payload.choices.values())}
    keep, gone = ids[payload.keep], [ids[key] for key in payload.gone]
    choices = {part: ids[key] for part, key in payload.choices.items()}
    preview = merge_preview(request.auth, keep, gone, choices)
    merge_id = None
    if not payload.dry_run:
        merge_id = merge_customers(
            keep=keep,
            gone=gone,
            choices=choices,
            reason=payload.reason,
            confirmed=payload.confirmed,
            seen=preview.seen,
            actor=request.auth,
            now=time.now(),
            door="api",
        ).id
    elif preview.obstacle:
        raise Invalid(preview.obstacle)
    return {
        "merge_id": merge_id,
        "number": preview.kept_number,
        "gone": preview.gone_numbers,
        "fields": [
            {
                "field": row.part,
                "label": row.label,
                "values": {value.number: value.words for value in row.values},
                "stays": next((value.number for value in row.values if value.stays), None),
                "differs": row.differs,
            }
            for row in preview.rows
        ],
        "moving": {one.label: one.count for one in preview.moving},
        "consents": {line.label: line.after for line in preview.consents},
        "confirm": [one.key for one in preview.strong if one.key],
    }


@router.get("/merges/{merge_id}", response={200: PastMergeOut, **REFUSALS}, operation_id="get_merge")
@needs("customer", "merge")
def get_merge(request: ApiRequest, merge_id: MergeId) -> Any:
    """One merge, also one that was taken back; `kept_id` is the id of that day, which answers for who carries on."""
    return unmerge_preview(request.auth, merge_id).merge


@router.post("/merges/{merge_id}/undo", response={200: UnmergedOut, **REFUSALS}, operation_id="unmerge_customers")
@needs("customer", "merge")
def post_unmerge(request: ApiRequest, merge_id: MergeId, payload: LaterIn) -> Any:
    """Take a merge back: all of them are again who they were, and what came since goes to whom its evidence names. 409
    `merge.newer_first` where somebody was merged with them since."""
    return unmerge_customers(merge_id=merge_id, later=payload.later, actor=request.auth, now=time.now(), door="api")
