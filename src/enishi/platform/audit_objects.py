"""How the audit names what was changed or seen: an app offers it by the wire AUDIT_OBJECTS, per table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise

from enishi.platform import event_words, modules
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Named:
    """A row in words, as far as the reader may read it, and where it is looked at."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class AuditObject:
    """`names(actor, ids)`: by the reader's rights; ids that are not theirs to see are left out. `find(actor, text)`: ids of what a
    text names, as append-only rows may carry them. `label(field)`: what a field is called where its column does not say, "" for
    one that is not told, None for all others. `called`: what rows are called where no event is about them. `rows`: fields that are no
    column but hold ids of rows, with their table.
    `pair(field, before, after)`: both in words where they are best told together, else None; it may ask the base."""

    names: Callable[[Actor, Collection[int]], Mapping[int, Named]]
    find: Callable[[Actor, str], Sequence[int]] | None = None
    label: Callable[[str], str | None] | None = None
    called: str | Promise = ""
    rows: Mapping[str, str] = field(default_factory=dict)
    pair: Callable[[str, object, object], tuple[str, str] | None] | None = None


def all_objects() -> Mapping[str, AuditObject]:
    """By model label, lower case; those of modules that are off left out."""
    found: Mapping[str, AuditObject] = modules.wired("AUDIT_OBJECTS")
    return found


def nameless(_actor: Actor, _ids: Collection[int]) -> Mapping[int, Named]:
    """Of rows that are told by what they are and their number alone."""
    return {}


def called(label: str) -> str:
    """What rows of a table are called."""
    known = all_objects().get(label)
    return str(known.called) if known is not None and known.called else event_words.object_label(label)


def names_of(actor: Actor, wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], Named]:
    """(table, id) → its name. One query a table, and a row in the view log where personal names are among them."""
    known = all_objects()
    return {
        (label, pk): named
        for label, ids in wanted.items()
        if ids and label in known
        for pk, named in known[label].names(actor, ids).items()
    }


def found_by(actor: Actor, text: str) -> dict[str, Sequence[int]]:
    """Of each table the ids that a text names. The queries of each."""
    asked = {label: one.find(actor, text) for label, one in all_objects().items() if one.find is not None}
    return {label: ids for label, ids in asked.items() if ids}


@cache
def model_of(label: str) -> type[models.Model] | None:
    """The model of a label as the logs write it."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def field_of(label: str, path: str) -> Any:
    """The column that a path (`city`, `customer__name`) leads to; None where there is none."""
    model, found = model_of(label), None
    for part in path.split("__"):
        try:
            found = model._meta.get_field(part) if model is not None else None
        except FieldDoesNotExist:
            return None
        model = getattr(found, "related_model", None)
    return found


def field_label(label: str, path: str) -> str:
    """What a field is called on screens; its key where nobody says, "" where it is not told."""
    found = field_of(label, path)
    of = found.model._meta.label_lower if found is not None else label
    known = all_objects().get(of)
    said = known.label(path.rpartition("__")[2]) if known is not None and known.label is not None else None
    return said if said is not None else str(getattr(found, "verbose_name", path)) if found is not None else path


def field_labels(label: str, paths: Collection[str]) -> list[str]:
    """What these fields are called, each once, those that are not told left out."""
    return [words for words in dict.fromkeys(field_label(label, path) for path in paths) if words]


def table_of(label: str, path: str) -> str:
    """The table whose rows a field names by their ids; "" where it holds something else, or nobody says how they are called."""
    known = all_objects()
    said = known[label].rows.get(path) if label in known else None
    model = getattr(field_of(label, path), "related_model", None)
    table = said or (model._meta.label_lower if model is not None else "")
    return table if table in known else ""


def pair_in_words(label: str, path: str, before: object, after: object) -> tuple[str, str] | None:
    """What stood in a field and what stands there, where its object tells the two together; else None."""
    known = all_objects().get(label)
    return known.pair(path, before, after) if known is not None and known.pair is not None else None
