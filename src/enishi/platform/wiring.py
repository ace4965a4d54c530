"""Reads `config/wiring.py`, `menus.py` and `person_tables.py`: how a lower app reaches upward, by name, resolved once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.module_loading import import_string

from config import menus, person_tables, wiring


def _wire(name: str) -> Any:
    return next(vars(module)[name] for module in (wiring, menus, person_tables) if name in vars(module))


@cache
def load(name: str) -> Any:
    """The wire `name` with its dotted strings replaced by the objects they name.

    A list stays a list, a dict a dict; tuples inside a dict resolve their dotted strings too.
    """
    return _resolve(_wire(name))


@cache
def apps(name: str) -> Mapping[int | str, str]:
    """The app that each entry of the wire comes from, by its place or key."""
    value = _wire(name)
    return {key: app_of(entry) for key, entry in (value.items() if isinstance(value, dict) else enumerate(value))}


def app_of(entry: object) -> str:
    """The app that an entry names: by its dotted path, or by the namespace of its address. "" where it names none."""
    if isinstance(entry, dict):
        return app_of(entry.get("view") or entry.get("url"))
    if isinstance(entry, tuple):
        return next((app for app in map(app_of, entry) if app), "")
    if not isinstance(entry, str):
        return ""
    if entry.startswith("enishi."):
        return entry.split(".")[1]
    space, colon, _name = entry.partition(":")
    return _NAMESPACES.get(space, space) if colon else ""


_NAMESPACES = {"imports": "customers"}  # where they are not called like their app


def _resolve(value: Any) -> Any:
    if isinstance(value, str):
        return import_string(value) if value.startswith(("enishi.", "config.")) else value
    if isinstance(value, list):
        return [_resolve(item) for item in value]
    if isinstance(value, dict):
        return {key: _resolve(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_resolve(item) for item in value)
    return value


WIRES = (
    "EVENT_SUBSCRIBERS",
    "EVENT_NOUNS",
    "AUDIT_OBJECTS",
    "AUDIT_FILES",
    "APPROVAL_KINDS",
    "APPROVAL_SUBJECTS",
    "FACTS",
    "TIMELINE_SOURCES",
    "SEARCH_SOURCES",
    "SEARCH_STARTS",
    "DUE_SCANNERS",
    "IMPORT_TARGETS",
    "IDENTITY_CLAIMS",
    "MERGE_FOLLOWERS",
    "SEND_GATES",
    "CUSTOMER_PANELS",
    "HOME_PANELS",
    "LIST_COLUMNS",
    "NAVIGATION",
    "QUICK_ADD",
    "SETTINGS_PAGES",
    "STAFF_MAIL",
    "USER_HOLDINGS",
    "WORKER_COMPANIONS",
    "MODULES",
    "DEMO_CHAPTERS",
    "CANARIES",
    "PERSON_TABLES",
    "IMPORT_TRACES",
    "ROLE_PRESETS",
    "OBJECTS",
    "FIELD_RIGHTS",
    "OPEN_FIELDS",
    "APPEND_ONLY",
    "MIRROR_TABLES",
    "ANALYSES",
)
