"""COPY behind the back of whoever puts the lines together: in order, within the transaction, and never half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import DataError, IntegrityError, transaction

from enishi.platform.behind import GivenUp, copying_behind
from enishi.platform.bulk import copy_lines
from enishi.platform.models import Team

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> list[str]:
    return sorted(Team.rows.values_list("name", flat=True))


def teams(*lines: str) -> None:
    copy_lines(Team, ("id", "name"), lines)


def test_whatever_asks_next_finds_what_was_copied():
    with transaction.atomic(), copying_behind():
        teams("1001\t銀座店", "1002\t梅田店")
        teams("1003\t天神店")
        assert names() == ["天神店", "梅田店", "銀座店"]
        teams("1004\t札幌店")
    assert len(names()) == 4


def test_what_postgresql_objects_to_is_raised_by_whatever_asks_next():
    def write() -> None:
        with transaction.atomic(), copying_behind():
            teams("1001\t銀座店")
            teams("1001\t梅田店")
            names()

    with pytest.raises(IntegrityError):
        write()
    assert names() == []


def test_what_postgresql_objects_to_is_raised_by_the_end_and_the_connection_is_free():
    with pytest.raises(DataError), transaction.atomic(), copying_behind():
        teams("x\t銀座店")
    with transaction.atomic(), copying_behind():
        teams("1001\t銀座店")
    assert names() == ["銀座店"]


def test_lines_that_break_off_leave_nothing_even_where_somebody_catches_the_error():
    def broken() -> Iterator[str]:
        yield from (f"{number}\t銀座店" for number in range(1000, 2000))  # more than leave at once
        raise KeyError

    def write() -> None:
        with transaction.atomic(), copying_behind():
            with suppress(KeyError):
                copy_lines(Team, ("id", "name"), broken())
            names()

    with pytest.raises(GivenUp):
        write()
    assert names() == []
