"""The planted truth: what the demo company's history says, and so what every screen must find.

This is the answer key. Shares are of one, money is whole yen without tax, days are business days of the
calendar. `tests/test_demo_world_truth.py` measures each of them in a generated history.
"""

from __future__ import annotations

from typing import Final

MONTHS: Final = 37

# ---- when people buy ------------------------------------------------------------------------------------

# January to December: 福袋, 抹茶ショコラ, …, 新茶, 母の日, …, お中元, the August dip, 敬老・月見, 栗, …, お歳暮.
SEASON: Final = (1.02, 0.90, 0.84, 1.00, 1.20, 0.90, 1.15, 0.62, 0.94, 1.00, 1.14, 1.60)
WEEKEND: Final = 1.15
EARLY_MEMBERS: Final = 0.16  # share of the customers who came in the first ten weeks: the old shop cards
EARLY_DAYS: Final = 70
NEVER_BOUGHT: Final = 0.10  # registered, and no order yet

# ---- the second purchase --------------------------------------------------------------------------------

F2_DAYS: Final = 90
F2_SHARE: Final = 0.22
F2_BY_FIRST: Final = {"trial": 0.14, "dashi": 0.38, "tea": 0.26, "sweets": 0.20, "senbei": 0.20, "gift": 0.14, "zakka": 0.18}
F2_FIXED_FIRST: Final = ("trial", "dashi")  # the others give way so that the sum is F2_SHARE
F2_BY_SOURCE: Final = {
    "mall": 0.09,
    "instagram": 0.15,
    "search_ad": 0.20,
    "organic": 0.29,
    "sns": 0.18,
    "referral": 0.33,
    "shop_qr": 0.44,
    "shop": 0.30,
}
F2_FIXED_SOURCE: Final = ("mall", "instagram", "organic", "shop_qr")
F2_HAZARD_PEAK_DAY: Final = 24
F2_MAIL_DAY: Final = 60  # when the present F2 mail goes: too late
LATE_SECOND_SHARE: Final = 0.15  # of those without a second purchase in 90 days, who come back later still

# ---- where people come from -----------------------------------------------------------------------------

SOURCE_SHARE: Final = {
    "mall": 0.20,
    "instagram": 0.18,
    "search_ad": 0.10,
    "organic": 0.17,
    "sns": 0.08,
    "referral": 0.07,
    "shop_qr": 0.06,
    "shop": 0.14,
}
SOURCE_LABEL: Final = {
    "mall": "モール",
    "instagram": "Instagram広告",
    "search_ad": "検索広告",
    "organic": "自然検索",
    "sns": "SNS",
    "referral": "紹介",
    "shop_qr": "店頭QR",
    "shop": "店頭",
}
CPA_JPY: Final = {"instagram": 2_400, "search_ad": 4_100, "mall": 900, "organic": 0, "sns": 300, "referral": 700, "shop_qr": 120, "shop": 0}
GROSS_LTV_12_JPY: Final = {"instagram": 1_900, "organic": 6_800}

# ---- what people are worth ------------------------------------------------------------------------------

WINDOW_MONTHS: Final = 24
DECILE_1_SHARE: Final = 0.46  # among people; the firms come on top
SILENT_BEST_CUSTOMERS: Final = 38  # of 鎌倉小町店, since its manager left
SILENT_SINCE_DAYS: Final = 105
B2B_EVERY: Final = 125  # one account in so many customers: 40 of 5,000

# ---- how orders go --------------------------------------------------------------------------------------

COD_REFUSED_SHARE: Final = 0.11
CANCELLED_SHARE: Final = 0.022
RETURNED_SHARE: Final = 0.010
LINE_RETURNED_SHARE: Final = 0.012
GIFTS_TO_OTHERS_SHARE: Final = 0.50
TENUGUI_WITH_DASHI_EC: Final = 0.05
TENUGUI_WITH_DASHI_SHOP: Final = 0.15  # three times as often in a shop
REFILL_DAYS: Final = 45
REFILL_OVERDUE_DAYS: Final = 60

# ---- dirt -----------------------------------------------------------------------------------------------

DUPLICATE_SHARE: Final = 0.03
KANA_MISSING: Final = {"ec": 0.02, "mall": 0.06, "yanaka": 0.05, "kamakura": 0.04, "kanazawa": 0.40, "b2b": 0.10}

# ---- what mail does -------------------------------------------------------------------------------------

GOAL_DAYS: Final = 7
SHINCHA_LIFT: Final = 0.040  # 新茶先行案内 to コツコツ: + 4.0 points
SUMMER_SALE_LIFT: Final = 0.0  # the sale is on the site for everybody; its mail adds nothing
SUMMER_SALE_ATTRIBUTED_JPY: Final = 1_800_000  # per 5,000 customers; by last click it looks splendid
DORMANT_COUPON_LIFT: Final = -0.008  # twice a week to the sleeping: they leave
MACHINE_OPENERS: Final = 0.24  # share of addresses whose mail program opens everything by itself
OPEN_BY_FRESHNESS: Final = ((30, 0.50), (90, 0.41), (180, 0.29), (365, 0.19), (10_000, 0.11))  # last purchase at most so many days ago
LIFT_BY_FRESHNESS: Final = ((30, 0.008), (90, 0.016), (180, 0.011), (365, 0.004), (10_000, 0.0))
