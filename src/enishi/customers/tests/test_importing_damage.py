from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.importing import symptoms
from enishi.customers.importing.damage import Damage, DamageScan, Finding, Repairs, Severity, is_total_row
from enishi.customers.importing.reading import Table
from enishi.customers.importing.sniff import sniff

HEADER = ("会員番号", "氏名", "電話番号", "郵便番号", "住所", "登録日", "")
KINDS = {0: "code", 1: "name", 2: "phone", 3: "postal", 4: "address", 5: "date"}


def findings(*lines: str, header: tuple[str, ...] = HEADER) -> dict[Damage, Finding]:
    source = io.BytesIO(("\r\n".join([",".join(header), *lines]) + "\r\n").encode("cp932"))
    shape = sniff(source)
    table = Table(source, shape)
    scan = DamageScan(table.header, {column: kind for column, kind in KINDS.items() if column < len(table.header)})
    scan.look(list(table.rows()))
    return {finding.kind: finding for finding in scan.findings(shape)}


@pytest.mark.parametrize(
    ("line", "damage", "after", "severity"),
    [
        ("1,山田,9012345678,,,,", Damage.LOST_PHONE_ZERO, "090-1234-5678", Severity.REPAIR),
        ("1,山田,312345678,,,,", Damage.LOST_PHONE_ZERO, "03-1234-5678", Severity.REPAIR),
        ("1,山田,9012345678.0,,,,", Damage.LOST_PHONE_ZERO, "090-1234-5678", Severity.REPAIR),
        ("1,山田,819012345678,,,,", Damage.LOST_PHONE_ZERO, "090-1234-5678", Severity.REPAIR),
        ("1,山田,,600001,,,", Damage.LOST_POSTAL_ZERO, "060-0001", Severity.REPAIR),
        ("1,山田,,60-0001,,,", Damage.LOST_POSTAL_ZERO, "060-0001", Severity.REPAIR),
        ("4.90E+12,山田,,,,,", Damage.LOST_DIGITS, None, Severity.STOP),
        ("17850.0,山田,,,,,", Damage.DECIMAL_CODE, "17850", Severity.REPAIR),
        ("1,山田,,,1月2日,,", Damage.NUMBER_AS_DAY, "1-2", Severity.REPAIR),
        ("1,山田,,,2-Jan,,", Damage.NUMBER_AS_DAY, "1-2", Severity.REPAIR),
        ("1,山田,,,2001/2/3,,", Damage.NUMBER_AS_DAY, "1-2-3", Severity.REPAIR),
        ("1,山田,,,,46348,", Damage.DATE_SERIAL, "2026/11/22", Severity.TELL),
        ("1,山田,,,,#######,", Damage.HASHES, None, Severity.STOP),
        ("1,#N/A,,,,,", Damage.FORMULA_ERROR, None, Severity.REPAIR),
        ("１２３,山田,,,,,", Damage.WIDE_DIGITS, "123", Severity.TELL),
    ],
)
def test_what_excel_has_eaten_is_recognised(line, damage, after, severity):
    finding = findings(line, "2,鈴木,03-1234-5678,106-0032,東京都港区六本木1-2-3,2026/1/1,")[damage]
    assert (finding.count, finding.severity) == (1, severity)
    assert finding.samples[0].row == 2
    assert finding.samples[0].after == after
    assert finding.message
    assert finding.advice
    assert (finding.repair is not None) == (severity is Severity.REPAIR)


def test_sound_rows_raise_no_finding_but_the_empty_column():
    found = findings("1,山田,03-1234-5678,060-0001,東京都港区六本木1-2-3,2026/1/1,", "0012,鈴木,090-1234-5678,1060032,1-2-3,S60.4.1,")
    assert set(found) == {Damage.EMPTY_COLUMNS}


def test_totals_and_repeated_headings_are_rows_to_skip():
    found = findings("1,山田,,,,,", "会員番号,氏名,電話番号,郵便番号,住所,登録日,", "2,鈴木,,,,,", "合　計,2,,,,,")
    assert found[Damage.TOTAL_ROW].samples[0].row == 5
    assert found[Damage.REPEATED_HEADER].samples[0].row == 3


@pytest.mark.parametrize(
    "cells", [["合計", "", "1,200"], ["", "小計", "500"], ["", "", "総合計", "99"], ["谷中店 合計", "3", ""], ["TOTAL", "5"]]
)
def test_sums_are_known(cells):
    assert is_total_row(cells)


@pytest.mark.parametrize(
    "cells", [["計良", "健", "090"], ["1", "合計 太郎", "x"], ["会計", "3"], ["", "", ""], ["total fitness ジム", "会社", "渋谷"]]
)
def test_names_are_no_sums(cells):
    assert not is_total_row(cells)


def test_agreed_repairs_are_applied_and_nothing_else():
    agreed = {"lost_phone_zero:2", "number_as_day:4", "formula_error:1", "total_row:"}
    repairs = Repairs(HEADER, KINDS, agreed)
    assert repairs.apply(["17850.0", "#N/A", "9012345678", "600001", "1月2日", "", ""]) == [
        "17850.0",
        "",
        "090-1234-5678",
        "600001",
        "1-2",
        "",
        "",
    ]
    assert repairs.apply(["合計", "2", "", "", "", "", ""]) is None
    assert Repairs(HEADER, KINDS, ()).apply(["合計", "#N/A", "9012345678", "", "", "", ""]) == [
        "合計",
        "#N/A",
        "9012345678",
        "",
        "",
        "",
        "",
    ]


def test_findings_carry_keys_under_which_agreement_is_kept():
    finding = findings("1,山田,9012345678,,,,")[Damage.LOST_PHONE_ZERO]
    assert finding.key == "lost_phone_zero:2"
    assert finding.as_json()["samples"] == [{"row": 2, "before": "9012345678", "after": "090-1234-5678"}]


def test_what_stands_above_the_rows_is_told():
    found = findings("1,山田,太郎", header=("2026年度 顧客一覧\r\n会員番号", "氏名", "\r\n", "姓", "名"))
    assert found[Damage.TITLE_ROWS].count == 1
    assert found[Damage.MERGED_HEADER].count == 2


def test_same_headings_are_told():
    assert findings("1,2", header=("電話番号", "電話 番号"))[Damage.SAME_HEADINGS].count == 2


def test_what_stops_stands_first():
    found = list(findings("4.90E+12,山田,9012345678,,,,").values())
    assert [finding.severity for finding in found[:2]] == [Severity.STOP, Severity.REPAIR]


@pytest.mark.parametrize("kind", symptoms.PLAIN)
@given(data=st.data())
def test_a_cell_that_is_plain_at_one_look_shows_no_sign(kind, data):
    cell = data.draw(st.from_regex(symptoms.PLAIN[kind], fullmatch=True))
    assert symptoms.of_hash(cell) is None
    assert [check.damage for check in symptoms.OF_KIND[kind] if check.find(cell) is not None] == []
