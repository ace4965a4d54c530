"""Keeping files with a customer: adding, naming, removing, and taking back out of the bin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import PurePath

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import CustomerFile
from enishi.platform import changes, events, files
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.file_kinds import HEAD_BYTES, kind_of
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import StoredFile
from enishi.platform.pictures import preview_of

LARGEST_BYTES = 50_000_000
MOST_FILES = 500  # with one customer, removed ones left out
LONGEST_NAME, LONGEST_NOTE = 200, 400


class FileRefused(Invalid):
    """A file that is empty or too large, or for which there is no more room with this customer."""

    code = "file.refused"

    def __init__(self, message: str) -> None:
        super().__init__(message, fields={"file": [message]})


def add_file(*, customer_id: int, name: str, chunks: Iterable[bytes], actor: Actor, now: datetime) -> int:
    """Keep a file with a customer; its id. Records `file.added`.

    What it is, is found in its content. Written whole or not at all: where anything fails, neither a row nor bytes stay.
    Raises NotFound, NotAllowed, KindRefused, FileRefused, DiskFull.
    """
    with whole_or_nothing() as stored:
        return _add(customer_id=customer_id, name=name, chunks=chunks, stored=stored, actor=actor, now=now)


@contextmanager
def whole_or_nothing() -> Iterator[list[StoredFile]]:
    """For the files that a transaction inside writes: where it fails, their bytes go as well."""
    stored: list[StoredFile] = []
    try:
        yield stored
    except BaseException:
        for file in stored:
            files.discard(file)
        raise


@action
def _add(*, customer_id: int, name: str, chunks: Iterable[bytes], stored: list[StoredFile], actor: Actor, now: datetime) -> int:
    """The transaction of `add_file`. `stored`: the files that were written, for the caller to take away if it fails."""
    customer = access.customer_for(actor, customer_id, "update")
    access.require_words(actor)
    if CustomerFile.rows.filter(customer=customer, field__isnull=True, archived_at__isnull=True).count() >= MOST_FILES:
        raise FileRefused(_("1人の顧客に置けるファイルは%(n)d件までです。") % {"n": MOST_FILES})
    row = taken_in(name, chunks, stored, actor=actor, now=now)
    row.customer = customer
    row.save(force_insert=True)
    data: dict[str, events.Primitive] = {"kind": row.kind, "size_bytes": stored[0].size_bytes}
    events.record("file.added", subject=row.pk, customer=customer.pk, actor=actor, at=now, data=data)
    return row.pk


def taken_in(name: str, chunks: Iterable[bytes], stored: list[StoredFile], *, actor: Actor, now: datetime) -> CustomerFile:
    """A file that was sent, on the disk with its preview, as a row that stands nowhere yet. Within `whole_or_nothing`.

    Raises KindRefused, FileRefused, DiskFull.
    """
    head, rest = _beginning(chunks)
    name = kept_name(name)
    kind = kind_of(head, name)
    stored.append(files.store(name=name, chunks=_within_limit(chain([head], rest)), actor=actor, at=now))
    preview = preview_of(files.path_of(stored[0])) if kind.opens == "image" else None
    if preview is not None:
        stored.append(files.store(name="preview.jpg", chunks=[preview], actor=actor, at=now))
    row = CustomerFile(stored=stored[0], name=name, kind=kind.key, added_by_id=actor.user_id, at=now)
    row.preview = stored[1] if preview is not None else None
    return row


def _beginning(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, as many as a kind is found by, and what follows them. Raises FileRefused where there are none."""
    rest, head = iter(chunks), b""
    while len(head) < HEAD_BYTES and (piece := next(rest, None)) is not None:
        head += piece
    if not head:
        raise FileRefused(_("ファイルの中身が空です。"))
    return head, rest


def _within_limit(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_BYTES:
            raise FileRefused(too_large())
        yield chunk


def too_large() -> str:
    return _("ファイルが大きすぎます（1件%(n)dMBまで）。") % {"n": LARGEST_BYTES // 1_000_000}


def kept_name(name: str) -> str:
    """A file's name as it is shown: one line without folders or invisible letters; of a long one the middle is left out
    and the ending stays."""
    name = clean(name.replace("\\", "/").rpartition("/")[2])
    if name.strip(". ") == "":
        return _("名前のないファイル")
    if len(name) <= LONGEST_NAME:
        return name
    suffix = PurePath(name).suffix[:20]
    return f"{name[: LONGEST_NAME - len(suffix) - 1]}…{suffix}"


@action
def change_file(*, customer_id: int, file_id: int, name: str, note: str, actor: Actor, now: datetime) -> None:
    """Give a file another name and note. Records `file.changed`. Raises NotFound, NotAllowed, Invalid."""
    row = _row(customer_id, file_id, actor)
    name, note = clean(name), clean(note)
    problems = {}
    if not name:
        problems["name"] = [_("ファイル名を入力してください。")]
    problems |= {
        field: [_("%(n)d文字以内で入力してください。") % {"n": limit}]
        for field, text, limit in (("name", name, LONGEST_NAME), ("note", note, LONGEST_NOTE))
        if len(text) > limit
    }
    if problems:
        raise Invalid(fields=problems)
    name = kept_name(name)
    pairs: dict[str, changes.Change] = {"name": (row.name, name), "note": (row.note, note)}
    if all(before == after for before, after in pairs.values()):
        return
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, CustomerFile, [(row.pk, pairs)])
    row.name, row.note = name, note
    row.save(update_fields=["name", "note"])
    events.record("file.changed", subject=row.pk, customer=row.customer_id, actor=actor, at=now, data={"change_set": deed.pk})


@action
def remove_file(*, customer_id: int, file_id: int, actor: Actor, now: datetime) -> None:
    """Put a file into the customer's bin, from where it comes back whole. Records `file.removed`; twice is once.

    Raises NotFound, NotAllowed.
    """
    row = _row(customer_id, file_id, actor)
    if row.archived_at is None:
        row.archived_at = now
        row.save(update_fields=["archived_at"])
        events.record("file.removed", subject=row.pk, customer=row.customer_id, actor=actor, at=now)


@action
def restore_file(*, customer_id: int, file_id: int, actor: Actor, now: datetime) -> None:
    """Take a file out of the bin. Records `file.restored`; twice is once. Raises NotFound, NotAllowed."""
    row = _row(customer_id, file_id, actor)
    if row.archived_at is not None:
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        events.record("file.restored", subject=row.pk, customer=row.customer_id, actor=actor, at=now)


def _row(customer_id: int, file_id: int, actor: Actor) -> CustomerFile:
    """A file that stands beside the customer: one in a field comes and goes with the field's value."""
    row = access.file_for(actor, file_id, "update")
    access.require_words(actor)
    if row.customer_id != customer_id or row.field_id is not None:
        raise NotFound
    return row
