"""What the input standards say of texts while they are typed, before anything is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.details import LONGEST, checked_texts, may_write
from enishi.customers.fields import catalogue
from enishi.customers.models import Customer
from enishi.customers.standards import current
from enishi.customers.standards.rule import BUILT_IN
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.japanese.normalise import clean

#: The reading of a person is typed in two fields.
READINGS: Final = ("family_kana", "given_kana")
type Tone = Literal["fix", "warn", "refuse"]


@dataclass(frozen=True, slots=True)
class Hint:
    """`text`: the right writing, for one press; "" where only the writer knows it. `act`: what the button for it says."""

    words: str
    tone: Tone
    text: str
    act: str


def field_hints(actor: Actor, typed: Mapping[str, str], *, kind: str = Customer.Kind.PERSON) -> dict[str, list[Hint]]:
    """By field, what would be mended on saving, what is odd and what would be refused; nothing of what is missing. Two queries. Raises
    NotAllowed for who writes no customers, and where one of the fields is not theirs to write."""
    if not (access.may(actor, "create") or access.may(actor, "update")):
        raise NotAllowed
    own = catalogue.fields_in_use()
    asked = {"kana" if name in READINGS else name for name in typed}
    if not all((name in BUILT_IN or name in own) and may_write(actor, name) for name in asked):
        raise NotAllowed
    parts = {part: typed[part] for part in READINGS if part in typed}
    typed = {name: text for name, text in typed.items() if name not in parts} | ({"kana": " ".join(parts.values())} if parts else {})
    texts, _problems = checked_texts({name: text for name, text in typed.items() if name in LONGEST})
    texts |= {name: clean(text) for name, text in typed.items() if name not in LONGEST}
    verdict = current.current().judge({**texts, "kind": kind}, required=False)
    found: dict[str, list[Hint]] = {}
    for name, text in verdict.fixed.items():
        words = _("入力基準の書き方は「%(text)s」です。保存するときに直します。") % {"text": text}
        found.setdefault(name, []).append(_hint(words, "fix", text))
    for one in verdict.objections:
        found.setdefault(one.field, []).append(_hint(one.words, "refuse" if one.refused else "warn", one.text))
    if parts and "kana" in found:  # the reading of a person is typed in two
        found[next(iter(parts))] = found.pop("kana")
    return found


def hinted(names: Iterable[str]) -> str:
    """Of the fields of a form those for which there are rules, as `<field-hints>` takes them. Two queries at most, once a request."""
    ruled = current.current().fields
    return " ".join(name for name in names if name in ruled or (name in READINGS and "kana" in ruled))


def _hint(words: str, tone: Tone, text: str) -> Hint:
    return Hint(words, tone, text, _("「%(text)s」にする") % {"text": text} if text else "")
