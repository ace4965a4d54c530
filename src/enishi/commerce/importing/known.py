"""What the base knows of the orders of a chunk: orders with their lines, products, shops, buyers. A fixed number of queries."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F

from enishi.commerce.discounts import is_discount
from enishi.commerce.importing.drafts import OrderDraft, signature
from enishi.commerce.importing.merging import Line, OrderWork
from enishi.commerce.models import OrderLine, Product, Store
from enishi.customers.models import Customer, CustomerAlias
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.japanese.normalise import fold
from enishi.platform.sql.one_of import OneOf
from enishi.platform.sql.pairs import found_by_pairs

type OrderKey = tuple[str, str]  # channel, order number

# How shops number a return after the order that it returns: C536365, R-1001, 1001-R, 1001_返品2.
_RETURN_OF = re.compile(r"(?:C|R|RT|RE)[-_]?(?P<behind>\d.*)|(?P<before>.+?)[-_ ](?:C|R|RT|RE|RET|返品?)[-_]?\d*", re.IGNORECASE)

_ORDERS = """
SELECT o.id, o.channel, o.external_id, o.state, o.counts, o.goods_jpy, o.tax_jpy, o.shipping_jpy, o.fee_jpy, o.shipped_on, o.customer_id, o.ordered_at,
       o.claim::text, o.import_run_id
  FROM commerce_order o WHERE o.id = ANY(%s) ORDER BY o.id FOR UPDATE OF o
"""
#: What an order may say of its buyer, the surest first.
BUYER_KINDS = ("member", "email", "phone")


@dataclass(slots=True)
class World:
    """What a chunk of orders meets. Planning adds the orders and products that it makes."""

    orders: dict[OrderKey, OrderWork] = field(default_factory=dict)
    products: dict[str, int | None] = field(default_factory=dict)  # code → id; None for one that is about to be made
    rates: dict[str, int] = field(default_factory=dict)
    stores: dict[str, int] = field(default_factory=dict)  # folded code or name → id
    buyers: dict[tuple[str, str], int] = field(default_factory=dict)
    merged: set[int] = field(default_factory=set)  # of the buyers those who are several: their orders keep what they say


def returned_number(number: str) -> str:
    """The order that a return's number names, or ""."""
    found = _RETURN_OF.fullmatch(number)
    return (found["behind"] or found["before"] or "") if found else ""


def load_world(keys: Sequence[OrderKey], codes: Collection[str], buyers: Sequence[Mapping[str, str]], actor: Actor) -> World:
    """Seven queries, eight where the actor sees some customers only. Orders are locked in id order."""
    wanted = list(dict.fromkeys([*keys, *((channel, named) for channel, number in keys if (named := returned_number(number)))]))
    world = World(orders=_orders(wanted))
    for code, pk, rate in Product.rows.filter(code__in=codes).values_list("code", "pk", "tax_rate_bp"):
        world.products[code], world.rates[code] = pk, rate
    for pk, code, name in Store.rows.values_list("pk", "code", "name"):
        world.stores |= {fold(name): pk, fold(code): pk}
    world.buyers = _buyers(buyers, actor)
    several = CustomerAlias.rows.filter(OneOf(F("current_id"), set(world.buyers.values())))
    world.merged = set(several.values_list("current_id", flat=True)) if world.buyers else set()
    return world


def _orders(keys: Sequence[OrderKey]) -> dict[OrderKey, OrderWork]:
    ids = list(found_by_pairs("commerce_order", ("channel", "external_id", "id"), keys).values())
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [ids])
        rows = cursor.fetchall()
    found: dict[int, OrderWork] = {}
    for *columns, claim, run_id in rows:
        order = OrderWork(*columns)
        order.claim, order.goods_before_jpy = json.loads(claim), order.goods_jpy
        order.stored = {**order.columns(), "import_run_id": run_id}
        found[order.id] = order
    lines = OrderLine.rows.filter(order_id__in=found).order_by("order_id", "line_no")
    fields = ("order_id", "id", "line_no", "quantity", "amount_jpy", "tax_rate_bp", "returned_line_id", "product__code", "name")
    for order_id, pk, line_no, quantity, amount, rate, returns, code, name in lines.values_list(*fields):
        found[order_id].lines.append(
            Line(
                pk,
                line_no,
                signature(code or "", name, quantity),
                quantity,
                amount,
                rate,
                returns,
                takes_off=is_discount(name, amount),
            )
        )
    return {(order.channel, order.order_no): order for order in found.values()}


def _buyers(said: Sequence[Mapping[str, str]], actor: Actor) -> dict[tuple[str, str], int]:
    """(kind, value) → customer. Customers that the actor cannot see are left out: their orders wait unclaimed."""
    keys = list({(kind, buyer[kind]) for buyer in said for kind in BUYER_KINDS if kind in buyer})
    found = found_by_pairs("customers_identity", ("kind", "value", "customer_id"), keys)
    if actor.scope_for("customer", "read") == "all":
        return found
    seen = policy.ids_in_scope(actor, Customer, set(found.values()))
    return {key: pk for key, pk in found.items() if pk in seen}


def buyer_of(draft: OrderDraft, world: World) -> int | None:
    """The customer that an order's words lead to, by the surest of them."""
    return next((pk for kind in BUYER_KINDS if (pk := world.buyers.get((kind, draft.buyer.get(kind, "")))) is not None), None)
