"""The papers of security name tests; each of them is there. `docs/asvs.csv` says which requirement of ASVS 5.0 is met where,
`docs/security-cases.csv` which test stands for which case of the table."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache

import pytest

from tests.house.source import ROOT

CASES = {
    *(f"A{n:02}" for n in (1, 2, 5, 6, 7, 10, 12, 13, 15, 16)),
    *(f"I{n:02}" for n in (1, 3, 5, 6)),
    *("S01", "S03", "X01", "X03", "X04", "X05"),
    *("U01", "U03", "U04", "U05", "P01", "P02", "P04", "P05", "P07"),
    *("D01", "D03", "D04", "D05", "D06", "D07", "D08"),
    *(f"R{n:02}" for n in (1, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 16, 17)),
}


def rows_of(name):
    with (ROOT / "docs" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def functions_in(path):
    file = ROOT / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


def missing(rows, key):
    found = []
    for row in rows:
        for name in filter(None, row["tests"].split()):
            path, _colons, function = name.partition("::")
            if function not in functions_in(path):
                found.append(f"{row[key]}: {name}")
    return found


@pytest.mark.parametrize(("paper", "key"), [("asvs.csv", "id"), ("security-cases.csv", "case")])
def test_every_test_that_a_paper_names_is_there(paper, key):
    rows = rows_of(paper)
    assert missing(rows, key) == []
    assert len({row[key] for row in rows}) == len(rows)


def test_a_requirement_applies_or_says_why_not():
    rows = rows_of("asvs.csv")
    assert len(rows) >= 100
    for row in rows:
        assert re.fullmatch(r"\d+\.\d+\.\d+", row["id"]), row
        assert row["applies"] in ("yes", "no", "not yet"), row
        assert row["what"], row
        assert row["where"], row  # the place where it is met, or the reason why it is not


def test_every_case_of_the_table_is_told_of():
    rows = {row["case"]: row for row in rows_of("security-cases.csv")}
    assert set(rows) == CASES
    for row in rows.values():
        assert row["state"] in ("tested", "part", "later"), row
        assert bool(row["tests"]) == (row["state"] != "later"), row
        assert row["state"] == "tested" or row["note"], row


def test_a_decision_has_a_number_of_its_own():
    """It is cited by it."""
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    assert [path.read_text().split(".")[0] for path in decisions] == [f"# {path.name[:4]}" for path in decisions]
