"""While a customer is typed in: who is there already, as far as the one who types may know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache
from django.db.models import F, Q
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.access_proofs import proof_of
from enishi.customers.models import AccessRequest, Customer, Identity
from enishi.customers.twins import reading
from enishi.customers.twins.traits import SOURCES, Traits, traits_of
from enishi.customers.twins.words import OUTCOMES
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.japanese.dates import parse_date
from enishi.platform.japanese.mail import normalise_mail
from enishi.platform.japanese.names import full_name
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.policy import present_many
from enishi.platform.privacy import Privacy
from enishi.platform.sql.one_of import OneOf

MOST = 3
#: How often an hour somebody is told of customers whom they may not see: enough for a day's registering, not for trying numbers out.
HIDDEN_AN_HOUR: Final = 30
#: What is typed, by the right to read it: a hint tells nobody of a field that is masked to them.
_RIGHTS: Final[Mapping[str, str]] = {
    "email": access.EMAIL,
    "phone": access.PHONE,
    "birthday_on": "customer.birthday",
    **dict.fromkeys(("postal_code", "city", "street", "building"), access.ADDRESS),
}


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody who may be the one who is being typed. Of who is not the reader's to see, only whose they are and by what."""

    number: str  # "" for who may not be seen
    name: str
    owner: str
    reasons: str
    proof: str = ""  # what to ask with to be shown somebody who may not be seen
    is_asked: bool = False  # the reader waits for an answer about them


@dataclass(frozen=True, slots=True)
class _Shown:
    id: int
    number: str
    name: str | None
    owner__display_name: str | None


def look_alikes(actor: Actor, typed: Mapping[str, str], *, besides: int | None = None) -> list[LookAlike]:
    """At most three. `typed`: texts of the form by its field names. At most seven queries by indexes, and one view-log row where
    somebody is shown; none where too little is typed. Raises NotAllowed for who types no customers."""
    if not (access.may(actor, "create") or access.may(actor, "update")):
        raise NotAllowed
    if not access.reads_names(actor):
        return []
    who = _traits(actor, typed)
    if not (who.keys and (who.phones or who.mails or (who.name and (who.born or who.street)))):
        return []
    ids = (reading.ids_at(who.keys) | _known_by(who)) - {besides}
    found = {one.id: why for stretch in reading.these(ids) for one in stretch if (why := _why(who, one))}
    if not found:
        return []
    rows = access.visible_customers(actor).filter(OneOf(F("pk"), found)).order_by("pk")[:MOST]
    seen = [
        LookAlike(row.number, row.name or "", row.owner__display_name or "", _words(found[row.id]))
        for row in present_many(_Shown, actor, rows)
    ]
    return seen or _hidden(actor, found)


def _traits(actor: Actor, typed: Mapping[str, str]) -> Traits:
    """Of what the actor reads, in the form in which customers are compared."""
    may = {name: value for name, value in typed.items() if name not in _RIGHTS or actor.reads(Privacy.PERSONAL, _RIGHTS[name])}
    phone = parse_phone(may.get("phone", ""))
    is_company = may.get("kind") == Customer.Kind.COMPANY
    given = {
        "id": 0,
        "kind": Customer.Kind.COMPANY if is_company else Customer.Kind.PERSON,
        "name": may.get("name", "") if is_company else full_name(may.get("family_name", ""), may.get("given_name", "")),
        "kana": may.get("kana", "") if is_company else f"{may.get('family_kana', '')} {may.get('given_kana', '')}".strip(),
        "email": normalise_mail(may.get("email", "")) or "",
        "phone_e164": phone.e164 if phone else "",
        "birthday_on": parse_date(may.get("birthday_on", "")),
    }
    return traits_of([given[name] if name in given else may.get(name, "") for name in SOURCES])


def _known_by(who: Traits) -> set[int]:
    """Those whom an address or a phone recognises, also who was registered a moment ago. One query."""
    keys = Q(kind=Identity.Kind.PHONE, value__in=who.phones) | Q(kind=Identity.Kind.EMAIL, value__in=who.mails)
    return set(Identity.rows.filter(keys).values_list("customer_id", flat=True)) if who.phones or who.mails else set()


def _why(who: Traits, one: Traits) -> list[tuple[str, str]]:
    """By what the two are alike; nothing where that is too little to say so."""
    found = []
    same_name = bool(who.name and who.name == one.name) or bool(who.kana and who.kana == one.kana)
    same_given = bool(who.given and who.given == one.given) or bool(who.kana_given and who.kana_given == one.kana_given)
    if same_name:
        found.append(("name", "written"))
    if who.born is not None and who.born == one.born:
        found.append(("birthday", "same"))
    if set(who.phones) & set(one.phones):
        found.append(("phone", "same"))
    elif set(who.phones) & set(one.phones_before):
        found.append(("phone", "before"))
    if set(who.mails) & set(one.mails):
        found.append(("mail", "same"))
    elif set(who.mails) & set(one.mails_before):
        found.append(("mail", "before"))
    if who.street and (who.postal, who.street) == (one.postal, one.street):
        found.append(("address", "same"))
    reached = any(name in ("phone", "mail") for name, _code in found)
    return found if reached or (len(found) > 1 and (same_name or same_given)) else []


def _words(why: Collection[tuple[str, str]]) -> str:
    return "、".join(str(OUTCOMES[one]) for one in why)


def _hidden(actor: Actor, found: Mapping[int, list[tuple[str, str]]]) -> list[LookAlike]:
    """Of who is not theirs: that the same phone or mail address is there, and whose customer it is. Limited per hour."""
    reached = {pk: [one for one in why if one[0] in ("phone", "mail")] for pk, why in found.items()}
    pk = next((pk for pk, why in reached.items() if why), None)
    if pk is None or not _may_be_told(actor):
        return []
    row = Customer.rows.filter(pk=pk).values_list("owner__display_name", "team__name").first()
    owner = next(filter(None, row or ()), "")
    asked = AccessRequest.rows.filter(customer_id=pk, asker_id=actor.user_id, state=AccessRequest.State.WAITING).exists()
    return [LookAlike("", "", owner or _("担当なし"), _words(reached[pk]), proof_of(actor, pk), is_asked=asked)]


def _may_be_told(actor: Actor) -> bool:
    key = f"customers.hidden_hints.{actor.user_id}"
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key) <= HIDDEN_AN_HOUR
    except ValueError:  # it ran out between the two calls
        return True
