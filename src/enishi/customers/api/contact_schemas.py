"""What the API of contact points takes and gives."""

from datetime import date
from typing import Literal

from ninja import Schema
from pydantic import Field

from enishi.customers.api.warnings import WarningOut
from enishi.customers.contact_points import Point
from enishi.platform.api import In

Kind = Literal["email", "phone", "address"]
Label = Literal["", "home", "work", "mobile", "fax", "billing", "shipping", "other"]
State = Literal["usable", "invalid", "refused"]


class ContactFields(In):
    """A contact point. Of the values only those of its kind count. An `invalid` one needs a `reason`; one whose
    `until_on` has passed is invalid."""

    label: Label = Field("", description="mobile and fax are of phones, shipping of addresses.")
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    state: State = "usable"
    reason: Literal["", "bounced", "unused", "moved", "someone_else", "ended", "wish", "other"] = ""
    stopped_on: date | None = Field(None, description="Since when it is invalid or refused; today where it is left out.")
    from_on: date | None = None
    until_on: date | None = Field(None, description="The last day.")
    note: str = Field("", max_length=200)
    shares_address: bool = Field(False, description="Although another customer has the same mail address.")

    def of_kind(self, kind: str) -> Point:
        return Point(kind=kind, **self.model_dump(include=set(Point.__dataclass_fields__) - {"kind"}))


class ContactIn(ContactFields):
    kind: Kind

    def point(self) -> Point:
        return self.of_kind(self.kind)


class ContactOut(Schema):
    """One contact point, masked like the customer. `contact` is how it is called: its id, or its kind for the primary one,
    whose values are the customer's own."""

    contact: str
    kind: Kind
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


class ContactWrittenOut(ContactOut):
    """One that was just written, with what the input standards tell of it."""

    warnings: list[WarningOut]


class ContactsOut(Schema):
    items: list[ContactOut]
