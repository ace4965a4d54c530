"""The input standards in customer files: cells are mended, told or refused as the form would, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers.imports.cells import ReadRow
from enishi.customers.imports.people.rows import Further, place_key
from enishi.customers.imports.target import Message
from enishi.customers.models import Customer
from enishi.customers.standards import current
from enishi.customers.standards.book import Book, Verdict
from enishi.customers.standards.rule import label_of
from enishi.platform.japanese.names import full_name

#: Under which key the preparing process finds the book.
BOOK: Final = "standards"


def extras() -> dict[str, Book]:
    """The book in use, where it has rules. One query, two with rules."""
    found = current.current()
    return {BOOK: found} if found.rules else {}


def obey(book: Book, kind: str, columns: dict[str, object], read: ReadRow) -> Verdict:
    """Mend the columns of a row, and say what was mended, what is odd and what is refused. What is missing is asked for later, together
    with what is known."""
    own = {key: read.values[key] for key in book.own if key in read.values}
    verdict = book.judge({**columns, **own, "kind": kind}, required=False)
    for field, text in verdict.fixed.items():
        note = _("入力基準に合わせて「%(text)s」に直しました。") % {"text": text}
        read.notes.append(Message(field, note))
        if field in own:
            read.values[field] = text
        else:
            columns[field] = text
    read.errors += _said(book, verdict.refused, read)
    read.notes += _said(book, verdict.warned, read)
    if kind == Customer.Kind.PERSON and not verdict.fixed.keys().isdisjoint(("family_name", "given_name")):
        columns["name"] = full_name(str(columns["family_name"]), str(columns["given_name"]))
    return verdict


def obey_further(
    book: Book, kind: str, points: Sequence[Further], read: ReadRow, errors: list[Message]
) -> tuple[tuple[Further, ...], Verdict]:
    """Further contact points as the book writes them, and what is said of them all. A further address that is written otherwise is
    known by what it says then."""
    all_of_them, mended = Verdict(), list[Further]()
    for point in points:
        verdict = book.judge({**point.columns, "kind": kind}, required=False)
        if verdict.fixed:
            columns = {**point.columns, **verdict.fixed}
            mended.append(point._replace(columns=columns, key=place_key(columns) if point.kind == "address" else point.key))
        else:
            mended.append(point)
        all_of_them.fixed |= verdict.fixed
        all_of_them.objections += verdict.objections
        read.notes += [Message("", f"{label_of(one.field, book.own)}：{one.words}") for one in verdict.told]
        errors += [Message("", f"{label_of(one.field, book.own)}：{one.words}") for one in verdict.objections if one.refused]
    return tuple(mended), all_of_them


def _said(book: Book, about: Mapping[str, Sequence[str]], read: ReadRow) -> list[Message]:
    """Parts of a column that holds more (住所) are named."""
    return [
        Message(field, text if field in read.values else f"{label_of(field, book.own)}：{text}")
        for field, texts in about.items()
        for text in texts
    ]
