from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.japanese import normalise
from enishi.platform.japanese.grams import contact_grams, grams, phone_query_grams, query_grams, query_words
from enishi.platform.japanese.normalise import clean, clean_lines, digits, fold, narrow

CP932 = st.characters(codec="cp932", exclude_characters="々¢£¬‖−〜")
JAPANESE = st.text(st.one_of(st.sampled_from("髙橋﨑斎齋邊𠮷々ｶﾞﾊﾟー－‐〜～がゃっ゛ ㈱㍿①Ａｂ9\U000e0100\u3099\u200b"), CP932))


@pytest.mark.parametrize(
    ("typed", "also"),
    [
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("𠮷田", "吉田"),
        ("㐂一", "喜一"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("齋藤", "斉藤"),
        ("齊藤", "斎藤"),
        ("濵田", "浜田"),
        ("嶋田", "島田"),
        ("廣澤", "広沢"),
        ("葛\U000e0100城", "葛城"),  # variation selector of a registered ideograph
        ("隆", "隆"),  # compatibility ideograph of CP932
        ("佐々木", "佐佐木"),
        ("ﾀｶﾊｼ", "タカハシ"),
        ("たかはし", "タカハシ"),
        ("ﾔﾏｻﾞｷ", "やまざき"),
        ("か゛", "が"),
        ("関ヶ原", "関ケ原"),
        ("キヤノン", "キャノン"),
        ("㈱縁", "(株)縁"),
        ("㍿縁", "株式会社縁"),
        ("ＡＢＣ", "abc"),
        ("サ―ビス", "サービス"),
        ("サ－ビス", "サーﾋﾞｽ"),
        ("１－２‐３", "1-2ー3"),
        ("田中　太郎", "田中太郎"),
        ("カフェ〜縁〜", "かふぇ～縁～"),
        ("①", "1"),
    ],
)
def test_two_writings_of_one_thing_fold_alike(typed, also):
    assert fold(typed) == fold(also)


@pytest.mark.parametrize(("one", "other"), [("高橋", "高端"), ("阪本", "坂本"), ("渡", "渉"), ("はし", "ばし"), ("花子", "華子")])
def test_different_names_stay_different(one, other):
    assert fold(one) != fold(other)


@given(st.one_of(st.text(), JAPANESE))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.one_of(st.text(), JAPANESE))
def test_folding_letter_by_letter_equals_folding_the_whole(text):
    assert fold(text) == normalise._repeat(normalise._fold_whole(text))


@given(st.text(CP932, min_size=1), st.text(CP932))
def test_the_fold_of_a_part_stands_in_the_fold_of_the_whole(part, rest):
    # A voicing mark or an accent joins the letter before it; no search begins with one.
    if not any(unicodedata.combining(letter) for text in (part, rest) for letter in fold(text)[:1]):
        assert fold(part) in fold(rest + part)


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


def test_what_a_person_typed_is_kept():
    for name in ("髙橋", "山﨑", "𠮷田", "隆", "神崎", "葛\U000e0100城", "㈱縁日堂", "ＡＢＣ", "ﾀｶﾊｼ"):
        assert clean(f" {name}　") == name


def test_what_nobody_sees_is_removed():
    assert clean("\ufeff山田\u200b\u00a0太郎\t") == "山田 太郎"
    assert clean("山田\r\n太郎") == "山田 太郎"
    assert clean("a\x00b\x07") == "ab"
    assert clean_lines("一行目 \r\n\r\n二行目\x0b") == "一行目\n\n二行目"
    assert clean("か\u3099") == "が"


def test_narrow_is_for_codes_and_numbers():
    assert narrow("０９０ー１２３４−５６７８") == "090-1234-5678"
    assert narrow("セーター　Ｍ") == "セーター M"
    assert narrow("￥１，２３４") == "¥1,234"
    assert digits("０９０（1234）５６７８") == "09012345678"


def test_two_letters_find_a_name():
    row = grams("髙橋 花子", "タカハシ ハナコ")
    for query in ("高橋", "髙橋", "花子", "橋花", "はな", "ﾀｶ", "子", "花子 高橋"):
        assert set(query_grams(query)) <= set(row), query
    assert not set(query_grams("花橋")) <= set(row)
    assert not set(query_grams("子タ")) <= set(row)  # no pair spans two texts
    assert query_grams(" 　") == []


def test_a_fragment_of_a_phone_or_a_mail_address_finds_somebody():
    row = contact_grams(email="Hanako@example.jp", phone="090-1234-5678")
    assert set(phone_query_grams("1234-56")) <= set(row)
    assert set(query_grams("hanako@ex")) <= set(row)


@given(JAPANESE, JAPANESE)
def test_a_word_of_a_name_is_always_found(family, given_name):
    name = clean(f"{family} {given_name}")
    folded = fold(name)
    for word in query_words(name):
        if word in folded:
            assert set(query_grams(word)) <= set(grams(name))


@given(st.text())
def test_grams_hold_each_gram_once(text):
    found = grams(text, text)
    assert len(found) == len(set(found))
    assert all(1 <= len(gram) <= 2 for gram in found)


def test_the_memo_only_takes_letters_that_stand_alone():
    for letter in "ﾞﾟ\u3099\u309a゛゜\u0301\u1161":
        fold(letter)
        assert letter not in normalise._MEMO


def test_cleaning_is_nfc_but_for_compatibility_ideographs():
    text = "ペ" + unicodedata.normalize("NFD", "ガ") + "神"
    assert clean(text) == "ペガ神"
