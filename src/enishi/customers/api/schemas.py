"""What the API of customers takes and gives."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from enishi.customers.actions.consent import Statement
from enishi.customers.actions.relations import Terms
from enishi.customers.actions.upserts import MOST_AT_ONCE, Push
from enishi.customers.api.contact_schemas import ContactOut
from enishi.customers.api.warnings import WarningOut
from enishi.platform.api import In

Kind = Literal["person", "company"]
Gender = Literal["", "female", "male", "other"]
Language = Literal["", "ja", "en", "zh-hans", "zh-hant", "ko", "other"]
IdentityKind = Literal["member", "shop", "email", "phone"]


# ---- what comes in ------------------------------------------------------------------------------------------------


class CustomerFields(In):
    """Fields of a customer. A company has a `name`; a person `family_name` and `given_name`, of which `name` is made."""

    kind: Kind = "person"
    name: str = ""
    family_name: str = ""
    given_name: str = ""
    kana: str = ""
    former_name: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    birthday_on: date | None = None
    gender: Gender = ""
    language: Language = Field(default="", description="In which the customer wants to be spoken and written to.")
    acquisition_source: str = ""
    leave_alone: bool = False
    owner_id: int | None = Field(default=None, ge=1, lt=2**63)
    team_id: int | None = Field(default=None, ge=1, lt=2**63)
    custom: dict[str, Any] = Field(
        default={}, max_length=200, description="The company's own fields by key, see /fields; null empties one."
    )


class ConsentIn(In):
    """What a customer said. Allowing needs a basis: `consent` (with where it was given) or `relation`."""

    channel: Literal["email", "line", "post", "phone"]
    allowed: bool
    basis: Literal["consent", "relation", "refused"] = "refused"
    place: str = Field(default="", max_length=200)
    given_on: date | None = None
    wording: str = Field(default="", max_length=4_000)
    purpose: str = Field(default="marketing", max_length=12, description="The key of a purpose.")
    lift_suppression: bool = Field(
        default=False, description="The person asked to be mailed again: takes the address off the suppression list."
    )

    def statement(self, customer_id: int = 0) -> Statement:
        return Statement(
            customer_id=customer_id,
            channel=self.channel,
            allowed=self.allowed,
            basis=self.basis if self.allowed else "refused",
            purpose=self.purpose,
            source="api",
            place=self.place,
            given_on=self.given_on,
            wording=self.wording,
        )


class CustomerIn(CustomerFields):
    consents: list[ConsentIn] = Field(default=[], max_length=10)
    shares_address: bool = Field(default=False, description="Register although another customer has the same mail address.")


class CustomerChange(CustomerFields):
    """Only what is given changes."""

    shares_address: bool = False


class PageIn(In):
    text: str = Field(default="", max_length=100)
    archived: bool = False
    cursor: int = Field(default=0, ge=0, lt=2**63)
    limit: int = Field(default=50, ge=1, le=200)


class QueryIn(PageIn):
    rule: dict[str, Any] | None = Field(default=None, description="A rule tree, as segments keep it.")


class CountIn(In):
    rule: dict[str, Any] | None = None
    text: str = Field(default="", max_length=100)


class PushIn(In):
    kind: IdentityKind
    value: str = Field(max_length=254)
    fields: CustomerFields

    def push(self) -> Push:
        return Push(self.kind, self.value, self.fields.model_dump(exclude_unset=True))


class BulkIn(In):
    items: list[PushIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class TagIn(In):
    name: str = Field(max_length=40)


class NoteIn(In):
    text: str = Field(max_length=4_000)


# ---- what goes out ------------------------------------------------------------------------------------------------


class TagOut(Schema):
    id: int
    name: str


class ConsentOut(Schema):
    channel: str
    purpose: str
    allowed: bool
    basis: str
    changed_at: datetime


class CustomerOut(Schema):
    """A customer. What the token's owner may only see masked comes masked; what they may not see, or what is not on the token's list of
    fields, as null."""

    id: int
    number: str
    kind: str | None
    name: str | None
    family_name: str | None
    given_name: str | None
    kana: str | None
    former_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None
    birthday_on: date | str | None
    gender: str | None
    language: str | None
    acquisition_source: str | None
    lifecycle: str | None
    lifecycle_on: date | None
    leave_alone: bool | None
    team_id: int | None
    owner_id: int | None
    owner_name: str | None
    custom: dict[str, Any] = Field(description="The company's own fields by key, those that the token's owner reads in clear.")
    created_at: datetime | None
    archived_at: datetime | None
    tags: list[TagOut] | None
    consents: list[ConsentOut] | None
    contacts: list[ContactOut] | None = Field(None, description="With `include=contacts`, for one customer.")


class WrittenOut(CustomerOut):
    """A customer who was just written, with what the input standards tell of it."""

    warnings: list[WarningOut]


class RegisteredOut(WrittenOut):
    """A customer who was just registered."""

    suppressed: bool | None = Field(
        description="Their mail address is on the suppression list: no mailing goes there, and a yes to mails was not written down"
        " where its owner had asked us to stop."
    )


class PageOut(Schema):
    items: list[CustomerOut]
    next_cursor: int | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class CountOut(Schema):
    count: int


class BulkResult(Schema):
    index: int
    outcome: Literal["created", "updated", "unchanged", "refused"]
    id: int | None = None
    code: str | None = None
    message: str | None = None
    fields: dict[str, list[str]] = {}
    warnings: list[WarningOut] = []


class BulkOut(Schema):
    results: list[BulkResult]


class NoteOut(Schema):
    id: int


# ---- relations ----------------------------------------------------------------------------------------------------


class RelationTerms(In):
    """What is written about a relation. `until_on` is its last day; empty: it goes on."""

    department: str = Field("", max_length=80)
    title: str = Field("", max_length=80)
    is_primary: bool = False
    from_on: date | None = None
    until_on: date | None = None

    def terms(self) -> Terms:
        return Terms(**self.model_dump(include=set(Terms.__dataclass_fields__)))


class RelationIn(RelationTerms):
    """A relation to `other`, by number or id. `outward`: the customer is its source (for works_for, the person)."""

    kind: str = Field(max_length=16, description="works_for, household, group, referred, or a code of the company's own.")
    other: str = Field(max_length=40)
    outward: bool = True


class RelationOut(Schema):
    """One relation, seen from the customer that was asked for. `id` 0: another member of the same household."""

    id: int
    kind: str
    outward: bool
    other_id: int
    number: str
    name: str
    department: str
    title: str
    is_primary: bool
    from_on: date | None
    until_on: date | None


class RelationsOut(Schema):
    items: list[RelationOut]
