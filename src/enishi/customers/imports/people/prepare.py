"""From the cells of a customer file to rows that can be looked up. Runs in the preparing process; asks no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, cast

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Field
from enishi.customers.importing.addresses import compose_address
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, TargetField
from enishi.customers.imports.cells import ReadRow, RowReader, too_long
from enishi.customers.imports.people import own, standard, tied
from enishi.customers.imports.people.names import name_key
from enishi.customers.imports.people.rows import COLUMNS, MAILS, PHONES, PLACES, Further, Key, PersonRow, place_key
from enishi.customers.imports.people.rows import Value as Cell
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.customers.models import Customer, Identity
from enishi.customers.models.consent import Channel
from enishi.customers.models.contacts import ADDRESS
from enishi.customers.search import search_columns
from enishi.customers.standards.book import Book, Verdict
from enishi.platform import time
from enishi.platform.bulk import array_text, copy_line
from enishi.platform.japanese.address import split_address
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
_EMPTY: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"kind": _PERSON, "birthday_on": None}
_PLAIN = ("birthday_on", "gender", "acquisition_source", "former_name", "language")
_NO_VERDICT = Verdict()
_ONE_PHONE = (("phone", ""),)
_MOBILE = ("+8190", "+8180", "+8170")
#: Fields that make further contact points; without any of them a row is asked for none.
_MORE = frozenset((*MAILS, *PHONES, "fax", *(key for place in PLACES for key in place[:2]))) - {"email", "phone"}
# Without one of these letters no name is a company's; most people's names are told so at once.
_COMPANY_SIGNS = re.compile("[^ \u3000一-鿿々〆ぁ-ゖァ-ヺー]|[社人合庫行所会学校園院場庁団構店館クルャヤゃや]")
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
    has_more = not _MORE.isdisjoint(recipe.mapping.values())
    channels = {key: channel for key, channel in _CONSENTS.items() if key in recipe.mapping.values()}
    file = _File(recipe.today, fields, channels, ways, has_more, book)
    return [_person(raw, reader.read(raw), file) for raw in rows]


class _File(NamedTuple):
    """What is the same for every row of a file."""

    today: date
    fields: Mapping[str, Field]
    channels: Mapping[str, str]
    ways: tied.Ways | None
    has_more: bool
    book: Book | None


def _person(raw: RawRow, read: ReadRow, file: _File) -> PersonRow:
    today, fields, channels, ways, has_more, book = file
    if read.skipped:
        return PersonRow(raw.row_no, raw.position, {}, "", (), skipped=True)
    values, notes = read.values, read.notes
    columns: dict[str, object] = {name: values[name] for name in _PLAIN if name in values}
    kind, name = _named(values)
    if name:
        columns |= _name_columns(kind, name, values)
    if "kind" in values or kind == _COMPANY:
        columns["kind"] = kind
    if kana := str(values.get("kana") or " ".join(str(values[key]) for key in ("family_kana", "given_kana") if key in values)):
        columns["kana"] = kana
    mails, phones = _mails(values, has_more=has_more), _phones(values, has_more=has_more)
    if mails:
        columns["email"] = mails[0].key
    if phones:
        columns |= phones[0].columns
    columns |= _address(values)
    verdict = standard.obey(book, kind, columns, read) if book is not None else _NO_VERDICT
    if verdict.fixed:
        name = str(columns.get("name", name))
    errors = [*read.errors, *too_long(columns, _LIMITS), *_birthday_errors(columns, today)]
    further, lent = _further(values, columns, mails, phones, errors) if has_more else ((), ())
    further, beside = standard.obey_further(book, kind, further, read, errors) if book is not None else (further, _NO_VERDICT)
    if beside.fixed and "address" in lent:  # the first one is the customer's own, too
        columns |= next(point.columns for point in further if point.kind == "address")
    ties = tied.said(values, ways, errors) if ways else ()
    keys = _keys(values, mails, phones)
    written: dict[str, Value] = {key: values[key] for key in fields if key in values}
    if written:
        columns |= written
        first = 1 if "member_number" in values else 0
        keys = (*keys[:first], *own.keys_of(fields, written), *keys[first:])
    number = str(values.get("number", ""))
    if not errors and not name and not keys and not number:
        errors.append(Message("", _("氏名も、会員番号・メールアドレス・電話番号もない行です。")))
    registered = cast("date | None", values.get("registered_on"))
    return PersonRow(
        row_no=raw.row_no,
        position=raw.position,
        columns=cast("dict[str, Cell]", columns),
        name_key=name_key(kind, name) if name else "",
        keys=keys,
        number=number,
        ready=ready_text(columns, further) if name and not errors else "",
        consents=_consents(values, channels),
        registered_at=str(time.start_of_day(registered)) if registered and registered <= today else "",
        tags=cast("tuple[str, ...]", values.get("tags", ())),
        note="\n".join(cast("tuple[str, ...]", values.get("note", ()))),
        owner=str(values.get("owner", "")),
        store=str(values.get("store", "")),
        further=further,
        lent=lent,
        own=tuple(written),
        ties=ties,
        mended=bool(verdict.fixed or beside.fixed),
        odd=bool(verdict.warned or beside.warned),
        messages=errors or notes,
        rejected=bool(errors),
    )


def ready_text(columns: dict[str, Any], further: Sequence[Further] = ()) -> str:
    """The COPY text of a new customer with these columns and further contact points."""
    found = search_columns(
        name=str(columns["name"]),
        kana=str(columns.get("kana", "")),
        former_name=str(columns.get("former_name", "")),
        email=str(columns.get("email", "")),
        phone=str(columns.get("phone", "")),
        further=[point.columns.get("email") or point.columns.get("phone", "") for point in further],
    )
    texts = _EMPTY | columns
    if texts["birthday_on"] is not None:
        texts["birthday_on"] = str(texts["birthday_on"])
    return copy_line([*map(texts.__getitem__, COLUMNS), found.sort_kana, array_text(found.name_grams), array_text(found.contact_grams)])


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


def _mails(values: Values, *, has_more: bool) -> list[Further]:
    """Mail addresses, each once; the first is the customer's own."""
    if not has_more:
        return [_mail("", str(values["email"]))] if "email" in values else []
    found: dict[str, Further] = {}
    for key, label in MAILS.items():
        for mail in _each(values.get(key)):
            found.setdefault(mail, _mail(label, mail))
    return list(found.values())


def _mail(label: str, mail: str) -> Further:
    return Further("email", label, mail, {"email": mail})


def _phones(values: Values, *, has_more: bool) -> list[Further]:
    """Phone numbers, each once; the first is the customer's own."""
    found: dict[str, Further] = {}
    for key, label in PHONES.items() if has_more else _ONE_PHONE:
        for text in _each(values.get(key)):
            if (point := _phone(label, text)) is not None:
                found.setdefault(point.key, point)
    return list(found.values())


def _phone(label: str, text: str) -> Further | None:
    phone = parse_phone(text)
    if phone is None:
        return None
    is_mobile = label == "other" and phone.e164.startswith(_MOBILE)
    return Further("phone", "mobile" if is_mobile else label, phone.e164, {"phone": phone.national, "phone_e164": phone.e164})


def _each(value: Value) -> Sequence[str]:
    return value if isinstance(value, tuple) else () if value is None else (str(value),)


def _keys(values: Values, mails: Sequence[Further], phones: Sequence[Further]) -> tuple[Key, ...]:
    keys = [(Identity.Kind.MEMBER.value, str(values["member_number"]))] if "member_number" in values else []
    return (*keys, *((point.kind, point.key) for point in (*mails, *phones)))


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
        found.append(Further("address", label, place_key(place), place))
        if not any(columns.get(name) for name in ADDRESS):
            columns |= place
            lent.append("address")
    return tuple(found), tuple(lent)


def _address(values: Values) -> dict[str, str]:
    """The parts of the customer's own address, from one column or several."""
    given: dict[str, Sequence[str]] = {key: [str(values[key])] for key in ADDRESS if key in values}
    if "address" in values:
        given["address"] = list(cast("tuple[str, ...]", values["address"]))
    if not given:
        return {}
    if "number" in values and "address" not in given:  # a file that we wrote: the parts are as we keep them
        return {name: parts[0] for name, parts in given.items()}
    if "prefecture" not in given and "address" not in given and ("city" in given or "street" in given):
        given["address"] = ["".join(given.pop(key, [""])[0] for key in ("city", "street"))]
    return _compose(given)


def _compose(given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The parts of an address; the prefecture also from the postal code."""
    given = {key: texts for key, texts in given.items() if texts}
    if not given:
        return {}
    if "address" in given and len(given["address"]) == 1 and given.keys() <= {"address", "postal_code"}:
        parts = split_address(given["address"][0])  # the common case; the values are clean already
        if "postal_code" in given:
            parts = parts._replace(postal_code=given["postal_code"][0])
    else:
        parts = compose_address(given)
    found = dict(zip(ADDRESS, parts[:5], strict=True))
    if not found["prefecture"] and found["postal_code"]:
        known = {place.prefecture for place in lookup(found["postal_code"])}
        found["prefecture"] = known.pop() if len(known) == 1 else ""
    return {name: value for name, value in found.items() if value}


def _birthday_errors(columns: Mapping[str, object], today: date) -> list[Message]:
    born = columns.get("birthday_on")
    if not isinstance(born, date) or _OLDEST_BIRTH <= born <= today:
        return []
    return [Message("birthday_on", _("生年月日が未来か、古すぎます（%(day)s）。") % {"day": born.isoformat()})]


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
