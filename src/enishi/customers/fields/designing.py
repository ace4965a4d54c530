"""Steps of laying out the form. Each takes a layout and gives another; what cannot be done changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from enishi.customers.fields.layout import Item, Layout, Section

type Said = Mapping[str, Any]


def arranged(layout: Layout, order: Sequence[tuple[str, Sequence[str]]]) -> Layout:
    """Sections and their elements in this order, as after dragging; elements that stood nowhere are new. `order`: section key,
    its fields. Sections that are not named keep what is not named elsewhere, behind the others."""
    known = {item.field: item for section in layout for item in section.items}
    by_key = {section.key: section for section in layout}
    placed: set[str] = set()
    fresh: list[Section] = []
    for key, fields in order:
        if key not in by_key:
            continue
        wanted = [field for field in dict.fromkeys(fields) if field not in placed]
        placed.update(wanted)
        fresh.append(by_key.pop(key).model_copy(update={"items": [known.get(field) or Item(field=field) for field in wanted]}))
    rest = [
        section.model_copy(update={"items": [item for item in section.items if item.field not in placed]}) for section in by_key.values()
    ]
    return (*fresh, *rest)


def moved(layout: Layout, said: Said) -> Layout:
    """An element one place up or down; over the edge of its section into the next one."""
    field, step = str(said["field"]), -1 if said.get("to") == "up" else 1
    order = [(section.key, [item.field for item in section.items]) for section in layout]
    for place, (_key, fields) in enumerate(order):
        if field not in fields:
            continue
        index = fields.index(field)
        if 0 <= index + step < len(fields):
            fields[index], fields[index + step] = fields[index + step], fields[index]
        elif 0 <= place + step < len(order):
            fields.remove(field)
            neighbour = order[place + step][1]
            neighbour.insert(len(neighbour) if step < 0 else 0, field)
        break
    return arranged(layout, order)


def added(layout: Layout, said: Said) -> Layout:
    """An element that stands nowhere, at the end of a section."""
    field, section = str(said["field"]), str(said.get("section") or layout[-1].key)
    return arranged(layout, [(s.key, [*(i.field for i in s.items), *([field] if s.key == section else [])]) for s in layout])


def taken_off(layout: Layout, said: Said) -> Layout:
    """An element away from the form; what was written stays."""
    return tuple(s.model_copy(update={"items": [i for i in s.items if i.field != said["field"]]}) for s in layout)


def item_said(layout: Layout, said: Said) -> Layout:
    """What is said about an element: width, whether it must be filled and in which stages, when it shows."""
    item = Item.model_validate(
        {
            "field": said["field"],
            "wide": bool(said.get("wide")),
            "required": bool(said.get("required")),
            "stages": list(said.get("stages") or []),
            "show": [{"field": said["show_field"], "values": list(said.get("show_values") or [])}] if said.get("show_field") else [],
        }
    )
    return tuple(s.model_copy(update={"items": [item if i.field == item.field else i for i in s.items]}) for s in layout)


def section_added(layout: Layout, said: Said) -> Layout:
    """An empty section at the end."""
    numbers = [int(s.key.removeprefix("s")) for s in layout if s.key.removeprefix("s").isdecimal()]
    label = str(said.get("label") or "").strip()[:40] or _("新しいセクション")
    return (*layout, Section(key=f"s{max(numbers, default=0) + 1}", label=label))


def section_said(layout: Layout, said: Said) -> Layout:
    """What is said about a section: its name, its columns, the roles that see it."""

    def changed(section: Section) -> Section:
        label = str(said.get("label") or "").strip()[:40] or section.label
        return Section(
            key=section.key,
            label=label,
            columns=1 if str(said.get("columns")) == "1" else 2,
            roles=list(said.get("roles") or []),
            items=section.items,
        )

    return tuple(changed(section) if section.key == said["section"] else section for section in layout)


def section_moved(layout: Layout, said: Said) -> Layout:
    """A section one place up or down."""
    places = list(layout)
    index = next((i for i, section in enumerate(places) if section.key == said["section"]), -1)
    other = index + (-1 if said.get("to") == "up" else 1)
    if index >= 0 and 0 <= other < len(places):
        places[index], places[other] = places[other], places[index]
    return tuple(places)


def section_dropped(layout: Layout, said: Said) -> Layout:
    """A section away; its elements stand nowhere then. The one with the names stays."""
    return tuple(s for s in layout if s.key != said["section"] or any(i.field == "names" for i in s.items))


def dragged(layout: Layout, said: Said) -> Layout:
    """The order in which somebody left sections and elements: 「who:names,gender contact:email」."""
    parts = [part.partition(":") for part in str(said.get("order") or "").split()]
    return arranged(layout, [(key, [field for field in fields.split(",") if field]) for key, _colon, fields in parts])


STEPS: Final[Mapping[str, Callable[[Layout, Said], Layout]]] = {
    "drag": dragged,
    "move": moved,
    "add": added,
    "take-off": taken_off,
    "item": item_said,
    "section-add": section_added,
    "section": section_said,
    "section-move": section_moved,
    "section-drop": section_dropped,
}
