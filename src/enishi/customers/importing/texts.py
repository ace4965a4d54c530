"""Cells that hold texts: names, readings, addresses of every kind, codes, labels. Each function takes a cell that is not blank."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enishi.customers.importing.cleaned import EMPTY, NOTHING, Cleaned, refuse
from enishi.platform.japanese.address import parse_prefecture
from enishi.platform.japanese.kana import is_kana, to_katakana
from enishi.platform.japanese.mail import MailProblem, read_mail
from enishi.platform.japanese.names import strip_honorific
from enishi.platform.japanese.normalise import clean, clean_lines, narrow
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.japanese.postal import parse_postal

# A label in quotes is one, whatever it holds; two quotes in it are one.
_TAG: Final = re.compile(r'\s*"((?:[^"]|"")*)"|[^,;、，；/／|｜\n]+')
_OWN_NUMBER: Final = re.compile(r"[A-Z]-[0-9]{6,12}")


def text(text: str) -> Cleaned:
    """One line, as typed, at most 255 letters."""
    value = clean(text)
    if len(value) > 255:
        return Cleaned(error=_("255文字までです（%(count)d文字あります）。") % {"count": len(value)})
    return Cleaned(value or None)


def lines(text: str) -> Cleaned:
    """Several lines, at most 4,000 letters."""
    value = clean_lines(text)
    if len(value) > 4000:
        return Cleaned(error=_("4,000文字までです（%(count)d文字あります）。") % {"count": len(value)})
    return Cleaned(value or None)


def name(text: str) -> Cleaned:
    """A name as typed; 様 and the like are taken off."""
    value = clean(text)
    if len(value) > 120:
        return Cleaned(error=_("氏名は120文字までです（%(count)d文字あります）。") % {"count": len(value)})
    bare = strip_honorific(value)
    if value in EMPTY:
        return NOTHING
    return Cleaned(bare, (_("敬称を除きました。"),)) if bare != value else Cleaned(value)


def name_part(text: str) -> Cleaned:
    value = clean(text)
    return (
        Cleaned(error=_("60文字までです（%(count)d文字あります）。") % {"count": len(value)}) if len(value) > 60 else Cleaned(value or None)
    )


def company(text: str) -> Cleaned:
    """A company's name, legal form as typed."""
    value = clean(text)
    if value in EMPTY:
        return NOTHING
    return (
        Cleaned(error=_("会社名は120文字までです（%(count)d文字あります）。") % {"count": len(value)})
        if len(value) > 120
        else Cleaned(value)
    )


def kana(text: str) -> Cleaned:
    """A reading in full-width katakana."""
    value = to_katakana(text)
    if not is_kana(value):
        if value in EMPTY:
            return NOTHING
        if value.isascii() and value.replace(" ", "").isalpha():
            return Cleaned(clean(text), (_("フリガナがローマ字です。そのまま取り込みます。"),))
        return refuse(_("フリガナに使えない文字があります（%(text)s）。カタカナかひらがなで入れてください。"), text)
    if len(value) > 160:
        return Cleaned(error=_("フリガナは160文字までです（%(count)d文字あります）。") % {"count": len(value)})
    return Cleaned(value)


_MAIL_MESSAGES: Final = {
    MailProblem.SEVERAL: gettext_noop("メールアドレスが2つ以上あります（%(text)s）。1つにして、残りは別の列か備考に移してください。"),
    MailProblem.COMMA: gettext_noop(
        "メールアドレスに「,」があります（%(text)s）。「.」の打ち間違いか、2つのアドレスでないか確かめてください。"
    ),
    MailProblem.NO_AT: gettext_noop("メールアドレスに「@」がありません（%(text)s）。"),
    MailProblem.INVALID: gettext_noop("メールアドレスの形が正しくありません（%(text)s）。"),
}


def email(text: str) -> Cleaned:
    """A mail address in its one form."""
    found = read_mail(text)
    if not isinstance(found, MailProblem):
        return Cleaned(found)
    if found is MailProblem.EMPTY or clean(text) in EMPTY:
        return NOTHING
    return refuse(_(_MAIL_MESSAGES[found]), text)


def phone(text: str) -> Cleaned:
    """A phone number as it is written: 090-1234-5678."""
    phone = parse_phone(text)
    if phone is not None:
        if phone.extension:
            return Cleaned(phone.national, (_("内線%(extension)sは番号から外しました。") % {"extension": phone.extension},))
        return Cleaned(phone.national)
    plain = narrow(text)
    digits = "".join(letter for letter in plain if "0" <= letter <= "9")
    if clean(text) in EMPTY or not digits.strip("0"):
        return NOTHING
    if len(digits) in (9, 10) and digits[0] != "0" and parse_phone("0" + digits):
        return refuse(_("電話番号の先頭の0がありません（%(text)s）。「先頭の0を補う」を選ぶか、0を付けてください。"), text)
    if len(digits) > 15:
        return refuse(_("電話番号が2つ以上あるようです（%(text)s）。1つにしてください。"), text)
    return refuse(_("電話番号として正しくありません（%(text)s）。桁数と市外局番を確かめてください。"), text)


def postal(text: str) -> Cleaned:
    """A postal code as it is written: 106-0032."""
    code = parse_postal(text)
    if code is not None:
        return Cleaned(code)
    plain = narrow(text).replace("-", "").lstrip("〒 ")
    if clean(text) in EMPTY or not plain.strip("0"):
        return NOTHING
    if plain.isdecimal() and len(plain) in (5, 6):
        return refuse(_("郵便番号が7桁ありません（%(text)s）。「先頭の0を補う」を選ぶか、7桁にしてください。"), text)
    return refuse(_("郵便番号は7桁の数字で入れてください（%(text)s）。"), text)


def prefecture(text: str) -> Cleaned:
    """A prefecture in full."""
    found = parse_prefecture(text)
    if found:
        return Cleaned(found)
    return NOTHING if clean(text) in EMPTY else refuse(_("都道府県名ではありません（%(text)s）。"), text)


def tags(text: str) -> Cleaned:
    """Several labels, each once, in order; at most 40 letters each. One that holds a comma stands in quotes."""
    parts = (quoted.replace('""', '"') if (quoted := found[1]) is not None else found[0] for found in _TAG.finditer(text))
    tags = tuple(dict.fromkeys(tag for part in parts if (tag := clean(part))))
    if any(len(tag) > 40 for tag in tags):
        return refuse(_("タグは1つ40文字までです（%(text)s）。"), text)
    return Cleaned(tags or None)


_SCIENTIFIC: Final = re.compile(r"[-+]?\d(?:\.\d+)?E[+-]?\d+", re.IGNORECASE)


def code(text: str) -> Cleaned:
    """A code or number as typed, narrow; nothing is done to zeros."""
    value = narrow(clean(text))
    if value in EMPTY:
        return NOTHING
    if _SCIENTIFIC.fullmatch(value) and "+" in value:
        return refuse(
            _("番号が指数表示になり、桁が失われています（%(text)s）。元のデータから列を「文字列」にして書き出し直してください。"), text
        )
    if len(value) > 64:
        return Cleaned(error=_("番号は64文字までです（%(count)d文字あります）。") % {"count": len(value)})
    return Cleaned(value)


def is_customer_number(text: str) -> bool:
    """Whether a text has the form of our own numbers: C-000042."""
    return bool(_OWN_NUMBER.fullmatch(narrow(clean(text)).upper()))


def customer_number(text: str) -> Cleaned:
    """A number of our own."""
    if is_customer_number(text):
        return Cleaned(narrow(clean(text)).upper())
    return refuse(_("Enishiの顧客番号の形ではありません（%(text)s）。例: C-000042"), text)
