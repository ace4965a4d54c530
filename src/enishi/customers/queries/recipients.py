"""What a sender must know of the people it is about to write to. A system read, made when a send claims its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from enishi.customers.fields import values
from enishi.customers.fields.catalogue import fields_in_use
from enishi.customers.fields.field import Field, Json
from enishi.customers.models import ConsentState, ContactPoint, Customer
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.resolve import resolve_many
from enishi.platform.privacy import Privacy


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
    own: Mapping[str, str] = field(default_factory=dict)  # custom fields by key, as texts; none that is sensitive
    stopped: bool = False  # the address works no more, or is to be left alone


def mail_recipients(customer_ids: Collection[int], *, purpose: str = Purpose.MARKETING) -> dict[int, Recipient]:
    """Asked id → the customer of today with address and consent to mails of this purpose; ids that lead nowhere are left out.

    Unscoped: for jobs, never for a screen. Four queries.
    """
    today = resolve_many(customer_ids)
    current = set(today.values())
    states = ConsentState.rows.filter(customer_id__in=current, channel=Channel.EMAIL, purpose=purpose)
    allowed = dict(states.values_list("customer_id", "allowed"))
    rows = Customer.rows.filter(pk__in=current).values_list(
        "pk", "number", "kind", "email", "name", "family_name", "given_name", "archived_at", "custom", mail_is_stopped()
    )
    own = mergeable_fields()
    found = {
        pk: Recipient(pk, number, kind, email, name, family, given, allowed.get(pk), archived_at is not None, _texts(own, custom), stopped)
        for pk, number, kind, email, name, family, given, archived_at, custom, stopped in rows
    }
    return {asked: found[pk] for asked, pk in today.items() if pk in found}


def mergeable_fields() -> dict[str, Field]:
    """Custom fields that a mail may show to the customer they are about: none that is sensitive, none that is a document or a file."""
    documents = {"json", *values.FILES}
    return {key: found for key, found in fields_in_use().items() if found.privacy is not Privacy.SENSITIVE and found.kind not in documents}


def _texts(fields: Mapping[str, Field], custom: Mapping[str, Json]) -> dict[str, str]:
    return {key: values.words(fields[key], value) for key, value in custom.items() if key in fields}


def mail_is_stopped() -> Exists:
    """Of a customer's row: whether the mail address works no more, or is to be left alone."""
    return Exists(_stopped_mails().filter(customer=OuterRef("pk")))


def _stopped_mails() -> QuerySet[ContactPoint]:
    rows = ContactPoint.rows.filter(kind=ContactPoint.Kind.EMAIL, is_primary=True)
    return rows.exclude(state=ContactPoint.State.USABLE)
