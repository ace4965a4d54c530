"""What people may write about a customer: the fields, each in its one stored form, and a fingerprint of them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

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
    """A customer as a person types it. A company has a `name`, a person `family_name` and `given_name`."""

    kind: str = Customer.Kind.PERSON
    name: str = ""
    family_name: str = ""
    given_name: str = ""
    kana: str = ""
    email: str = ""
    phone: str = ""
    postal_code: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    birthday_on: date | None = None
    gender: str = ""
    acquisition_source: str = ""
    leave_alone: bool = False
    owner_id: int | None = None
    team_id: int | None = None


#: The columns behind `Details`; `phone_e164` follows `phone`.
FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Details))
_TEXTS = tuple(field.name for field in fields(Details) if field.type == "str")
#: Letters that fit into each text.
LONGEST: dict[str, int] = {name: Customer._meta.get_field(name).max_length for name in _TEXTS}  # type: ignore[misc, union-attr]


def column_of(name: str) -> str:
    """The model field of a detail: `owner_id` → `owner`."""
    return name.removesuffix("_id")


def details_of(customer: Customer) -> Details:
    """What is written about a customer now."""
    return Details(**{name: getattr(customer, name) for name in FIELDS})


def fingerprint(details: Details) -> str:
    """Equal for equal details; tells nothing of them. A form carries it to notice that somebody else was faster."""
    return keyed_hash("\x1f".join(str(getattr(details, name)) for name in FIELDS), purpose="fingerprint").hex()[:32]


def checked(details: Details) -> Details:
    """Every field in its stored form. Raises Invalid with all that is wrong, field by field."""
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
    if problems:
        raise Invalid(fields=problems)
    return replace(details, **tidy)


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
    "kind": _choice(Customer.Kind.values),
    "gender": _choice(["", *Customer.Gender.values]),
    "kana": _kana,
    "email": _mail,
    "phone": _phone,
    "postal_code": _postal,
}


def require_write(actor: Actor, changed: Sequence[str]) -> None:
    """Raises Invalid for fields of a privacy class that the actor may not write."""
    classes: dict[str, Privacy] = Customer.privacy
    refused = [n for n in changed if classes[column_of(n)] is not Privacy.INTERNAL and actor.level(classes[column_of(n)]) < Level.WRITE]
    if refused:
        raise Invalid(fields={name: [_("この項目を変える権限がありません。")] for name in refused})
