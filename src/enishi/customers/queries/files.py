"""The files that are kept with a customer, and the short-lived addresses on the files host where they are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Json
from enishi.customers.fields.values import FILES, files_of
from enishi.customers.models import CustomerFile
from enishi.platform import files, time, views_log
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, NotAllowed, NotFound
from enishi.platform.file_kinds import KINDS
from enishi.platform.japanese.dates import format_date
from enishi.platform.origins import files_url
from enishi.platform.policy import present, present_many, seen_in_clear, shown
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import actor_by_id

type Way = Literal["download", "preview", "pdf"]
#: Seconds for which an address opens. A download begins at once; a picture may be asked for again by the browser.
_LIFETIMES: dict[Way, int] = {"download": 60, "preview": 300, "pdf": 300}
#: Pictures that can be shown, as a browser is told of them.
PICTURES = ",".join(kind.media_type for kind in KINDS.values() if kind.opens == "image")
_SIGNER = signing.TimestampSigner(salt="customers.files")


class ReadsNotLogged(ActionError):
    """Whoever opens a file is written down; while that is not possible, none is opened."""

    code = "file.reads_not_logged"
    message = gettext_lazy("閲覧の記録を書けないため、いまはファイルを開けません。管理者に知らせてください。")


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    name: str | None
    note: str | None
    kind: str
    at: datetime
    archived_at: datetime | None
    size_bytes: int = shown("stored__size_bytes")
    added_by: str | None = shown("added_by__display_name")
    preview: int | None = shown("preview")


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file as a row of the panel, in its final words."""

    id: int
    name: str
    note: str
    icon: str
    about: str  # PDF・1.2 MB
    added: str  # 2026/11/22(日)・髙橋 美咲
    opens: str  # image, pdf, or "" where it is only downloaded


@dataclass(frozen=True, slots=True)
class FileShelf:
    number: str
    files: list[FileLine]
    removed: list[FileLine]
    can_add: bool
    can_open: bool


def shelf(actor: Actor, customer_id: int) -> FileShelf:
    """Raises NotFound. Two queries and one view-log row; one more where the actor's rights depend on the row."""
    customer = access.readable_customers(actor).filter(pk=customer_id).values_list("number", "archived_at").first()
    if customer is None:
        raise NotFound
    number, archived_at = customer
    rows = present_many(_Row, actor, access.visible_files(actor).filter(customer_id=customer_id, field__isnull=True).order_by("-at", "-pk"))
    can_open = actor.reads(Privacy.PERSONAL)
    can_add = archived_at is None and actor.level(Privacy.PERSONAL) == Level.WRITE and access.can(actor, customer_id, "update")
    kept = [_line(row, can_open) for row in rows if row.archived_at is None]
    removed = [_line(row, can_open) for row in rows if row.archived_at is not None] if can_add else []
    return FileShelf(number, kept, removed, can_add, can_open)


def _line(row: _Row, can_open: bool) -> FileLine:
    kind = KINDS[row.kind]
    opens = kind.opens if can_open and (kind.opens != "image" or row.preview) else ""
    about = f"{kind.label}・{size_in_words(row.size_bytes)}"
    added = "・".join(filter(None, (format_date(time.local(row.at).date()), row.added_by)))
    return FileLine(row.id, row.name or _("（名前は表示できません）"), row.note or "", icon_of(kind.key), about, added, opens)


def icon_of(kind: str) -> str:
    return "image" if KINDS[kind].media_type.startswith("image/") else "document" if KINDS[kind].key in _WRITTEN else "file"


_WRITTEN = {"pdf", "docx", "doc", "odt", "jtd", "text"}


def size_in_words(size_bytes: int) -> str:
    """3.2 MB, 420 KB: in thousands, as systems for people count."""
    if size_bytes >= 1_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{max(1, round(size_bytes / 1_000))} KB"


@dataclass(frozen=True, slots=True)
class FileForm:
    """What the dialog of one file starts from."""

    id: int
    name: str
    note: str


def file_for_form(actor: Actor, customer_id: int, file_id: int) -> FileForm:
    """Raises NotFound, NotAllowed (also where the actor may not write personal data), ReadsNotLogged. At most two queries, and one
    view-log row."""
    row = access.file_for_look(actor, file_id, "update")
    access.require_words(actor)
    if row.customer_id != customer_id or row.field_id is not None:
        raise NotFound
    seen_in_clear(actor, CustomerFile, [file_id])
    return FileForm(row.pk, row.name, row.note)


# ---- in fields ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldFile:
    """One file of a field's value, in its final words."""

    id: int
    name: str
    about: str  # PDF・1.2 MB
    icon: str
    opens: str  # image, pdf, or "" where it is only downloaded
    is_kept: bool = True  # False: chosen in a form that is not saved


def field_files(value: object) -> tuple[FieldFile, ...]:
    """The files of a stored value. No query."""
    return tuple(_field_file(one) for one in files_of(value) if str(one.get("kind")) in KINDS)


def _field_file(one: Mapping[str, Json], *, is_kept: bool = True) -> FieldFile:
    kind = KINDS[str(one["kind"])]
    about = f"{kind.label}・{size_in_words(int(str(one['size_bytes'])))}"
    return FieldFile(int(str(one["id"])), str(one["name"]), about, icon_of(kind.key), kind.opens, is_kept)


def held_files(actor: Actor, field_keys: Collection[str], ids: Collection[int]) -> dict[int, FieldFile]:
    """Those of the ids that the actor has sent for one of these fields in a form that is not saved. One query, none without ids."""
    if not ids or actor.user_id is None:
        return {}
    fields = [int(key.removeprefix("cf_")) for key in field_keys]
    rows = CustomerFile.rows.filter(pk__in=ids, customer__isnull=True, added_by_id=actor.user_id, field_id__in=fields)
    told = rows.values_list("pk", "name", "kind", "stored__size_bytes")
    return {pk: _field_file({"id": pk, "name": name, "kind": kind, "size_bytes": size}, is_kept=False) for pk, name, kind, size in told}


def with_addresses(customer_id: int, custom: Mapping[str, Json]) -> dict[str, Json]:
    """Custom values with the address of each file's content, for other systems."""
    fields = catalogue.all_fields()
    base = f"/api/v1/customers/{customer_id}/files"
    return {
        key: [{**one, "content": f"{base}/{one['id']}/content"} for one in files_of(value)]
        if key in fields and fields[key].kind in FILES
        else value
        for key, value in custom.items()
    }


def _opens(actor: Actor, file: CustomerFile) -> bool:
    """Beside the customer it is personal; in a field, what the field is."""
    if file.field_id is None:
        return actor.reads(Privacy.PERSONAL, access.FILES)
    return catalogue.readable(actor, catalogue.all_fields()[f"cf_{file.field_id:d}"])


# ---- opening ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenedFile:
    name: str
    url: str  # on the files host


def open_file(actor: Actor, customer_id: int, file_id: int, way: Way) -> OpenedFile:
    """Where a file is read for a few moments, by this actor's rights of that moment; who asked is written down.

    Raises NotFound, NotAllowed (masked viewers), ReadsNotLogged. One query, one more of a field's, and one view-log row.
    """
    rows = access.visible_files(actor).filter(pk=file_id, customer_id=customer_id)
    file = rows.only("name", "kind", "preview", "field").first()
    if file is None:
        raise NotFound
    if not _opens(actor, file):
        raise NotAllowed if actor.only is None else NotFound
    kind = KINDS[file.kind]
    if (way == "preview" and file.preview_id is None) or (way == "pdf" and kind.opens != "pdf"):
        raise NotFound
    if not views_log.record(actor, CustomerFile, [file_id], columns=("name", "stored")):
        raise ReadsNotLogged
    token = _SIGNER.sign_object([file_id, actor.user_id, way])
    return OpenedFile(kind.named(file.name), files_url(f"/{'kept' if way != 'pdf' else 'pdf'}/{token}"))


@dataclass(frozen=True, slots=True)
class ServedFile:
    path: Path
    name: str
    media_type: str
    as_attachment: bool


def served_file(token: str, ways: tuple[Way, ...]) -> ServedFile:
    """The file behind an address of the files host, while its reader may still read it. Raises NotFound."""
    file_id, user_id, way = _unsigned(token)
    if way not in ways:
        raise NotFound
    actor = actor_by_id(user_id)
    row = access.visible_files(actor).select_related("stored", "preview").filter(pk=file_id).first()
    if row is None or not _opens(actor, row):
        raise NotFound
    kind = KINDS[row.kind]
    if way == "preview":
        if row.preview is None:
            raise NotFound
        return ServedFile(files.path_of(row.preview), "preview.jpg", "image/jpeg", as_attachment=False)
    return ServedFile(files.path_of(row.stored), kind.named(row.name), kind.media_type, as_attachment=way == "download")


def _unsigned(token: str) -> tuple[int, int, Way]:
    try:
        file_id, user_id, way = _SIGNER.unsign_object(token, max_age=max(_LIFETIMES.values()))
        _SIGNER.unsign_object(token, max_age=_LIFETIMES[way])
    except (signing.BadSignature, ValueError, TypeError, KeyError) as error:
        raise NotFound from error
    return file_id, user_id, way


# ---- for other systems --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileFacts:
    id: int
    name: str | None
    note: str | None
    kind: str
    at: datetime
    size_bytes: int = shown("stored__size_bytes")
    sha256: str = shown("stored__sha256")
    added_by_id: int | None = shown("added_by")
    added_by_name: str | None = shown("added_by__display_name")

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FileSlice:
    items: list[FileFacts]
    next_id: int | None


def file_slice(actor: Actor, customer_id: int, *, before: int, size: int) -> FileSlice:
    """Files by falling id, from below `before` on (0: from the newest). One query, and one view-log row."""
    rows = access.visible_files(actor).filter(
        customer_id=customer_id, field__isnull=True, archived_at__isnull=True, customer__archived_at__isnull=True
    )
    if before:
        rows = rows.filter(pk__lt=before)
    found = present_many(FileFacts, actor, rows.order_by("-pk")[: size + 1])
    return FileSlice(found[:size], found[size - 1].id if len(found) > size else None)


def file_facts(actor: Actor, customer_id: int, file_id: int) -> FileFacts:
    """One file. Raises NotFound. One query, and one view-log row."""
    return present(FileFacts, actor, access.visible_files(actor).filter(customer_id=customer_id, field__isnull=True), pk=file_id)
