"""From the cells of a customer file to rows that can be looked up. Runs in the preparing process; asks no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, cast

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Field
from enishi.customers.importing.addresses import compose_address
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, TargetField
from enishi.customers.imports.cells import ReadRow, RowReader, too_long
from enishi.customers.imports.people import own, standard, tied
from enishi.customers.imports.people.names import name_key
from enishi.customers.imports.people.ready import ready_text, words
from enishi.customers.imports.people.rows import MAILS, PHONES, PLACES, Further, Key, PersonRow, place_key
from enishi.customers.imports.people.rows import Value as Cell
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.customers.models import Customer, Identity
from enishi.customers.models.consent import Channel
from enishi.customers.models.contacts import ADDRESS
from enishi.customers.standards.book import Book, Verdict
from enishi.platform import time
from enishi.platform.japanese.address import Address, split_address
from enishi.platform.japanese.company import is_company
from enishi.platform.japanese.names import full_name, split_as_written
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.japanese.postal import lookup

type Values = dict[str, Value]

_PERSON, _COMPANY = Customer.Kind.PERSON.value, Customer.Kind.COMPANY.value
_OLDEST_BIRTH = date(1880, 1, 1)
_LIMITS: Mapping[str, int] = {
    "name": 120,
    "family_name": 60,
    "given_name": 60,
    "kana": 160,
    "email": 254,
    "city": 60,
    "street": 160,
    "building": 160,
    "acquisition_source": 40,
    "former_name": 60,
}
_LEAST_LIMIT = min(_LIMITS.values())
_PLAIN = ("gender", "acquisition_source", "former_name", "language")
#: Fields beside the name that say who somebody is.
_TELLING = frozenset({"kind", "company", "family_name", "given_name"})
_PARTS = frozenset(ADDRESS) - {"postal_code"}
_BESIDE = frozenset({"number", "tags", "note", "owner", "store"})
_NO_VERDICT = Verdict()
_NOTHING_FURTHER: tuple[tuple[Further, ...], tuple[str, ...], Verdict] = ((), (), _NO_VERDICT)
_MEMBER, _EMAIL, _PHONE = Identity.Kind.MEMBER.value, Identity.Kind.EMAIL.value, Identity.Kind.PHONE.value
_MOBILE = ("+8190", "+8180", "+8170")
#: Fields that make further contact points; without any of them a row is asked for none.
_MORE = frozenset((*MAILS, *PHONES, "fax", *(key for place in PLACES for key in place[:2]))) - {"email", "phone"}
# Without one of these letters no name is a company's; most people's names are told so at once.
_SIGNS = "社人合庫行所会学校園院場庁団構店館クルャヤゃや"
_COMPANY_SIGNS = re.compile(f"[^ \u3000一-鿿々〆ぁ-ゖァ-ヺー]|[{_SIGNS}]")
#: 渡邉 静江: somebody's name as most files have it, family name first.
_PERSON_NAME = re.compile(f"(?!々)((?:(?![{_SIGNS}])[一-鿿々ぁ-ゖァ-ヺー])++)[ \u3000](?!々)((?:(?![{_SIGNS}])[一-鿿々ぁ-ゖァ-ヺー])++)")
_CONSENTS: Mapping[str, str] = {
    "mail_consent": Channel.EMAIL.value,
    "mail_refusal": Channel.EMAIL.value,
    "dm_consent": Channel.POST.value,
    "dm_refusal": Channel.POST.value,
    "line_consent": Channel.LINE.value,
    "phone_consent": Channel.PHONE.value,
}


def prepare(recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
    """`PersonRow`s, one for each row; what is wrong with a row rejects it and is said in its messages."""
    ways: tied.Ways | None = recipe.extras.get(tied.WAYS)
    book: Book | None = recipe.extras.get(standard.BOOK)
    fields: Mapping[str, Field] = {key: field for key, field in recipe.extras.items() if key not in (tied.WAYS, standard.BOOK)}
    mine = [TargetField(key, field.label, kinds=(own.KIND,)) for key, field in fields.items()]
    mine += [TargetField(key, label) for key, label in ways.labels.items()] if ways else []
    reader = RowReader(recipe, (*CUSTOMER_FIELDS, *mine), {key: own.reader(field) for key, field in fields.items()})
    mapped = set(recipe.mapping.values())
    file = _File(
        recipe.today,
        fields,
        plain=tuple(key for key in _PLAIN if key in mapped),
        channels={key: channel for key, channel in _CONSENTS.items() if key in mapped},
        ways=ways,
        has_more=not _MORE.isdisjoint(mapped),
        one_address=mapped.isdisjoint(_PARTS),
        only_names=mapped.isdisjoint(_TELLING),
        has_rest=not mapped.isdisjoint(_BESIDE),
        book=book,
    )
    return [_person(raw, read, file) for raw, read in zip(rows, reader.read(rows), strict=True)]


class _File(NamedTuple):
    """What is the same for every row of a file."""

    today: date
    fields: Mapping[str, Field]
    plain: Sequence[str]  # columns that are what their cells are
    channels: Mapping[str, str]
    ways: tied.Ways | None
    has_more: bool  # further contact points
    one_address: bool  # in one text, perhaps with its postal code
    only_names: bool  # nothing but the name says who somebody is
    has_rest: bool  # what stands beside the customer
    book: Book | None


def _person(raw: RawRow, read: ReadRow, file: _File) -> PersonRow:
    if read.skipped:
        return PersonRow(raw.row_no, raw.position, {}, "", (), skipped=True)
    values, has_more = read.values, file.has_more
    columns: dict[str, object] = {}
    kind, name, folded = _add_name(columns, values, file)
    member = cast("str | None", values.get("member_number"))
    keys: tuple[Key, ...] = () if member is None else ((_MEMBER, member),)
    mails, phones = (_mails(values), _phones(values)) if has_more else ((), ())
    keys += _points_of_more(columns, mails, phones) if has_more else _points(columns, values)
    _add_address(columns, values, in_one=file.one_address)
    for key in file.plain:
        if key in values:
            columns[key] = values[key]
    longest = max(map(len, cast("dict[str, str]", columns).values()), default=0)
    if (born := cast("date | None", values.get("birthday_on"))) is not None:
        columns["birthday_on"] = born
    verdict = standard.obey(file.book, kind, columns, read) if file.book is not None else _NO_VERDICT
    if verdict.fixed:
        name, folded = str(columns.get("name", name)), ""
    errors = read.errors
    if longest > _LEAST_LIMIT or verdict.fixed:
        errors += too_long(columns, _LIMITS)
    if born is not None and not _OLDEST_BIRTH <= born <= file.today:
        errors.append(_birthday_error(born))
    further, lent, beside = _further_obeying(file.book, kind, values, columns, mails, phones, read) if has_more else _NOTHING_FURTHER
    ties = tied.said(values, file.ways, errors) if file.ways else ()
    written = {key: values[key] for key in file.fields if key in values} if file.fields else {}
    if written:
        columns |= written
        first = 0 if member is None else 1
        keys = (*keys[:first], *own.keys_of(file.fields, written), *keys[first:])
    if not name and not errors and not keys and "number" not in values:
        errors.append(Message("", _("氏名も、会員番号・メールアドレス・電話番号もない行です。")))
    person = PersonRow(
        raw.row_no,
        raw.position,
        cast("dict[str, Cell]", columns),
        folded or (name_key(kind, name) if name else ""),
        keys,
        ready_text(columns, further) if name and not errors else "",
        _consents(values, file.channels),
        _registered(values["registered_on"], file.today) if "registered_on" in values else "",
    )
    if file.has_rest:
        _add_rest(person, values)
    if has_more:
        person.further, person.lent = further, lent
    if written:
        person.own = tuple(written)
    if ties:
        person.ties = ties
    if file.book is not None:
        person.mended, person.odd = bool(verdict.fixed or beside.fixed), bool(verdict.warned or beside.warned)
    if errors:
        person.messages, person.rejected = errors, True
    elif read.notes:
        person.messages = read.notes
    return person


def _add_name(columns: dict[str, object], values: Values, file: _File) -> tuple[str, str, str]:
    """Add the parts of the name and its reading; the kind, the name as shown, and its key where it is known already."""
    if file.only_names and (parts := _PERSON_NAME.fullmatch(cast("str", values.get("name", "")))):
        family, given = parts.groups()
        kind, name, folded = _PERSON, f"{family} {given}", words[family] + words[given]
        columns["name"], columns["family_name"], columns["given_name"] = name, family, given
    else:
        (kind, name), folded = _named(values), ""
        if name:
            columns |= _name_columns(kind, name, values)
        if "kind" in values or kind == _COMPANY:
            columns["kind"] = kind
    if kana := values.get("kana") or _kana_of_parts(values):
        columns["kana"] = kana
    return kind, name, folded


def _add_rest(person: PersonRow, values: Values) -> None:
    """What stands beside the customer."""
    person.number = str(values.get("number", ""))
    person.tags = cast("tuple[str, ...]", values.get("tags", ()))
    person.note = "\n".join(cast("tuple[str, ...]", values.get("note", ())))
    person.owner, person.store = str(values.get("owner", "")), str(values.get("store", ""))


def _kana_of_parts(values: Values) -> str:
    return " ".join(str(values[key]) for key in ("family_kana", "given_kana") if key in values)


@lru_cache(maxsize=16_384)
def _registered(day: Value, today: date) -> str:
    """A day as COPY has its first instant; "" for one that has not come yet."""
    return str(time.start_of_day(day)) if isinstance(day, date) and day <= today else ""


def _named(values: Values) -> tuple[str, str]:
    """Kind and name as shown. A company's name may stand in the column of names (㈱縁日堂)."""
    name = str(values.get("name") or full_name(str(values.get("family_name", "")), str(values.get("given_name", ""))))
    company = str(values.get("company", ""))
    kind = str(values.get("kind", ""))
    if not name or (kind == _COMPANY and company):
        return (_COMPANY, company) if company else (kind or _PERSON, name)
    may_be_company = "family_name" not in values and _COMPANY_SIGNS.search(name)
    return kind or (_COMPANY if may_be_company and is_company(name) else _PERSON), name


def _name_columns(kind: str, name: str, values: Values) -> dict[str, object]:
    if kind == _COMPANY:
        return {"name": name}
    family, given = str(values.get("family_name", "")), str(values.get("given_name", ""))
    if not family and not given:
        family, given = split_as_written(name)
        name = full_name(family, given)
    return {"name": name, "family_name": family, "given_name": given}


def _points(columns: dict[str, object], values: Values) -> tuple[Key, ...]:
    """Add the one mail address and the one phone number of a row; the keys that they are."""
    keys: tuple[Key, ...] = ()
    if (mail := cast("str | None", values.get("email"))) is not None:
        columns["email"] = mail
        keys = ((_EMAIL, mail),)
    if "phone" in values and (phone := parse_phone(cast("str", values["phone"]))) is not None:
        columns["phone"], columns["phone_e164"] = phone.national, phone.e164
        keys += ((_PHONE, phone.e164),)
    return keys


def _points_of_more(columns: dict[str, object], mails: Sequence[Further], phones: Sequence[Further]) -> tuple[Key, ...]:
    """Add the first mail address and the first phone number; the keys that all of them are."""
    for points in (mails, phones):
        if points:
            columns |= points[0].columns
    return tuple((point.kind, point.key) for point in (*mails, *phones))


def _mails(values: Values) -> list[Further]:
    """Mail addresses, each once; the first is the customer's own."""
    found: dict[str, Further] = {}
    for key, label in MAILS.items():
        for mail in _each(values.get(key)):
            found.setdefault(mail, Further(_EMAIL, label, mail, {"email": mail}))
    return list(found.values())


def _phones(values: Values) -> list[Further]:
    """Phone numbers, each once; the first is the customer's own."""
    found: dict[str, Further] = {}
    for key, label in PHONES.items():
        for text in _each(values.get(key)):
            if (point := _phone(label, text)) is not None:
                found.setdefault(point.key, point)
    return list(found.values())


def _phone(label: str, text: str) -> Further | None:
    phone = parse_phone(text)
    if phone is None:
        return None
    is_mobile = label == "other" and phone.e164.startswith(_MOBILE)
    return Further(_PHONE, "mobile" if is_mobile else label, phone.e164, {"phone": phone.national, "phone_e164": phone.e164})


def _each(value: Value) -> Sequence[str]:
    return value if isinstance(value, tuple) else () if value is None else (str(value),)


def _further_obeying(
    book: Book | None,
    kind: str,
    values: Values,
    columns: dict[str, object],
    mails: Sequence[Further],
    phones: Sequence[Further],
    read: ReadRow,
) -> tuple[tuple[Further, ...], tuple[str, ...], Verdict]:
    """As `_further`, written as the input standards have it, with what these say."""
    further, lent = _further(values, columns, mails, phones, read.errors)
    if book is None:
        return further, lent, _NO_VERDICT
    further, verdict = standard.obey_further(book, kind, further, read, read.errors)
    if verdict.fixed and "address" in lent:  # the first one is the customer's own, too
        columns |= next(point.columns for point in further if point.kind == "address")
    return further, lent, verdict


def _further(
    values: Values, columns: dict[str, object], mails: Sequence[Further], phones: Sequence[Further], errors: list[Message]
) -> tuple[tuple[Further, ...], tuple[str, ...]]:
    """What the row has beside the customer's own mail address, phone and address, and the kinds of which it has nothing but such:
    the first of them is lent to the customer's own column, for whoever has none. A fax recognises nobody."""
    lent = [points[0].kind for points in (mails, phones) if points and points[0].label]
    found = [*mails[not mails or not mails[0].label :], *phones[not phones or not phones[0].label :]]
    fax = _phone("fax", str(values["fax"])) if "fax" in values else None
    if fax is not None and all(fax.key != phone.key for phone in phones):
        found.append(fax)
    for code, text, label in PLACES:
        place = _compose({"postal_code": _each(values.get(code)), "address": _each(values.get(text))})
        if not place:
            continue
        errors += [Message(text, message.text) for message in too_long(place, _LIMITS)]
        found.append(Further("address", label, place_key(place), cast("dict[str, str]", place)))
        if not any(columns.get(name) for name in ADDRESS):
            columns |= place
            lent.append("address")
    return tuple(found), tuple(lent)


def _add_address(columns: dict[str, object], values: Values, *, in_one: bool) -> None:
    """The parts of the customer's own address, from one column or several. `in_one`: no column holds a part beside."""
    if in_one and len(texts := cast("tuple[str, ...]", values.get("address", ()))) == 1:
        _add_whole(columns, texts[0], cast("str", values.get("postal_code", "")))
        return
    given: dict[str, Sequence[str]] = {key: [str(values[key])] for key in ADDRESS if key in values}
    if "address" in values:
        given["address"] = cast("tuple[str, ...]", values["address"])
    if not given:
        return
    if "number" in values and "address" not in given:  # a file that we wrote: the parts are as we keep them
        columns |= {name: parts[0] for name, parts in given.items()}
        return
    if "prefecture" not in given and "address" not in given and ("city" in given or "street" in given):
        given["address"] = ["".join(given.pop(key, [""])[0] for key in ("city", "street"))]
    columns |= _compose(given)


def _compose(given: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The parts of an address, which several texts may say."""
    found: dict[str, object] = {}
    given = {key: texts for key, texts in given.items() if texts}
    if "address" in given and len(given["address"]) == 1 and given.keys() <= {"address", "postal_code"}:
        _add_whole(found, given["address"][0], given.get("postal_code", [""])[0])
    elif given:
        _add_parts(found, compose_address(given))
    return found


def _add_whole(columns: dict[str, object], text: str, code: str) -> None:
    """The parts of an address in one text; the values are clean already."""
    _add_parts(columns, split_address(text), code)


def _add_parts(columns: dict[str, object], parts: Address, code: str = "") -> None:
    """The parts that are there; the prefecture also from the postal code. `code` goes before that of the parts."""
    own_code, prefecture, city, street, building, _inferred = parts
    if code := code or own_code:
        columns["postal_code"] = code
        if not prefecture:
            known = {place.prefecture for place in lookup(code)}
            prefecture = known.pop() if len(known) == 1 else ""
    if prefecture:
        columns["prefecture"] = prefecture
    if city:
        columns["city"] = city
    if street:
        columns["street"] = street
    if building:
        columns["building"] = building


def _birthday_error(born: date) -> Message:
    return Message("birthday_on", _("生年月日が未来か、古すぎます（%(day)s）。") % {"day": born.isoformat()})


def _consents(values: Values, channels: Mapping[str, str]) -> dict[str, bool]:
    """What the columns say, a no before a yes. Who has left is written to no more."""
    found: dict[str, bool] = {}
    for key, channel in channels.items():
        said = values.get(key)
        if isinstance(said, bool):
            found[channel] = said and found.get(channel, True)
    if "withdrawn_on" in values:
        found |= {Channel.EMAIL.value: False, Channel.POST.value: False, Channel.LINE.value: False, Channel.PHONE.value: False}
    return found
