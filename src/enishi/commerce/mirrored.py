"""What the mirror keeps of orders, for analyses."""

from __future__ import annotations

from enishi.platform.mirrored import MirrorColumn, MirrorTable, same

ARCHIVED = {"archived": MirrorColumn("archived_at", "bool", "archived_at IS NOT NULL")}

ORDERS = MirrorTable(
    "orders",
    "commerce.order",
    same("int64", "id", "customer_id", "store_id", "goods_jpy", "shipping_jpy")
    | same("date", "ordered_on")
    | same("bool", "counts", "subscription")
    | same("string", "channel", "state", "payment_method")
    | ARCHIVED,
)
# Pieces are thousandths, as the database keeps them, so that sums of them stay exact. Returns are lines below zero.
LINES = MirrorTable(
    "order_lines",
    "commerce.orderline",
    same("int64", "id", "order_id", "product_id", "returned_line_id", "amount_jpy")
    | same("int32", "tax_rate_bp")
    | {"quantity_milli": MirrorColumn("quantity", "int64", "(quantity * 1000)::bigint")},
)
PRODUCTS = MirrorTable(
    "products",
    "commerce.product",
    same("int64", "id", "replaced_by_id") | same("int32", "margin_bp") | same("string", "code", "brand", "category"),
    whole=True,
)
STORES = MirrorTable("stores", "commerce.store", same("int64", "id") | same("string", "code"), whole=True)
