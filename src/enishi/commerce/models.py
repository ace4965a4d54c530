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


class ProductCategory(models.Model):
    """商品カテゴリ: a tree. A name stands once in all of it, so that a file which tells the name alone finds its place."""

    name = models.CharField(_("カテゴリ名"), max_length=60, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("上位のカテゴリ"))
    top = models.ForeignKey("self", models.DO_NOTHING, related_name="+", help_text="The first of its line; of a first one it itself.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(public=("id", "name", "parent", "top"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="category_not_below_itself"),
            models.CheckConstraint(condition=Q(parent=None, top=F("pk")) | Q(parent__isnull=False), name="category_first_is_its_top"),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """商品. Created by hand, by a file of products or by the first order line that names its code."""

    class TaxClass(models.IntegerChoices):
        """Basis points."""

        STANDARD = 1000, _("標準税率（10%）")
        REDUCED = 800, _("軽減税率（8%）")
        NONE = 0, _("非課税・不課税（0%）")

    code = models.CharField(_("商品コード"), max_length=60, unique=True)
    name = models.CharField(_("商品名"), max_length=160)
    kana = models.CharField(_("フリガナ"), max_length=160, blank=True, default="", db_default="")
    brand = models.CharField(_("ブランド"), max_length=60, blank=True)
    category = models.ForeignKey(ProductCategory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("カテゴリ"))
    unit = models.CharField(_("単位"), max_length=10, blank=True, default="", db_default="", help_text="個, 本, g …")
    price_jpy = models.BigIntegerField(_("価格（税抜）"), null=True, blank=True, help_text="List price, consumption tax excluded.")
    tax_rate_bp = models.PositiveIntegerField(_("税区分"), default=1000, help_text="Basis points: one of TaxClass, or a former rate.")
    margin_bp = models.PositiveIntegerField(_("粗利率"), null=True, blank=True, help_text="Gross margin in basis points of revenue.")
    discontinued = models.BooleanField(_("終売"), default=False)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("後継商品"))

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        public=(*("id", "code", "name", "kana", "brand", "category", "unit", "price_jpy", "tax_rate_bp", "discontinued", "replaced_by"),),
        internal=("margin_bp",),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(replaced_by=F("pk")), name="product_not_its_own_successor"),
            models.CheckConstraint(condition=Q(price_jpy=None) | Q(price_jpy__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(condition=Q(margin_bp=None) | Q(margin_bp__lte=10_000), name="product_margin_at_most_whole"),
        ]

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
    fee_jpy = models.BigIntegerField(_("手数料"), default=0, db_default=0, help_text="Fees and wrapping as charged, tax included.")
    # What has been taken off the goods already, as the shop wrote it. Points of a mall are the mall's, and take nothing off.
    discount_jpy = models.BigIntegerField(_("値引"), default=0, db_default=0)
    coupon_jpy = models.BigIntegerField(_("クーポン値引"), default=0, db_default=0)
    points_jpy = models.BigIntegerField(_("ポイント利用"), default=0, db_default=0)
    coupon_code = models.CharField(_("クーポン"), max_length=60, blank=True, default="", db_default="")
    shipped_on = models.DateField(_("出荷日"), null=True, blank=True)
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
            *("shipping_jpy", "fee_jpy", "discount_jpy", "coupon_jpy", "points_jpy", "coupon_code", "shipped_on"),
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
            models.Index(fields=["coupon_code", "-ordered_on"], name="order_by_coupon", condition=~Q(coupon_code="")),
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
    recipient = models.JSONField(
        default=dict, blank=True, help_text="届け先, のし, 希望日: name, postal_code, address, phone, noshi, wish."
    )
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
