"""Writing a value again that stood there before."""

from __future__ import annotations

from datetime import datetime

from enishi.customers import access
from enishi.customers.actions.customers import change_customer
from enishi.customers.details import past_detail
from enishi.customers.queries.history import change_of
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound


@action
def restore_value(*, customer_id: int, change_id: int, seen: str, actor: Actor, now: datetime, shares_address: bool = False) -> list[str]:
    """Write what stood in a field before a change; the names of the fields that changed, none where it stands there already.

    An edit like any other: `customer.updated` is recorded, the form's checks and rights hold, and it can be taken back in
    the same way. `seen`: the fingerprint of what the dialog showed.
    Raises NotFound, NotAllowed, Invalid, AddressInUse, ChangedMeanwhile.
    """
    customer = access.customer_for(actor, customer_id, "update")
    row = change_of(customer_id, change_id)
    past = past_detail(customer.kind, row.field, row.before)
    if past is None:
        raise NotFound
    name, value = past
    given = {"custom": {name: value}} if name.startswith("cf_") else {name: value}
    changed = change_customer(
        customer_id=customer_id, given=given, seen=seen, actor=actor, now=now, shares_address=shares_address, door="restore"
    )
    return list(changed.names)
