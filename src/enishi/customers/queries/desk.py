"""The designer's cards: each element of a layout with what is said about it, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from enishi.customers.details import CHOICES
from enishi.customers.fields import layout
from enishi.customers.fields.catalogue import all_fields
from enishi.customers.fields.layout import Condition, Item, Layout, Section
from enishi.customers.models import Customer


@dataclass(frozen=True, slots=True)
class Lookable:
    """A field that a condition can look at, with its values."""

    key: str
    label: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    item: Item
    label: str
    kind: str
    is_fixed: bool
    is_own: bool
    about: str  # 必須・条件つき
    condition: Condition | None
    lookable: tuple[Lookable, ...]


@dataclass(frozen=True, slots=True)
class SectionCard:
    section: Section
    cards: list[Card]
    is_fixed: bool


def cards(shown: Layout) -> list[SectionCard]:
    """The sections as the designer shows them. No further query."""
    seen = lookable()
    return [
        SectionCard(section, [_card(item, seen) for item in section.items], any(item.field == "names" for item in section.items))
        for section in shown
    ]


def _lookable(name: str, label: str) -> Lookable:
    return Lookable(name, label, tuple((key, str(words)) for key, words in CHOICES[name].items()))


def lookable() -> tuple[Lookable, ...]:
    """Fields whose values a condition may ask for."""
    built_in = (
        _lookable("kind", _("区分")),
        _lookable("gender", _("性別")),
        _lookable("language", _("言語")),
    )
    own = []
    for key, field in all_fields().items():
        if field.retired:
            continue
        if field.kind == "flag":
            own.append(Lookable(key, field.label, (("true", _("はい")), ("false", _("いいえ")))))
        elif field.choices:
            own.append(Lookable(key, field.label, tuple((choice.key, choice.label) for choice in field.choices if not choice.retired)))
    return (*built_in, *own)


def _card(item: Item, seen: tuple[Lookable, ...]) -> Card:
    own = all_fields().get(item.field)
    condition = item.show[0] if item.show else None
    parts = []
    if item.required:
        stages = dict(Customer.Lifecycle.choices)
        where = "・".join(str(stages.get(stage, stage)) for stage in item.stages)
        parts.append(_("%(stages)sで必須") % {"stages": where} if where else _("必須"))
    if condition is not None:
        parts.append(_words(condition, seen))
    return Card(
        item,
        layout.label_of(item.field),
        own.kind if own else "",
        item.field == "names",
        own is not None,
        "・".join(parts),
        condition,
        tuple(one for one in seen if one.key != item.field),
    )


def _words(condition: Condition, seen: tuple[Lookable, ...]) -> str:
    found = next((one for one in seen if one.key == condition.field), None)
    label = found.label if found else condition.field
    if not condition.values:
        return _("「%(field)s」があるとき") % {"field": label}
    values = dict(found.choices) if found else {}
    return _("「%(field)s」が%(values)sのとき") % {
        "field": label,
        "values": "・".join(values.get(value, value) for value in condition.values),
    }
