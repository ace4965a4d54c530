"""Parts of the product that a company switches on or off (ADR 0019).

Off: the addresses of its apps do not exist, nothing of them is wired in, nobody holds a right to their objects, and its
scanners rest. What it has written stays, events are still recorded and taken, and switching it on brings all of it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.functional import Promise

from enishi.platform import wiring
from enishi.platform.models import ModuleState
from enishi.platform.once import once
from enishi.platform.routes import app_of

type Words = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One entry of the wire MODULES. `leaves` and `stays` say in plain words what switching it off does."""

    key: str
    label: Words
    icon: str
    leaves: Words
    stays: Words
    apps: tuple[str, ...]
    objects: tuple[str, ...]  # what its permissions are about
    needs: tuple[str, ...] = ()  # modules without which it does not work
    doors: tuple[str, ...] = ()  # routes that answer whether it is on or not
    holds: Callable[[], str] | None = None  # why it cannot be switched off just now; "" where it can


@cache
def all_modules() -> dict[str, Module]:
    """Every module that can be switched, by key, in the order of the screen."""
    wired: dict[str, dict[str, Any]] = wiring.load("MODULES")
    return {key: Module(key=key, **entry) for key, entry in wired.items()}


# ---- which are off --------------------------------------------------------------------------------------------------


def off() -> frozenset[str]:
    """Keys of the modules that are off. One query, once a request: it is small, and a stale answer would be worse."""
    return once("modules", _off)


def _off() -> frozenset[str]:
    return frozenset(ModuleState.rows.filter(on=False, key__in=all_modules()).values_list("key", flat=True))


def apps_off() -> frozenset[str]:
    """Apps of the modules that are off."""
    return frozenset(app for key in off() for app in all_modules()[key].apps)


def objects_off() -> frozenset[str]:
    """Objects to which nobody holds a right just now."""
    return frozenset(thing for key in off() for thing in all_modules()[key].objects)


def runs(app: str) -> bool:
    """Whether the app is on; those of no module always are."""
    return app not in apps_off()


# ---- what is left of routes and wires ---------------------------------------------------------------------------------


@cache
def _module_of(app: str) -> Module | None:
    return next((module for module in all_modules().values() if app in module.apps), None)


def is_closed(view: Callable[..., Any], name: str) -> bool:
    """Whether the route leads to an app that is off. A query only for routes that a module may close."""
    module = _module_of(app_of(view))
    return module is not None and name not in module.doors and module.key in off()


def leads_nowhere(path: str) -> bool:
    """Whether this path of ours is closed, as far as modules go."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return is_closed(match.func, match.view_name)


def shows(entry: object) -> bool:
    """Whether an item of the menu is offered: its app is on, and it is not for the demo alone."""
    if isinstance(entry, dict) and entry.get("demo") and not settings.DEMO:
        return False
    return runs(wiring.app_of(entry))


def wired(name: str) -> Any:
    """The entries of a wire, a list or a dict, whose app is on."""
    entries, apps, gone = wiring.load(name), wiring.apps(name), apps_off()
    if isinstance(entries, dict):
        return {key: entry for key, entry in entries.items() if apps[key] not in gone}
    return [entry for place, entry in enumerate(entries) if apps[place] not in gone]
