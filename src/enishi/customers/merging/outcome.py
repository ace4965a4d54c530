"""Of several customers who are one: who should carry on, and whose value of each field stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.details import Details, class_of, column_of, fingerprint, may_write, value_of
from enishi.customers.fields import catalogue, own_keys
from enishi.customers.models import Customer, Identity
from enishi.customers.models.contacts import ADDRESS
from enishi.platform.actor import Actor
from enishi.platform.policy import PERSONAL

#: Ids that others gave to one customer: two of a kind that differ speak against their being one.
STRONG = (Identity.Kind.MEMBER, Identity.Kind.SHOP, Identity.Kind.LINE)
#: What is chosen as one → the details in it. Further parts are the company's own fields, each by its key.
BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "family_name", "given_name"),
    **{name: (name,) for name in ("kana", "former_name", "email", "phone")},
    "address": ADDRESS,
    **{name: (name,) for name in ("birthday_on", "gender", "language", "acquisition_source", "leave_alone", "owner_id", "team_id")},
}
_NOTHING: tuple[object, ...] = ("", None, False, [], {})

type Sides = Mapping[int, Details]  # by id; who carries on comes first


def parts() -> dict[str, tuple[str, ...]]:
    """What is chosen of customers, in the order of the form. One query where fields were not asked for before."""
    return {**BUILT_IN, **{key: (key,) for key in catalogue.all_fields()}}


def of_part(details: Details, names: Sequence[str]) -> tuple[object, ...]:
    return tuple(value_of(details, name) for name in names)


def is_filled(values: Sequence[object]) -> bool:
    return any(value not in _NOTHING for value in values)


def usual_side(sides: Sides, names: Sequence[str]) -> int:
    """Whose value stays where nobody chose: that of who carries on, and where they have none, of the first who has one."""
    return next((pk for pk, details in sides.items() if is_filled(of_part(details, names))), next(iter(sides)))


def differs(sides: Sides, names: Sequence[str]) -> bool:
    return len({repr(of_part(details, names)) for details in sides.values()}) > 1


def outcome(sides: Sides, choices: Mapping[str, int]) -> Details:
    """The details of who carries on. `choices`: part → id of the customer whose value stays; the rest as `usual_side` says."""
    kept = next(iter(sides.values()))
    plain: dict[str, Any] = {}
    custom = dict(kept.custom)
    for part, names in parts().items():
        details = sides[choices.get(part) or usual_side(sides, names)]
        for name in names:
            if not name.startswith("cf_"):
                plain[name] = getattr(details, name)
            elif name in details.custom:
                custom[name] = details.custom[name]
            else:
                custom.pop(name, None)
    return replace(kept, **plain, custom=custom)


def may_choose(actor: Actor, part: str) -> bool:
    """Whether the actor reads this part in clear and may write it: what a role hides is neither shown nor chosen."""
    names = parts().get(part, ())
    return bool(names) and all(
        may_write(actor, name) and (class_of(name) not in PERSONAL or actor.reads(class_of(name), _right(name))) for name in names
    )


def is_shown(actor: Actor, part: str) -> bool:
    """Whether the actor reads this part of customers in clear."""
    return all(actor.reads(class_of(name), _right(name)) for name in parts()[part])


def _right(name: str) -> str:
    return access.field_right(column_of(name))


def fingerprint_of(sides: Iterable[Details]) -> str:
    """Equal for equal details of the same customers, in whatever order."""
    return "-".join(sorted(fingerprint(details) for details in sides))


def strong_kinds() -> tuple[str, ...]:
    """Kinds of identities that others gave to one customer: the built-in ones, and the company's own fields that nobody shares. One
    query where fields were not asked for before."""
    return (*STRONG, *own_keys.given_by_others())


def strong_ids(customer_ids: Collection[int]) -> list[tuple[str, str, int]]:
    """Kind, value and holder of the ids that others gave, of kinds of which two of these customers have one. One query."""
    rows = list(Identity.rows.filter(customer_id__in=customer_ids, kind__in=strong_kinds()).order_by("kind", "customer_id", "pk"))
    holders: dict[str, set[int]] = {}
    for row in rows:
        holders.setdefault(row.kind, set()).add(row.customer_id)
    return [(row.kind, row.value, row.customer_id) for row in rows if len(holders[row.kind]) > 1]


def strong_counts(customer_ids: Collection[int]) -> dict[int, int]:
    """Customer → how many ids that others gave. One query."""
    rows = Identity.rows.filter(customer_id__in=customer_ids, kind__in=strong_kinds()).order_by()
    return dict(rows.values_list("customer_id").annotate(Count("pk")))


def proposed_order(customers: Sequence[Customer], strong: Mapping[int, int]) -> list[int]:
    """Ids, the one who should carry on first: who has ids that others gave, then who has most written, then the oldest id.
    `strong`: customer → how many such ids."""

    def rank(customer: Customer) -> tuple[int, int, int]:
        written = sum(is_filled([getattr(customer, name)]) for name in _COUNTED) + sum(is_filled([v]) for v in customer.custom.values())
        return (-min(strong.get(customer.pk, 0), 1), -written, customer.pk)

    return [customer.pk for customer in sorted(customers, key=rank)]


_COUNTED = tuple(name for names in BUILT_IN.values() for name in names)


def label_of(part: str) -> str:
    """The name of a part on the screens."""
    if (own := catalogue.all_fields().get(part)) is not None:
        return own.label
    if part == "address":
        return _("住所")
    return str(Customer._meta.get_field(column_of(BUILT_IN[part][0])).verbose_name)  # type: ignore[union-attr]
