"""Takes back what an import of orders wrote: those it made go, those it changed get their old values back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F
from django.db.models.fields.reverse_related import ManyToOneRel

from enishi.commerce import summaries
from enishi.commerce.actions import lifecycles
from enishi.commerce.actions.categories import drop_unused
from enishi.commerce.actions.claims import DOOR as CLAIM
from enishi.commerce.importing.since import changed_since, pointed_to
from enishi.commerce.models import Order, OrderLine, Product
from enishi.customers.imports.target import Json, UndoContext
from enishi.customers.models import ImportUndoRow
from enishi.platform import changes, events, jobs, policy
from enishi.platform.bulk import update_from_json
from enishi.platform.models import FieldChange
from enishi.platform.sql.one_of import OneOf

Outcome = ImportUndoRow.Outcome
#: What an import may change of an order → the column, its type.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "customer": ("customer_id", "bigint"),
    "claim": ("claim", "jsonb"),
    "state": ("state", "text"),
    "counts": ("counts", "boolean"),
    "goods_jpy": ("goods_jpy", "bigint"),
    "tax_jpy": ("tax_jpy", "bigint"),
    "shipping_jpy": ("shipping_jpy", "bigint"),
    "fee_jpy": ("fee_jpy", "bigint"),
    "shipped_on": ("shipped_on", "date"),
    "import_run_id": ("import_run_id", "bigint"),
}
# A return and what it returns go together; Django would go through them line by line.
_REMOVE_LINES = "DELETE FROM commerce_orderline WHERE order_id = ANY(%s)"
_REMOVE_ORDERS = "DELETE FROM commerce_order WHERE id = ANY(%s)"


@dataclass(slots=True)
class _Stored:
    """An order as it is, and what the import changed: column → before its first change, after its last."""

    columns: dict[str, object]
    archived: bool
    changed: dict[str, changes.Change] = field(default_factory=dict)

    @property
    def is_as_written(self) -> bool:
        return not self.archived and all(self.columns[name] == after for name, (_before, after) in self.changed.items())


def take_back(context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
    """As `ImportTarget.take_back`. About twenty-five queries, however many orders."""
    ids = [*made, *changed]
    orders = _orders(context, ids)
    allowed = _changeable(context, ids)
    since, used = changed_since(context, Order, made, but_by=CLAIM), pointed_to(Order, made, but_from=OrderLine)
    outcomes = {pk: _outcome(context, pk, orders, allowed, since) for pk in ids}
    for pk in made:
        if outcomes[pk] == Outcome.RESTORED:
            outcomes[pk] = Outcome.USED_SINCE if pk in used else Outcome.REMOVED
    if not context.is_check:
        going = [pk for pk in made if outcomes[pk] == Outcome.REMOVED]
        staying = {pk: orders[pk] for pk in changed if outcomes[pk] == Outcome.RESTORED}
        buyers = {order.columns["customer"] for pk, order in orders.items() if pk in staying or outcomes[pk] == Outcome.REMOVED}
        buyers |= {before for order in staying.values() for name, (before, _after) in order.changed.items() if name == "customer"}
        _remove(going)
        _restore(context, staying)
        _tell(context, going, staying, orders)
        _look_again({int(str(pk)) for pk in buyers if pk is not None}, context)
    return outcomes


def _outcome(context: UndoContext, pk: int, orders: Mapping[int, _Stored], allowed: Collection[int], since: Collection[int]) -> str:
    if pk not in orders:
        return Outcome.GONE
    if pk not in allowed:
        return Outcome.NOT_ALLOWED
    order = orders[pk]
    by_us = order.columns["import_run_id"] == context.run.pk
    return Outcome.RESTORED if by_us and order.is_as_written and pk not in since else Outcome.CHANGED_SINCE


def _orders(context: UndoContext, ids: Sequence[int]) -> dict[int, _Stored]:
    """Those that are there, locked in id order where something is written. Two queries."""
    rows = Order.rows.filter(OneOf(F("pk"), ids)).order_by("pk")
    if not context.is_check:
        rows = rows.select_for_update(of=("self",))
    orders = {
        pk: _Stored(dict(zip(_COLUMNS, columns, strict=True)), archived_at is not None)
        for pk, archived_at, *columns in rows.values_list("pk", "archived_at", *_COLUMNS)
    }
    written = FieldChange.rows.filter(OneOf(F("object_id"), ids), object=Order._meta.label_lower, change_set_id=context.written_under)
    for pk, name, before, after in written.order_by("pk").values_list("object_id", "field", "before", "after"):
        if pk in orders and name in _COLUMNS:
            first, _last = orders[pk].changed.get(name, (before, after))
            orders[pk].changed[name] = (first, after)
    return orders


def _changeable(context: UndoContext, ids: Collection[int]) -> Collection[int]:
    if context.actor.scope_for("order", "create") == "all":
        return ids
    return set(policy.scope(context.actor, Order, "create").filter(OneOf(F("pk"), ids)).values_list("pk", flat=True))


def _remove(ids: Collection[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_REMOVE_LINES, [list(ids)])
            cursor.execute(_REMOVE_ORDERS, [list(ids)])


def _restore(context: UndoContext, orders: Mapping[int, _Stored]) -> None:
    """Old values, and without the lines that the import added."""
    lines = OrderLine.rows.filter(OneOf(F("order_id"), orders)).values_list("pk", flat=True) if orders else []
    added = FieldChange.rows.filter(
        OneOf(F("object_id"), lines), object=OrderLine._meta.label_lower, change_set_id=context.written_under, before__isnull=True
    )
    ours = list(added.values_list("object_id", flat=True)) if lines else []
    if ours:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM commerce_orderline WHERE id = ANY(%s)", [ours])
    rows: list[dict[str, Json]] = []
    noted: list[tuple[int, dict[str, changes.Change]]] = []
    for pk, order in sorted(orders.items()):
        before = {name: was for name, (was, _now) in order.changed.items()}
        noted.append((pk, {name: (now, was) for name, (was, now) in order.changed.items()}))
        rows.append({"id": pk, **{_COLUMNS[name][0]: value for name, value in (order.columns | before).items()}})  # type: ignore[misc]
    if rows and context.undo.change_set is not None:
        update_from_json(Order, dict(_COLUMNS.values()), rows)
        changes.record_changes(context.undo.change_set, Order, noted)


def _look_again(buyers: Collection[int], context: UndoContext) -> None:
    """Summaries and stages of those whose orders are others now."""
    summaries.recompute(buyers)
    lifecycles.refresh(customer_ids=buyers, now=context.now)


def _tell(context: UndoContext, going: Collection[int], staying: Collection[int], orders: Mapping[int, _Stored]) -> None:
    found = []
    for removed, ids in ((True, going), (False, staying)):
        data: dict[str, events.Primitive] = {"run": context.run.pk, "removed": removed}
        found += [events.NewEvent("order.import_undone", pk, _buyer(orders[pk]), context.now, data) for pk in ids]
    events.record_many(found, actor=context.actor)


def _buyer(order: _Stored) -> int | None:
    pk = order.columns["customer"]
    return pk if isinstance(pk, int) else None


def finish(context: UndoContext) -> None:
    """Goods that the import named for the first time go, where no line names them now and nobody has worked on them since.
    Everybody's stage is looked at again. Three queries and one a table that points to goods."""
    made = FieldChange.rows.filter(change_set_id=context.written_under, object=Product._meta.label_lower, before__isnull=True)
    idle = Product.rows.filter(
        pk__in=list(made.values_list("object_id", flat=True)), price_jpy=None, margin_bp=None, discontinued=False, replaced_by=None
    )
    for relation in Product._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            used = relation.related_model.rows.exclude(**{relation.field.attname: None})  # type: ignore[attr-defined]
            idle = idle.exclude(pk__in=used.values(relation.field.attname))
    idle.delete()
    drop_unused(context.written_under)
    jobs.enqueue("commerce.refresh_lifecycles")
