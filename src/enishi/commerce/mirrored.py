"""What the mirror keeps of orders, for analyses."""

from __future__ import annotations

from enishi.platform.mirrored import MirrorColumn, MirrorTable, same

ARCHIVED = {"archived": MirrorColumn("archived_at", "bool", "archived_at IS NOT NULL")}

ORDERS = MirrorTable(
    "orders",
    "commerce.order",
    same("int64", "id", "customer_id", "store_id", "goods_jpy", "shipping_jpy", "fee_jpy")
    | same("int64", "discount_jpy", "coupon_jpy", "points_jpy")
    | same("date", "ordered_on", "shipped_on")
    | same("bool", "counts", "subscription")
    | same("string", "channel", "state", "payment_method", "coupon_code")
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
# A category by its name as well: names stand once in the tree.
_CATEGORY = "(SELECT {} FROM commerce_productcategory c JOIN commerce_productcategory t ON t.id = c.top_id WHERE c.id = category_id)"
PRODUCTS = MirrorTable(
    "products",
    "commerce.product",
    same("int64", "id", "category_id", "replaced_by_id")
    | same("int32", "margin_bp")
    | same("string", "code", "brand")
    | {
        "category": MirrorColumn("category_id", "string", _CATEGORY.format("c.name")),
        "top_category": MirrorColumn("category_id", "string", _CATEGORY.format("t.name")),
    },
    whole=True,
)
STORES = MirrorTable("stores", "commerce.store", same("int64", "id") | same("string", "code"), whole=True)
