"""What people may write about a customer: the fields, each in its one stored form, and a fingerprint of them all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.fields import catalogue
from enishi.customers.fields.values import checked as checked_custom
from enishi.customers.models import Customer
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.japanese.kana import is_kana, to_katakana
from enishi.platform.japanese.mail import MailProblem, read_mail
from enishi.platform.japanese.names import full_name
from enishi.platform.japanese.normalise import clean
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.japanese.postal import parse_postal
from enishi.platform.privacy import Level, Privacy
from enishi.platform.secrets import keyed_hash


@dataclass(frozen=True, slots=True)
class Details:
    """A customer as a person types it. A company has a `name`, a person `family_name` and `given_name`; `custom` holds the
    company's own fields by key, in their stored form once they are checked."""

    kind: str = Customer.Kind.PERSON
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
    gender: str = ""
    language: str = ""
    acquisition_source: str = ""
    leave_alone: bool = False
    owner_id: int | None = None
    team_id: int | None = None
    custom: Mapping[str, object] = field(default_factory=dict)


#: The columns behind `Details`; `phone_e164` follows `phone`.
FIELDS: tuple[str, ...] = tuple(found.name for found in fields(Details))
_TEXTS = tuple(found.name for found in fields(Details) if found.type == "str")
#: Letters that fit into each text.
LONGEST: dict[str, int] = {name: Customer._meta.get_field(name).max_length for name in _TEXTS}  # type: ignore[misc, union-attr]
#: Details that are chosen from a list → the choices and their words.
CHOICES: Mapping[str, Mapping[str, str | Promise]] = {
    "kind": dict(Customer.Kind.choices),
    "gender": dict(Customer.Gender.choices),
    "language": dict(Customer.Language.choices),
}


def chosen_words(name: str, value: str | None) -> str:
    """What a chosen detail says on the screens; a masked or unknown value as it is, "" for none."""
    return str(CHOICES[name].get(value or "", value or ""))


def column_of(name: str) -> str:
    """The model field of a detail: `owner_id` → `owner`. A custom field's key is its own name in histories."""
    return name.removesuffix("_id")


def changed_names(before: Details, after: Details) -> list[str]:
    """What differs, in the order of the fields; custom fields by their keys."""
    plain = [name for name in FIELDS if name != "custom" and getattr(before, name) != getattr(after, name)]
    keys = dict.fromkeys([*before.custom, *after.custom])
    return plain + [key for key in keys if before.custom.get(key) != after.custom.get(key)]


def value_of(details: Details, name: str) -> object:
    """What a detail says, also a custom field's key."""
    return details.custom.get(name) if name.startswith("cf_") else getattr(details, name)


_OF_COLUMN: dict[str, str] = {column_of(name): name for name in FIELDS if name != "custom"}


def past_detail(kind: str, column: str, stored: object) -> tuple[str, Any] | None:
    """A value as the log of changes keeps it → name and value of a detail, to be written again by itself.

    None for what cannot be: columns that are no details, the kind, a person's whole name, which is made of its parts, and
    a custom field that is retired or counts by itself.
    """
    if (own := catalogue.all_fields().get(column)) is not None:
        return None if own.retired or own.kind == "auto_number" else (column, stored)
    name = _OF_COLUMN.get(column, "kind")
    others = ("kind", "family_name", "given_name") if kind == Customer.Kind.COMPANY else ("kind", "name")
    if name in others:
        return None
    if name == "birthday_on":
        return name, date.fromisoformat(stored) if isinstance(stored, str) and stored else None
    if name in _TEXTS:
        return name, "" if stored is None else str(stored)
    return name, stored


def details_of(customer: Customer) -> Details:
    """What is written about a customer now."""
    return Details(**{name: getattr(customer, name) for name in FIELDS})


def fingerprint(details: Details) -> str:
    """Equal for equal details; tells nothing of them. A form carries it to notice that somebody else was faster."""
    custom = json.dumps(details.custom, sort_keys=True)
    plain = "\x1f".join(str(getattr(details, name)) for name in FIELDS if name != "custom")
    return keyed_hash(f"{plain}\x1f{custom}", purpose="fingerprint").hex()[:32]


def checked(details: Details, *, before: Details | None = None) -> Details:
    """Every field in its stored form. Raises Invalid with all that is wrong, field by field. One query for the custom ones."""
    problems: dict[str, list[str]] = {}
    tidy: dict[str, Any] = {name: clean(getattr(details, name)) for name in _TEXTS}
    for name, check in _CHECKS.items():
        tidy[name], problem = check(tidy[name])
        if problem:
            problems[name] = [problem]
    is_company = tidy["kind"] == Customer.Kind.COMPANY
    if is_company:
        tidy["family_name"] = tidy["given_name"] = ""
    else:
        tidy["name"] = full_name(tidy["family_name"], tidy["given_name"])
    if not tidy["name"]:
        problems["name" if is_company else "family_name"] = [_("名称を入力してください。") if is_company else _("姓を入力してください。")]
    for name, limit in LONGEST.items():
        if len(tidy[name]) > limit:
            problems.setdefault(name, []).append(_("%(n)d文字以内で入力してください。") % {"n": limit})
    tidy["custom"], wrong = checked_custom(catalogue.all_fields(), details.custom, before=before.custom if before else {})
    problems |= wrong
    if problems:
        raise Invalid(fields=problems)
    return replace(details, **tidy)


def checked_texts(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Some of the texts in their stored form, and what is wrong with them, field by field."""
    tidy, problems = {name: clean(text) for name, text in given.items()}, dict[str, list[str]]()
    for name, text in tidy.items():
        if name in _CHECKS:
            tidy[name], problem = _CHECKS[name](text)
            if problem:
                problems[name] = [problem]
        if len(tidy[name]) > LONGEST[name]:
            problems.setdefault(name, []).append(_("%(n)d文字以内で入力してください。") % {"n": LONGEST[name]})
    return tidy, problems


def _kana(text: str) -> tuple[str, str]:
    kana = to_katakana(text)
    return (kana, "") if not kana or is_kana(kana) else (text, _("カタカナかひらがなで入力してください。"))


_MAIL_WORDS: dict[MailProblem, Callable[[], str]] = {
    MailProblem.NO_AT: lambda: _("＠がありません。例：hanako@example.jp"),
    MailProblem.SEVERAL: lambda: _("メールアドレスは1つだけ入力してください。"),
    MailProblem.COMMA: lambda: _("カンマが入っています。ピリオドの打ち間違いではありませんか。"),
    MailProblem.INVALID: lambda: _("メールアドレスの形になっていません。例：hanako@example.jp"),
}


def _mail(text: str) -> tuple[str, str]:
    found = read_mail(text)
    if found == MailProblem.EMPTY:
        return "", ""
    return (text, _MAIL_WORDS[found]()) if isinstance(found, MailProblem) else (found, "")


def _phone(text: str) -> tuple[str, str]:
    phone = parse_phone(text) if text else None
    if phone is None:
        return text, _("電話番号として読めません。市外局番から入力してください。例：090-1234-5678") if text else ""
    return phone.national, ""


def _postal(text: str) -> tuple[str, str]:
    found = parse_postal(text) if text else ""
    return (found or "", "") if found is not None else (text, _("郵便番号は7桁で入力してください。例：920-0831"))


def _choice(choices: Sequence[str]) -> Callable[[str], tuple[str, str]]:
    return lambda value: (value, "" if value in choices else _("一覧から選んでください。"))


_CHECKS: dict[str, Callable[[str], tuple[str, str]]] = {
    "kind": _choice([*CHOICES["kind"]]),
    "gender": _choice(["", *CHOICES["gender"]]),
    "language": _choice(["", *CHOICES["language"]]),
    "kana": _kana,
    "email": _mail,
    "phone": _phone,
    "postal_code": _postal,
}


def written(details: Details, lifecycle: str) -> dict[str, object]:
    """All that is written about a customer, by name, custom fields by their keys: what conditions of the form look at."""
    plain = {name: getattr(details, name) for name in FIELDS if name != "custom"}
    return plain | {"lifecycle": lifecycle} | dict(details.custom)


def class_of(name: str) -> Privacy:
    """The privacy class of a detail, also of a custom field's key."""
    field = catalogue.all_fields().get(name)
    classes: dict[str, Privacy] = Customer.privacy
    return field.privacy if field else classes[column_of(name)]


def may_write(actor: Actor, name: str) -> bool:
    """Whether the actor's roles let them write this detail. Business facts go with the right to change the customer, unless a
    role keeps one of them from its people."""
    right = access.field_right(column_of(name))
    privacy = class_of(name)
    return (privacy is Privacy.INTERNAL and right not in actor.fields and actor.opens(right)) or actor.level(privacy, right) >= Level.WRITE


def require_write(actor: Actor, changed: Sequence[str]) -> None:
    """Raises Invalid for fields of a privacy class that the actor may not write."""
    refused = [name for name in changed if not may_write(actor, name)]
    if refused:
        raise Invalid(fields={name: [_("この項目を変える権限がありません。")] for name in refused})
