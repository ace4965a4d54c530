"""CSV files that other people published, read through our own reader: csv-spectrum, and a CP932 file of the Cabinet Office."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from enishi.customers.importing.columns import guess_columns, missing_fields
from enishi.customers.importing.damage import Damage, DamageScan
from enishi.customers.importing.errors_file import ErrorsFile
from enishi.customers.importing.reading import Table
from enishi.customers.importing.sniff import FileShape, sniff
from enishi.customers.importing.values import clean_value
from enishi.customers.importing.vocabulary import ORDER_FIELDS
from enishi.platform.japanese.dates import parse_date
from enishi.platform.japanese.holidays import holiday_name

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SPECTRUM = DATA / "csv" / "csv-spectrum"
HOLIDAYS = DATA / "csv" / "syukujitsu.csv"
NAUGHTY = DATA / "blns" / "blns.json"
RETAIL = DATA / "online-retail" / "online-retail-2010-12_2011-05.csv.gz"

# The published answer names another phone number than the published file.
ANSWER_DIFFERS = {"location_coordinates"}

pytestmark = pytest.mark.conformance


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"the published files are not here ({path})")


def cases() -> list[str]:
    return sorted(path.stem for path in (SPECTRUM / "csvs").glob("*.csv"))


@needs(SPECTRUM)
def test_there_are_twelve_cases():
    assert len(cases()) == 12


@needs(SPECTRUM)
@pytest.mark.parametrize("name", cases())
def test_csv_spectrum_is_read_exactly(name):
    data = (SPECTRUM / "csvs" / f"{name}.csv").read_bytes()
    if name.endswith("_crlf"):  # copies often lose the line ends that these cases are about
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    source = io.BytesIO(data)
    shape = sniff(source)
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text("utf-8"))
    expected = [expected] if isinstance(expected, dict) else expected
    if name in ANSWER_DIFFERS:
        expected[0]["Contact Phone Number"] = "2095257564"
    table = Table(source, shape)
    assert list(table.header) == list(expected[0])
    assert [dict(zip(table.header, row.cells, strict=True)) for row in table.rows()] == expected


@needs(HOLIDAYS)
def test_the_holidays_of_the_cabinet_office_are_read_exactly():
    source = io.BytesIO(HOLIDAYS.read_bytes())
    shape = sniff(source)
    assert (shape.encoding, shape.delimiter, shape.header) == ("cp932", ",", ("国民の祝日・休日月日", "国民の祝日・休日名称"))
    rows = list(Table(source, shape).rows())
    assert [row.cells for row in rows] == [line.split(",") for line in HOLIDAYS.read_bytes().decode("cp932").splitlines()[1:]]
    assert len(rows) == 1_067
    days = {parse_date(row.cells[0]): row.cells[1] for row in rows}
    assert days[date(2027, 11, 23)] == "勤労感謝の日"
    assert None not in days
    # The file says 休日 where the library names the kind of day off.
    differ = {day for day in days if holiday_name(day) is None}
    assert differ == set()


@needs(NAUGHTY)
def test_naughty_strings_come_back_letter_for_letter():
    strings = [text for text in json.loads(NAUGHTY.read_text("utf-8")) if text.strip() and "\x00" not in text]
    target = io.BytesIO()
    shape = FileShape(format="csv", encoding="utf-8", header=("番号", "文字"))
    writer = ErrorsFile(target, shape, shape.header)
    for number, text in enumerate(strings):
        writer.add(number, [f"n{number}", text], ["x"])
    writer.close()
    assert writer.unwritable == []
    read = Table(target, replace(shape, encoding="utf-8-sig", header=(*shape.header, "エラー内容")))
    rows = list(read.rows())
    assert len(rows) == len(strings)
    for row, text in zip(rows, strings, strict=True):
        assert row.cells[1].removeprefix("'") == text.removeprefix("'")
        for kind in ("name", "kana", "email", "phone", "postal", "prefecture", "date", "moment", "yen", "tags", "code", "lines"):
            assert clean_value(kind, row.cells[1]) is not None


@needs(RETAIL)
def test_real_order_lines_are_recognised_and_counted():
    source = io.BytesIO(gzip.decompress(RETAIL.read_bytes()))
    shape = sniff(source)
    table = Table(source, shape)
    sample = [row.cells for row, _n in zip(table.rows(), range(200), strict=False)]
    guesses = guess_columns(table.header, sample, ORDER_FIELDS)
    assert [guess.field for guess in guesses] == [
        "order_number",
        "product_code",
        "product_name",
        "quantity",
        "ordered_at",
        "unit_price",
        "member_number",
        None,
    ]
    assert missing_fields(guesses, ORDER_FIELDS) == []
    kinds = {field.key: field.kinds[0] for field in ORDER_FIELDS}
    scan = DamageScan(table.header, {guess.column: kinds[guess.field] for guess in guesses if guess.field})
    count = returns = 0
    for row in table.rows():
        scan.look([row])
        count += 1
        returns += row.cells[0].startswith("C")
        assert clean_value("quantity", row.cells[3]).error is None
    assert count == 209_029
    assert returns > 0
    found = {(finding.kind, finding.heading): finding for finding in scan.findings(shape)}
    assert set(found) == {(Damage.DECIMAL_CODE, "CustomerID")}
    assert found[Damage.DECIMAL_CODE, "CustomerID"].samples[0].after == "17850"
