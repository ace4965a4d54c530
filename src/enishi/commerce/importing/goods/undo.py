"""Takes back what an import of products wrote."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from enishi.commerce.actions.categories import drop_unused
from enishi.commerce.importing.goods.plan import COLUMNS
from enishi.commerce.importing.since import changed_since, pointed_to
from enishi.commerce.models import Product
from enishi.customers.imports.target import UndoContext
from enishi.customers.models import ImportUndoRow
from enishi.platform import changes, events
from enishi.platform.models import FieldChange

Outcome = ImportUndoRow.Outcome
_FIELDS = {name.removesuffix("_id"): name for name in COLUMNS}


@dataclass(slots=True)
class _Stored:
    """A product as it is, and what the import changed: column → before its first change, after its last."""

    product: Product
    changed: dict[str, changes.Change] = field(default_factory=dict)

    @property
    def is_as_written(self) -> bool:
        return all(changes.plain(getattr(self.product, name)) == after for name, (_before, after) in self.changed.items())


def take_back(context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
    """As `ImportTarget.take_back`. Eight queries and one a table that points to products."""
    stored = _stored(context, [*made, *changed])
    since, used = changed_since(context, Product, made), pointed_to(Product, made)
    outcomes: dict[int, str] = {}
    for pk in (*made, *changed):
        if pk not in stored:
            outcomes[pk] = Outcome.GONE
        elif not stored[pk].is_as_written or pk in since:
            outcomes[pk] = Outcome.CHANGED_SINCE
        elif pk in made:
            outcomes[pk] = Outcome.USED_SINCE if pk in used else Outcome.REMOVED
        else:
            outcomes[pk] = Outcome.RESTORED
    if not context.is_check:
        going = [pk for pk in made if outcomes[pk] == Outcome.REMOVED]
        staying = {pk: stored[pk] for pk in changed if outcomes[pk] == Outcome.RESTORED}
        _restore(context, staying)
        Product.rows.filter(pk__in=going).delete()
        told = [(True, pk) for pk in going] + [(False, pk) for pk in staying]
        run = {"run": context.run.pk}
        found = [events.NewEvent("product.import_undone", pk, None, context.now, {**run, "removed": removed}) for removed, pk in told]
        events.record_many(found, actor=context.actor)
    return outcomes


def _stored(context: UndoContext, ids: Collection[int]) -> dict[int, _Stored]:
    rows = Product.rows.filter(pk__in=ids).order_by("pk")
    if not context.is_check:
        rows = rows.select_for_update(of=("self",))
    found = {product.pk: _Stored(product) for product in rows}
    written = FieldChange.rows.filter(object=Product._meta.label_lower, object_id__in=ids, change_set_id=context.written_under)
    for pk, name, before, after in written.order_by("pk").values_list("object_id", "field", "before", "after"):
        if pk in found and name in _FIELDS:
            first, _last = found[pk].changed.get(_FIELDS[name], (before, after))
            found[pk].changed[_FIELDS[name]] = (first, after)
    return found


def _restore(context: UndoContext, staying: dict[int, _Stored]) -> None:
    noted: list[tuple[int, dict[str, changes.Change]]] = []
    for pk, one in sorted(staying.items()):
        noted.append((pk, {name.removesuffix("_id"): (now, was) for name, (was, now) in one.changed.items()}))
        for name, (was, _now) in one.changed.items():
            setattr(one.product, name, was)
    if noted and context.undo.change_set is not None:
        Product.rows.bulk_update([one.product for one in staying.values()], list(_FIELDS))
        changes.record_changes(context.undo.change_set, Product, noted)


def finish(context: UndoContext) -> None:
    """Categories that the import made go, where nothing is in them."""
    drop_unused(context.written_under)
