"""What a chunk of a file of products comes to, and its writing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from enishi.commerce.actions.categories import place_categories
from enishi.commerce.importing.goods.prepare import ProductRow
from enishi.commerce.models import Product
from enishi.customers.imports.target import Message, RowResult, RunContext
from enishi.customers.models import ImportResult
from enishi.platform import changes, events
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids

Outcome = ImportResult.Outcome
#: Columns that a file may change.
COLUMNS = ("name", "kana", "brand", "category_id", "unit", "price_jpy", "tax_rate_bp", "margin_bp", "discontinued", "replaced_by_id")
_LOCK = "SELECT id FROM commerce_product WHERE code = ANY(%s) ORDER BY id FOR UPDATE"


@dataclass(slots=True)
class Plan:
    """`products`: by code, those of the chunk, with what the file says in them; `before` their columns as they were, None for new ones."""

    results: list[RowResult] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    before: dict[str, dict[str, object] | None] = field(default_factory=dict)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)  # code → category, from above down
    successors: dict[str, str] = field(default_factory=dict)  # code → code
    told_by: dict[str, list[RowResult]] = field(default_factory=dict)  # code → its rows


def plan_rows(rows: Sequence[ProductRow], *, seen: Collection[str] = (), lock: bool) -> Plan:
    """Two queries. `seen`: codes that earlier chunks of a dry run would have made."""
    made = Plan()
    codes = [row.code for row in rows if row.is_readable]
    if lock and codes:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [codes])
    for product in Product.rows.filter(code__in=codes):
        made.products[product.code], made.before[product.code] = product, _columns(product)
    for row in rows:
        made.results.append(_plan_row(row, made, seen))
    return made


def _columns(product: Product) -> dict[str, object]:
    return {name: getattr(product, name) for name in COLUMNS}


def _plan_row(row: ProductRow, made: Plan, seen: Collection[str]) -> RowResult:
    if not row.is_readable:
        return RowResult(row.position, Outcome.UNCHANGED if row.skipped else Outcome.REJECTED, None, row.messages)
    product = made.products.get(row.code)
    if product is None and "name" not in row.said and row.code not in seen:
        missing = Message("name", _("新しい商品には商品名が必要です。"))
        return RowResult(row.position, Outcome.REJECTED, None, [*row.messages, missing])
    result = RowResult(row.position, Outcome.UNCHANGED, None, row.messages)
    if product is None:
        product = made.products[row.code] = Product(code=row.code, name=row.code)
        made.before[row.code] = None
        result.outcome = Outcome.UPDATED if row.code in seen else Outcome.CREATED
    elif row.code in made.told_by:
        result.messages = [*row.messages, Message("code", _("同じ商品コードの行が前にあります。あとの行の内容にします。"))]
    changed = [name for name, value in row.said.items() if getattr(product, name) != value]
    for name in changed:
        setattr(product, name, row.said[name])
    if changed and result.outcome == Outcome.UNCHANGED:
        result.outcome = Outcome.UPDATED
    made.told_by.setdefault(row.code, []).append(result)
    if row.category:
        made.lines[row.code] = row.category
    if row.replaced_by:
        made.successors[row.code] = row.replaced_by
    return result


def write_plan(context: RunContext, plan: Plan) -> None:
    """Categories, products, successors, what was changed, events. The number of queries hangs on how many categories are new."""
    deed = ChangeSet(pk=context.change_set_id)
    placed = place_categories(set(plan.lines.values()), deed=deed)
    for code, line in plan.lines.items():
        _set(plan, code, "category_id", placed[line])
    fresh = [code for code, before in plan.before.items() if before is None]
    if fresh:
        for code, pk in zip(fresh, reserve_ids(Product, len(fresh)), strict=True):
            plan.products[code].pk = pk
        Product.rows.bulk_create([plan.products[code] for code in fresh])
    successors(plan)
    noted: list[tuple[int, dict[str, changes.Change]]] = [(plan.products[code].pk, {"code": (None, code)}) for code in fresh]
    moved = []
    for code, product in plan.products.items():
        before = plan.before[code]
        now = _columns(product)
        pairs = {name.removesuffix("_id"): (before[name], now[name]) for name in COLUMNS if before and before[name] != now[name]}
        if pairs or (before is None and product.replaced_by_id):
            moved.append(product)
        if pairs:
            noted.append((product.pk, pairs))
    if moved:
        Product.rows.bulk_update(moved, [name.removesuffix("_id") for name in COLUMNS])
    changes.record_changes(deed, Product, noted)
    run = {"run": context.run.pk}
    told = [events.NewEvent("product.imported", pk, None, context.now, {**run, "created": "code" in pairs}) for pk, pairs in noted]
    events.record_many(told, actor=context.actor)
    for code, results in plan.told_by.items():
        for result in results:
            result.object_id = plan.products[code].pk


def _set(plan: Plan, code: str, name: str, value: object) -> None:
    """A column that only the base can tell; the row that said it has changed the product."""
    product = plan.products[code]
    if getattr(product, name) != value:
        setattr(product, name, value)
        last = plan.told_by[code][-1]
        if last.outcome == Outcome.UNCHANGED:
            last.outcome = Outcome.UPDATED


def successors(plan: Plan) -> None:
    """Who comes after whom, by code; one that is not there, or would lead back, is told and left out. Two queries."""
    if not plan.successors:
        return
    codes = set(plan.successors.values())
    ids = dict(Product.rows.filter(code__in=codes).values_list("code", "pk")) | {c: p.pk for c, p in plan.products.items() if p.pk}
    after: dict[int, int] = dict(Product.rows.filter(replaced_by__isnull=False).values_list("pk", "replaced_by_id"))
    for code, named in plan.successors.items():
        pk, successor = plan.products[code].pk, ids.get(named)
        if successor is None:
            _say(plan, code, _("後継商品「%(code)s」の登録がないため、後継なしで取り込みます。") % {"code": named})
        elif _leads_to(successor, pk, after):
            _say(plan, code, _("後継商品「%(code)s」をたどるとこの商品に戻るため、後継なしで取り込みます。") % {"code": named})
        else:
            after[pk] = successor
            _set(plan, code, "replaced_by_id", successor)


def _leads_to(start: int, wanted: int, after: Mapping[int, int]) -> bool:
    found, place = {start}, start
    while place != wanted and (following := after.get(place)) is not None and following not in found:
        found.add(following)
        place = following
    return place == wanted


def _say(plan: Plan, code: str, text: str) -> None:
    last = plan.told_by[code][-1]
    last.messages = [*last.messages, Message("replaced_by", text)]
