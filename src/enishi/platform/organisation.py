"""The settings row of this organisation."""

from __future__ import annotations

from enishi.platform.models import Organisation


def organisation() -> Organisation:
    """The one row. One query; it is small, and a stale setting would be worse than the query."""
    found = Organisation.rows.first()
    if found is None:
        raise LookupError("the installation has not been set up yet")
    return found


def is_set_up() -> bool:
    return Organisation.rows.exists()
