"""Further contact points of the people of a chunk, written by COPY."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db.models import F

from enishi.customers.contact_points import ABOUT, COLUMNS
from enishi.customers.imports.people.plan import Known, Plan
from enishi.customers.imports.people.rows import Further, Value
from enishi.customers.imports.target import RunContext
from enishi.customers.models import ContactPoint
from enishi.customers.models.contacts import VALUES
from enishi.platform import changes
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids
from enishi.platform.sql.one_of import OneOf

#: What the change set keeps of a contact point that is gone: everything that cannot be told from the rest.
KEPT = ("customer", "kind", "is_primary", *(name for name in VALUES if name != "phone_e164"), *ABOUT, "created_at")
_COLUMNS = ("id", "customer_id", "kind", "label", *VALUES, "is_primary", "state", "reason", "note", "created_at")


def further_of(plan: Plan, refs: Collection[int]) -> dict[int, list[Further]]:
    """Those of the plan by ref, of these refs alone."""
    found: dict[int, list[Further]] = {}
    for known, point in plan.further:
        if known.ref in refs:
            found.setdefault(known.ref, []).append(point)
    return found


def write_further(context: RunContext, plan: Plan, ids: Mapping[int, int]) -> None:
    """Write the contact points of the plan; what customers who were there before got is told in the history. `ids`: ref → id
    of new customers. Three queries at most, none where no row has any."""
    if not plan.further:
        return
    same = f"f\t{ContactPoint.State.USABLE.value}\t\t\t{context.now}"
    pks = reserve_ids(ContactPoint, len(plan.further))
    told: list[tuple[int, Mapping[str, changes.Change]]] = []
    lines: list[str] = []
    for pk, (known, point) in zip(pks, plan.further, strict=True):
        customer_id = ids.get(known.ref, known.ref)
        lines.append("\t".join([str(pk), str(customer_id), point.kind, point.label, *_values(point), same]))
        if known.ref > 0:
            shown = {"customer": customer_id, "kind": point.kind, "label": point.label, **point.columns}
            told.append((pk, {name: (None, value) for name, value in shown.items() if name != "phone_e164"}))
    copy_lines(ContactPoint, _COLUMNS, lines)
    if told:
        changes.record_changes(ChangeSet(pk=context.change_set_id), ContactPoint, told)


def note_gone(context: RunContext, updated: Sequence[tuple[Known, Mapping[str, Value]]]) -> None:
    """A further contact point that is about to become the customer's own is no further one, and what is known of the one so far
    goes with it: the base drops both. They are kept whole in the change set, so that undo can put them back. Two queries, none
    where nobody's own one changes."""
    kinds = {known.ref: [kind for kind, names in COLUMNS.items() if any(name in before for name in names)] for known, before in updated}
    about = {known.ref: known.columns for known, _before in updated if kinds[known.ref]}
    if not about:
        return
    going = [
        row
        for row in ContactPoint.rows.filter(OneOf(F("customer_id"), about)).order_by("pk")
        if row.kind in kinds[row.customer_id]
        and (row.is_primary or (row.kind != "address" and (row.email or row.phone_e164) == _own(row.kind, about[row.customer_id])))
    ]
    told = [(row.pk, {name: (value, None) for name in KEPT if (value := _kept(row, name))}) for row in going]
    changes.record_changes(ChangeSet(pk=context.change_set_id), ContactPoint, told)


def _kept(row: ContactPoint, name: str) -> object:
    return row.customer_id if name == "customer" else getattr(row, name)


def _own(kind: str, columns: Mapping[str, Value]) -> Value:
    return columns.get("email" if kind == "email" else "phone_e164")


def _values(point: Further) -> Sequence[str]:
    return [copy_value(point.columns.get(name, "")) for name in VALUES]
