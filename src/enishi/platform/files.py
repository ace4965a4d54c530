"""Stored files: a random name on disk, the given name only to show. Written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError
from enishi.platform.models import StoredFile

LARGEST_BYTES = 1_000_000_000


class DiskFull(ActionError):
    code = "file.disk_full"
    message = _("サーバーの空き容量が足りないため、ファイルを保存できません。空きを作ってから、もう一度お試しください。")


class FileTooLarge(ActionError):
    code = "file.too_large"
    message = _("ファイルが大きすぎます（上限1GB）。分割してお試しください。")


def path_of(file: StoredFile) -> Path:
    return Path(settings.DATA_DIR) / "files" / file.token[:2] / file.token


def store(*, name: str, chunks: Iterable[bytes], actor: Actor, at: datetime) -> StoredFile:
    """Write a file and its row. Raises DiskFull, FileTooLarge; where it fails, nothing is left behind."""
    file = StoredFile(
        token=secrets.token_hex(16), name=Path(name).name[:255] or "file", owner_id=actor.user_id, created_at=at, size_bytes=0
    )
    path = path_of(file)
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            for chunk in chunks:
                file.size_bytes += len(chunk)
                if file.size_bytes > LARGEST_BYTES:
                    raise FileTooLarge
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        file.sha256 = digest.hexdigest()
        with transaction.atomic():
            file.save(force_insert=True)
    except BaseException as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DiskFull from error
        raise
    return file


def discard(file: StoredFile) -> None:
    """Take the bytes of a file off the disk whose row was rolled back."""
    with suppress(OSError):
        path_of(file).unlink(missing_ok=True)


def file_for(actor: Actor, file_id: int) -> StoredFile:
    """A file that the actor may read. Raises NotFound."""
    return policy.get(actor, StoredFile, "read", file_id, lock=False)


def remove(file: StoredFile) -> None:
    """Take a file away for good: its row now, its bytes once that is committed. Nothing may point to it any more."""
    path = path_of(file)
    file.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
