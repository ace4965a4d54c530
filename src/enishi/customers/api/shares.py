"""/api/v1/customers/{key}/shares: who sees one customer by a share, until when and why."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Path, Router, Schema, Status
from pydantic import Field

from enishi.customers import access
from enishi.customers.actions.shares import LONGEST_REASON, end_share, share_customer
from enishi.customers.queries.record import locate
from enishi.customers.queries.shares import share_facts
from enishi.platform import time
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.guards import needs

router = Router()
Key = Annotated[str, Path(max_length=40)]
Id = Annotated[int, Field(ge=1, lt=2**63)]


class ShareIn(In):
    """With whom: a colleague or a team, one of the two. A share with the same receiver is replaced."""

    user_id: Id | None = None
    team_id: Id | None = None
    level: Literal["read", "update"] = Field(default="read", description="To see the customer, or to change it as well.")
    until_on: date | None = Field(default=None, description="The last day; null: until it is taken back.")
    reason: str = Field(max_length=LONGEST_REASON)


class ShareOut(Schema):
    """A share that stands; of `user_id` and `team_id` one is there, and `receiver` is its name."""

    id: int
    user_id: int | None
    team_id: int | None
    receiver: str
    level: str
    until_on: date | None
    reason: str
    shared_by: str
    created_at: datetime


class SharesOut(Schema):
    items: list[ShareOut]


@router.get("/{key}/shares", response={200: SharesOut, **REFUSALS}, operation_id="list_shares")
@needs("customer", "share", parts=(access.SHARES,))
def list_shares(request: ApiRequest, key: Key) -> Any:
    """The shares that stand, the newest first; only for who may share the customer."""
    return {"items": share_facts(request.auth, locate(request.auth, key).id, now=time.now())}


@router.post("/{key}/shares", response={201: ShareOut, **REFUSALS}, operation_id="share_customer")
@needs("customer", "share", parts=(access.SHARES,))
def post_share(request: ApiRequest, payload: ShareIn, key: Key) -> Any:
    """Let a colleague or a team see the customer, or change it as well. Nobody shares more than they may do themselves."""
    found, now = locate(request.auth, key), time.now()
    made = share_customer(customer_id=found.id, actor=request.auth, now=now, door="api", **payload.model_dump())
    return Status(201, next(share for share in share_facts(request.auth, found.id, now=now) if share.id == made))


@router.delete("/{key}/shares/{share_id}", response={204: None, **REFUSALS}, operation_id="end_share")
@needs("customer", "share", parts=(access.SHARES,))
def delete_share(request: ApiRequest, key: Key, share_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Any:
    """Take a share back; twice is once."""
    found = locate(request.auth, key)
    end_share(customer_id=found.id, share_id=share_id, actor=request.auth, now=time.now(), door="api")
    return Status(204, None)
