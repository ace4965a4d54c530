"""The short ways of an import give what the long ones give, whatever stands in a cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from enishi.customers.importing.cleaned import EMPTY, FORMULA_ERRORS, Cleaned
from enishi.customers.importing.plain import PLAIN, QUICK
from enishi.customers.importing.values import clean_value
from enishi.customers.imports.people.prepare import prepare
from enishi.customers.imports.people.ready import ready_text
from enishi.customers.imports.people.rows import PersonRow
from enishi.customers.imports.target import RawRow, Recipe
from enishi.customers.search import search_columns
from enishi.platform.bulk import array_text, copy_line

_LETTERS = "あヶーァヲ々〆一髙﨑𠮷田様君ん社ｱﾞ゛\u3099Aaz09１＠Ａ-－ー‐ 　'\"#\\@._+()/,\t\n\u200b\ufffdé"
_WORDS = st.sampled_from(
    [
        *(
            "渡邉",
            "静江",
            "佐々木",
            "々木",
            "山田商店",
            "㈱縁日堂",
            "ワタナベ",
            "ジョン",
            "ー",
            "様",
            "先生",
            "御中",
            "Smith",
            "東京都港区",
            "港区",
        ),
        *(
            "葉山町堀内",
            "大阪府茨木市西河原",
            "京都市中京区寺町通御池上る",
            "北1条西2丁目",
            "六番町",
            "1-2-3",
            "12",
            "101号室",
            "３Ｆ",
            "の",
        ),
        *(
            "taro",
            "Taro",
            "example.co.jp",
            "docomo.ne.jp",
            "a--b.jp",
            "@",
            "090",
            "1234",
            "5678",
            "+81",
            "０９０－",
            "（03）",
            "106-0032",
            "E0000001",
        ),
        *("1985/4/1", "S60.4.1", *EMPTY, *FORMULA_ERRORS),
    ]
)
_GAPS = st.sampled_from(["", "", "", " ", "　", "-", ".", "'", "  ", "\u3099"])
CELLS = st.lists(st.tuples(_WORDS | st.text(_LETTERS, max_size=4), _GAPS), max_size=5).map(lambda parts: "".join(map("".join, parts)))
PEOPLE = st.sampled_from(["渡邉 静江", "五十嵐　榮一郎", "佐々木 々子", "久我山 マヤ", "髙橋 ーコ"])


@pytest.mark.parametrize("kind", sorted(PLAIN))
@given(text=CELLS)
@example(text="a" * 300)
@example(text="一" * 200 + " 二")
@example(text="ア" * 200)
@example(text="1" * 70)
@settings(max_examples=400)
def test_a_plain_cell_is_its_own_value(kind, text):
    if PLAIN[kind](text):
        assert clean_value(kind, text) == Cleaned(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "渡邉　静江"),
        ("kana", "ワタナベ シズエ"),
        ("email", "shizue.watanabe.13@keitai.example.jp"),
        ("postal", "567-0023"),
        ("address", "大阪府茨木市西河原3-14-4 リバーサイド101号室"),
        ("code", "E0000001"),
    ],
)
def test_what_most_files_hold_is_told_at_one_look(kind, text):
    assert PLAIN[kind](text)


@pytest.mark.parametrize("kind", sorted(QUICK))
@given(text=CELLS)
@example(text="（０３）１２３４－５６７８")
@example(text="+81 90-1234-5678")
@example(text="03-1234-5678 内線12")
@settings(max_examples=400)
def test_what_is_read_quickly_is_what_the_cell_says(kind, text):
    if (value := QUICK[kind](text)) is not None:
        assert clean_value(kind, text) == Cleaned(value)


_MAPPING = ("member_number", "name", "kana", "birthday_on", "email", "phone", "postal_code", "address", "mail_consent", "registered_on")
_RECIPE = Recipe(dict(enumerate(_MAPPING)), _MAPPING, [], {}, date(2026, 11, 30))


@given(cells=st.tuples(*[CELLS | PEOPLE if key == "name" else CELLS for key in _MAPPING]))
@example(
    cells=(
        "E1",
        "渡邉　静江",
        "ワタナベ シズエ",
        "1966-10-21",
        "s@example.jp",
        "03-1234-5678",
        "",
        "港区六本木1-2-3 縁ビル",
        "○",
        "2023/10/22",
    )
)
@settings(max_examples=400)
def test_a_file_with_columns_for_more_says_the_same_where_they_are_empty(cells):
    wide = replace(_RECIPE, mapping={**_RECIPE.mapping, 20: "family_name", 21: "city", 22: "mobile_email", 23: "note"})
    (narrow_row,) = prepare(_RECIPE, [RawRow(2, 0, cells)])
    (wide_row,) = prepare(wide, [RawRow(2, 0, (*cells, *[""] * 20))])
    assert narrow_row == wide_row


@given(name=PEOPLE | CELLS.filter(str.strip), kana=CELLS, email=CELLS, phone=CELLS)
@example(name="渡邉 静江", kana="ワタナベ シズエ", email="shizue@example.jp", phone="03-1234-5678")
@example(name="佐々木 々子", kana="ササキ", email='a"b\\@x', phone="1")
@settings(max_examples=400)
def test_a_row_made_ready_is_found_by_what_the_form_would_have_written(name, kana, email, phone):
    found = search_columns(name=name, kana=kana, email=email, phone=phone)
    written = ready_text({"name": name, "kana": kana, "email": email, "phone": phone})
    assert written.endswith(copy_line([found.sort_kana, array_text(found.name_grams), array_text(found.contact_grams)]))


def test_what_most_rows_have_not_does_not_travel_between_the_processes():
    plain = PersonRow(2, 0, {"name": "渡邉 静江"}, "渡辺静江", (("email", "s@example.jp"),))
    full = replace(plain, number="C-000001", tags=("VIP",), mended=True)
    assert len(plain.__reduce__()[1]) < len(full.__reduce__()[1])
    for row in (plain, full):
        make, slots = row.__reduce__()
        assert make(*slots) == row
