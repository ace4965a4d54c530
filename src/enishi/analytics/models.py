"""What the company says of its costs: without it, no figure knows what an order earns."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.commerce.models import Order
from enishi.platform.privacy import classify


class ValueSettings(models.Model):
    """One row. What LTV and 目標CPA are worked out with, beside what an order of each channel costs."""

    margin_bp = models.PositiveIntegerField(
        _("粗利率の既定値"), null=True, help_text="Of goods whose own margin is not known; null: the mean of those known."
    )
    discount_bp = models.PositiveIntegerField(_("割引率（年）"), default=1_000, help_text="A year, of what is expected.")
    profit_bp = models.PositiveIntegerField(_("確保したい利益率"), default=1_000, help_text="Of revenue: 目標CPA leaves so much.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "margin_bp", "discount_bp", "profit_bp"))

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), name="one_value_settings"),
            models.CheckConstraint(
                condition=Q(discount_bp__lte=10_000, profit_bp__lte=10_000) & (Q(margin_bp=None) | Q(margin_bp__lte=10_000)),
                name="value_settings_are_shares",
            ),
        ]


class ChannelCost(models.Model):
    """What an order of one 販売チャネル costs us. A channel without a row costs nothing."""

    channel = models.CharField(_("販売チャネル"), max_length=8, choices=Order.Channel, unique=True)
    shipping_jpy = models.PositiveIntegerField(_("配送費"), default=0, help_text="Whole yen a parcel, tax excluded, as the carrier asks.")
    fee_bp = models.PositiveIntegerField(_("決済・モールの手数料"), default=0, help_text="Basis points of revenue.")
    promotion_jpy = models.PositiveIntegerField(_("販促費"), default=0, help_text="Whole yen an order: leaflets, samples, wrapping.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "channel", "shipping_jpy", "fee_bp", "promotion_jpy"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(shipping_jpy__lte=100_000, fee_bp__lte=10_000, promotion_jpy__lte=100_000), name="channel_cost_in_bounds"
            )
        ]


class Source(models.Model):
    """流入経路 as the company calls it: what costs are booked under and customers are counted under."""

    name = models.CharField(_("流入経路"), max_length=40, unique=True)

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "name"))

    def __str__(self) -> str:
        return self.name


class Spelling(models.Model):
    """A text that customers carry as their 流入経路 and that means one of these. The customers keep their text."""

    text = models.CharField(_("表記"), max_length=40, unique=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="+")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "text", "source"))


class AdCost(models.Model):
    """広告費台帳: what one medium of a source cost in one calendar month."""

    month = models.DateField(_("月"), help_text="Its first day.")
    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    medium = models.CharField(_("媒体"), max_length=40, blank=True)
    amount_jpy = models.BigIntegerField(_("金額"), help_text="Whole yen, tax excluded.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "month", "source", "medium", "amount_jpy"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "source", "medium"], name="ad_cost_once"),
            models.CheckConstraint(condition=Q(amount_jpy__gte=0), name="ad_cost_not_negative"),
            models.CheckConstraint(condition=Q(month__day=1), name="ad_cost_of_whole_months"),
        ]
