"""A pasted block: read as spreadsheets write it, whatever stands in it, and its cells as forms and imports read them."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.cells.block import COLUMNS, LETTERS, ROWS, read_block, spread
from enishi.customers.cells.reading import Offered, read_cell
from enishi.customers.fields import catalogue, values
from enishi.customers.fields.field import Choice, Field
from enishi.customers.fields.values import Refused
from enishi.platform.errors import Invalid

CELL = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=30)
BLOCK = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))
STAFF = Offered(owners=(("1", "髙橋 美咲"), ("2", "小林 誠"), ("3", "林 さくら"), ("4", "林 健")), teams=(("7", "谷中本店"),))


@given(BLOCK)
def test_what_a_spreadsheet_copies_is_what_is_read(rows):
    written = io.StringIO(newline="")
    csv.writer(written, dialect="excel-tab").writerows(rows)
    assert read_block(written.getvalue()) == tuple(map(tuple, rows))


@given(st.text(max_size=300))
def test_whatever_is_pasted_is_a_rectangle_or_refused(text):
    try:
        block = read_block(text)
    except Invalid:
        assert text.strip("\0") == ""
        return
    assert len({len(row) for row in block}) == 1
    assert block[0]


@given(CELL, st.integers(1, 50), st.integers(1, 20))
def test_one_cell_is_spread_over_what_was_selected_and_a_block_is_not(text, height, width):
    block = spread(((text,),), height, width)
    assert (len(block), {len(row) for row in block}, {cell for row in block for cell in row}) == (height, {width}, {text})
    assert spread((("a", "b"),), height, width) == (("a", "b"),)


def test_a_cell_keeps_its_lines_and_quotes():
    assert read_block('"上\r\n""下"""\t5" のネジ\r\n') == (('上\n"下"', '5" のネジ'),)
    assert read_block('"開いたまま\tb\nc\td') == (('"開いたまま', "b"), ("c", "d"))


def test_rows_of_unequal_length_are_filled_up():
    assert read_block("a\tb\n\nc") == (("a", "b"), ("", ""), ("c", ""))


@pytest.mark.parametrize("text", ["", "a" * (LETTERS + 1), "a\n" * (ROWS + 1), "a\t" * (COLUMNS + 1)])
def test_nothing_and_too_much_are_refused(text):
    with pytest.raises(Invalid):
        read_block(text)


# ---- cells ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fields(monkeypatch):
    """The custom fields there are, without a base."""
    known: dict[str, Field] = {}
    for module in ("enishi.customers.cells.columns.catalogue", "enishi.customers.cells.reading"):
        monkeypatch.setattr(f"{module}.all_fields", lambda: known)
    monkeypatch.setattr(catalogue, "all_fields", lambda: known)
    return known


@pytest.mark.parametrize(
    ("column", "text", "detail", "value"),
    [
        ("birthday", "昭和60年4月1日", "birthday_on", date(1985, 4, 1)),
        ("birthday", "1985/04/01(月)", "birthday_on", date(1985, 4, 1)),
        ("birthday", "", "birthday_on", None),
        ("gender", "女", "gender", "female"),
        ("language", "英語", "language", "en"),
        ("prefecture", "石川", "prefecture", "石川県"),
        ("prefecture", "", "prefecture", ""),
        ("leave_alone", "はい", "leave_alone", True),
        ("leave_alone", "", "leave_alone", False),
        ("source", "'=1+1", "acquisition_source", "=1+1"),
        ("owner", "高橋美咲", "owner_id", 1),
        ("owner", "小林", "owner_id", 2),
        ("owner", "", "owner_id", None),
        ("team", "谷中本店", "team_id", 7),
    ],
)
def test_cells_are_read_as_people_write_them(fields, column, text, detail, value):
    assert read_cell(column, "person", text, STAFF) == {detail: value}


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("birthday", "1/1", "日付"),
        ("owner", "林", "2人以上"),
        ("owner", "だれか", "一覧にありません"),
        ("team", "谷中", "一覧にありません"),
        ("source", "#REF!", "計算エラー"),
        ("prefecture", "大坂", "都道府県名ではありません"),
    ],
)
def test_what_cannot_be_read_says_why(fields, column, text, words):
    with pytest.raises(Refused, match=words):
        read_cell(column, "person", text, STAFF)


def test_names_are_one_or_two(fields):
    assert read_cell("name", "person", "山田太郎様", STAFF) == {"family_name": "山田", "given_name": "太郎"}
    assert read_cell("name", "company", "㈱縁日堂", STAFF) == {"name": "㈱縁日堂"}


CHOICES = (Choice("c1", "一般"), Choice("c2", "上得意"))
STORED = st.one_of(
    st.tuples(st.just({"kind": "money"}), st.integers(-(10**9), 10**9)),
    st.tuples(st.just({"kind": "number", "options": {"unit": "坪"}}), st.integers(-(10**9), 10**9)),
    st.tuples(st.just({"kind": "percent"}), st.integers(0, 100)),
    st.tuples(st.just({"kind": "duration"}), st.integers(0, 100_000)),
    st.tuples(st.just({"kind": "rating"}), st.integers(1, 5)),
    st.tuples(st.just({"kind": "date"}), st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(str)),
    st.tuples(st.just({"kind": "flag"}), st.booleans()),
    st.tuples(st.just({"kind": "choice", "choices": CHOICES}), st.sampled_from(["c1", "c2"])),
    st.tuples(st.just({"kind": "choices", "choices": CHOICES}), st.sampled_from([["c1"], ["c1", "c2"]])),
    st.tuples(st.just({"kind": "checklist", "choices": CHOICES}), st.sampled_from([["c2"], ["c1", "c2"]])),
)


@given(STORED)
def test_what_the_list_shows_can_be_pasted_back(stored):
    made_of, value = stored
    field = Field(**{"id": 1, "label": "項目"} | made_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("enishi.customers.cells.columns.catalogue.all_fields", lambda: {"cf_1": field})
        patch.setattr("enishi.customers.cells.reading.all_fields", lambda: {"cf_1": field})
        assert read_cell("cf_1", "person", values.words(field, value), STAFF) == {"cf_1": value}
