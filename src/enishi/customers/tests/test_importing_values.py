from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.importing.values import clean_value, kinds
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, ORDER_FIELDS
from enishi.customers.importing.words import parse_number


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("name", "髙橋　花子様", "髙橋　花子"),
        ("name", " 𠮷田 太郎 ", "𠮷田 太郎"),
        ("name", "林", "林"),
        ("company", "㈱縁日堂", "㈱縁日堂"),
        ("kana", "ﾀｶﾊｼ ﾊﾅｺ", "タカハシ ハナコ"),
        ("kana", "たかはし　はなこ", "タカハシ ハナコ"),
        ("email", " Hanako@Example.JP ", "hanako@example.jp"),
        ("phone", "０９０（１２３４）５６７８", "090-1234-5678"),
        ("phone", "03-1234-5678 内線12", "03-1234-5678"),
        ("postal", "〒１０６ー００３２", "106-0032"),
        ("prefecture", "東京", "東京都"),
        ("date", "1985/4/1", date(1985, 4, 1)),
        ("date", "S60.4.1", date(1985, 4, 1)),
        ("date", "昭和60年4月1日", date(1985, 4, 1)),
        ("date", "19850401", date(1985, 4, 1)),
        ("date", "0000-00-00", None),
        ("moment", "2026/11/22 9:05", datetime(2026, 11, 22, 0, 5, tzinfo=UTC)),
        ("moment", "2026/11/22", date(2026, 11, 22)),
        ("time", "13時05分", time(13, 5)),
        ("gender", "女", "female"),
        ("gender", "Ｍ", "male"),
        ("gender", "不明", None),
        ("language", "English", "en"),
        ("language", "zh-TW", "zh-hant"),
        ("language", "簡体字", "zh-hans"),
        ("language", "未設定", None),
        ("yen", "￥1,234", 1234),
        ("yen", "(1,234)", -1234),
        ("yen", "△1,234", -1234),
        ("yen", "−1,234円", -1234),
        ("yen", "１２３", 123),
        ("amount", "2.55", Decimal("2.55")),
        ("quantity", "-2", Decimal(-2)),
        ("quantity", "3個", Decimal(3)),
        ("integer", "1,000", 1000),
        ("tax_rate", "10%", 1000),
        ("tax_rate", "8", 800),
        ("tax_rate", "0.1", 1000),
        ("tax_rate", "軽減税率 8％", 800),
        ("tax_rate", "非課税", 0),
        ("code", "'00123", "00123"),
        ("code", "ＡＢ－００１", "AB-001"),
        ("tags", "VIP、常連, VIP", ("VIP", "常連")),
        ("order_state", "発送済み", "shipped"),
        ("order_state", "返品", "returned"),
        ("tax_included", "税込", "included"),
        ("customer_kind", "法人", "company"),
        ("flag", "返品", True),
        ("flag", "通常", False),
        ("lines", "一行目\r\n二行目", "一行目\n二行目"),
        ("text", "'=1+1", "=1+1"),
        ("email", "なし", None),
        ("phone", "-", None),
        ("name", "", None),
        ("date", "　", None),
    ],
)
def test_a_cell_becomes_a_value(kind, typed, value):
    found = clean_value(kind, typed)
    assert (found.value, found.error) == (value, None)


@pytest.mark.parametrize("word", ["希望", "希望する", "可", "○", "〇", "1", "TRUE", "はい", "同意済み", "受け取る", "Yes", "有", "ＯＫ"])
def test_words_of_consent(word):
    assert clean_value("consent", word).value is True


@pytest.mark.parametrize("word", ["不要", "希望しない", "否", "不可", "×", "0", "2", "FALSE", "いいえ", "拒否", "停止中", "NG", "無"])
def test_words_of_refusal(word):
    assert clean_value("consent", word).value is False


@pytest.mark.parametrize(
    ("word", "consents"), [("1", False), ("○", False), ("不要", False), ("停止中", False), ("0", True), ("×", True), ("配信中", True)]
)
def test_under_a_heading_that_refuses_yes_means_no(word, consents):
    assert clean_value("refusal", word).value is consents


@pytest.mark.parametrize(
    ("kind", "typed", "hint"),
    [
        ("email", "a@example.jp,b@example.jp", "2つ以上"),
        ("email", "taro@example,jp", "「,」"),
        ("email", "taro.example.jp", "「@」"),
        ("phone", "9012345678", "先頭の0"),
        ("phone", "090-1234", "電話番号として正しくありません"),
        ("postal", "600001", "先頭の0"),
        ("postal", "あああ", "7桁"),
        ("prefecture", "ハワイ", "都道府県"),
        ("date", "2026/2/30", "存在しない日付"),
        ("date", "昭和70年1月1日", "元号"),
        ("date", "85/4/1", "年が2桁"),
        ("date", "きのう", "日付として読めません"),
        ("kana", "高橋", "フリガナ"),
        ("gender", "？", "性別"),
        ("language", "火星語", "言語"),
        ("consent", "たぶん", "○／×"),
        ("yen", "12,34", "金額"),
        ("yen", "1.5", "端数"),
        ("quantity", "たくさん", "数量"),
        ("tax_rate", "1000", "10%"),
        ("code", "4.90E+12", "指数表示"),
        ("code", "#N/A", "計算エラー"),
        ("order_state", "？", "状態"),
        ("name", "あ" * 121, "120文字"),
    ],
)
def test_a_refusal_says_what_to_do(kind, typed, hint):
    found = clean_value(kind, typed)
    assert found.value is None
    assert hint in found.error


def test_what_was_changed_is_noted():
    assert clean_value("name", "山田太郎様").notes
    assert clean_value("phone", "03-1234-5678 内線3").notes == ("内線3は番号から外しました。",)


@given(st.sampled_from(kinds()), st.text(max_size=60))
def test_no_cell_breaks_a_parser(kind, text):
    found = clean_value(kind, text)
    assert found.error is None or (found.value is None and found.error)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_numbers_are_read_back(number):
    assert parse_number(f"{number}") == number
    assert parse_number(f"￥{abs(number):,}") == abs(number)
    assert parse_number(f"({abs(number):,})") == -abs(number)


def test_every_field_has_a_kind_that_can_be_cleaned():
    for field in (*CUSTOMER_FIELDS, *ORDER_FIELDS):
        assert set(field.kinds) <= set(kinds())
