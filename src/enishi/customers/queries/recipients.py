"""What a sender must know of the people it is about to write to. A system read, made when a send claims its rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enishi.customers.models import ConsentState, Customer
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.resolve import resolve_many


@dataclass(frozen=True, slots=True)
class Recipient:
    """One customer as a mailing sees them. `id` is today's, whatever id was asked for."""

    id: int
    number: str
    kind: str  # person, company
    address: str  # as stored; "" where there is none
    name: str
    family_name: str
    given_name: str
    allowed: bool | None  # None: never asked
    archived: bool


def mail_recipients(customer_ids: Collection[int]) -> dict[int, Recipient]:
    """Asked id → the customer of today with address and consent to mailings; ids that lead nowhere are left out.

    Unscoped: for jobs, never for a screen. Three queries.
    """
    today = resolve_many(customer_ids)
    current = set(today.values())
    states = ConsentState.rows.filter(customer_id__in=current, channel=Channel.EMAIL, purpose=Purpose.MARKETING)
    allowed = dict(states.values_list("customer_id", "allowed"))
    rows = Customer.rows.filter(pk__in=current).values_list(
        "pk", "number", "kind", "email", "name", "family_name", "given_name", "archived_at"
    )
    found = {
        pk: Recipient(pk, number, kind, email, name, family, given, allowed.get(pk), archived_at is not None)
        for pk, number, kind, email, name, family, given, archived_at in rows
    }
    return {asked: found[pk] for asked, pk in today.items() if pk in found}
