"""Customers as other systems read them: every field by name, masked for the token's owner, page by page."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, QuerySet

from enishi.customers import access, search
from enishi.customers.details import details_of, fingerprint
from enishi.customers.fields import catalogue
from enishi.customers.models import ConsentState, Customer, CustomerTag
from enishi.customers.open_fields import cut, cut_details
from enishi.customers.queries.contacts import ContactLine, contacts_of
from enishi.customers.queries.files import with_addresses
from enishi.customers.queries.record import locate
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.policy import Keyed, by_key, present_many, shown
from enishi.platform.sql.one_of import OneOf
from enishi.rules.facts import registry
from enishi.rules.rights import refuse_unreadable
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import parse


@dataclass(frozen=True, slots=True)
class TagFacts:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    channel: str
    purpose: str
    allowed: bool
    basis: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class _Card:
    """The columns themselves, masked for the viewer; None where the viewer may not know even that much."""

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
    owner_name: str | None = shown("owner__display_name")
    custom: Keyed = by_key("custom", catalogue.classes)
    created_at: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """One customer with tags and today's consents; `contacts` where they were asked for."""

    card: _Card
    tags: list[TagFacts] = field(default_factory=list)
    consents: list[ConsentFacts] = field(default_factory=list)
    contacts: list[ContactLine] | None = None

    def as_dict(self, actor: Actor) -> dict[str, Any]:
        """For this actor, who asked: cut to the list of a token that has one."""
        told = asdict(self.card) | {
            "custom": with_addresses(self.card.id, self.card.custom.clear),
            "tags": [asdict(tag) for tag in self.tags],
            "consents": [asdict(one) for one in self.consents],
        }
        return cut(actor, told if self.contacts is None else told | {"contacts": [asdict(one) for one in self.contacts]})


@dataclass(frozen=True, slots=True)
class CustomerSlice:
    rows: list[CustomerFacts]
    next_id: int | None  # the page goes on after this id


def customer_slice(
    actor: Actor, *, now: datetime, rule: object = None, text: str = "", archived: bool = False, after: int = 0, size: int = 50
) -> CustomerSlice:
    """Customers in the order of their ids. `rule` is JSON of a rule tree. Raises RuleInvalid, RuleRefused.

    SQL: one for the ids (up to four more where `text` is searched), then rows, view log, tags, consents.
    """
    rows = _matching(actor, rule, text, archived=archived, now=now)
    ids = list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: size + 1])
    page = ids[:size]
    return CustomerSlice(_facts(actor, page), page[-1] if len(ids) > size else None)


def _matching(actor: Actor, rule: object, text: str, *, archived: bool, now: datetime) -> QuerySet[Customer]:
    """The customers that the actor may read and who are in the rule and found by the text."""
    rows = access.visible_customers(actor, archived=archived)
    if rule is not None:
        tree = parse(rule)
        refuse_unreadable(tree, registry(), actor)
        rows = to_queryset(tree, rows, now=now, registry=registry())
    if text.strip():
        found = search.narrowed(actor, rows, text)
        rows = rows.filter(OneOf(F("pk"), found.ids)) if found.ids is not None else found.rows
    return rows


def count_matching(actor: Actor, *, now: datetime, rule: object = None, text: str = "") -> int:
    """How many. Raises RuleInvalid, RuleRefused."""
    return _matching(actor, rule, text, archived=False, now=now).count()


def customer_facts(actor: Actor, key: str, *, contacts: bool = False) -> tuple[CustomerFacts, str]:
    """One customer by number or id, also a merged one's, and the tag of this version. Raises NotFound."""
    found = _facts(actor, [locate(actor, key).id])
    if not found:
        raise NotFound
    asked = contacts and actor.opens(access.CONTACTS)
    facts = replace(found[0], contacts=contacts_of(actor.whole(), found[0].card.id)) if asked else found[0]
    return facts, _version(actor, facts)


def _version(actor: Actor, facts: CustomerFacts) -> str:
    """ "{fingerprint of the details}.{hash of all that is shown}": the first part is what a change is checked against."""
    row = Customer.rows.get(pk=facts.card.id)
    text = json.dumps(facts.as_dict(actor), cls=DjangoJSONEncoder, sort_keys=True)
    return f"{fingerprint(cut_details(actor, details_of(row)))}.{sha256(text.encode()).hexdigest()[:16]}"


def _facts(actor: Actor, ids: Sequence[int]) -> list[CustomerFacts]:
    if not ids:
        return []
    cards = present_many(_Card, actor, access.readable_customers(actor).filter(pk__in=ids).order_by("pk"))
    tags, consents = _tags(ids), _consents(ids)
    return [CustomerFacts(card, tags.get(card.id, []), consents.get(card.id, [])) for card in cards]


def _tags(ids: Collection[int]) -> Mapping[int, list[TagFacts]]:
    found: dict[int, list[TagFacts]] = {}
    for customer, tag, name in (
        CustomerTag.rows.filter(customer_id__in=ids).order_by("id").values_list("customer_id", "tag_id", "tag__name")
    ):
        found.setdefault(customer, []).append(TagFacts(tag, name))
    return found


def _consents(ids: Collection[int]) -> Mapping[int, list[ConsentFacts]]:
    found: dict[int, list[ConsentFacts]] = {}
    columns = ("customer_id", "channel", "purpose", "allowed", "basis", "changed_at")
    for customer, *rest in ConsentState.rows.filter(customer_id__in=ids).order_by("channel", "purpose").values_list(*columns):
        found.setdefault(customer, []).append(ConsentFacts(*rest))
    return found
