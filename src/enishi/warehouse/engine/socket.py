"""Where the engine listens: a socket in the file system that only the installation's own user may open."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path

_LONGEST = 100  # bytes: what every kernel takes as the address of a socket


def socket_path(data_dir: Path) -> Path:
    """The socket of the installation at `data_dir`; in the system's folder for passing files where the own path is too long."""
    path = data_dir / "run" / "engine.sock"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    return Path(tempfile.gettempdir()) / f"enishi-{os.getuid()}-{sha256(os.fsencode(data_dir)).hexdigest()[:16]}" / "engine.sock"


def own_folder(path: Path) -> None:
    """Make the socket's folder so that nobody else may look into it. Raises PermissionError where it is somebody else's already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{path.parent} belongs to another user")
