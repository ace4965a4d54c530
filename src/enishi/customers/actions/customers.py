"""Registering, changing, archiving and restoring a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.actions import field_files
from enishi.customers.actions.consent import Statement, first_consents, record_consents
from enishi.customers.actions.fields import note_use
from enishi.customers.details import (
    FIELDS,
    Details,
    changed_names,
    checked,
    class_of,
    column_of,
    details_of,
    fingerprint,
    require_write,
    value_of,
    written,
)
from enishi.customers.fields import layout, own_keys
from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.customers.open_fields import cut_details, cut_remarks, require_open, require_part, telling_what_is_open
from enishi.customers.search import SEARCH_COLUMNS, fill_search_columns
from enishi.customers.standards.book import Remark
from enishi.customers.standards.current import obeyed
from enishi.platform import changes, events, time
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.models import ChangeSet, Team, User
from enishi.platform.numbers import take_numbers

_PREFIX = {Customer.Kind.PERSON: "C", Customer.Kind.COMPANY: "B"}


class ChangedMeanwhile(ActionError):
    """Somebody else changed the customer after the form was opened. Nothing was written."""

    code = "customer.changed_meanwhile"
    message = gettext_lazy("編集している間に、ほかの人がこの顧客を変更しました。")


class AddressInUse(Invalid):
    """A visible customer has the mail address already. `number` leads there."""

    code = "customer.address_in_use"

    def __init__(self, number: str, *, archived: bool, at: str = "email") -> None:
        self.number = number
        words = _("ごみ箱にある %(number)s に登録されています。") if archived else _("%(number)s に登録されています。")
        advice = _("同じ人ならそちらを開いてください。別の人なら、下の「別の人として登録する」を選んでください。")
        super().__init__(fields={at: [words % {"number": number} + advice]})


@dataclass(frozen=True, slots=True)
class Registered:
    """`remarks`: what the input standards tell whoever registered."""

    id: int
    number: str
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The names of the fields that changed, and what the input standards tell whoever changed them."""

    names: tuple[str, ...]
    remarks: tuple[Remark, ...]


@action
def create_customer(
    *,
    details: Details,
    actor: Actor,
    now: datetime,
    consent: Sequence[Statement] = (),
    shares_address: bool = False,
    lifts_suppression: bool = False,
    door: str = "screen",
) -> Registered:
    """Register a customer with a number of its own. Records `customer.registered`, and `consent.recorded` per statement.

    `shares_address`: the actor knows that another customer has the same mail address (a couple, a family). Whether
    somebody out of the actor's sight has it is never told: the customer is registered all the same, and the address
    goes on identifying the one who had it first. Statements may leave `customer_id` 0; a yes
    to mails is left out where the address is on the suppression list by its owner's wish, unless that `lifts_suppression`.
    Raises NotAllowed, Invalid, AddressInUse.
    """
    access.require(actor, "create")
    require_open(actor, changed_names(Details(), details))
    if consent:
        require_part(actor, access.CONSENTS, at="consents")
    with telling_what_is_open(actor):
        details, remarks = _checked_new(details, actor, shares_address=shares_address)
    number = take_numbers(_PREFIX[Customer.Kind(details.kind)])[0]
    customer = Customer(number=number, created_at=now, created_by_id=actor.user_id)
    _write_details(customer, details)
    fill_search_columns(customer)
    customer.save(force_insert=True)
    access.confirm_created(actor, customer.pk)
    claim_identities(customer, now)
    field_files.follow(customer, details.custom, list(details.custom), now=now)
    note_use(list(details.custom), time.today(now))
    events.record("customer.registered", subject=customer.pk, customer=customer.pk, actor=actor, at=now, data={"door": door})
    said = first_consents(statements=consent, address=customer.email, lifts_suppression=lifts_suppression, actor=actor, now=now)
    record_consents(statements=[replace(s, customer_id=customer.pk) for s in said], actor=actor, now=now)
    return Registered(customer.pk, number, cut_remarks(actor, remarks))


def _checked_new(details: Details, actor: Actor, *, shares_address: bool) -> tuple[Details, tuple[Remark, ...]]:
    """The details of a new customer in their stored form, with their owner, and what the input standards tell of them."""
    owned = _owned(details, actor)
    by_us = {*own_keys.given_by_us(), *changed_names(details, owned)}
    details, remarks = obeyed(checked(owned), Customer.Lifecycle.PROSPECT)
    details = field_files.settled(details, Details(), customer_id=None, actor=actor)
    details = own_keys.numbered(details)
    require_write(actor, [name for name in changed_names(Details(), details) if name not in by_us])
    _refuse_unknown_owner(details)
    _refuse_missing(details, Customer.Lifecycle.PROSPECT)
    own_keys.refuse_taken(details, besides=None)
    if not shares_address:
        refuse_known_address(details.email, actor, besides=None)
    return details, remarks


@action
def update_customer(
    *, customer_id: int, details: Details, seen: str, actor: Actor, now: datetime, shares_address: bool = False, door: str = "screen"
) -> Changed:
    """Change what is written about a customer. Records `customer.updated`.

    `seen` is the fingerprint of what the form showed. Raises NotFound, NotAllowed, Invalid, AddressInUse,
    ChangedMeanwhile.
    """
    customer = access.customer_for(actor, customer_id, "update")
    before = details_of(customer)
    if fingerprint(before) != seen:
        raise ChangedMeanwhile
    return _change(customer, before, details, actor=actor, now=now, shares_address=shares_address, door=door)


@action
def change_customer(
    *,
    customer_id: int,
    given: Mapping[str, object],
    seen: str | None,
    actor: Actor,
    now: datetime,
    shares_address: bool = False,
    door: str = "api",
) -> Changed:
    """Change some of what is written about a customer, the rest stays. Records `customer.updated`. `given`: names and values of
    `Details`; of `custom`, the keys that change. `seen`: the fingerprint that the caller looked at, or None to change what is there now.

    Raises NotFound, NotAllowed, Invalid, AddressInUse, ChangedMeanwhile.
    """
    customer = access.customer_for(actor, customer_id, "update")
    before = details_of(customer)
    if seen is not None and fingerprint(cut_details(actor, before)) != seen:
        raise ChangedMeanwhile
    own = _custom_of(given)
    require_open(actor, [*(name for name in given if name != "custom"), *own])
    details = replace(before, **{**given, "custom": {**before.custom, **own}})  # type: ignore[arg-type]  # checked below, field by field
    with telling_what_is_open(actor):
        return _change(customer, before, details, actor=actor, now=now, shares_address=shares_address, door=door)


def _custom_of(given: Mapping[str, object]) -> Mapping[str, object]:
    custom = given.get("custom") or {}
    if not isinstance(custom, Mapping):
        raise Invalid(fields={"custom": [_("項目名と値の組で送ってください。")]})
    return custom


def _change(
    customer: Customer, before: Details, details: Details, *, actor: Actor, now: datetime, shares_address: bool, door: str
) -> Changed:
    after, changed, remarks = checked_change(customer, before, details, actor=actor, shares_address=shares_address)
    if changed:
        write_change(customer, after, changed, now=now)
        deed = changes.open_change_set(actor=actor, door=door, at=now)
        record_updates(deed, [Updated(customer.pk, before, after, tuple(changed))], actor=actor, now=now)
    return Changed(tuple(changed), cut_remarks(actor, remarks))


def checked_change(
    customer: Customer, before: Details, details: Details, *, actor: Actor, shares_address: bool
) -> tuple[Details, list[str], tuple[Remark, ...]]:
    """The details in their stored form, the names of those that would change, and what the input standards tell of them. Writes
    nothing.

    Raises NotAllowed (the owner or team of somebody whom the actor may not assign), Invalid, AddressInUse.
    """
    details, remarks = obeyed(checked(details, before=before), customer.lifecycle, before=before)
    details = field_files.settled(details, before, customer_id=customer.pk, actor=actor)
    changed = changed_names(before, details)
    if not changed:
        return details, [], remarks
    require_write(actor, changed)
    _refuse_missing(details, customer.lifecycle, before=before)
    own_keys.refuse_taken(details, besides=customer.pk)
    if {"owner_id", "team_id"} & set(changed):
        access.customer_for(actor, customer.pk, "assign")
        _refuse_unknown_owner(details)
        _refuse_gain(customer, details, changed, actor)
    if "email" in changed and not shares_address:
        refuse_known_address(details.email, actor, besides=customer.pk)
    return details, changed, remarks


def _refuse_gain(customer: Customer, details: Details, changed: Sequence[str], actor: Actor) -> None:
    if access.gains_by(actor, customer, owner_id=details.owner_id, team_id=details.team_id):
        words = _("自分の担当や部署にすると、いまよりできることが増えるため、変えられません。担当を決める人に頼んでください。")
        raise Invalid(fields={name: [words] for name in ("owner_id", "team_id") if name in changed})


def write_change(customer: Customer, details: Details, changed: Sequence[str], *, now: datetime) -> None:
    """Write checked details to a locked customer. What was changed is told by `record_updates`."""
    _write_details(customer, details)
    fill_search_columns(customer)
    columns = ["custom" if name.startswith("cf_") else column_of(name) for name in changed] + (["phone_e164"] if "phone" in changed else [])
    customer.save(update_fields=[*dict.fromkeys(columns), *SEARCH_COLUMNS])
    if {"email", "phone", *own_keys.kinds()} & set(changed):
        claim_identities(customer, now)
    field_files.follow(customer, details.custom, changed, now=now)


@dataclass(frozen=True, slots=True)
class Updated:
    """What a deed changed of one customer."""

    customer_id: int
    before: Details
    after: Details
    names: tuple[str, ...]


def record_updates(deed: ChangeSet, updates: Sequence[Updated], *, actor: Actor, now: datetime) -> None:
    """Into the history under one deed, and `customer.updated` for each. Three queries."""
    pairs = {u.customer_id: {column_of(name): (value_of(u.before, name), value_of(u.after, name)) for name in u.names} for u in updates}
    names = list(dict.fromkeys(name for u in updates for name in u.names))
    changes.record_changes(deed, Customer, list(pairs.items()), classes={column_of(name): class_of(name) for name in names})
    told = [
        events.NewEvent("customer.updated", pk, pk, now, {"fields": ",".join(fields), "change_set": deed.pk})
        for pk, fields in pairs.items()
    ]
    events.record_many(told, actor=actor)
    note_use(names, time.today(now))


@action
def archive_customer(*, customer_id: int, actor: Actor, now: datetime) -> None:
    """Put a customer into the recycle bin: out of lists, segments and sends. Records `customer.archived`; twice is once.

    Raises NotFound, NotAllowed.
    """
    customer = access.customer_for(actor, customer_id, "archive")
    if customer.archived_at is None:
        _set_archived(customer, now, "customer.archived", actor, now)


@action
def restore_customer(*, customer_id: int, actor: Actor, now: datetime) -> None:
    """Take a customer out of the recycle bin. Records `customer.restored`. Raises NotFound, NotAllowed."""
    customer = access.customer_for(actor, customer_id, "archive")
    if customer.archived_at is not None:
        _set_archived(customer, None, "customer.restored", actor, now)


def _set_archived(customer: Customer, at: datetime | None, kind: str, actor: Actor, now: datetime) -> None:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Customer, [(customer.pk, {"archived_at": (customer.archived_at, at)})])
    customer.archived_at = at
    customer.save(update_fields=["archived_at"])
    events.record(kind, subject=customer.pk, customer=customer.pk, actor=actor, at=now, data={"change_set": deed.pk})


# ---- shared steps -------------------------------------------------------------------------------------------------


def _owned(details: Details, actor: Actor) -> Details:
    """Who may not assign owners registers for themselves and their own team; so does who sees some customers alone, and names
    nobody: they would lose sight of the new one at once."""
    if actor.is_system:
        return details
    if not access.may(actor, "assign"):
        return replace(details, owner_id=actor.user_id, team_id=details.team_id if details.team_id in actor.team_ids else None)
    if actor.scope_for("customer", "create") != "all" and details.owner_id is None and details.team_id is None:
        team_id = min(actor.team_ids) if len(actor.team_ids) == 1 else None
        return replace(details, owner_id=actor.user_id, team_id=team_id)
    return details


def _refuse_unknown_owner(details: Details) -> None:
    problems = {}
    if details.owner_id is not None and not User.rows.filter(pk=details.owner_id, is_active=True).exists():
        problems["owner_id"] = [_("担当者を一覧から選んでください。")]
    if details.team_id is not None and not Team.rows.filter(pk=details.team_id).exists():
        problems["team_id"] = [_("部署を一覧から選んでください。")]
    if problems:
        raise Invalid(fields=problems)


def _refuse_missing(details: Details, lifecycle: str, *, before: Details | None = None) -> None:
    """What the form asks for is asked at every door."""
    until_now = written(before, lifecycle) if before else None
    if problems := layout.missing(layout.required(layout.current()), written(details, lifecycle), before=until_now):
        raise Invalid(fields=problems)


def _write_details(customer: Customer, details: Details) -> None:
    for name in FIELDS:
        setattr(customer, name, getattr(details, name))
    phone = parse_phone(details.phone) if details.phone else None
    customer.phone_e164 = phone.e164 if phone else ""


def _keys_of(customer: Customer) -> set[tuple[str, str]]:
    """Mail addresses and phones that recognise the customer: all that still work. A fax often is a whole company's."""
    primary = {str(Identity.Kind.EMAIL): customer.email, str(Identity.Kind.PHONE): customer.phone_e164}
    found = set(primary.items())
    points = ContactPoint.rows.filter(customer=customer).exclude(kind=ContactPoint.Kind.ADDRESS)
    for point in points:
        key = (point.kind, primary[point.kind] if point.is_primary else point.email or point.phone_e164)
        if point.state == ContactPoint.State.USABLE and point.label != ContactPoint.Label.FAX:
            found.add(key)
        else:
            found.discard(key)
    return {key for key in found | set(own_keys.of(customer.custom).items()) if key[1]}


def claim_identities(customer: Customer, now: datetime) -> None:
    """The customer's mail addresses and phones identify them, as far as nobody else had them first; given-up ones are freed."""
    keys = _keys_of(customer)
    for identity in Identity.rows.filter(customer=customer, kind__in=[Identity.Kind.EMAIL, Identity.Kind.PHONE, *own_keys.kinds()]):
        if (identity.kind, identity.value) not in keys:
            identity.delete()
    Identity.rows.bulk_create(
        [Identity(customer=customer, kind=kind, value=value, created_at=now) for kind, value in sorted(keys)], ignore_conflicts=True
    )


def refuse_known_address(email: str, actor: Actor, *, besides: int | None, at: str = "email") -> None:
    """Raises AddressInUse, at the field `at`, where another customer whom the actor may see owns the mail address."""
    if not email:
        return
    holders = Identity.rows.filter(kind=Identity.Kind.EMAIL, value=email).values("customer_id")
    others = access.readable_customers(actor).filter(pk__in=holders).exclude(pk__in=[besides] if besides else [])
    seen = others.values_list("number", "archived_at").first()
    if seen is not None and access.reads_contacts(actor):
        raise AddressInUse(seen[0], archived=seen[1] is not None, at=at)
