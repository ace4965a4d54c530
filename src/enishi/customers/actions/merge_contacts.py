"""The contact points of customers who are one: nobody's address is lost; what is not the primary one is a further one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from enishi.customers.contact_points import COLUMNS, Point, point_of, primary_of
from enishi.customers.models import ContactPoint, Customer
from enishi.customers.models.contacts import VALUES

type _Value = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """One contact point of one of them, with its row where it has one."""

    customer_id: int
    point: Point
    row: ContactPoint | None


def known_of(customers: Sequence[Customer]) -> list[Known]:
    """All contact points of these customers, the primary ones first, in their order. One query."""
    rows = list(ContactPoint.rows.filter(customer__in=customers).order_by("pk"))
    known = []
    for customer in customers:
        for kind, columns in COLUMNS.items():
            row = next((row for row in rows if row.customer_id == customer.pk and row.kind == kind and row.is_primary), None)
            if any(getattr(customer, name) for name in columns):
                known.append(Known(customer.pk, primary_of(customer, kind, row), row))
    further = [Known(row.customer_id, point_of(row), row) for row in rows if not row.is_primary]
    order = {customer.pk: place for place, customer in enumerate(customers)}
    return known + sorted(further, key=lambda known: order[known.customer_id])


def unite_contacts(kept: Customer, known: Sequence[Known], *, now: datetime) -> None:
    """Give what was `known` before to who carries on, whose own columns are written already. Of what two have alike one stays,
    and of the primary one what whoever had it first knew."""
    rows = {found.row.pk for found in known if found.row is not None}
    there = set(ContactPoint.rows.filter(pk__in=rows).values_list("pk", flat=True))  # the base drops what the new values made wrong
    primary = {kind: _key(primary_of(kept, kind, None)) for kind in COLUMNS}
    taken: set[tuple[str, _Value]] = set()
    for found in known:
        kind, row = found.point.kind, found.row if found.row is not None and found.row.pk in there else None
        key = (kind, _key(found.point))
        is_primary = key[1] == primary[kind]
        says = row is not None or not is_primary or found.point.says_something
        if key in taken or (kind == ContactPoint.Kind.PHONE and not found.point.phone_e164 and not is_primary):
            if row is not None:
                row.delete()
        elif says:
            taken.add(key)
            _write(row or ContactPoint(kind=kind, created_at=now), kept, found.point, is_primary=is_primary)


def _key(point: Point) -> _Value:
    """What makes two of a kind the same."""
    if point.kind == ContactPoint.Kind.PHONE:
        return (point.phone_e164 or point.phone,)
    return tuple(point.value.values())


def _write(row: ContactPoint, kept: Customer, point: Point, *, is_primary: bool) -> None:
    value = dict.fromkeys(VALUES, "") | ({} if is_primary else point.value)
    for name, content in (value | point.about).items():
        setattr(row, name, content)
    row.customer, row.is_primary = kept, is_primary
    row.save()
