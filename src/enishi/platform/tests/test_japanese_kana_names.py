from __future__ import annotations

import jaconv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.japanese.kana import is_kana, kana_range, kana_row, sort_kana, to_hiragana, to_katakana
from enishi.platform.japanese.names import (
    full_name,
    honorific,
    split_as_written,
    split_name,
    strip_honorific,
    surname_rank,
    surname_readings,
)


@pytest.mark.parametrize("typed", ["たかはし　はなこ", "ﾀｶﾊｼ ﾊﾅｺ", "タカハシ ハナコ", " タカハシ　 ハナコ "])
def test_a_reading_has_one_stored_form(typed):
    assert to_katakana(typed) == "タカハシ ハナコ"


def test_dashes_in_readings_are_long_vowels():
    assert to_katakana("ス－パ-") == "スーパー"
    assert to_katakana("ｽｰﾊﾟｰ") == "スーパー"
    assert to_katakana("か゛") == "ガ" or to_katakana("か゛").startswith("カ")
    assert to_hiragana("ﾀｶﾊｼ") == "たかはし"


@given(st.from_regex("(?:[ｧ-ｯｰｱ-ﾝ]|[ｶ-ﾄﾊ-ﾎｳ]ﾞ|[ﾊ-ﾎ]ﾟ)+", fullmatch=True))
def test_the_short_way_for_half_width_kana_equals_the_library(text):
    assert to_katakana(text) == jaconv.h2z(text, kana=True)


@given(st.text("ァアカガサッャュョンヴー ", min_size=1))
def test_katakana_stays_as_it_is(text):
    assert to_katakana(to_katakana(text)) == to_katakana(text)


def test_kana_is_told_from_kanji():
    assert is_kana("タカハシ ハナコ")
    assert is_kana("ﾔﾏｻﾞｷ")
    assert is_kana("さとう・ゆう")
    assert not is_kana("高橋ハナコ")
    assert not is_kana("")
    assert not is_kana("ー")


def test_names_sort_as_in_a_phone_book():
    readings = [
        "アオキ",
        "イトウ",
        "ウエダ",
        "カトウ",
        "ガトウ",
        "キムラ",
        "サトウ",
        "ハシモト",
        "ババ",
        "ヒグチ",
        "ヤマサキ アイ",
        "ヤマサキ ユウ",
        "ヤマザキ アイ",
        "ヤマシタ",
        "ワタナベ",
    ]
    assert sorted(readings, key=sort_kana) == readings


def test_a_long_vowel_sorts_as_its_vowel_and_small_kana_as_large():
    assert sort_kana("カード") < sort_kana("カイト")
    assert sort_kana("キャノン").split("!")[0] == sort_kana("キヤノン").split("!")[0]
    assert sort_kana("たかはし") == sort_kana("ﾀｶﾊｼ")


def test_without_a_reading_kanji_come_after_all_readings():
    assert sort_kana("ワン") < sort_kana("", "山田")
    assert len(sort_kana("ガ" * 300)) <= 160


@pytest.mark.parametrize(
    ("kana", "row"),
    [("アオキ", "あ"), ("ガトウ", "か"), ("ヴァン", "あ"), ("ッ", "た"), ("パク", "は"), ("ワタナベ", "わ"), ("", "他"), ("Abc", "他")],
)
def test_every_reading_has_its_index_tab(kana, row):
    key = sort_kana(kana)
    assert kana_row(key) == row
    bounds = kana_range(row)
    assert bounds is None or bounds[0] <= key < bounds[1]


@pytest.mark.parametrize(
    ("name", "family", "given_name", "certain"),
    [
        ("山田 太郎", "山田", "太郎", True),
        ("髙橋　花子", "髙橋", "花子", True),
        ("髙橋花子", "髙橋", "花子", False),
        ("山﨑賢人", "山﨑", "賢人", False),
        ("𠮷田太郎", "𠮷田", "太郎", False),
        ("齊藤由貴", "齊藤", "由貴", False),
        ("佐々木希", "佐々木", "希", False),
        ("勅使河原宏", "勅使河原", "宏", False),
        ("林真理子", "林", "真理子", False),
        ("林修", "林", "修", False),
        ("高杉晋作", "高杉", "晋作", False),
        ("東海林太郎", "東海林", "太郎", False),
        ("星野", "星野", "", False),
        ("森", "森", "", False),
        ("葛\U000e0100城 ユキ", "葛\U000e0100城", "ユキ", True),
        ("葛\U000e0100西太郎", "葛\U000e0100西", "太郎", False),
        ("山田 ジェーン 花子", "山田", "ジェーン 花子", False),
        ("John Smith", "Smith", "John", False),
        ("YAMADA Taro", "YAMADA", "Taro", True),
        ("Smith, John", "Smith", "John", True),
        ("ジョン・スミス", "スミス", "ジョン", False),
        ("ヤマダ タロウ", "ヤマダ", "タロウ", True),
        ("ヤマダタロウ", "ヤマダタロウ", "", False),
    ],
)
def test_a_name_is_split(name, family, given_name, certain):
    found = split_name(name)
    assert (found.family, found.given, found.certain) == (family, given_name, certain)


@given(st.text())
def test_splitting_loses_no_letter(name):
    found = split_name(name)
    kept = sorted(letter for letter in found.family + found.given if letter.isalnum())
    assert kept == sorted(letter for letter in name if letter.isalnum())


def test_surnames_have_readings_and_ranks():
    assert surname_rank("佐藤") == 1
    assert surname_rank("齋藤") == surname_rank("斎藤")
    assert surname_readings("山﨑")[0] == "ヤマザキ"
    assert "ヤマサキ" in surname_readings("山崎")
    assert surname_readings("架空之介") == ()


def test_names_are_joined_and_addressed():
    assert full_name("齋藤", "百合子") == "齋藤 百合子"
    assert full_name("齋藤", "") == "齋藤"
    assert full_name("Smith", "John") == "John Smith"
    assert honorific("齋藤 百合子", "person") == "齋藤 百合子 様"
    assert honorific("株式会社縁日堂", "company") == "株式会社縁日堂 御中"


@pytest.mark.parametrize(
    ("typed", "name"),
    [("山田 太郎様", "山田 太郎"), ("山田太郎 様", "山田太郎"), ("山田太郎　さん", "山田太郎"), ("様", "様"), ("山田太郎", "山田太郎")],
)
def test_an_honorific_is_not_part_of_a_name(typed, name):
    assert strip_honorific(typed) == name


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("齋藤百合子", "齋藤", "百合子"),
        ("Taro Yamada", "Yamada", "Taro"),
        ("Yamada, Taro", "Yamada", "Taro"),
        ("José García", "García", "José"),
        ("ジョン・スミス", "ジョン・スミス", ""),
        ("1.00", "1.00", ""),
        ("A-12 3", "3", "A-12"),
        ("울란바토르", "울란바토르", ""),
    ],
)
def test_a_guess_moves_no_letter(name, family, given):
    assert split_as_written(name) == (family, given)
    if "," not in name:
        assert full_name(family, given).replace(" ", "") == name.replace(" ", "")
