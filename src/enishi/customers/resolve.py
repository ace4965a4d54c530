"""Merged customers: an id or number that was merged away leads to the customer who carries on, for ever."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import F

from enishi.customers.models import Customer, CustomerAlias
from enishi.platform.sql.one_of import OneOf


def resolve(customer_id: int) -> int:
    """The customer of today for an id as it was born. One query."""
    return resolve_many([customer_id])[customer_id]


def resolve_many(customer_ids: Collection[int]) -> Mapping[int, int]:
    """Each id → the customer of today (mostly itself). One query. An alias never leads to another alias."""
    aliases = dict(CustomerAlias.rows.filter(OneOf(F("old_id"), set(customer_ids))).values_list("old_id", "current_id"))
    return {old: aliases.get(old, old) for old in customer_ids}


def all_ids(customer_id: int) -> list[int]:
    """The customer's own id and every id that was merged into it: what append-only rows may carry. One query."""
    return [customer_id, *CustomerAlias.rows.filter(current_id=customer_id).order_by("old_id").values_list("old_id", flat=True)]


def id_of_key(key: str) -> int | None:
    """The customer of today for what an address carries: a number (C-000042) or an id, also a merged one's.

    At most two queries; says nothing about who may see it. None where there is no such customer.
    """
    if key.isdecimal():
        return resolve(int(key)) if len(key) < 19 else None
    found = Customer.rows.filter(number=key).values_list("pk", flat=True).first()
    if found is None:
        found = CustomerAlias.rows.filter(number=key).values_list("current_id", flat=True).first()
    return found
