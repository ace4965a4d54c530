"""Goods, shops and orders; and the one summary row per customer that lists and rules read."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import Customer
from enishi.platform.fields import BASE_INTERNAL, BaseRecord, CurrentXid, GuardedManager, Xid8Field
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify


class Store(models.Model):
    """店舗: where people buy in person."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)

    rows = models.Manager()
    access = "reference"
    privacy = classify(public=("id", "code", "name"))

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """商品. Created by hand or by the first order line that names its code."""

    code = models.CharField(_("商品コード"), max_length=60, unique=True)
    name = models.CharField(_("商品名"), max_length=160)
    brand = models.CharField(_("ブランド"), max_length=60, blank=True)
    category = models.CharField(_("カテゴリ"), max_length=60, blank=True)
    price_jpy = models.BigIntegerField(null=True, blank=True, help_text="List price, consumption tax excluded.")
    tax_rate_bp = models.PositiveIntegerField(default=1000, help_text="Basis points: 800 or 1000.")
    margin_bp = models.PositiveIntegerField(null=True, blank=True, help_text="Gross margin in basis points of revenue.")
    discontinued = models.BooleanField(default=False)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        public=("id", "code", "name", "brand", "category", "price_jpy", "tax_rate_bp", "discontinued", "replaced_by"),
        internal=("margin_bp",),
    )

    def __str__(self) -> str:
        return self.name


class Order(BaseRecord):
    """注文: one purchase of one 注文者. Its money is 商品代 without tax, net of discounts that we bear;
    shipping and fees stand apart. A return is its own lines with negative quantities."""

    class Channel(models.TextChoices):
        EC = "ec", _("自社EC")
        MALL = "mall", _("楽天")
        STORE = "store", _("店舗")
        B2B = "b2b", _("法人営業")
        OTHER = "other", _("その他")

    class State(models.TextChoices):
        RECEIVED = "received", _("受付")
        SHIPPED = "shipped", _("出荷")
        DONE = "done", _("完了")
        CANCELLED = "cancelled", _("キャンセル")
        RETURNED = "returned", _("返品")
        REFUSED = "refused", _("受取拒否")

    external_id = models.CharField(_("注文番号"), max_length=80, help_text="The number the shop gave it.")
    channel = models.CharField(_("販売チャネル"), max_length=8, choices=Channel)
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    claim = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the order says of an unknown buyer, claimed when an identity appears; or of one who is several merged customers.",
    )
    ordered_at = models.DateTimeField(_("注文日時"))
    ordered_on = models.DateField(_("注文日"), help_text="Business day.")
    state = models.CharField(_("状態"), max_length=10, choices=State, default=State.DONE)
    counts = models.BooleanField(default=True, help_text="Whether it is a purchase: neither cancelled nor refused nor fully returned.")
    goods_jpy = models.BigIntegerField(_("商品代（税抜）"), default=0, help_text="Net of returns, discounts and own points; tax excluded.")
    tax_jpy = models.BigIntegerField(_("消費税"), default=0)
    shipping_jpy = models.BigIntegerField(_("送料"), default=0, help_text="As charged, tax included.")
    payment_method = models.CharField(_("支払方法"), max_length=40, blank=True)
    subscription = models.BooleanField(_("定期"), default=False)
    import_run_id = models.BigIntegerField(null=True)

    objects = GuardedManager()
    rows = models.Manager()

    access = "protected"
    guard = Guard("order", owner="customer__owner", team="customer__team", shared=("customer", "customer_id"))
    privacy = classify(
        internal=(
            *BASE_INTERNAL,
            "external_id",
            "channel",
            "store",
            "customer",
            "ordered_at",
            "ordered_on",
            "state",
            "counts",
            "goods_jpy",
            "tax_jpy",
            "shipping_jpy",
            "payment_method",
            "subscription",
            "import_run_id",
        ),
        personal=("claim", "custom"),
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="order_once_per_channel")]
        indexes = [
            models.Index(fields=["customer", "-ordered_at"], name="order_of_customer"),
            models.Index(fields=["ordered_on", "customer"], name="order_by_day", condition=Q(counts=True)),
            models.Index(F("ordered_at").desc(), F("id").desc(), name="order_newest"),
            models.Index(fields=["row_xid", "id"], name="order_by_xid"),
            # What an order without a customer says of its buyer: looked up when an identity appears.
            models.Index(KT("claim__member"), name="order_unclaimed_member", condition=Q(customer__isnull=True)),
            models.Index(KT("claim__email"), name="order_unclaimed_email", condition=Q(customer__isnull=True)),
            models.Index(KT("claim__phone"), name="order_unclaimed_phone", condition=Q(customer__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """明細: one item. 届け先 belongs to the line; a recipient is not a customer."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="+", db_index=False)
    line_no = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    name = models.CharField(_("商品名"), max_length=160, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, help_text="Negative for a return.")
    unit_price = models.DecimalField(max_digits=14, decimal_places=2, help_text="Tax excluded, in yen.")
    amount_jpy = models.BigIntegerField(help_text="Tax excluded, after the line's discounts; negative for a return.")
    tax_rate_bp = models.PositiveIntegerField(default=1000)
    returned_line = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    recipient = models.JSONField(default=dict, blank=True, help_text="届け先, のし, 希望日.")
    source_row = models.BigIntegerField(null=True, help_text="Line of the file it came from.")
    row_xid = Xid8Field(db_default=CurrentXid(), editable=False)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "order",
            "line_no",
            "product",
            "name",
            "quantity",
            "unit_price",
            "amount_jpy",
            "tax_rate_bp",
            "returned_line",
            "source_row",
            "row_xid",
        ),
        personal=("recipient",),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "line_no"], name="order_line_once")]
        indexes = [
            models.Index(fields=["product", "order"], name="order_line_of_product"),
            models.Index(fields=["row_xid", "id"], name="order_line_by_xid"),
        ]


class PurchaseSummary(models.Model):
    """What a customer has bought so far: one row each, recomputed with every change of their orders.

    A purchase = the customer's counting orders of one business day. Revenue = goods without tax.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    purchase_count = models.PositiveIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    revenue_jpy = models.BigIntegerField()
    row_xid = Xid8Field(db_default=CurrentXid(), editable=False)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("customer", "purchase_count", "first_on", "last_on", "revenue_jpy", "row_xid"))

    class Meta:
        indexes = [
            models.Index(F("last_on").desc(), F("customer").desc(), name="summary_by_last"),
            models.Index(fields=["purchase_count", "last_on", "customer"], name="summary_by_count"),
            models.Index(F("revenue_jpy").desc(), F("customer").desc(), name="summary_by_revenue"),
        ]
