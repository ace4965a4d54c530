"""From the cells of a customer file to rows that can be looked up. Runs in the preparing process; asks no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django.utils.translation import gettext as _

from enishi.customers.fields.field import Field
from enishi.customers.importing.addresses import compose_address
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, TargetField
from enishi.customers.imports.cells import ReadRow, RowReader, too_long
from enishi.customers.imports.people import own
from enishi.customers.imports.people.names import name_key
from enishi.customers.imports.people.rows import COLUMNS, Key, PersonRow, Ready
from enishi.customers.imports.people.rows import Value as Cell
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.customers.models import Customer, Identity
from enishi.customers.models.consent import Channel
from enishi.customers.search import search_columns
from enishi.platform import time
from enishi.platform.bulk import array_text, copy_line
from enishi.platform.japanese.address import split_address
from enishi.platform.japanese.company import is_company
from enishi.platform.japanese.names import full_name, split_name
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
}
_EMPTY: Mapping[str, str | None] = dict.fromkeys(COLUMNS, "") | {"kind": _PERSON}
_PLAIN = ("email", "birthday_on", "gender", "acquisition_source")
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
    fields: Mapping[str, Field] = recipe.extras
    mine = [TargetField(key, field.label, kinds=(own.KIND,)) for key, field in fields.items()]
    reader = RowReader(recipe, (*CUSTOMER_FIELDS, *mine), {key: own.reader(field) for key, field in fields.items()})
    return [_person(raw, reader.read(raw), recipe.today, fields) for raw in rows]


def _person(raw: RawRow, read: ReadRow, today: date, fields: Mapping[str, Field]) -> PersonRow:
    if read.skipped:
        return PersonRow(raw.row_no, raw.position, {}, "", (), skipped=True)
    values, notes = read.values, read.notes
    columns: dict[str, object] = {name: values[name] for name in _PLAIN if name in values}
    kind, name = _named(values)
    if name:
        columns |= _name_columns(kind, name, values)
    if "kind" in values or kind == _COMPANY:
        columns["kind"] = kind
    kana = str(values.get("kana") or " ".join(str(values[key]) for key in ("family_kana", "given_kana") if key in values))
    if kana:
        columns["kana"] = kana
    phones = _phones(values)
    if phones:
        columns["phone"], columns["phone_e164"] = phones[0]
    columns |= _address(values)
    errors = [*read.errors, *too_long(columns, _LIMITS), *_birthday_errors(columns, today)]
    keys = _keys(values, [e164 for _shown, e164 in phones])
    if fields:
        written = {key: values[key] for key in fields if key in values}
        columns |= written
        keys = (
            (*keys[:1], *own.keys_of(fields, written), *keys[1:]) if "member_number" in values else (*own.keys_of(fields, written), *keys)
        )
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
        ready=ready_text(columns) if name and not errors else None,
        consents=_consents(values),
        registered_at=time.start_of_day(registered) if registered and registered <= today else None,
        tags=cast("tuple[str, ...]", values.get("tags", ())),
        note="\n".join(cast("tuple[str, ...]", values.get("note", ()))),
        owner=str(values.get("owner", "")),
        store=str(values.get("store", "")),
        messages=errors or notes,
        rejected=bool(errors),
    )


def ready_text(columns: dict[str, Any]) -> Ready:
    """The COPY text of a new customer with these columns."""
    found = search_columns(
        number="",
        name=str(columns["name"]),
        kana=str(columns.get("kana", "")),
        email=str(columns.get("email", "")),
        phone=str(columns.get("phone", "")),
    )
    born = columns.get("birthday_on")
    texts: dict[str, str | None] = {**_EMPTY, **columns, "birthday_on": None if born is None else str(born)}
    line = copy_line([*(texts[name] for name in COLUMNS), found.sort_kana, array_text(found.name_grams)])
    return Ready(line, array_text(found.contact_grams))


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
        family, given = split_name(name)[:2]
        name = full_name(family, given)
    return {"name": name, "family_name": family, "given_name": given}


def _phones(values: Values) -> list[tuple[str, str]]:
    """(as shown, as compared), each once; the first is the one that is stored."""
    found: dict[str, str] = {}
    for key in ("phone", "mobile"):
        phone = parse_phone(str(values[key])) if key in values else None
        if phone is not None:
            found.setdefault(phone.e164, phone.national)
    return [(national, e164) for e164, national in found.items()]


def _keys(values: Values, phones: Sequence[str]) -> tuple[Key, ...]:
    keys = [(Identity.Kind.MEMBER.value, str(values["member_number"]))] if "member_number" in values else []
    if "email" in values:
        keys.append((Identity.Kind.EMAIL.value, str(values["email"])))
    return (*keys, *((Identity.Kind.PHONE.value, e164) for e164 in phones))


def _address(values: Values) -> dict[str, object]:
    """The parts of the address, from one column or several; the prefecture also from the postal code."""
    given: dict[str, list[str]] = {
        key: [str(values[key])] for key in ("postal_code", "prefecture", "city", "street", "building") if key in values
    }
    if "address" in values:
        given["address"] = list(cast("tuple[str, ...]", values["address"]))
    if not given:
        return {}
    if "number" in values and "address" not in given:  # a file that we wrote: the parts are as we keep them
        return {name: parts[0] for name, parts in given.items()}
    if "prefecture" not in given and "address" not in given and ("city" in given or "street" in given):
        given["address"] = ["".join(given.pop(key, [""])[0] for key in ("city", "street"))]
    if "address" in given and len(given["address"]) == 1 and given.keys() <= {"address", "postal_code"}:
        parts = split_address(given["address"][0])  # the common case; the values are clean already
        if "postal_code" in given:
            parts = parts._replace(postal_code=given["postal_code"][0])
    else:
        parts = compose_address(given)
    found = {name: str(getattr(parts, name)) for name in ("postal_code", "prefecture", "city", "street", "building")}
    if not found["prefecture"] and found["postal_code"]:
        known = {place.prefecture for place in lookup(found["postal_code"])}
        found["prefecture"] = known.pop() if len(known) == 1 else ""
    return {name: value for name, value in found.items() if value}


def _birthday_errors(columns: Mapping[str, object], today: date) -> list[Message]:
    born = columns.get("birthday_on")
    if not isinstance(born, date) or _OLDEST_BIRTH <= born <= today:
        return []
    return [Message("birthday_on", _("生年月日が未来か、古すぎます（%(day)s）。") % {"day": born.isoformat()})]


def _consents(values: Values) -> dict[str, bool]:
    """What the columns say, a no before a yes. Who has left is written to no more."""
    found: dict[str, bool] = {}
    for key, channel in _CONSENTS.items():
        said = values.get(key)
        if isinstance(said, bool):
            found[channel] = said and found.get(channel, True)
    if "withdrawn_on" in values:
        found |= {Channel.EMAIL.value: False, Channel.POST.value: False, Channel.LINE.value: False, Channel.PHONE.value: False}
    return found
