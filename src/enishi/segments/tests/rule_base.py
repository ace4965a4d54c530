"""A small base full of edges, for comparing evaluators: empty and NULL values, midnight, leap days, odd letters,
merged customers, rows without customers, consents of every kind."""

import random
from datetime import date, datetime, timedelta

from enishi.commerce.actions.categories import place_categories
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary, Store
from enishi.customers.models import ConsentState, Customer, CustomerAlias, CustomerTag, Tag
from enishi.messaging.models import Delivery, Message, Touch
from enishi.platform import time
from enishi.platform.models import Team, User

NAMES = [
    "山田 太郎",
    "ﾔﾏﾀﾞ 花子",
    "Aoi Café",
    "ＡＢＣ商会",
    "abc%d",
    "under_score",
    "back\\slash",
    "髙橋",
    "やまだ",
    "ヤマダ ジロウ",
    "o'Neil",
    "ΌΔΟΣ İZMİR Straße",
]
TEXTS = [
    "山田",
    "やまだ",
    "ﾔﾏﾀﾞ",
    "ヤマダ",
    "abc",
    "ＡＢ",
    "%",
    "_",
    "\\",
    "'",
    "高橋",
    " ",
    "é",
    "市",
    "台東",
    "(",
    "太郎",
    "Σ",
    "İz",
    "izm",
    "ß",
    "É",
]
CITIES = ["", "", "台東区", "京都市中京区", "鎌倉市", "ﾅﾊ市"]
BIRTHDAYS = [
    None,
    None,
    date(2000, 2, 29),
    date(1986, 11, 22),
    date(1986, 11, 23),
    date(1986, 11, 21),
    date(1950, 12, 31),
    date(2004, 1, 1),
]
SOURCES = ["", "広告", "SNS", "紹介"]
CUSTOM = [
    {},
    {"cf_1": "赤", "cf_2": 3, "cf_3": "2026-10-01", "cf_4": True, "cf_5": "2026-10-31T15:00:00+00:00"},
    {"cf_1": "", "cf_2": 2.5, "cf_3": "2026-02-30", "cf_4": False, "cf_5": "2026-10-31T14:59:59+00:00"},
    {"cf_1": 7, "cf_2": "3", "cf_3": 20261001, "cf_4": "true", "cf_5": "2026-10-31"},
    {"cf_1": None, "cf_2": None, "cf_3": None, "cf_4": None},
    {"cf_1": "ABC", "cf_2": -1, "cf_3": "2026-11-22", "cf_4": 1, "cf_5": "1999-11-30T15:00:00+00:00"},
    {"cf_1": ["赤"], "cf_2": 1.25, "cf_3": "2024-02-29", "cf_4": [], "cf_5": 5},
    {"cf_3": "1986-11-30"},
    {"cf_3": "2001-12-01", "cf_5": "2020-12-31T15:00:00+00:00"},
]


class Base:
    """Builds it with one seeded generator; `ids` are the customers."""

    def __init__(self, seed: int, now: datetime, size: int = 60) -> None:
        self.random, self.now, self.today = random.Random(seed), now, time.today(now)
        self.users = [User.rows.create(username=f"u{n}", display_name=f"担当{n}", joined_at=now) for n in range(2)]
        self.teams = [Team.rows.create(name=f"店{n}") for n in range(2)]
        self.stores = [Store.rows.create(code=f"s{n}", name=f"店{n}") for n in range(2)]
        brands = ["縁日堂", "えにし日和", ""]
        dashi = place_categories([("食品", "だし")])["食品", "だし"]
        self.products = [
            Product.rows.create(code=f"p{n}", name=f"品{n}", brand=brands[n % 3], category_id=[dashi, None][n % 2]) for n in range(5)
        ]
        self.customers = Customer.rows.bulk_create([self.customer(n) for n in range(size)])
        self.ids = [customer.pk for customer in self.customers]
        self.born = self.merged_ids()
        self.labels_and_consents()
        self.purchases()
        self.messages()

    def pick(self, values):
        return self.random.choice(values)

    def day(self) -> date:
        """Mostly the last four months, some far away, some to come, many on the edges 30 and 90."""
        spread = [*range(130), 0, 1, 29, 30, 31, 89, 90, 91, 365, 730, 731, 1000, -1, -3]
        return self.today - timedelta(days=self.pick(spread))

    def instant(self) -> datetime:
        midnight = time.start_of_day(self.day())
        return midnight + self.pick(
            [timedelta(0), timedelta(microseconds=-1), timedelta(hours=9), timedelta(hours=14, minutes=59), timedelta(hours=23)]
        )

    def customer(self, n: int) -> Customer:
        return Customer(
            number=f"C-{n:06d}",
            kind=self.pick(["person", "company"]),
            name=self.pick(NAMES),
            kana=self.pick(["", *NAMES]),
            email=self.pick(["", "", "a@example.jp"]),
            phone=self.pick(["", "03-1234-5678"]),
            prefecture=self.pick(["", "東京都", "京都府", "北海道"]),
            city=self.pick(CITIES),
            birthday_on=self.pick(BIRTHDAYS),
            gender=self.pick(["", "female", "male"]),
            acquisition_source=self.pick(SOURCES),
            lifecycle=self.pick(["prospect", "first", "repeat"]),
            leave_alone=self.pick([True, False]),
            owner=self.pick([None, *self.users]),
            team=self.pick([None, *self.teams]),
            custom=self.pick(CUSTOM),
            created_at=self.instant(),
        )

    def merged_ids(self) -> dict[int, list[int]]:
        """Each customer → the ids that rows of theirs may carry."""
        born = {pk: [pk] for pk in self.ids}
        for old, current in [(9_000_001, self.ids[0]), (9_000_002, self.ids[1]), (9_000_003, self.ids[1])]:
            CustomerAlias.rows.create(old_id=old, current_id=current, number=f"C-{old}", merged_at=self.now)
            born[current].append(old)
        return born

    def labels_and_consents(self) -> None:
        tags = [Tag.rows.create(name=name) for name in ("常連", "ギフト", "B2B")]
        for pk in self.ids:
            for tag in self.random.sample(tags, self.pick([0, 0, 1, 2, 3])):
                CustomerTag.rows.create(customer_id=pk, tag=tag, at=self.now)
            for channel in ("email", "post", "phone"):
                allowed, basis = self.pick([(True, "consent"), (True, "relation"), (False, "refused"), (False, "unknown"), (None, "")])
                if allowed is not None:
                    ConsentState.rows.create(customer_id=pk, channel=channel, allowed=allowed, basis=basis, changed_at=self.now)

    def purchases(self) -> None:
        for pk in [*self.ids, None]:
            for _again in range(self.pick([0, 0, 1, 1, 2, 3, 5])):
                self.order(pk)
            if pk is not None and self.pick([True, True, False]):
                days = sorted([self.day(), self.day()])
                PurchaseSummary.rows.create(
                    customer_id=pk,
                    purchase_count=self.pick([1, 1, 2, 3, 5]),
                    first_on=days[0],
                    last_on=days[1],
                    revenue_jpy=self.pick([0, 1000, 2500, 5000, 10**10]),
                )

    def order(self, customer_id: int | None) -> None:
        on = self.day()
        number = f"O-{Order.rows.count():06d}"
        order = Order.rows.create(
            number=number,
            external_id=number,
            channel=self.pick(["ec", "mall", "store"]),
            store=self.pick([None, *self.stores]),
            customer_id=customer_id,
            ordered_at=time.start_of_day(on),
            ordered_on=on,
            state=self.pick(["done", "done", "cancelled", "returned"]),
            counts=self.pick([True, True, True, False]),
            goods_jpy=self.pick([0, 1000, 2500, 5000, -1000]),
            subscription=self.pick([True, False]),
            created_at=self.now,
        )
        for line in range(self.pick([0, 1, 2])):
            OrderLine.rows.create(
                order=order,
                line_no=line,
                product=self.pick([None, *self.products]),
                quantity=self.pick([1, 2, -1]),
                unit_price=500,
                amount_jpy=500,
            )

    def messages(self) -> None:
        deliveries = [Delivery.rows.create(number=f"D-{n}", name=f"配信{n}", created_at=self.now, started_at=self.now) for n in range(3)]
        for pk in self.ids:
            for delivery in self.random.sample(deliveries, self.pick([0, 1, 2, 3])):
                born_as = self.pick(self.born[pk])
                message = Message.rows.create(
                    delivery=delivery,
                    customer_id=born_as,
                    state=self.pick(["accepted", "accepted", "rejected"]),
                    handed_at=self.pick([None, self.instant(), self.instant()]),
                )
                for _again in range(self.pick([0, 0, 1, 2])):
                    Touch.rows.create(
                        message=message,
                        customer_id=self.pick(self.born[pk]),
                        kind=self.pick(["open", "click"]),
                        machine=self.pick([True, False, False]),
                        at=self.instant(),
                    )
