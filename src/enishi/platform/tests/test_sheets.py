"""Files that spreadsheets open: types, what none may run, what an encoding cannot hold, and going on after a crash."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook

from enishi.platform import drafts
from enishi.platform.sheets.cells import Lost, in_cp932, safe_text
from enishi.platform.sheets.delimited import Delimited
from enishi.platform.sheets.workbook import Sheet, SheetRows, column_name, write_workbook

NASTY = ["=1+1", "+81 3", "-5", "@SUM(A1)", "\t=1", "＝1", "'quoted", "|cmd", "%x"]


@pytest.mark.parametrize("text", NASTY)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "齋藤", "a=1", "090-1234-5678", "１"])
def test_other_texts_stay_as_they_are(text):
    assert safe_text(text) == text


def test_csv_has_the_mark_plain_numbers_and_days_and_safe_texts():
    made = Delimited("utf-8")
    data = made.head(["氏名", "=見出し", "売上", "日"]).data + made.rows([["=1+1\n2", None, -1200, date(2026, 1, 2)]], 2).data
    assert data.startswith("\ufeff氏名".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [["氏名", "'=見出し", "売上", "日"], ["'=1+1\n2", "", "-1200", "2026/01/02"]]


def test_what_cp932_cannot_hold_is_replaced_and_told():
    piece = Delimited("cp932").rows([["𠮷﨑", "髙橋①㈱"], ["a", "10〜12"]], 7)
    assert piece.data.decode("cp932") == "〓﨑,髙橋①㈱\r\na,10～12\r\n"
    assert piece.lost == [Lost(7, 0, "𠮷﨑", "〓﨑"), Lost(8, 1, "10〜12", "10～12")]


@pytest.mark.parametrize("text", ["¥100", "é", "한", "−5", "—", "‖"])
def test_no_letter_comes_back_as_another_without_a_word(text):
    written = in_cp932(text)
    assert written.encode("cp932").decode("cp932") == written != text


def workbook(tmp_path, heads, rows, sheets=1):
    made = []
    for sheet in range(sheets):
        maker, packed = SheetRows(len(heads)), tmp_path / f"{sheet}.packed"
        packed.write_bytes(maker.head(heads).data + maker.rows(rows[:1], 2).data + maker.rows(rows[1:], 3).data)
        made.append(Sheet(f"顧客 & {sheet}", [12] * len(heads), packed, len(rows) + 1))
    target = tmp_path / "book.xlsx"
    assert sum(1 for _ in write_workbook(target, made)) >= 2
    return load_workbook(target)


def test_a_workbook_keeps_types_and_runs_nothing(tmp_path):
    rows = [
        ["=1+1", 1_200_000, date(2026, 11, 22), None, "0901234567"],
        ["<&>\"'\n改行 ", -5, date(1899, 12, 31), "#N/A", "\x07_x0041_"],
    ]
    sheet = workbook(tmp_path, ["名 & 前", "売上", "日", "空", "番号"], rows).worksheets[0]
    first, second = sheet[2], sheet[3]
    assert [cell.value for cell in sheet[1]] == ["名 & 前", "売上", "日", "空", "番号"]
    assert [cell.data_type for cell in first] == ["s", "n", "d", "n", "s"]
    assert [first[0].value, first[1].value, first[2].value.date(), first[4].value] == ["=1+1", 1_200_000, date(2026, 11, 22), "0901234567"]
    assert first[0].quotePrefix
    assert (first[2].number_format, first[4].number_format) == ("yyyy/mm/dd", "@")
    assert [cell.value for cell in second][:4] == ["<&>\"'\n改行 ", -5, "1899/12/31", "#N/A"]
    assert second[4].value == "_x0007__x005F_x0041_"  # as Excel itself writes such letters
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E3")


def test_rows_beyond_one_sheet_go_to_the_next(tmp_path):
    book = workbook(tmp_path, ["a"], [["1"], ["2"], ["3"]], sheets=2)
    assert book.sheetnames == ["顧客 & 0", "顧客 & 1"]
    assert [cell.value for cell in book.worksheets[1]["A"]] == ["a", "1", "2", "3"]


def test_columns_are_named_as_excel_does():
    assert [column_name(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# ---- drafts -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_what_a_killed_worker_wrote_behind_the_checkpoint_is_cut_off(folder):
    at = drafts.append("x", 0, b"first ")
    drafts.append("x", at, b"half a ch")
    assert drafts.append("x", at, b"second") == 12
    assert b"".join(drafts.pieces("x")) == b"first second"


def test_a_draft_that_is_gone_is_told_and_never_filled_with_nothing(folder):
    drafts.append("x", 0, b"abc")
    drafts.forget("x")
    drafts.forget("x")
    with pytest.raises(drafts.DraftLost):
        drafts.append("x", 3, b"d")
    with pytest.raises(drafts.DraftLost):
        list(drafts.pieces("none"))
