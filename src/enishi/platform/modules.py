"""Parts of the product that a company switches on or off. Off = no menu, no page, no API, no right."""

from __future__ import annotations

from django.conf import settings

from enishi.platform import wiring
from enishi.platform.models import ModuleState


def enabled() -> frozenset[str]:
    """Keys of the modules that are on; `core` always is. One query."""
    states = dict(ModuleState.rows.values_list("key", "on"))
    known: dict[str, dict[str, object]] = wiring.load("MODULES")
    always = {"core", "demo"} if settings.DEMO else {"core"}
    return frozenset(always | {key for key, module in known.items() if states.get(key, bool(module.get("default", True)))})
