"""The form of a customer: sections, what stands in them, when it shows and when it must be filled.

Stored as JSON in `FormLayout.sections` and read back through these types, so that a layout is always whole. Names come first
and cannot be taken away; every other built-in field and every custom field may stand in any section, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from enishi.customers.fields import field as custom
from enishi.customers.fields.catalogue import all_fields
from enishi.customers.models import Customer, FormLayout
from enishi.platform import once
from enishi.platform.errors import Invalid
from enishi.platform.words import own_lazy

MOST_SECTIONS = 20
_QUESTION = "form layout"

#: Built-in elements of the form → their words, and the fields of `Details` they stand for. `names` is always the first.
BUILT_IN: Final[Mapping[str, tuple[str | Promise, tuple[str, ...]]]] = {
    "names": (gettext_lazy("氏名・名称"), ("kind", "name", "family_name", "given_name", "kana")),
    "former_name": (gettext_lazy("旧姓・旧社名"), ("former_name",)),
    "birthday_on": (gettext_lazy("生年月日"), ("birthday_on",)),
    "gender": (gettext_lazy("性別"), ("gender",)),
    "email": (gettext_lazy("メールアドレス"), ("email",)),
    "phone": (gettext_lazy("電話番号"), ("phone",)),
    "address": (gettext_lazy("住所"), ("postal_code", "prefecture", "city", "street", "building")),
    "acquisition_source": (gettext_lazy("流入経路"), ("acquisition_source",)),
    "language": (gettext_lazy("言語"), ("language",)),
    "owner_id": (own_lazy(gettext_lazy("担当")), ("owner_id",)),
    "team_id": (gettext_lazy("部署・店舗"), ("team_id",)),
    "leave_alone": (gettext_lazy("話しかけない"), ("leave_alone",)),
}
#: What people alone have.
_OF_PEOPLE: Final = frozenset({"birthday_on", "gender"})
#: Built-in fields that a condition may look at, beside choices and flags of the company's own.
LOOKED_AT: Final = ("kind", "gender", "language", "lifecycle")
#: Elements that say something whatever stands there.
_NEVER_EMPTY: Final = frozenset({"names", "leave_alone"})


class Condition(BaseModel):
    """The field has one of these values; without values, it is filled."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    field: str = Field(max_length=20)
    values: list[str] = Field(default=[], max_length=50)


class Item(BaseModel):
    """One element. All of `show` must hold for it to stand on the form; `stages`: only there it must be filled."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    field: str = Field(max_length=20)
    wide: bool = False
    required: bool = False
    stages: list[str] = Field(default=[], max_length=20)
    show: list[Condition] = Field(default=[], max_length=5)


class Section(BaseModel):
    """A sheet of the form. `roles`: keys of the roles that see it; none: everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: str = Field(max_length=20)
    label: str = Field(min_length=1, max_length=40)
    columns: Literal[1, 2] = 2
    roles: list[str] = Field(default=[], max_length=50)
    items: list[Item] = Field(default=[], max_length=250)


type Layout = tuple[Section, ...]
_SECTIONS: Final = TypeAdapter(list[Section])


def standard() -> Layout:
    """The form before anybody changed it."""
    return (
        Section(
            key="who",
            label=_("だれ"),
            items=[Item(field=name, wide=name == "names") for name in ("names", "birthday_on", "gender", "former_name")],
        ),
        Section(key="contact", label=_("連絡先"), items=[Item(field="email"), Item(field="phone"), Item(field="address", wide=True)]),
        Section(
            key="business",
            label=_("取引"),
            items=[
                Item(field=name, wide=name == "leave_alone")
                for name in ("acquisition_source", "language", "owner_id", "team_id", "leave_alone")
            ],
        ),
    )


def current() -> Layout:
    """The layout in use: the newest that was published. One query, once a request."""
    return once.once(_QUESTION, _ask)


def forget() -> None:
    once.forget(_QUESTION)


def _ask() -> Layout:
    row = FormLayout.rows.filter(published_at__isnull=False).order_by("-published_at", "-pk").values_list("sections", flat=True).first()
    return standard() if row is None else read(row)


def read(stored: object) -> Layout:
    """A stored or sent layout. Raises Invalid where it is not whole: names missing, an element twice or unknown."""
    return _whole(_parsed(stored))


def _parsed(stored: object) -> Layout:
    try:
        return tuple(_SECTIONS.validate_python(stored))
    except ValidationError as problem:
        raise Invalid(_("レイアウトとして読めません。")) from problem


def _whole(sections: Layout) -> Layout:
    known = {*BUILT_IN, *all_fields()}
    fields = [item.field for section in sections for item in section.items]
    keys = [section.key for section in sections]
    if len(sections) > MOST_SECTIONS:
        raise Invalid(_("セクションは%(n)d個までです。") % {"n": MOST_SECTIONS})
    if len(set(keys)) < len(keys) or len(set(fields)) < len(fields) or not set(fields) <= known:
        raise Invalid(_("同じ項目が2か所にあるか、なくなった項目が残っています。"))
    if "names" not in fields or not sections[0].items or sections[0].items[0].field != "names":
        raise Invalid(_("氏名・名称は、いちばん上に置いてください。"))
    if sections[0].roles:
        raise Invalid(_("氏名・名称のあるセクションは、すべてのロールに見せてください。"))
    return sections


def read_old(stored: object) -> Layout:
    """An earlier version, less the fields that are not there any more. Raises Invalid."""
    old = _parsed(stored)
    gone = {item.field for item in items(old)} - {*BUILT_IN, *all_fields()}
    return _whole(without(old, gone))


def stored(layout: Sequence[Section]) -> list[dict[str, object]]:
    """The layout as it is kept."""
    return [section.model_dump() for section in layout]


def items(layout: Layout) -> Iterator[Item]:
    for section in layout:
        yield from section.items


# ---- what holds for one customer ------------------------------------------------------------------------------------


def holds(condition: Condition, values: Mapping[str, object]) -> bool:
    """Whether the condition is true of what is written about a customer."""
    value = values.get(condition.field)
    given = [_word(one) for one in (value if isinstance(value, list | tuple) else [value]) if one not in (None, "")]
    return bool(set(given) & set(condition.values)) if condition.values else bool(given)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def stands(item: Item, values: Mapping[str, object]) -> bool:
    """Whether the element is on the form of a customer of whom this is written (`kind`, `lifecycle` and the rest)."""
    kind = str(values.get("kind") or Customer.Kind.PERSON)
    own: custom.Field | None = all_fields().get(item.field)
    if own is not None and (own.retired or not own.suits(kind)):
        return False
    if item.field in _OF_PEOPLE and kind != Customer.Kind.PERSON:
        return False
    return all(holds(condition, values) for condition in item.show)


def required(layout: Layout) -> list[Item]:
    """The elements that may have to be filled."""
    return [item for item in items(layout) if item.required and item.field not in _NEVER_EMPTY]


def missing(asked: Iterable[Item], values: Mapping[str, object], *, before: Mapping[str, object] | None = None) -> dict[str, list[str]]:
    """What of the `required` elements must be filled and is not, by field. Of somebody known (`before`), only what was filled
    until now: a rule that came later does not stand in the way of a change elsewhere."""
    problems = {}
    for item in asked:
        if not stands(item, values):
            continue
        if item.stages and values.get("lifecycle") not in item.stages:
            continue
        names = _names(item)
        if any(_filled(values, name) for name in names):
            continue
        if before is None or any(_filled(before, name) for name in names):
            problems[names[0]] = [_("入力してください。")]
    return problems


def _names(item: Item) -> tuple[str, ...]:
    return BUILT_IN[item.field][1] if item.field in BUILT_IN else (item.field,)


def _filled(values: Mapping[str, object], name: str) -> bool:
    return values.get(name) not in (None, "", [], ())


def label_of(field: str) -> str:
    """The words of an element."""
    return str(BUILT_IN[field][0]) if field in BUILT_IN else all_fields()[field].label


def without(layout: Layout, gone: Iterable[str]) -> Layout:
    """The layout less some fields, and less the conditions that look at them."""
    lost = set(gone)
    return tuple(
        section.model_copy(
            update={
                "items": [
                    item.model_copy(update={"show": [c for c in item.show if c.field not in lost]})
                    for item in section.items
                    if item.field not in lost
                ]
            }
        )
        for section in layout
    )
