"""From the text of a cell to a value, by the kind of field it is for. Every refusal says what to do.

`clean_value(kind, text)` is the one door; what a kind gives is written beside its function (texts.py, figures.py). An empty
cell is no error: its value is None. Messages are Japanese sentences fit for the error file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enishi.customers.importing import figures, texts, words
from enishi.customers.importing.cleaned import FORMULA_ERRORS, NOTHING, Cleaned


def clean_value(kind: str, text: str) -> Cleaned:
    """The value of a cell for a field of that kind. An apostrophe at its head is a spreadsheet's mark of a text, and goes.
    Raises KeyError for a kind that does not exist."""
    return typed_value(kind, text[1:] if text[:1] == "'" else text)


def typed_value(kind: str, text: str) -> Cleaned:
    """`clean_value` of what somebody typed or a program sent: an apostrophe at its head is theirs."""
    parse = _KINDS[kind]
    if not text or text.isspace():
        return NOTHING
    if text[0] == "#" and text.strip() in FORMULA_ERRORS:
        return Cleaned(error=_("Excel の計算エラー（%(text)s）です。元の表で直してください。") % {"text": text.strip()})
    if "\ufffd" in text:
        return Cleaned(error=_("読めない文字（�）があります。元のデータの文字を確かめてください。"))
    return parse(text)


def kinds() -> tuple[str, ...]:
    """Every kind of value there is."""
    return tuple(_KINDS)


_KINDS: Final[dict[str, Callable[[str], Cleaned]]] = {
    "text": texts.text,
    "lines": texts.lines,
    "name": texts.name,
    "name_part": texts.name_part,
    "company": texts.company,
    "kana": texts.kana,
    "email": texts.email,
    "phone": texts.phone,
    "postal": texts.postal,
    "prefecture": texts.prefecture,
    "address": texts.text,
    "street": texts.text,
    "date": figures.day,
    "moment": figures.moment,
    "time": figures.clock,
    "amount": figures.amount,
    "yen": figures.yen,
    "quantity": figures.quantity,
    "integer": figures.integer,
    "tax_rate": figures.tax_rate,
    "tags": texts.tags,
    "code": texts.code,
    "customer_number": texts.customer_number,
    "boolean": figures.yes_no,
    "consent": figures.yes_no,
    "refusal": figures.refusal,
    "flag": figures.flag,
    "gender": figures.word_kind(
        words.GENDERS, gettext_noop("性別として読めません（%(text)s）。男性・女性・その他のどれかで入れてください。")
    ),
    "language": figures.word_kind(
        words.LANGUAGES,
        gettext_noop(
            "言語として読めません（%(text)s）。日本語・英語・中国語（簡体字）・中国語（繁体字）・韓国語・その他のどれかで入れてください。"
        ),
    ),
    "order_state": figures.word_kind(
        words.ORDER_STATES, gettext_noop("注文の状態として読めません（%(text)s）。受付・出荷・完了・キャンセル・返品などで入れてください。")
    ),
    "tax_included": figures.word_kind(words.TAX_INCLUDED, gettext_noop("税込か税抜かで入れてください（%(text)s）。")),
    "customer_kind": figures.customer_kind,
}
