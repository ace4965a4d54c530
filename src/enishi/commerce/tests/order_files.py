"""Order files as shops write them, and an import of one from the file to its end."""

from __future__ import annotations

from enishi.commerce.models import Order, OrderLine
from enishi.customers.models import ImportRun
from enishi.customers.tests import import_files
from enishi.platform.actor import SYSTEM, Actor

HEADINGS = "注文番号,注文日時,会員番号,商品コード,商品名,数量,単価"


def imported(*lines: str, headings: str = HEADINGS, actor: Actor = SYSTEM, **options: str) -> ImportRun:
    """The run of a file of orders, over. Prices hold the tax unless `tax_included="0"`."""
    data = import_files.csv(*lines, headings=headings)
    return import_files.imported(data, target="orders", name="注文.csv", actor=actor, **{"tax_included": "1"} | options)


def only_order() -> Order:
    return Order.rows.get()


def order_no(external_id: str) -> Order:
    return Order.rows.get(external_id=external_id)


def lines_of(order: Order) -> list[tuple[str, int, int]]:
    """Name, pieces, yen without tax of each line."""
    rows = OrderLine.rows.filter(order=order).order_by("line_no").values_list("name", "quantity", "amount_jpy")
    return [(name, int(quantity), amount) for name, quantity, amount in rows]


def counters(run: ImportRun) -> dict[str, int]:
    return {key: value for key, value in run.report["counters"].items() if value}
