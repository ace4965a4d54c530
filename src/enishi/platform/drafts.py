"""Files in the making: they grow piece by piece, and how far is kept by the caller beside its own checkpoint. What a killed
worker wrote beyond that is cut off by the next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import ActionError
from enishi.platform.files import DiskFull

_PIECE = 1 << 20


class DraftLost(ActionError):
    """The file holds less than was written: somebody removed it, or the machine lost it."""

    code = "file.draft_lost"
    message = _("作りかけのファイルがなくなっています。はじめからやり直してください。")


def path_of(name: str) -> Path:
    """Where a draft stands. `name` comes from code, never from input."""
    return Path(settings.DATA_DIR) / "drafts" / name


def append(name: str, at: int, data: bytes) -> int:
    """Write `data` behind the first `at` bytes, and nothing behind it; the size then. On the disk when this returns.

    Raises DraftLost, DiskFull.
    """
    path = path_of(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b") as file:
            if file.seek(0, os.SEEK_END) < at:
                raise DraftLost
            file.truncate(at)
            file.seek(at)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskFull from error
    return at + len(data)


def pieces(name: str) -> Iterator[bytes]:
    """The whole draft. Raises DraftLost."""
    try:
        with path_of(name).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except FileNotFoundError as error:
        raise DraftLost from error


def forget(name: str) -> None:
    """Remove a draft, where there is one."""
    path_of(name).unlink(missing_ok=True)
