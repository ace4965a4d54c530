"""When two names are the same."""

from __future__ import annotations

from enishi.customers.models import Customer
from enishi.platform.japanese.company import company_key
from enishi.platform.japanese.normalise import fold


def name_key(kind: str, name: str) -> str:
    """The form in which two names are compared: folded, without the legal form for companies."""
    return company_key(name) if kind == Customer.Kind.COMPANY else fold(name)
