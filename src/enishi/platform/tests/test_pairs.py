"""Pairs of texts looked up and removed."""

from __future__ import annotations

import pytest
from django.db import connection

from enishi.platform.sql.pairs import delete_pairs, found_by_pairs


@pytest.fixture
def table(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE met (kind text, value text, who bigint, PRIMARY KEY (kind, value))")
        rows = [("email", "a@example.jp", 1), ("phone", "a@example.jp", 2), ("email", 'a"b\\c,{}', 3), ("email", "", 4)]
        cursor.executemany("INSERT INTO met VALUES (%s, %s, %s)", rows)
        yield "met"
        cursor.execute("DROP TABLE met")


def test_only_whole_pairs_are_found_however_odd_their_letters(table, django_assert_num_queries):
    asked = [
        ("email", "a@example.jp"),
        ("phone", 'a"b\\c,{}'),
        ("email", 'a"b\\c,{}'),
        ("email", ""),
        ("email", "a@example.jp"),
        ("fax", ""),
    ]
    with django_assert_num_queries(1):
        found = found_by_pairs(table, ("kind", "value", "who"), asked)
    assert found == {("email", "a@example.jp"): 1, ("email", 'a"b\\c,{}'): 3, ("email", ""): 4}


def test_no_pairs_ask_nothing(table, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert found_by_pairs(table, ("kind", "value", "who"), []) == {}
        delete_pairs(table, ("kind", "value"), [])


def test_only_whole_pairs_are_removed(table):
    delete_pairs(table, ("kind", "value"), [("email", "a@example.jp"), ("phone", "b@example.jp")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT who FROM met ORDER BY who")
        assert [who for (who,) in cursor.fetchall()] == [2, 3, 4]
