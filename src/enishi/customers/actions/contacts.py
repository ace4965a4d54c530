"""連絡先: adding, changing, stopping and removing further ways to a customer, and choosing the primary one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.actions.customers import claim_identities, refuse_known_address
from enishi.customers.contact_points import ABOUT, COLUMNS, MOST, Point, checked, ended, point_of, primary_of
from enishi.customers.models import ContactPoint, Customer
from enishi.customers.models.contacts import VALUES
from enishi.customers.open_fields import require_part
from enishi.customers.search import SEARCH_COLUMNS, fill_search_columns
from enishi.customers.standards.book import Remark
from enishi.customers.standards.current import obeyed_texts
from enishi.platform import changes, events, time
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.models import ChangeSet

_HISTORY = ("customer", "kind", "is_primary", *(name for name in VALUES if name != "phone_e164"), *ABOUT)
_ENDING_AT_ONCE = 200


class ContactStopped(ActionError):
    """Only a contact point that works can be the primary one."""

    code = "contact.stopped"
    message = gettext_lazy("無効な連絡先や、連絡しない連絡先は、主な連絡先にできません。")


@dataclass(frozen=True, slots=True)
class Added:
    """How a new contact point is called: its id, or its kind where it is the primary one. `remarks`: of the input standards."""

    contact: str
    remarks: tuple[Remark, ...]


@action
def add_contact(
    *, customer_id: int, point: Point, actor: Actor, now: datetime, shares_address: bool = False, door: str = "screen"
) -> Added:
    """Add a contact point: the primary one where it is the first of its kind that works.

    `shares_address`: as with `create_customer`. Records `customer.contact_added`. Raises NotFound, NotAllowed, Invalid,
    AddressInUse.
    """
    customer = access.customer_for(actor, customer_id, "update")
    _require_kind(actor, point.kind)
    point, remarks = _obeyed(checked(point, today=time.today(now)), customer)
    _refuse_twin(customer, point, besides=None)
    if not shares_address:
        refuse_known_address(point.email, actor, besides=customer.pk)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("連絡先を追加する"))
    if point.state == ContactPoint.State.USABLE and not _has_primary(customer, point.kind):
        _write_primary(customer, point, deed, now)
        called = point.kind
    else:
        called = str(_write_further(ContactPoint(customer=customer, kind=point.kind, created_at=now), point, deed).pk)
    _settle(customer, "customer.contact_added", point, deed, actor, now)
    return Added(called, remarks)


@action
def change_contact(
    *,
    customer_id: int,
    contact: str,
    point: Point,
    actor: Actor,
    now: datetime,
    shares_address: bool = False,
    door: str = "screen",
) -> tuple[Remark, ...]:
    """Write a contact point anew; with a state it works no more, or is to be left alone. What the input standards tell of its
    value. `contact`: as `Added` has it. Records `customer.contact_changed`; nothing where nothing changes.

    Raises NotFound, NotAllowed, Invalid, AddressInUse.
    """
    customer, row, before = _to_change(customer_id, contact, actor)
    point = checked(point, today=time.today(now))
    if point.kind != before.kind:
        raise Invalid(fields={"kind": [_("種別は変えられません。")]})
    if point == before:
        return ()
    remarks: tuple[Remark, ...] = ()
    if point.value != before.value:
        point, remarks = _obeyed(point, customer, before=before)
        _refuse_twin(customer, point, besides=0 if row is None or row.is_primary else row.pk)
        if not shares_address:
            refuse_known_address(point.email, actor, besides=customer.pk)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("連絡先を変更する"))
    if row is None or row.is_primary:
        _write_primary(customer, point, deed, now)
    else:
        _write_further(row, point, deed)
    stopped = point.state != ContactPoint.State.USABLE == before.state
    _settle(customer, "customer.contact_stopped" if stopped else "customer.contact_changed", point, deed, actor, now)
    return remarks


@action
def make_contact_primary(*, customer_id: int, contact: str, actor: Actor, now: datetime, door: str = "screen") -> None:
    """A further contact point changes places with the primary one of its kind. Records `customer.contact_made_primary`.

    Raises NotFound, NotAllowed, ContactStopped.
    """
    customer, row, point = _to_change(customer_id, contact, actor)
    if row is None or row.is_primary:
        return
    if point.state != ContactPoint.State.USABLE:
        raise ContactStopped
    before = primary_of(customer, point.kind, _primary_row(customer, point.kind))
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("主な連絡先を入れ替える"))
    _remove(row, deed)
    _write_primary(customer, point, deed, now)
    if any(before.value.values()):
        _write_further(ContactPoint(customer=customer, kind=point.kind, created_at=now), before, deed)
    _settle(customer, "customer.contact_made_primary", point, deed, actor, now)


@action
def remove_contact(*, customer_id: int, contact: str, actor: Actor, now: datetime, door: str = "screen") -> None:
    """Take away a contact point that was wrong; the primary one leaves the customer's columns empty. One that was right and
    works no more is better marked so. Records `customer.contact_removed`. Raises NotFound, NotAllowed."""
    customer, row, point = _to_change(customer_id, contact, actor)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("連絡先を消す"))
    if row is None or row.is_primary:
        _write_primary(customer, Point(point.kind), deed, now)
    else:
        _remove(row, deed)
    _settle(customer, "customer.contact_removed", point, deed, actor, now)


@action
def end_contacts(*, now: datetime) -> int:
    """Contact points whose last day has passed work no more; how many. Records `customer.contact_stopped`."""
    today = time.today(now)
    due = ContactPoint.rows.filter(state=ContactPoint.State.USABLE, until_on__lt=today).order_by("until_on", "pk")
    customer_ids = sorted(set(due.values_list("customer_id", flat=True)[:_ENDING_AT_ONCE]))
    if not customer_ids:
        return 0
    found = 0
    for customer in Customer.rows.filter(pk__in=customer_ids).order_by("pk").select_for_update(of=("self",)):
        deed = changes.open_change_set(actor=SYSTEM, door="system", at=now, reason=_("連絡先の期間の終わり"))
        for row in due.filter(customer=customer):
            point = primary_of(customer, row.kind, row) if row.is_primary else point_of(row)
            point = ended(point)
            _write(row, point.about, deed)
            _tell(customer, "customer.contact_stopped", point, deed, SYSTEM, now)
            found += 1
        claim_identities(customer, now)
    return found


def _obeyed(point: Point, customer: Customer, *, before: Point | None = None) -> tuple[Point, tuple[Remark, ...]]:
    """The point with what is written anew as the input standards have it. Raises Invalid."""
    given = {name: text for name, text in point.value.items() if name != "phone_e164" and (before is None or text != before.value[name])}
    mended, remarks = obeyed_texts(given, customer.kind)
    values: dict[str, Any] = {**mended}
    return replace(point, **values), remarks


# ---- shared steps -------------------------------------------------------------------------------------------------


def _require_kind(actor: Actor, kind: str) -> None:
    """Raises NotAllowed where the actor may not write contact points of this kind, Invalid where a token's list does not name them. An
    address is written whole, so its prefecture is asked for, too."""
    require_part(actor, f"customer.{kind}", at="kind")
    if kind == ContactPoint.Kind.ADDRESS:
        require_part(actor, "customer.prefecture", at="prefecture")
    access.require_words(actor, f"customer.{kind}")


def _to_change(customer_id: int, contact: str, actor: Actor) -> tuple[Customer, ContactPoint | None, Point]:
    """The customer, and the contact point that is to be changed: locked, and the actor's to write."""
    customer = access.customer_for(actor, customer_id, "update")
    row, point = _found(customer, contact)
    _require_kind(actor, point.kind)
    return customer, row, point


def _has_primary(customer: Customer, kind: str) -> bool:
    return any(getattr(customer, name) for name in COLUMNS[kind])


def _primary_row(customer: Customer, kind: str) -> ContactPoint | None:
    return ContactPoint.rows.filter(customer=customer, kind=kind, is_primary=True).first()


def _found(customer: Customer, contact: str) -> tuple[ContactPoint | None, Point]:
    """The row of a contact point, None for a primary one of which nothing is known, and what it says. Raises NotFound."""
    if contact in COLUMNS and _has_primary(customer, contact):
        row = _primary_row(customer, contact)
        return row, primary_of(customer, contact, row)
    if not contact.isdecimal() or len(contact) > 18:
        raise NotFound
    row = ContactPoint.rows.filter(customer=customer, pk=int(contact), is_primary=False).first()
    if row is None:
        raise NotFound
    return row, point_of(row)


def _refuse_twin(customer: Customer, point: Point, *, besides: int | None) -> None:
    """What a customer has already is not had a second time. `besides`: the further one that changes, 0 for the primary one."""
    at = COLUMNS[point.kind][0]
    key = {name: value for name, value in point.value.items() if name != "phone"}
    further = list(ContactPoint.rows.filter(customer=customer, kind=point.kind, is_primary=False))
    others = [customer, *(row for row in further if row.pk != besides)]
    if any({name: getattr(other, name) for name in key} == key for other in others):
        raise Invalid(fields={at: [_("この顧客にもう登録されています。")]})
    if besides is None and len(further) >= MOST:
        raise Invalid(fields={at: [_("同じ種別の連絡先は、%(n)d件までです。") % {"n": MOST + 1}]})


def _write_primary(customer: Customer, point: Point, deed: ChangeSet, now: datetime) -> None:
    """The customer's columns, and the row of what is known of them; the base drops that row where they change."""
    value = point.value
    pairs = {name: (getattr(customer, name), new) for name, new in value.items()}
    before = _primary_row(customer, point.kind)
    known = _told(before) if before is not None else {}
    if any(old != new for old, new in pairs.values()):
        for name, new in value.items():
            setattr(customer, name, new)
        customer.save(update_fields=list(value))
        shown = {name: pair for name, pair in pairs.items() if name != "phone_e164"}
        changes.record_changes(deed, Customer, [(customer.pk, shown)])
        if before is not None:
            _remember(before.pk, known, {}, deed)
            before = None
    if before is not None:
        _write(before, point.about, deed)
    elif point.says_something:
        _write(ContactPoint(customer=customer, kind=point.kind, is_primary=True, created_at=now), point.about, deed)


def _write_further(row: ContactPoint, point: Point, deed: ChangeSet) -> ContactPoint:
    return _write(row, point.value | point.about, deed)


def _write(row: ContactPoint, values: Mapping[str, object], deed: ChangeSet) -> ContactPoint:
    before = _told(row) if row.pk else {}
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    _remember(row.pk, before, _told(row), deed)
    return row


def _remove(row: ContactPoint, deed: ChangeSet) -> None:
    _remember(row.pk, _told(row), {}, deed)
    row.delete()


def _told(row: ContactPoint) -> dict[str, object]:
    """What the history keeps of a row: what is filled."""
    told = {name: row.customer_id if name == "customer" else getattr(row, name) for name in _HISTORY}
    return {name: value for name, value in told.items() if value not in ("", None, False)}


def _remember(pk: int, before: Mapping[str, object], after: Mapping[str, object], deed: ChangeSet) -> None:
    pairs = {name: (before.get(name), after.get(name)) for name in _HISTORY if name in before or name in after}
    changes.record_changes(deed, ContactPoint, [(pk, pairs)])


def _settle(customer: Customer, kind: str, point: Point, deed: ChangeSet, actor: Actor, now: datetime) -> None:
    """What follows from the contact points of a customer: how they are found and recognised, and that it is told."""
    fill_search_columns(customer)
    customer.save(update_fields=[*SEARCH_COLUMNS])
    claim_identities(customer, now)
    _tell(customer, kind, point, deed, actor, now)


def _tell(customer: Customer, kind: str, point: Point, deed: ChangeSet, actor: Actor, now: datetime) -> None:
    data: dict[str, events.Primitive] = {
        "contact": point.kind,
        "label": point.label,
        "state": point.state,
        "reason": point.reason,
        "change_set": deed.pk,
    }
    events.record(kind, subject=customer.pk, customer=customer.pk, actor=actor, at=now, data=data)
