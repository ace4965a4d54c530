from __future__ import annotations

import csv
import io
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.importing import records as reading_of_records
from enishi.customers.importing.errors_file import ErrorsFile, safe_cell
from enishi.customers.importing.reading import Table
from enishi.customers.importing.records import BROKEN_LETTERS, EXTRA_CELLS, OPEN_QUOTE, Lines, Row, records
from enishi.customers.importing.sniff import FileShape, sniff
from enishi.customers.importing.values import clean_value


def read(data: bytes) -> list[Row]:
    source = io.BytesIO(data)
    return list(Table(source, sniff(source)).rows())


def test_row_numbers_are_lines_of_the_file():
    rows = read('番号,メモ\r\n1,"二行\r\nの値"\r\n\r\n2,x\r\n'.encode("cp932"))
    assert [(row.number, row.cells[0]) for row in rows] == [(2, "1"), (5, "2")]


def test_broken_bytes_are_told_by_row_and_column():
    rows = read("氏名,メモ\n山田,ok\n".encode("cp932") + b"\x8eR\xff\x93c,\x81\n" + "鈴木 花子,よい\n".encode("cp932") * 9)
    assert [row.cells[0] for row in rows[:3]] == ["山田", "山\ufffd田", "鈴木 花子"]
    assert [(problem.code, problem.column, problem.detail) for problem in rows[1].problems] == [
        (BROKEN_LETTERS, 0, "U+F8F3"),
        (BROKEN_LETTERS, 1, "81"),
    ]
    assert rows[0].problems == rows[-1].problems == ()
    assert "読めない文字" in clean_value("name", rows[1].cells[0]).error


def test_letters_drawn_on_one_machine_are_told():
    rows = read("氏名,メモ\n山田 太郎,よい\n".encode("cp932") + b"\xf0\x40\x93c,ok\n" + "鈴木 花子,よい\n".encode("cp932") * 9)
    assert rows[1].cells[0] == "\ufffd田"
    assert rows[1].problems[0].detail == "U+E000"


def test_an_open_quote_costs_one_row_only():
    data = '番号,氏名,メモ\n1,"山田,x\n2,鈴木,y\n3,"佐藤 ""愛""",z\n4,"二行\nの値",w\n'.encode()
    rows = read(data)
    assert [row.cells[0] for row in rows] == ["1", "2", "3", "4"]
    assert [problem.code for problem in rows[0].problems] == [OPEN_QUOTE]
    assert rows[2].cells[1] == '佐藤 "愛"'
    assert rows[3].cells[1] == "二行\nの値"
    assert [row.number for row in rows] == [2, 3, 4, 5]


def test_an_open_quote_at_the_end_of_the_file_is_found():
    rows = read('番号,氏名\n1,山田\n2,"鈴木\n'.encode())
    assert [problem.code for problem in rows[1].problems] == [OPEN_QUOTE]


def test_short_rows_are_filled_and_surplus_cells_told():
    rows = read("番号,氏名,メモ\n1,山田\n2,鈴木,a,,\n3,佐藤,a,b,c\n".encode())
    assert rows[0].cells == ["1", "山田", ""]
    assert rows[1].problems == ()
    assert (rows[2].problems[0].code, rows[2].problems[0].detail) == (EXTRA_CELLS, "b / c")


def test_line_ends_of_old_macs_and_of_msdos_are_read():
    assert [row.cells for row in read("氏名,電話番号\r山田,1\r鈴木,2\r".encode("cp932"))] == [["山田", "1"], ["鈴木", "2"]]
    assert [row.cells for row in read("氏名,電話番号\r\n山田,1\r\n\x1a".encode("cp932"))] == [["山田", "1"]]


def test_a_large_file_is_read_in_constant_memory():
    data = "会員番号,氏名,電話番号\r\n".encode("cp932") + "1,髙橋 花子,090-1234-5678\r\n".encode("cp932") * 60_000
    source = io.BytesIO(data)
    table = Table(source, sniff(source))
    tracemalloc.start()
    count = sum(1 for _row in table.rows())
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 60_000
    assert peak < 1_500_000
    assert table.progress() == pytest.approx(1.0)


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffd\x85\u2028\u2029"), max_size=12
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3).filter(lambda row: any(cell.strip() for cell in row)), min_size=1, max_size=8))
def test_what_was_written_is_read_back(table):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["会員番号", "氏名", "メモ"], *table])
    shape = FileShape(format="csv", encoding="utf-8", header=("会員番号", "氏名", "メモ"))
    rows = list(Table(io.BytesIO(text.getvalue().encode()), shape).rows())
    assert [row.cells for row in rows] == table


def errors_file(data: bytes, messages: dict[int, str]) -> tuple[bytes, ErrorsFile]:
    source = io.BytesIO(data)
    shape = sniff(source)
    table = Table(source, shape)
    target = io.BytesIO()
    writer = ErrorsFile(target, shape, table.header)
    for row in table.rows():
        if row.number in messages:
            writer.add(row.number, row.cells, [messages[row.number]])
    writer.close()
    return target.getvalue(), writer


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "utf-8-sig", "utf-16", "euc_jp"])
def test_rejected_rows_come_back_in_the_same_encoding_and_can_be_put_back(codec):
    data = '会員番号,氏名,メモ\r\n1,山田,"一行目\r\n二行目"\r\n2,鈴木,=1+1\r\n3,佐藤,\r\n'.encode(codec)
    written, writer = errors_file(data, {2: "電話番号が正しくありません。", 4: "日付が存在しません。"})
    shape = sniff(io.BytesIO(written))
    assert shape.encoding.removesuffix("-sig") == sniff(io.BytesIO(data)).encoding.removesuffix("-sig")
    assert shape.header == ("会員番号", "氏名", "メモ", "エラー内容")
    table = Table(io.BytesIO(written), shape)
    assert table.header == ("会員番号", "氏名", "メモ")
    assert [row.cells[:2] for row in table.rows()] == [["1", "山田"], ["2", "鈴木"]]
    assert (writer.count, writer.unwritable) == (2, [])
    mended, _again = errors_file(written, {2: "まだ正しくありません。"})
    assert sniff(io.BytesIO(mended)).header == shape.header


def test_an_error_file_runs_no_formula_and_loses_no_letter():
    for text in ("=HYPERLINK(1)", "+819012345678", "@x", "－１", "＝1", "'090", "-5", "-1,234.5", "山田", ""):
        written = safe_cell(text)
        assert not written.startswith(("=", "+", "@", "＝", "－"))
        assert clean_value("lines", written).value == (clean_value("lines", text).value)
    assert safe_cell("-1,234") == "-1,234"


def test_letters_that_the_encoding_lacks_are_told():
    target = io.BytesIO()
    writer = ErrorsFile(target, FileShape(format="csv", encoding="cp932"), ("氏名",))
    writer.add(7, ["𠮷田"], ["x"])
    assert writer.unwritable == [(7, "𠮷")]


def test_an_error_file_for_a_workbook_opens_in_excel():
    target = io.BytesIO()
    writer = ErrorsFile(target, replace(FileShape(format="xlsx"), delimiter="\t"), ("氏名",))
    writer.add(2, ["𠮷田"], ["a", "b"])
    writer.close()
    assert target.getvalue() == "\ufeff氏名,エラー内容\r\n𠮷田,a／b\r\n".encode()


@given(
    text=st.lists(st.sampled_from(["a", "山", '"', '"', ",", ",", "\n", "\r\n", "\r", " ", "\ue000", "\x1a"]), max_size=60).map("".join),
    codec=st.sampled_from(["cp932", "utf-8-sig", "euc_jp", "utf-16"]),
    newline=st.sampled_from([b"\n", b"\r"]),
    quote=st.sampled_from(['"', ""]),
    width=st.integers(0, 3),
)
def test_records_do_not_depend_on_where_a_block_of_the_file_ends(text: str, codec: str, newline: bytes, quote: str, width: int) -> None:
    raw = text.encode(codec, "replace")

    def read_by(size: int) -> list[Row]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading_of_records, "_CHUNK", size)
            patch.setattr(reading_of_records, "_AT_ONCE", size)
            lines = Lines(io.BytesIO(raw), codec=codec, newline=newline)
            return list(records(lines, delimiter=",", quote=quote, width=width))

    assert read_by(1) == read_by(7) == read_by(65_536)
