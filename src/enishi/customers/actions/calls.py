"""電話メモ: a call, from somebody known or from somebody who is registered with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enishi.customers.actions.activities import NextAction, Recorded, record_activity
from enishi.customers.actions.customers import create_customer
from enishi.customers.details import Details
from enishi.customers.models import Activity, Customer
from enishi.customers.standards.book import Remark
from enishi.platform.action import action
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """`customer_id` of somebody known; else who they say they are."""

    customer_id: int | None
    phone: str = ""
    family_name: str = ""
    given_name: str = ""


@dataclass(frozen=True, slots=True)
class TakenCall:
    """`remarks`: what the input standards tell of who was registered."""

    customer_id: int
    recorded: Recorded
    remarks: tuple[Remark, ...] = ()


@action
def record_call(*, caller: Caller, text: str, next_action: NextAction | None, actor: Actor, now: datetime) -> TakenCall:
    """Write down a call; a caller who is not known is registered as a person. Records `activity.recorded`, and where it
    applies `customer.registered` and `task.added`. Raises NotFound, NotAllowed, Invalid: then nothing is written."""
    customer_id, remarks = caller.customer_id, tuple[Remark, ...]()
    if customer_id is None:
        details = Details(kind=Customer.Kind.PERSON, family_name=caller.family_name, given_name=caller.given_name, phone=caller.phone)
        made = create_customer(details=details, actor=actor, now=now)
        customer_id, remarks = made.id, made.remarks
    recorded = record_activity(customer_id=customer_id, kind=Activity.Kind.CALL, text=text, next_action=next_action, actor=actor, now=now)
    return TakenCall(customer_id, recorded, remarks)
