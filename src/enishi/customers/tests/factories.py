"""Customers with readable defaults, as tests of this app and of those above need them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from enishi.customers.models import Customer, CustomerAlias
from enishi.customers.search import fill_search_columns
from enishi.platform.japanese.phone import parse_phone

_numbers = count(800_001)  # apart from those that tests give themselves
CREATED_AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def customer(**columns: object) -> Customer:
    """齋藤 百合子, unless said otherwise; search columns are filled as the actions do."""
    given = {"number": f"C-{next(_numbers):06d}", "name": "齋藤 百合子", "created_at": CREATED_AT} | columns
    if "name" not in columns:
        given = {"family_name": "齋藤", "given_name": "百合子", "kana": "サイトウ ユリコ"} | given
    phone = parse_phone(str(given.get("phone", "")))
    row = Customer(**{"phone_e164": phone.e164 if phone else ""} | given)
    fill_search_columns(row)
    row.save()
    return row


def merged_away(into: Customer, *, number: str = "") -> int:
    """An id that was merged into a customer."""
    old = customer()
    old_id, old_number = old.pk, number or old.number
    old.delete()
    CustomerAlias.rows.create(old_id=old_id, current=into, number=old_number, merged_at=CREATED_AT)
    return old_id
