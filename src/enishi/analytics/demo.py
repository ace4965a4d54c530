"""The demo's costs: what an order costs by channel, and advertising by month and source, so that a new customer costs what is planted."""

from __future__ import annotations

from django.db.models import Count
from django.db.models.functions import TruncMonth

from enishi.analytics.models import AdCost, ChannelCost, Source, ValueSettings
from enishi.commerce.models import Order, PurchaseSummary
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.demo.world import truth
from enishi.platform.demo.world.orders import POSTAGE_JPY

FEE_BP = 350  # of what is paid for with tax, as a share of it without
MEDIA = {
    "instagram": "Meta",
    "search_ad": "Google",
    "mall": "楽天",
    "sns": "インフルエンサー",
    "referral": "紹介特典",
    "shop_qr": "店頭POP",
}


def _end(story: Story) -> None:
    ValueSettings.rows.create()
    for channel in (Order.Channel.EC, Order.Channel.MALL):
        ChannelCost.rows.create(channel=channel, shipping_jpy=POSTAGE_JPY, fee_bp=FEE_BP)
    months = PurchaseSummary.rows.annotate(month=TruncMonth("first_on")).values_list("customer__acquisition_source", "month")
    counts = {(source, month): count for source, month, count in months.annotate(count=Count("pk"))}
    for key, name in truth.SOURCE_LABEL.items():
        source = Source.rows.create(name=name)
        AdCost.rows.bulk_create(
            AdCost(month=month, source=source, medium=MEDIA[key], amount_jpy=truth.CPA_JPY[key] * count)
            for (label, month), count in sorted(counts.items(), key=lambda one: one[0][1])
            if label == name and truth.CPA_JPY[key]
        )


CHAPTER = Chapter("costs", end=_end)
