from __future__ import annotations

import io
import struct
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enishi.customers.importing import errors
from enishi.customers.importing.reading import Table
from enishi.customers.importing.sniff import FileShape, resniff, sniff

CUSTOMERS = (
    "会員番号,氏名,フリガナ,電話番号,会社名,備考\r\n"
    '001,髙橋 花子,ﾀｶﾊｼ ﾊﾅｺ,090-1234-5678,㈱縁日堂,"一行目\r\n二行目"\r\n'
    '002,山﨑 太郎,ﾔﾏｻｷ ﾀﾛｳ,03-1234-5678,,"「引用""符""」,あり"\r\n'
)
PLAIN = CUSTOMERS.replace("髙", "高").replace("﨑", "崎").replace("㈱", "(株)")


def shape_of(data: bytes) -> FileShape:
    return sniff(io.BytesIO(data))


def rows_of(data: bytes) -> list[list[str]]:
    source = io.BytesIO(data)
    return [row.cells for row in Table(source, sniff(source)).rows()]


def workbook(*rows: list[object], title: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("codec", "known_as", "text"),
    [
        ("utf-8", "utf-8", CUSTOMERS),
        ("utf-8-sig", "utf-8-sig", CUSTOMERS),
        ("cp932", "cp932", CUSTOMERS),
        ("utf-16", "utf-16", CUSTOMERS),
        ("utf-16-le", "utf-16-le", CUSTOMERS),
        ("utf-16-be", "utf-16-be", CUSTOMERS),
        ("euc_jp", "euc_jis_2004", PLAIN),
        ("iso2022_jp_ext", "iso2022_jp_ext", PLAIN),
    ],
)
def test_every_japanese_encoding_is_recognised_and_read_letter_for_letter(codec, known_as, text):
    data = text.encode(codec)
    shape = shape_of(data)
    assert (shape.encoding, shape.delimiter, shape.header_row) == (known_as, ",", 1)
    assert shape.header[:2] == ("会員番号", "氏名")
    assert shape.confidence > 0.7
    rows = rows_of(data)
    assert rows[0][1] == text.splitlines()[1].split(",")[1]
    assert rows[0][5] == "一行目\r\n二行目"
    assert rows[1][5] == '「引用"符"」,あり'


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_separator_is_found(delimiter):
    data = f"会員番号{delimiter}氏名{delimiter}電話番号\n1{delimiter}山田{delimiter}03-1234-5678\n2{delimiter}鈴木{delimiter}\n".encode()
    assert shape_of(data).delimiter == delimiter


def test_single_quotes_are_found_where_they_quote():
    shape = shape_of(b"a,b\n'x, y','z'\n'p','q'\n")
    assert shape.quote == "'"
    assert shape_of(b"a,b\n'090,'080\n'070,'060\n").quote == '"'


def test_small_files_of_each_encoding_are_told_apart():
    assert shape_of("氏名\n森\n".encode("cp932")).encoding == "cp932"
    assert shape_of("氏名\n森\n".encode("euc_jp")).encoding == "euc_jis_2004"
    assert shape_of("ｶﾅ,ﾃﾞﾝﾜ\nﾀｶﾊｼ,1\n".encode("cp932")).encoding == "cp932"
    assert shape_of("name,price\ncafé,£2\n".encode("cp1252")).encoding == "cp1252"
    assert shape_of(b"name,price\ncoffee,2\n").encoding == "utf-8"


def test_japanese_that_begins_late_is_still_recognised():
    data = b"id,name\r\n" + b"1,plain ascii\r\n" * 20_000 + "2,髙橋 花子\r\n".encode("cp932")
    assert shape_of(data).encoding == "cp932"


def test_titles_above_the_headings_are_skipped():
    shape = shape_of("2026年11月 顧客一覧\r\n\r\n会員番号,氏名,電話番号\r\n1,山田,090-1234-5678\r\n".encode("cp932"))
    assert (shape.header_row, shape.skipped_rows, shape.header) == (3, 1, ("会員番号", "氏名", "電話番号"))


def test_headings_in_two_rows_are_joined():
    data = "会員番号,氏名,,住所,,電話番号\r\n,姓,名,都道府県,市区町村,\r\n1,山田,太郎,東京都,港区,03-1234-5678\r\n".encode("cp932")
    shape = shape_of(data)
    assert (shape.header_row, shape.header_rows) == (2, 2)
    assert shape.header == ("会員番号", "氏名 姓", "氏名 名", "住所 都道府県", "住所 市区町村", "電話番号")
    assert rows_of(data) == [["1", "山田", "太郎", "東京都", "港区", "03-1234-5678"]]


def test_a_file_without_headings_says_so():
    data = "1,山田 太郎,090-1234-5678,a@example.jp\n2,鈴木 花子,090-1234-5679,b@example.jp\n".encode()
    shape = shape_of(data)
    assert (shape.header_row, shape.header[1]) == (0, "2列目")
    assert len(rows_of(data)) == 2


def test_a_workbook_is_known_whatever_it_is_called():
    data = workbook(
        ["顧客名簿"], [], ["会員番号", "氏名", "生年月日", "電話番号", "会員"], ["001", "髙橋 花子", date(1985, 4, 1), 9012345678, True]
    )
    shape = shape_of(data)
    assert (shape.format, shape.header_row, shape.skipped_rows) == ("xlsx", 3, 1)
    assert rows_of(data) == [["001", "髙橋 花子", "1985/04/01", "9012345678", "TRUE"]]


def test_the_first_sheet_with_a_table_is_read():
    book = openpyxl.Workbook()
    book.active.title = "表紙"
    book.create_sheet("顧客").append(["氏名", "電話番号"])
    book["顧客"].append(["山田", "03-1234-5678"])
    target = io.BytesIO()
    book.save(target)
    shape = shape_of(target.getvalue())
    assert (shape.sheet, shape.sheets) == ("顧客", ("表紙", "顧客"))


def test_a_wrong_guess_can_be_corrected_by_eye():
    source = io.BytesIO("氏名\t電話番号\n髙橋\t1\n".encode("cp932"))
    shape = sniff(source)
    assert resniff(source, shape, encoding="cp932", delimiter=",").header == ("氏名 電話番号",)
    assert FileShape.from_json(shape.as_json()) == shape


class Endless(io.RawIOBase):
    """200 MB without a line end. Counts how much of it was read."""

    def __init__(self) -> None:
        self.served = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.served = 0
        return 0

    def read(self, size: int = -1) -> bytes:
        self.served += size
        return b"a" * size if self.served < 200_000_000 else b""


def test_a_line_of_200_mb_is_refused_without_being_read():
    source = Endless()
    with pytest.raises(errors.LineTooLong):
        sniff(source)
    assert source.served < 3_000_000


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return target.getvalue()


def zipped(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", errors.EmptyFile),
        (b"\xef\xbb\xbf\r\n \r\n", errors.EmptyFile),
        ("氏名,電話番号\n".encode(), errors.NoDataRows),
        (b"%PDF-1.7\n", errors.BinaryFile),
        (b"name\x00,b\x01\n" * 30, errors.BinaryFile),
        (struct.pack("<8B", 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1) + b"x" * 600, errors.OldExcelFile),
        (struct.pack("<8B", 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1) + "EncryptedPackage".encode("utf-16-le"), errors.ProtectedFile),
        (b"<html><body><table><tr><td>a</td></tr></table>", errors.HtmlFile),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<html>", errors.HtmlFile),
        (b"\x1f\x8b\x08\x00abc", errors.CompressedFile),
        (zipped(a_csv=b"1,2"), errors.CompressedFile),
        (zipped(word__document_xml=b"<x/>"), errors.BinaryFile),
        (zipped(xl__workbook_xml=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), errors.UnsafeArchive),
        (zipped(xl__workbook_xml=b"<x/>"), errors.UnsafeArchive),
        (b"PK\x03\x04broken", errors.UnsafeArchive),
        ((",".join(f"c{n}" for n in range(600)) + "\n" + ",".join("1" * 600) + "\n").encode(), errors.TooManyColumns),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "file",  # the bytes of an archive hold the time it was made
)
def test_what_cannot_be_imported_is_refused_with_advice(data, refusal):
    with pytest.raises(refusal) as caught:
        shape_of(data)
    assert caught.value.code.startswith("file.")
    assert str(caught.value)
    assert str(caught.value.advice)


def test_a_bomb_is_not_opened():
    with pytest.raises(errors.UnsafeArchive):
        shape_of(bomb())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_kindly(data):
    source = io.BytesIO(data)
    try:
        numbers = [row.number for row in Table(source, sniff(source)).rows()]
    except errors.UnreadableFile:
        return
    assert numbers == sorted(numbers)
