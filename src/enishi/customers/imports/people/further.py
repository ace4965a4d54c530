"""Further contact points of the people of a chunk, written by COPY."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from enishi.customers.imports.people.plan import Plan
from enishi.customers.imports.people.rows import Further
from enishi.customers.imports.target import RunContext
from enishi.customers.models import ContactPoint
from enishi.customers.models.contacts import VALUES
from enishi.platform import changes
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids

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


def _values(point: Further) -> Sequence[str]:
    return [copy_value(point.columns.get(name, "")) for name in VALUES]
