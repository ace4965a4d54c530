"""Contact points as they are written and read: one of a customer, primary or further, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from enishi.customers.details import checked_texts
from enishi.customers.models import ContactPoint, Customer
from enishi.customers.models.contacts import ADDRESS, LABELS
from enishi.platform.errors import Invalid
from enishi.platform.japanese.normalise import clean
from enishi.platform.japanese.phone import parse_phone

Kind, State, Reason = ContactPoint.Kind, ContactPoint.State, ContactPoint.Reason
#: The columns that hold the value of each kind, with the customer as with a further contact point.
COLUMNS: Mapping[str, tuple[str, ...]] = {"email": ("email",), "phone": ("phone", "phone_e164"), "address": ADDRESS}
#: Why a contact point works no more, by its kind. 「期間の終わり」 comes with its last day; 「本人の希望」 is the one reason to
#: leave one alone that works.
REASONS: Mapping[str, tuple[str, ...]] = {
    "email": ("bounced", "someone_else", "other"),
    "phone": ("unused", "someone_else", "other"),
    "address": ("moved", "someone_else", "other"),
}
MOST = 20  # further ones of one kind


@dataclass(frozen=True, slots=True)
class Point:
    """A contact point in plain values. Of the value only the columns of its kind are filled."""

    kind: str
    label: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    state: str = State.USABLE
    reason: str = ""
    stopped_on: date | None = None
    from_on: date | None = None
    until_on: date | None = None
    note: str = ""

    @property
    def phone_e164(self) -> str:
        phone = parse_phone(self.phone) if self.phone else None
        return phone.e164 if phone else ""

    @property
    def value(self) -> dict[str, str]:
        """The columns of its kind."""
        return {name: getattr(self, name) for name in COLUMNS[self.kind]}

    @property
    def about(self) -> dict[str, object]:
        """What is known of it beside its value."""
        return {name: getattr(self, name) for name in ABOUT}

    @property
    def says_something(self) -> bool:
        """Whether anything is known of it beside its value."""
        return self.about != Point(self.kind).about


VALUE = ("email", "phone", *ADDRESS)
ABOUT = tuple(field.name for field in fields(Point) if field.name not in ("kind", *VALUE))


def primary_of(customer: Customer, kind: str, row: ContactPoint | None) -> Point:
    """The primary one of a kind: the customer's columns, with what its row knows of it."""
    return _point(kind, customer, row)


def point_of(row: ContactPoint) -> Point:
    """A further one."""
    return _point(row.kind, row, row)


def _point(kind: str, holder: Customer | ContactPoint, row: ContactPoint | None) -> Point:
    value = {name: getattr(holder, name) for name in COLUMNS[kind] if name != "phone_e164"}
    about = {name: getattr(row, name) for name in ABOUT} if row is not None else {}
    return Point(kind=kind, **value, **about)


def checked(point: Point, *, today: date) -> Point:
    """Every value in its stored form; one whose last day has passed works no more. Raises Invalid, field by field."""
    problems: dict[str, list[str]] = {}
    if point.kind not in COLUMNS:
        raise Invalid(fields={"kind": [_("一覧から選んでください。")]})
    point = replace(point, note=clean(point.note), **_checked_value(point, problems))
    if point.label not in ("", *LABELS[point.kind]):
        problems["label"] = [_("一覧から選んでください。")]
    if len(point.note) > 200:
        problems["note"] = [_("%(n)d文字以内で入力してください。") % {"n": 200}]
    if point.from_on and point.until_on and point.until_on < point.from_on:
        problems["until_on"] = [_("「いつから」より前の日です。")]
    point = _settled(point, today, problems)
    if problems:
        raise Invalid(fields=problems)
    return point


def _checked_value(point: Point, problems: dict[str, list[str]]) -> dict[str, Any]:
    """By the checks of the customer's own columns."""
    wanted = [name for name in COLUMNS[point.kind] if name != "phone_e164"]
    found, wrong = checked_texts({name: getattr(point, name) for name in wanted})
    problems |= wrong
    if not any(found.values()):
        problems[wanted[0]] = [_("入力してください。")]
    return dict.fromkeys(VALUE, "") | found


def ended(point: Point) -> Point:
    """It works no more since its last day."""
    return replace(point, state=State.INVALID, reason=Reason.ENDED, stopped_on=point.until_on)


def _settled(point: Point, today: date, problems: dict[str, list[str]]) -> Point:
    """State, reason and day in agreement with each other and with the last day."""
    if point.state not in State.values:
        problems["state"] = [_("一覧から選んでください。")]
    over = point.until_on is not None and point.until_on < today
    if point.reason == Reason.ENDED and not over and point.state == State.INVALID:
        point = replace(point, state=State.USABLE)
    if point.state == State.USABLE:
        return ended(point) if over else replace(point, reason="", stopped_on=None)
    if point.state == State.REFUSED:
        point = replace(point, reason=Reason.WISH)
    elif point.reason not in (*REASONS[point.kind], Reason.ENDED):
        problems["reason"] = [_("理由を選んでください。")]
    if point.stopped_on is not None and point.stopped_on > today:
        problems["stopped_on"] = [_("今日より後の日付です。")]
    return replace(point, stopped_on=point.stopped_on or today)
