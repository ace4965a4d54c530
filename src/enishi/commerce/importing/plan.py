"""What a chunk of order rows comes to: which orders are new, what is added to known ones, what becomes of each row. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from django.utils.translation import gettext as _

from enishi.commerce.importing.drafts import FileLine, OrderDraft, draft_order
from enishi.commerce.importing.known import BUYER_KINDS, OrderKey, World, buyer_of, returned_number
from enishi.commerce.importing.merging import OrderWork, absorb
from enishi.commerce.importing.prepare import OrderRow
from enishi.customers.imports.target import Message, RowResult
from enishi.customers.models import ImportResult
from enishi.platform.japanese.normalise import fold

Outcome = ImportResult.Outcome


@dataclass(frozen=True, slots=True)
class Rules:
    """What was chosen for the run."""

    tax_included: bool
    default_rate_bp: int


@dataclass(slots=True)
class Plan:
    results: list[tuple[RowResult, OrderWork | None]] = field(default_factory=list)
    orders: list[OrderWork] = field(default_factory=list)  # new or changed, in the order of the file
    new_products: dict[str, FileLine] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)


def plan_rows(rows: Sequence[OrderRow], world: World, rules: Rules) -> Plan:
    """Plan a chunk; the rows of one order number stand together in it. Returns that carry a number of their own come
    last, so that one finds its order wherever the chunk has it."""
    made = Plan()
    refs = count(-1, -1)
    outcomes: dict[int, tuple[RowResult, OrderWork | None]] = {}
    for row in rows:
        if row.line is None:
            outcome = Outcome.UNCHANGED if row.skipped else Outcome.REJECTED
            outcomes[row.position] = RowResult(row.position, outcome), None
            made.counters["skipped"] += row.skipped
    for key, lines in sorted(_groups(rows), key=lambda group: bool(returned_number(group[0][1]))):
        order, results = _plan_order(key, lines, world, rules, made, refs)
        outcomes |= {result.position: (result, order) for result in results}
    made.results = [outcomes[row.position] for row in rows]
    for row in rows:
        result = outcomes[row.position][0]
        result.messages = [*row.messages, *result.messages]
    return made


def _groups(rows: Sequence[OrderRow]) -> list[tuple[OrderKey, list[FileLine]]]:
    found: dict[OrderKey, list[FileLine]] = {}
    for row in rows:
        if row.line is not None:
            found.setdefault((row.line.channel, row.line.order_no), []).append(row.line)
    return list(found.items())


def _plan_order(
    key: OrderKey, lines: Sequence[FileLine], world: World, rules: Rules, made: Plan, refs: Iterator[int]
) -> tuple[OrderWork | None, list[RowResult]]:
    _note_products(lines, world, rules, made)
    draft = draft_order(lines, tax_included=rules.tax_included, rates=world.rates, default_rate_bp=rules.default_rate_bp)
    order = _order_for(key, draft, world)
    if order is None and draft.takes_off_more_than_it_sells:
        refused = [Message("amount", _("この注文の商品代がマイナスになります。値引の行と返品の行を確かめてください。"))]
        return None, [RowResult(position, Outcome.REJECTED, None, refused) for position in draft.positions]
    if order is None:
        order = OrderWork(next(refs), *key, ordered_at=draft.ordered_at, first=draft)
        world.orders[key] = order
    was_known = order.first is not draft
    wrote, moved = absorb(order, draft, refs)
    learned = _learn_buyer(order, draft, world)
    changed = bool(wrote) or moved or learned
    if changed and not order.changed:
        made.orders.append(order)
    order.changed = order.changed or changed
    _count(order, made.counters, known=was_known, changed=changed)
    unknown_store = [Message("store", _("店舗「%(name)s」は登録がないため、店舗なしで取り込みます。") % {"name": draft.store})]
    messages = unknown_store if draft.store and fold(draft.store) not in world.stores else []
    if not was_known and draft.only_returns:
        made.counters["lone_returns"] += 1
        messages = [*messages, Message("order_number", _("返品のもとの注文が見つかりません。単独の返品として取り込み、売上から引きます。"))]
    fresh = {line.position: _named_first(line.code) for line in lines if made.new_products.get(line.code) is line}
    results = []
    for position in draft.positions:
        outcome = (
            Outcome.CREATED if not was_known else Outcome.UPDATED if position in wrote or (changed and not wrote) else Outcome.UNCHANGED
        )
        results.append(RowResult(position, outcome, None, [*messages, *fresh.get(position, ())]))
    return order, results


def _named_first(code: str) -> list[Message]:
    return [Message("product_code", _("商品コード「%(code)s」は登録がないため、新しい商品として登録します。") % {"code": code})]


def _order_for(key: OrderKey, draft: OrderDraft, world: World) -> OrderWork | None:
    """The order under this number; for a return with a number of its own, the order that its number names."""
    order = world.orders.get(key)
    if order is None and draft.only_returns and (named := returned_number(key[1])):
        return world.orders.get((key[0], named))
    return order


def _learn_buyer(order: OrderWork, draft: OrderDraft, world: World) -> bool:
    """Tie an order without a customer to its buyer, or keep what is said of a buyer not known yet; whether that was new. Where
    the buyer is several customers who were merged, what is said stays: it tells whose the order is if they part."""
    if order.customer_id is not None:
        return False
    order.customer_id = buyer_of(draft, world)
    is_plain = order.customer_id is not None and order.customer_id not in world.merged
    said = {} if is_plain else {**draft.buyer, **order.claim}
    learned = order.customer_id is not None or said != order.claim
    order.claim = said
    return learned


def _note_products(lines: Sequence[FileLine], world: World, rules: Rules, made: Plan) -> None:
    """Goods that are named for the first time keep the rate of that row, so that later rows do not hang on their chunk."""
    for line in lines:
        made.counters["no_code"] += not line.code and not line.takes_off
        if line.code and line.code not in world.products:
            world.products[line.code] = None
            world.rates[line.code] = line.rate_bp if line.rate_bp is not None else rules.default_rate_bp
            made.new_products[line.code] = line
            made.counters["products"] += 1


def _count(order: OrderWork, counters: Counter[str], *, known: bool, changed: bool) -> None:
    if known:
        counters["orders_changed" if changed else "orders_unchanged"] += 1
        return
    counters["orders_created"] += 1
    waits = any(kind in order.claim for kind in BUYER_KINDS)  # a name alone leads to nobody
    counters["joined" if order.customer_id is not None else "unclaimed" if waits else "nobody"] += 1
