"""splink's own file of 1,000 invented English people (MIT), of whom most are there several times with heavy typing errors.

It has neither phones nor postal addresses, by which customers of a company in Japan are mostly told, and its towns are no
prefectures: what is asked is that nobody is taken for somebody else.
"""

from __future__ import annotations

import csv
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from enishi.customers.twins.matching import compare
from enishi.customers.twins.traits import SOURCES, traits_of

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "splink-fake" / "fake_1000.csv"
pytestmark = [pytest.mark.conformance, pytest.mark.skipif(not FILE.exists(), reason="shared/data is not here")]


def test_nobody_is_taken_for_somebody_else():
    rows = list(csv.DictReader(FILE.open(encoding="utf-8")))
    who, people = [], {}
    for row in rows:
        pk = int(row["unique_id"]) + 1
        people.setdefault(row["cluster"], []).append(pk)
        known = {
            "id": pk,
            "kind": "person",
            "name": f"{row['first_name']} {row['surname']}",
            "family_name": row["surname"],
            "given_name": row["first_name"],
            "email": row["email"],
            "prefecture": row["city"],
            "birthday_on": date.fromisoformat(row["dob"]) if row["dob"] else None,
        }
        who.append(traits_of([known.get(name, "") for name in SOURCES]))
    true = {pair for ids in people.values() for pair in combinations(sorted(ids), 2)}
    found = compare(who, customers=len(who))
    sure = {(one.first, one.second) for one in found if one.is_automatic}
    every = {(one.first, one.second) for one in found}
    assert every - true == set()
    assert len(sure) > 250
    assert len(every) > 550
