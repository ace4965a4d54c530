import pytest
from django.utils import translation

from enishi.rules import python_eval
from enishi.rules.operators import Between, DaysAgo, LastDays, LastMonths
from enishi.rules.python_eval import LoadedFacts
from enishi.rules.readback import phrase, reasons, sentence
from enishi.rules.tests.pretend import REGISTRY
from enishi.rules.tests.strategies import Rules
from enishi.rules.tests.test_operators import NOW, TODAY
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Where, parse


def is_(fact, kind, op, *values, **more):
    return Condition(fact=fact, test={"type": kind, "op": op, **({"values": values} if values else {})}, **more)


ONCE = is_("purchase.count", "number", "eq", 1)
LAST = is_("purchase.last", "date", "days_ago_between", 30, 90)
MAILABLE = is_("contact.mailable", "flag", "yes")


@pytest.fixture(autouse=True)
def _japanese():
    with translation.override("ja"):
        yield


def test_the_first_segment_reads_like_a_sentence():
    assert str(sentence(AllOf(rules=(ONCE, LAST, MAILABLE)), REGISTRY)) == "購入回数が1回で、最終購入が30〜90日前で、メールを送れる人"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AllOf(), "すべての人"),
        (ONCE, "購入回数が1回の人"),
        (AllOf(rules=(MAILABLE, ONCE)), "メールを送れて、購入回数が1回の人"),
        (AnyOf(rules=(ONCE, MAILABLE)), "「購入回数が1回」か「メールを送れる」に当てはまる人"),
        (AllOf(rules=(AnyOf(rules=(ONCE,)), MAILABLE)), "購入回数が1回で、メールを送れる人"),
        (AllOf(rules=(ONCE, Not(rule=MAILABLE))), "購入回数が1回の人。ただし、メールを送れる人は除く。"),
        (Not(rule=AnyOf(rules=(ONCE, MAILABLE))), "すべての人。ただし、購入回数が1回の人と、メールを送れる人は除く。"),
        (AnyOf(rules=(ONCE, Not(rule=ONCE))), "「購入回数が1回」か「「購入回数が1回」に当てはまらない」に当てはまる人"),
        (is_("customer.city", "text", "contains", "台東"), "市区町村に「台東」を含む人"),
        (is_("customer.city", "text", "is_empty"), "市区町村が空欄の人"),
        (is_("customer.age", "number", "between", 20, 39), "年齢が20〜39歳の人"),
        (is_("customer.height", "number", "gte", "170.5"), "身長が170.5以上の人"),
        (is_("customer.birthday", "date", "month_from_now", 1), "誕生日が来月の人"),
        (is_("customer.birthday", "date", "month_is", 3, 4), "誕生日が3月・4月の人"),
        (is_("customer.renewal", "date", "month_is", 3, 4), "契約更新日が3月・4月（年を問わない）の人"),
        (is_("customer.renewal", "date", "month_from_now", 1), "契約更新日が来月（年を問わない）の人"),
        (is_("purchase.last", "date", "fiscal_years_ago", 1), "最終購入が前年度の人"),
        (is_("purchase.last", "date", "on_or_after", "2026-11-01"), "最終購入が2026/11/01(日)以降の人"),
        (is_("purchase.last", "date", "is_empty"), "最終購入がない人"),
        (is_("customer.prefecture", "choice", "in", "東京都"), "都道府県が東京都の人"),
        (is_("customer.prefecture", "choice", "in", "東京都", "京都府"), "都道府県が東京都・京都府のどれかの人"),
        (is_("customer.prefecture", "choice", "not_in", "東京都"), "都道府県が東京都以外の人"),
        (
            is_("customer.prefecture", "choice", "in", "東京都", "京都府", "大阪府", "北海道", "沖縄県"),
            "都道府県が東京都・京都府・大阪府・北海道ほか1件のどれかの人",
        ),
        (is_("customer.owner", "choice", "in", "99"), "担当がなくなった選択肢の人"),
        (is_("customer.tags", "labels", "all_of", "1", "2"), "タグに常連・ギフトがすべてある人"),
        (is_("customer.tags", "labels", "none_of", "1"), "タグに常連がない人"),
        (is_("customer.vip", "flag", "yes"), "特別なお客様に当てはまる人"),
        (is_("consent.email", "consent", "denied"), "メールの同意が不可（本人希望）の人"),
        (is_("orders.count", "number", "gte", 2, window=LastMonths(months=24)), "24か月以内の購入回数が2回以上の人"),
        (is_("orders.count", "number", "gte", 2), "全期間の購入回数が2回以上の人"),
        (is_("orders.any", "flag", "yes", window=LastDays(days=30)), "30日以内に注文がある人"),
        (
            is_(
                "orders.any",
                "flag",
                "no",
                window=DaysAgo(nearest=30, farthest=90),
                where=(Where(property="channel", test={"type": "choice", "op": "in", "values": ["store"]}),),
            ),
            "30〜90日前に販売チャネルが店舗の注文がない人",
        ),
        (
            is_("orders.any", "flag", "yes", window=Between(since="2026-11-01", until="2026-11-30")),
            "2026/11/01(日)〜2026/11/30(月)に注文がある人",
        ),
    ],
)
def test_sentences(rule, expected):
    assert str(sentence(rule, REGISTRY)) == expected


def test_values_are_the_strong_parts():
    parts = sentence(AllOf(rules=(ONCE, LAST)), REGISTRY).parts
    assert [part.text for part in parts if part.strong] == ["1回", "30〜90日前"]


def test_what_people_typed_cannot_pretend_to_be_a_mark():
    typed = is_("customer.city", "text", "is", "\ue001\ue000<b>x</b>\ue001")
    found = sentence(typed, REGISTRY)
    assert str(found) == "市区町村が「<b>x</b>」の人"
    assert [part.strong for part in found.parts] == [False, True, False]


def test_a_phrase_stands_by_itself():
    assert phrase(is_("orders.any", "flag", "yes", window=LastDays(days=30)), REGISTRY) == "30日以内に注文がある"


def test_reasons_put_the_value_beside_what_was_asked():
    rule = AllOf(rules=(ONCE, LAST, Not(rule=is_("consent.email", "consent", "denied"))))
    facts = LoadedFacts(REGISTRY, {"purchase.count": 8, "purchase.last": TODAY, "consent.email": "denied"})

    found = reasons(python_eval.explain(rule, facts, now=NOW), REGISTRY)

    assert [(reason.label, reason.actual, reason.wanted, reason.met, reason.excluding) for reason in found] == [
        ("購入回数", "8回", "1回", False, False),
        ("最終購入", "2026/11/22(日)", "30〜90日前", False, False),
        ("メールの同意", "不可（本人希望）", "不可（本人希望）", False, True),
    ]


def test_every_rule_can_be_read_back_and_explained():
    from hypothesis import given, seed, settings

    keys = {trait.key: [choice.key for choice in trait.choice_list()] for fact in REGISTRY for trait in (fact, *fact.properties().values())}
    strategies = Rules(REGISTRY, keys=keys, texts=["台東", "%s", "%(rule)s", "{0}", "\ue000"], today=TODAY)

    @seed(1)
    @settings(max_examples=200, deadline=None, database=None)
    @given(strategies.rules())
    def read(rule):
        assert str(sentence(rule, REGISTRY)).rstrip("。").endswith(("人", "除く"))
        assert parse(rule.model_dump(mode="json")) == rule
        reasons(python_eval.explain(rule, LoadedFacts(REGISTRY), now=NOW), REGISTRY)

    read()
