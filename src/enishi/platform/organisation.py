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


def fiscal_year_start_month() -> int:
    """The month with which 年度 begins; April until the organisation is set up. One query."""
    return Organisation.rows.values_list("fiscal_year_start_month", flat=True).first() or 4
