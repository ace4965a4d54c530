"""Files and pictures in fields of the company's own: sent before their form is saved, and kept or put away with the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.files import FileRefused, taken_in, whole_or_nothing
from enishi.customers.details import Details
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field, Json
from enishi.customers.fields.values import FILES, files_of
from enishi.customers.models import Customer, CustomerFile
from enishi.platform import files
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.file_kinds import KindRefused
from enishi.platform.models import StoredFile
from enishi.platform.privacy import Level, Privacy

MOST_HELD: Final = 100  # of one person, in forms that are not saved
HELD_FOR: Final = timedelta(days=1)
_AT_ONCE: Final = 200


def hold_file(*, field_key: str, name: str, chunks: Iterable[bytes], actor: Actor, now: datetime) -> int:
    """Take in a file for a field of a form that is still open; its id, for the field's value. Nobody else sees it, and where
    the form is not saved within a day it goes.

    Raises NotFound (no such field), NotAllowed, KindRefused, FileRefused, DiskFull.
    """
    with whole_or_nothing() as stored:
        return _hold(field_key=field_key, name=name, chunks=chunks, stored=stored, actor=actor, now=now)


@action
def _hold(*, field_key: str, name: str, chunks: Iterable[bytes], stored: list[StoredFile], actor: Actor, now: datetime) -> int:
    """The transaction of `hold_file`."""
    field = catalogue.fields_in_use().get(field_key)
    if field is None or field.kind not in FILES:
        raise NotFound
    if actor.user_id is None or not catalogue.writable(actor, field) or not (access.may(actor, "create") or access.may(actor, "update")):
        raise NotAllowed
    if CustomerFile.rows.filter(customer__isnull=True, added_by_id=actor.user_id).count() >= MOST_HELD:
        raise FileRefused(
            _("保存していないファイルが%(n)d件あります。開いているフォームを保存するか、明日もう一度お試しください。") % {"n": MOST_HELD}
        )
    try:
        row = taken_in(name, chunks, stored, actor=actor, now=now)
    except KindRefused as refusal:
        raise FileRefused(_no_picture()) if field.kind == "image" else refusal from refusal
    if problem := _misfit(field, row):
        raise FileRefused(problem)
    row.field_id = field.id
    row.save(force_insert=True)
    return row.pk


def _misfit(field: Field, row: CustomerFile) -> str:
    """What is wrong with the file, for this field; "" for nothing."""
    return _no_picture() if field.kind == "image" and row.preview_id is None else ""


def _no_picture() -> str:
    return _("画像として開けません。JPEG・PNG・GIF・WebPの画像にしてください。")


def settled(details: Details, before: Details, *, customer_id: int | None, actor: Actor) -> Details:
    """The details with the files of their file fields looked up: each is one that the actor has just sent for this field, that
    the field had before, or that stands beside the same customer. Locked until commit; one query where such a field changes.

    Raises Invalid.
    """
    fields = catalogue.all_fields()
    asked = {
        key: [int(str(one["id"])) for one in files_of(value)]
        for key, value in details.custom.items()
        if key in fields and fields[key].kind in FILES and value != before.custom.get(key)
    }
    if not asked:
        return details
    wanted = sorted({pk for ids in asked.values() for pk in ids})
    rows = CustomerFile.rows.filter(pk__in=wanted).select_related("stored").order_by("pk").select_for_update(of=("self",))
    found = {row.pk: row for row in rows}
    problems: dict[str, list[str]] = {}
    values: dict[str, Json] = {}
    for key, ids in asked.items():
        free = [found.pop(pk) for pk in ids if pk in found and _is_free(found[pk], fields[key], customer_id, actor)]
        misfits = [words for row in free if (words := _misfit(fields[key], row))]
        if len(free) < len(ids):
            misfits.append(_("このファイルは、ほかのところにあるか、もうありません。もう一度選んでください。"))
        if misfits:
            problems[key] = misfits[:1]
        values[key] = [_told(row) for row in free]
    if problems:
        raise Invalid(fields=problems)
    return replace(details, custom={**details.custom, **values})


def _is_free(row: CustomerFile, field: Field, customer_id: int | None, actor: Actor) -> bool:
    """Whether the file may stand in this field of this customer."""
    if row.customer_id is None:
        return row.field_id == field.id and actor.user_id is not None and row.added_by_id == actor.user_id
    if row.customer_id != customer_id:
        return False
    if row.field_id is None:  # beside the customer: what is personal there stays so for whoever may not write that
        return row.archived_at is None and actor.level(Privacy.PERSONAL) == Level.WRITE
    return row.field_id == field.id


def _told(row: CustomerFile) -> Json:
    return {"id": row.pk, "name": row.name, "kind": row.kind, "size_bytes": row.stored.size_bytes}


def follow(customer: Customer, custom: Mapping[str, object], changed: Sequence[str], *, now: datetime) -> None:
    """Let the files go with what was written: those that are named stand in their field, those that no longer are lie in the
    bin, from where the history brings them back. Two queries for each file field that changed."""
    fields = catalogue.all_fields()
    for key in changed:
        if key not in fields or fields[key].kind not in FILES:
            continue
        ids = [int(str(one["id"])) for one in files_of(custom.get(key))]
        standing = CustomerFile.rows.filter(customer=customer, field_id=fields[key].id, archived_at__isnull=True)
        standing.exclude(pk__in=ids).update(archived_at=now)
        CustomerFile.rows.filter(pk__in=ids).update(customer=customer, field_id=fields[key].id, archived_at=None)


@action
def drop_held(*, now: datetime) -> int:
    """Remove the files of forms that nobody saved; how many. Some at a time, one query by a small index where there are none."""
    rows = CustomerFile.rows.filter(customer__isnull=True, at__lt=now - HELD_FOR).select_related("stored", "preview")
    old = list(rows.order_by("pk").select_for_update(of=("self",), skip_locked=True)[:_AT_ONCE])
    for row in old:
        row.delete()
        for stored in filter(None, (row.stored, row.preview)):
            files.remove(stored)
    return len(old)
