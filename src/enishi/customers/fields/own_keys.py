"""Custom fields that tell customers apart: those whose value nobody shares, and the numbers that we give ourselves.

The value of a unique field is an identity of the kind `cf_<id>`: the base keeps it one customer's, imports and the API find
people by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from enishi.customers.fields import catalogue, values
from enishi.customers.fields.field import Field
from enishi.customers.models import Identity
from enishi.platform.errors import Invalid
from enishi.platform.japanese.normalise import clean, narrow
from enishi.platform.numbers import take_numbers

if TYPE_CHECKING:
    from enishi.customers.details import Details

#: Kinds of which every customer may be asked to have a value of their own.
UNIQUE_KINDS = frozenset({"text", "email", "phone", "url", "number", "corporate_no", "auto_number"})


def kinds() -> list[str]:
    """The identity kinds of the unique fields in use."""
    return [key for key, field in catalogue.fields_in_use().items() if is_key(field)]


def is_key(field: Field) -> bool:
    return (field.is_unique or field.kind == "auto_number") and field.kind in UNIQUE_KINDS


def key_of(field: Field, value: object) -> str:
    """The value as identities compare it; "" for none."""
    return "" if value is None else narrow(clean(values.text(field, value)))[:254]


def of(custom: Mapping[str, object]) -> dict[str, str]:
    """Identity kind → value, of what a customer's fields say."""
    fields = catalogue.fields_in_use()
    return {key: key_of(fields[key], custom.get(key)) for key in kinds()}


def refuse_taken(details: Details, *, besides: int | None) -> None:
    """Raises Invalid where somebody else has a value that nobody shares. Whoever it is, nothing of them is told."""
    problems = {}
    for kind, value in of(details.custom).items():
        if value and Identity.rows.filter(kind=kind, value=value).exclude(customer_id__in=[besides] if besides else []).exists():
            problems[kind] = [_("ほかの顧客がこの値を使っています。")]
    if problems:
        raise Invalid(fields=problems)


def given_by_us() -> frozenset[str]:
    """Keys of the fields that are numbered by themselves."""
    return frozenset(key for key, field in catalogue.fields_in_use().items() if field.kind == "auto_number")


def given_by_others() -> list[str]:
    """Keys of the unique fields of which a customer has one and no other: neither a number of ours, which two records of one customer
    always have two of, nor a way to reach them."""
    fields = catalogue.fields_in_use()
    return [key for key in kinds() if fields[key].kind in ("text", "number", "corporate_no")]


def numbered(details: Details) -> Details:
    """The details of a new customer with the numbers that count themselves. One query for each such field that is empty."""
    fields = catalogue.fields_in_use()
    fresh = {key: take(fields[key], 1)[0] for key in sorted(given_by_us()) if details.custom.get(key) is None}
    return replace(details, custom={**details.custom, **fresh}) if fresh else details


def take(field: Field, count: int) -> list[int]:
    """The next numbers of a field, each once. One query."""
    return [int(number.rpartition("-")[2]) for number in take_numbers(f"F{field.id}", count)]
