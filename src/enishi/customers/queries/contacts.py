"""連絡先 of one customer: every mail address, phone and address, the primary ones first, masked for the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.contact_points import COLUMNS, Point, point_of, primary_of
from enishi.customers.models import ContactPoint, Customer
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.policy import present, present_many, seen_in_clear

State = ContactPoint.State
_ICONS = {"email": "mail", "phone": "phone", "address": "post"}


class Holder(Protocol):
    """The columns of a contact point, masked: of a customer or of a further one."""

    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def phone_e164(self) -> str | None: ...
    @property
    def postal_code(self) -> str | None: ...
    @property
    def prefecture(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...
    @property
    def street(self) -> str | None: ...
    @property
    def building(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Own:
    email: str | None
    phone: str | None
    phone_e164: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None


@dataclass(frozen=True, slots=True)
class Row(_Own):
    """What is written of a contact point; of a primary one without its value."""

    id: int
    kind: str
    label: str
    is_primary: bool
    state: str
    reason: str
    stopped_on: date | None
    from_on: date | None
    until_on: date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact point: its values masked for the viewer, and the words of the page."""

    contact: str  # how it is called: its id, or its kind where it is the primary one
    kind: str
    label: str
    is_primary: bool
    email: str | None
    phone: str | None
    phone_e164: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None
    state: str
    reason: str
    stopped_on: date | None
    from_on: date | None
    until_on: date | None
    note: str | None
    lines: tuple[str, ...]
    href: str
    mark: str  # 「主・自宅」
    state_words: str
    period: str
    is_stopped: bool


@dataclass(frozen=True, slots=True)
class ContactGroup:
    """The contact points of a kind."""

    kind: str
    icon: str
    label: str
    contacts: tuple[ContactLine, ...]


def contacts_of(actor: Actor, customer_id: int) -> list[ContactLine]:
    """All of a customer: mail, phone, address; the primary one of each first, those that work no more last. Raises NotFound.

    Two queries, and two view-log rows at most.
    """
    own = present(_Own, actor, access.readable_customers(actor), pk=customer_id)
    return listed(own, contact_rows(actor, customer_id))


def contact_of(actor: Actor, customer_id: int, contact: str) -> ContactLine:
    """One of them. Raises NotFound."""
    found = next((row for row in contacts_of(actor, customer_id) if row.contact == contact), None)
    if found is None:
        raise NotFound
    return found


def contact_rows(actor: Actor, customer_id: int) -> list[Row]:
    """What is written of the contact points of a customer whom the actor was found to read. One query, and one view-log row."""
    rows = ContactPoint.rows.filter(customer_id=customer_id, kind__in=[kind for kind in COLUMNS if actor.opens(f"customer.{kind}")])
    return present_many(Row, actor, rows.order_by("pk"))


def listed(own: Holder, rows: Sequence[Row]) -> list[ContactLine]:
    """The contact points, from the customer's own columns and the rows beside them."""
    found: list[ContactLine] = []
    for kind in COLUMNS:
        about = next((row for row in rows if row.is_primary and row.kind == kind), None)
        if any(getattr(own, name) for name in COLUMNS[kind]):
            found.append(_contact(kind, own, about, is_primary=True))
        further = [_contact(kind, row, row, is_primary=False) for row in rows if row.kind == kind and not row.is_primary]
        found += sorted(further, key=lambda contact: contact.is_stopped)
    return found


def grouped(contacts: Sequence[ContactLine]) -> tuple[ContactGroup, ...]:
    """By kind, for the page; a kind of which there is none as an empty group."""
    return tuple(
        ContactGroup(kind.value, _ICONS[kind], str(kind.label), tuple(found for found in contacts if found.kind == kind))
        for kind in ContactPoint.Kind
    )


def stopped_kinds(rows: Sequence[Row]) -> set[str]:
    """The kinds whose primary one is not to be used."""
    return {row.kind for row in rows if row.is_primary and row.state != State.USABLE}


def _contact(kind: str, holder: Holder, about: Row | None, *, is_primary: bool) -> ContactLine:
    label, state, reason = (about.label, about.state, about.reason) if about else ("", State.USABLE.value, "")
    value = {name: getattr(holder, name) if name in COLUMNS[kind] else "" for name in _Own.__dataclass_fields__}
    is_stopped = state != State.USABLE
    return ContactLine(
        contact=kind if is_primary or about is None else str(about.id),
        kind=kind,
        label=label,
        is_primary=is_primary,
        **value,
        state=state,
        reason=reason,
        stopped_on=about.stopped_on if about else None,
        from_on=about.from_on if about else None,
        until_on=about.until_on if about else None,
        note=about.note if about else "",
        lines=_lines(kind, holder),
        href="" if is_stopped else _href(kind, holder, label),
        mark="・".join(filter(None, (_("主") if is_primary else "", str(ContactPoint.Label(label).label) if label else ""))),
        state_words=_state(state, reason, about.stopped_on) if about and is_stopped else "",
        period=_period(about.from_on, about.until_on) if about else "",
        is_stopped=is_stopped,
    )


def _lines(kind: str, holder: Holder) -> tuple[str, ...]:
    if kind != "address":
        return tuple(filter(None, [holder.email if kind == "email" else holder.phone]))
    place = "".join(part for part in (holder.prefecture, holder.city, holder.street) if part)
    return tuple(filter(None, (f"〒{holder.postal_code}" if holder.postal_code else "", place, holder.building)))


def _href(kind: str, holder: Holder, label: str) -> str:
    """Where a tap leads, for those who read it in clear."""
    if kind == "email" and holder.email and "*" not in holder.email:
        return f"mailto:{holder.email}"
    dialled = holder.phone_e164 if kind == "phone" and label != ContactPoint.Label.FAX else ""
    return f"tel:{dialled}" if dialled and dialled.startswith("+") and "*" not in dialled else ""


def _state(state: str, reason: str, since: date | None) -> str:
    """「無効：メール不達（2026/11/01(日)）」."""
    word = str(State(state).label)
    if state == State.INVALID and reason:
        word = _("%(state)s：%(reason)s") % {"state": word, "reason": ContactPoint.Reason(reason).label}
    return _("%(what)s（%(day)sから）") % {"what": word, "day": format_date(since)} if since else word


def _period(since: date | None, until: date | None) -> str:
    if since is None and until is None:
        return ""
    return f"{format_date(since) if since else ''}〜{format_date(until) if until else ''}"


# ---- for the dialog -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditableContact:
    """What the dialog starts from: in clear, because only those who may write it ask for it."""

    contact: str
    point: Point
    is_primary: bool
    shown: str
    is_stopped: bool


def editable_contact(actor: Actor, customer_id: int, contact: str) -> EditableContact:
    """Raises NotFound, NotAllowed (also where the actor may not write personal data), ReadsNotLogged. Two queries, and one view-log
    row."""
    customer = access.look_at(actor, customer_id, "update")
    seen_in_clear(actor, Customer, [customer_id])
    point = _editable(customer, contact)
    access.require_words(actor, f"customer.{point.kind}")
    shown = point.email or point.phone or "".join((point.prefecture, point.city, point.street)) or point.postal_code
    return EditableContact(contact, point, contact in COLUMNS, shown, point.state != State.USABLE)


def _editable(customer: Customer, contact: str) -> Point:
    rows = ContactPoint.rows.filter(customer=customer)
    if contact in COLUMNS:
        point = primary_of(customer, contact, rows.filter(kind=contact, is_primary=True).first())
        if any(point.value.values()):
            return point
    elif contact.isdecimal() and len(contact) <= 18:
        row = rows.filter(pk=int(contact), is_primary=False).first()
        if row is not None:
            return point_of(row)
    raise NotFound
