"""Finding customers by a few letters: what the search columns hold, and how a search reads them.

Whoever writes a customer's name, kana, mail address, phone or further contact point fills the columns with
`fill_search_columns`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import add
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import F, Q, QuerySet

from enishi.customers import access
from enishi.customers.fields import catalogue, own_keys
from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.platform import views_log
from enishi.platform.actor import Actor
from enishi.platform.japanese.company import parse_corporate_number
from enishi.platform.japanese.grams import contact_grams, grams, query_words
from enishi.platform.japanese.kana import sort_kana
from enishi.platform.japanese.mail import normalise_mail
from enishi.platform.japanese.normalise import NORMALISER_VERSION, digits, fold, narrow
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.listing import Conditions, surely_above
from enishi.platform.sql.one_of import OneOf

#: Columns that `fill_search_columns` sets; name them in `update_fields` wherever one of its sources changes.
SEARCH_COLUMNS = ("sort_kana", "name_grams", "contact_grams", "grams_version")


class SearchColumns(NamedTuple):
    """The derived columns of one customer, in the order of `SEARCH_COLUMNS`."""

    sort_kana: str
    name_grams: list[str]
    contact_grams: list[str]
    grams_version: int


def search_columns(
    *, name: str, kana: str = "", former_name: str = "", email: str = "", phone: str = "", further: Iterable[str] = ()
) -> SearchColumns:
    """The search columns of a customer, for paths that write without instances (COPY). About 10 µs.

    Names: name, kana and former name, folded. Contacts: mail address, the digits of the phone number, and those of the `further`
    contact points. A customer's number stands in none: its own index finds it.
    """
    contacts = contact_grams(email=email, phone=phone, further=further)
    return SearchColumns(sort_kana(kana, name), grams(name, kana, former_name), contacts, NORMALISER_VERSION)


def further_texts(customer_ids: Collection[int]) -> dict[int, list[str]]:
    """Customer → further mail addresses and phone numbers, also those that work no more. One query, none without ids."""
    found: dict[int, list[str]] = {}
    if customer_ids:
        points = ContactPoint.rows.filter(OneOf(F("customer_id"), customer_ids), is_primary=False).exclude(kind=ContactPoint.Kind.ADDRESS)
        for pk, email, phone in points.order_by("pk").values_list("customer_id", "email", "phone"):
            found.setdefault(pk, []).append(email or phone)
    return found


def fill_search_columns(customer: Customer) -> None:
    """Set the search columns of one customer that is about to be saved. One query, none for a new one."""
    fill_many([customer])


def fill_many(customers: Sequence[Customer]) -> None:
    """`fill_search_columns` for each of a chunk that is about to be written. One query."""
    further = further_texts([customer.pk for customer in customers if customer.pk])
    for customer in customers:
        filled = search_columns(
            name=customer.name,
            kana=customer.kana,
            former_name=customer.former_name,
            email=customer.email,
            phone=customer.phone,
            further=further.get(customer.pk, ()),
        )
        customer.sort_kana, customer.name_grams, customer.contact_grams, customer.grams_version = filled


# ---- finding -------------------------------------------------------------------------------------------------

#: Hits beyond this are not gathered: lists say 「10,000+」, and meet them along their order, where they are frequent.
FEW = 10_000
#: Up to so many hits are looked at again, letter by letter.
LOOKED_AT_AGAIN = 2_000
#: Two letters or figures stand in nearly every address and phone number (jp, 09): they are looked for in names alone.
SHORTEST_CONTACT = 3
_PHONE_LIKE = re.compile(r"[+(0-9][0-9 ()+\-]{2,}")
#: A number as we write it finds that customer, or nobody: its figures are never looked for inside of others.
_COMPLETE_NUMBER = re.compile(r"[A-Za-z]-[0-9]{6,12}")
_NUMBER_LIKE = re.compile(r"([a-z])?-?0*([0-9]{1,12})")
LOOK_UPS_PER_HOUR = 60
SHORTEST_MEMBER = 4  # a member number shorter than this is no key to one person


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The rows that a search leaves. `ids`: all of them, where they are few; else only the query says which."""

    rows: QuerySet[Customer]
    is_search: bool = False
    ids: list[int] | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One word of a search: what the columns must hold, and what is looked for again in the texts themselves."""

    word: str  # folded
    phone: str = ""  # digits, where it can be a part of a phone number

    def condition(self, *, contacts: bool) -> Q:
        """In names, and in contact points where the viewer reads those."""
        pairs = grams_of_word(self.word)
        found = Q(name_grams__contains=pairs)
        if not contacts:
            return found
        if len(self.word) >= SHORTEST_CONTACT and self.word.isascii():
            found |= Q(contact_grams__contains=pairs)
        if len(self.phone) >= SHORTEST_CONTACT and self.phone != self.word:
            found |= Q(contact_grams__contains=grams_of_word(self.phone))
        return found | Q(number__in=self.numbers) if self.numbers else found

    @property
    def numbers(self) -> list[str]:
        """Those of ours of which the figures are the whole."""
        return _numbers(self.word) if self.word.isdecimal() else []

    @property
    def is_proved_by_grams(self) -> bool:
        """A pair of letters proves itself; three letters may stem from two places (小田 + 田中 is not 小田中)."""
        return max(len(self.word), len(self.phone)) < 3

    def stands_in(self, texts: Sequence[str], phones: Sequence[str]) -> bool:
        if self.phone and any(self.phone in digits(phone) for phone in phones):
            return True
        return any(self.word in fold(text) for text in texts) or any(number in texts for number in self.numbers)


def grams_of_word(word: str) -> list[str]:
    """The pairs of a folded word, or the letter itself. Of a long word every second pair: enough to find it by, and
    half the reading."""
    if len(word) == 1:
        return [word]
    pairs = list(map(add, word, word[1:]))
    return list(dict.fromkeys([*pairs[::2], pairs[-1]] if len(word) > 5 else pairs))


def _parts(text: str) -> list[_Part]:
    plain = narrow(text)
    if _PHONE_LIKE.fullmatch(plain):
        phone = parse_phone(plain)
        return [_Part(fold(plain), digits(phone.national if phone else plain))]
    return [_Part(word, word if word.isdecimal() and word.isascii() else "") for word in query_words(text)]


def narrowed(actor: Actor, rows: QuerySet[Customer], text: str, *, few: int = FEW) -> Narrowed:
    """Those of `rows` that a search finds: every word of it in name, kana, mail address, phone or number.

    A complete customer or member number finds its customer alone. Viewers who do not read names find somebody by a
    complete number, phone, mail address or member number only. Up to `few` hits come as ids. At most seven queries.
    """
    parts = _parts(text[:100])
    if not parts:
        return Narrowed(rows)
    if not access.reads_names(actor):
        return Narrowed(rows, is_search=True, ids=_looked_up(actor, rows, text))
    exact = _by_number(actor, rows, text)
    if exact or _COMPLETE_NUMBER.fullmatch(narrow(text)):
        return Narrowed(rows, is_search=True, ids=exact)
    condition, contacts = Q(), access.searches_contacts(actor)
    for part in parts:
        condition &= part.condition(contacts=contacts)
    hits = rows.filter(condition)
    if len(parts) == 1 and parts[0].is_proved_by_grams and surely_above(hits, few, conditions=Conditions.ONE):
        return Narrowed(hits, is_search=True)
    found = gathered(hits, few=few)
    if found.ids is None or len(found.ids) > LOOKED_AT_AGAIN or all(part.is_proved_by_grams for part in parts):
        return found
    return replace(found, ids=_looked_at_again(parts, found.ids, contacts=contacts))


def gathered(rows: QuerySet[Customer], *, few: int = FEW) -> Narrowed:
    """Rows that some condition has left, with their ids where they are few. One query."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: few + 1])
    return Narrowed(rows, is_search=True, ids=ids if len(ids) <= few else None)


def found_ids(actor: Actor, text: str) -> list[int]:
    """Customers whom a search finds among all that the actor may read, the first 10,000: for lists of other apps."""
    if not text.strip():
        return []
    found = narrowed(actor, access.readable_customers(actor), text)
    return found.ids if found.ids is not None else list(found.rows.order_by().values_list("pk", flat=True)[:FEW])


def _looked_at_again(parts: Sequence[_Part], ids: Sequence[int], *, contacts: bool) -> list[int]:
    """Those in whose own texts every part stands, or together with their further contact points where the viewer reads those."""
    rows = Customer.rows.filter(OneOf(F("pk"), ids)).values_list("pk", "name", "kana", "former_name", "number", "email", "phone")
    own = {pk: ([*texts, mail], [phone]) if contacts else (texts, []) for pk, *texts, mail, phone in rows}
    found = {pk for pk, (texts, phones) in own.items() if all(part.stands_in(texts, phones) for part in parts)}
    if contacts and len(found) < len(own):
        for pk, further in further_texts(own.keys() - found).items():
            texts, phones = own[pk]
            mails, numbers = [text for text in further if "@" in text], [text for text in further if "@" not in text]
            if all(part.stands_in([*texts, *mails], [*phones, *numbers]) for part in parts):
                found.add(pk)
    return sorted(found)


def _by_number(actor: Actor, rows: QuerySet[Customer], text: str) -> list[int]:
    """The customer of a complete number: ours with its letter (C-000042), a member number of a shop, or the value of a unique field of the
    company's own that the actor reads, a 法人番号 however it is written."""
    plain = narrow(text)
    if not plain.isascii() or not any(letter.isdigit() for letter in plain) or "@" in plain:
        return []
    own = catalogue.fields_in_use()
    kinds = [key for key in own_keys.kinds() if catalogue.readable(actor, own[key])]
    kinds += [Identity.Kind.MEMBER, Identity.Kind.SHOP] if actor.opens(access.MEMBER_NUMBER) else []
    written = {plain, parse_corporate_number(plain) or plain}
    found = list(Customer.rows.filter(number__in=_numbers(text)).values_list("pk", flat=True)) if plain[0].isalpha() else []
    found += Identity.rows.filter(kind__in=kinds, value__in=written).values_list("customer_id", flat=True)
    return list(rows.filter(pk__in=found).values_list("pk", flat=True)) if found else []


def _looked_up(actor: Actor, rows: QuerySet[Customer], text: str) -> list[int]:
    """The one customer whose complete number, phone, mail address or member number this is. By our own number, which says nothing
    of a person, as often as one likes; by the others limited per hour, and in the view log as a look-up."""
    found = list(rows.filter(number__in=_numbers(text)).values_list("pk", flat=True)[:2])
    phone, mail, plain = parse_phone(text), normalise_mail(text), narrow(text)
    is_like_a_member = len(plain) >= SHORTEST_MEMBER and plain.isascii() and any(letter.isdigit() for letter in plain)
    if found or not (phone or mail or is_like_a_member):
        return found
    if not _may_look_up(actor):
        return []
    keys = Q(pk__in=[])
    if actor.opens(access.MEMBER_NUMBER):
        keys |= Q(kind__in=[Identity.Kind.MEMBER, Identity.Kind.SHOP], value=plain)
    if phone and actor.opens(access.PHONE):
        keys |= Q(kind=Identity.Kind.PHONE, value=phone.e164)
    if mail and actor.opens(access.EMAIL):
        keys |= Q(kind=Identity.Kind.EMAIL, value=mail)
    owners = set(Identity.rows.filter(keys).values_list("customer_id", flat=True))
    found = list(rows.filter(pk__in=owners).values_list("pk", flat=True)[:2])
    column = "phone" if phone else "email" if mail else "member_number"
    return found if len(found) == 1 and views_log.record(actor, Customer, found, columns=(column,), reason="lookup") else []


def _numbers(text: str) -> list[str]:
    """c42, 42, C-000042 → the numbers that may be meant."""
    found = _NUMBER_LIKE.fullmatch(narrow(text).lower())
    if found is None:
        return []
    return [f"{letter}-{int(found[2]):06d}" for letter in ([found[1].upper()] if found[1] else ("C", "B"))]


def _may_look_up(actor: Actor) -> bool:
    key = f"customers.look_up.{actor.user_id}"
    cache.add(key, 0, 3600)
    try:
        return cache.incr(key) <= LOOK_UPS_PER_HOUR
    except ValueError:  # it ran out between the two calls
        return True
