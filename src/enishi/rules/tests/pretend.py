"""A registry without apps or database behind it, for tests of words, forms and the reference evaluator."""

from django.db.models import F

from enishi.platform.privacy import Privacy
from enishi.rules.facts import Fact, Group, Registry, Suggestion
from enishi.rules.operators import DateOp, DateTest, FlagOp, FlagTest, LastDays, NumberOp, NumberTest
from enishi.rules.shapes import Column, Consent, Derived, Measure, Membership, Property, Rows, RowSource
from enishi.rules.tree import Condition
from enishi.rules.values import BIRTHDAY_OPERATORS, DAY_OPERATORS, Choice, Kind

PROFILE, BOUGHT = Group("profile", "基本情報", "customer"), Group("bought", "購入", "order")


def _no_rows():
    raise AssertionError("the database was asked")


def _prefectures():
    return [Choice(name, name) for name in ("東京都", "京都府", "大阪府", "北海道", "沖縄県")]


CHANNEL = Property(
    key="channel",
    label="販売チャネル",
    kind=Kind.CHOICE,
    privacy=Privacy.INTERNAL,
    choices=lambda: [Choice("ec", "自社EC"), Choice("store", "店舗")],
    value=F("channel"),
)
AMOUNT = Property(key="amount", label="金額", kind=Kind.MONEY, privacy=Privacy.INTERNAL, unit="円", value=F("amount"))
ORDERS = RowSource(
    "orders", rows=_no_rows, customer=lambda: F("customer_id"), at=F("on"), properties={"channel": CHANNEL, "amount": AMOUNT}
)


def fact(key: str, label: str, kind: Kind, shape=None, privacy=Privacy.INTERNAL, group=PROFILE, **more) -> Fact:
    return Fact(key=key, label=label, kind=kind, privacy=privacy, group=group, shape=shape or Column(F("column")), **more)


MAILABLE = Condition(fact="consent.email", test={"type": "consent", "op": "allowed"})

FACTS = [
    fact("customer.city", "市区町村", Kind.TEXT, privacy=Privacy.PERSONAL),
    fact("customer.age", "年齢", Kind.NUMBER, privacy=Privacy.PERSONAL, unit="歳"),
    fact("customer.height", "身長", Kind.NUMBER, fractions=True),
    fact("customer.birthday", "誕生日", Kind.DATE, privacy=Privacy.PERSONAL, operators=BIRTHDAY_OPERATORS),
    fact("customer.since", "登録日", Kind.DATE),
    fact("customer.renewal", "契約更新日", Kind.DATE, operators=DAY_OPERATORS),
    fact("customer.prefecture", "都道府県", Kind.CHOICE, choices=_prefectures),
    fact("customer.owner", "担当", Kind.CHOICE, choices=lambda: [Choice("7", "髙橋")], numbered=True),
    fact(
        "customer.tags",
        "タグ",
        Kind.LABELS,
        Membership(_no_rows, F("customer_id"), F("tag_id")),
        choices=lambda: [Choice("1", "常連"), Choice("2", "ギフト")],
        numbered=True,
    ),
    fact("customer.vip", "特別なお客様", Kind.FLAG),
    fact("consent.email", "メールの同意", Kind.CONSENT, Consent(_no_rows, _no_rows, F("customer_id"))),
    fact(
        "contact.mailable",
        "メールを送れる",
        Kind.FLAG,
        Derived(MAILABLE),
        phrases={"yes": ("メールを送れる", "メールを送れて"), "no": ("メールを送れない", "メールを送れなくて")},
    ),
    fact("purchase.count", "購入回数", Kind.NUMBER, group=BOUGHT, unit="回", never_empty=True),
    fact("purchase.last", "最終購入", Kind.DATE, group=BOUGHT),
    fact(
        "orders.count",
        "期間内の購入回数",
        Kind.NUMBER,
        Rows(ORDERS, Measure.COUNT),
        group=BOUGHT,
        unit="回",
        never_empty=True,
        windowed_label="購入回数",
        default_window=LastDays(days=30),
    ),
    fact("orders.sum", "期間内の金額", Kind.MONEY, Rows(ORDERS, Measure.SUM, F("amount")), group=BOUGHT, unit="円", never_empty=True),
    fact(
        "orders.any",
        "注文",
        Kind.FLAG,
        Rows(ORDERS, Measure.EXISTS),
        group=BOUGHT,
        phrases={"yes": ("注文がある", "注文があって"), "no": ("注文がない", "注文がなくて")},
    ),
    fact("orders.last", "期間内の最終購入", Kind.DATE, Rows(ORDERS, Measure.LATEST), group=BOUGHT, windowed_label="最終購入"),
    Suggestion("once", "1回だけ購入", Condition(fact="purchase.count", test=NumberTest(op=NumberOp.EQ, values=(1,)))),
    Suggestion("30_90", "30〜90日前に購入", Condition(fact="purchase.last", test=DateTest(op=DateOp.DAYS_AGO_BETWEEN, values=(30, 90)))),
    Suggestion("mailable", "メールを送れる", Condition(fact="contact.mailable", test=FlagTest(op=FlagOp.YES))),
]

REGISTRY = Registry(FACTS)
