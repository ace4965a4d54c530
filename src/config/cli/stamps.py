"""Skip a step when nothing it reads has changed: one small file a step, holding a hash of the contents."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_NOT_SOURCES = {"node_modules", "__pycache__", ".git", "dist"}


def digest(paths: Iterable[Path], *words: str) -> str:
    """A hash over files (names and contents, folders whole) and further words. Missing paths count as empty."""
    found = hashlib.sha256()
    for word in words:
        found.update(word.encode() + b"\0")
    for path in paths:
        for file in _files(path):
            found.update(str(file.relative_to(path.parent)).encode() + b"\0")
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, names, files in path.walk() if path.is_dir() else ():
        names[:] = sorted(name for name in names if name not in _NOT_SOURCES)
        yield from (folder / name for name in sorted(files))


def holds(stamp: Path, value: str) -> bool:
    """Was the step last done over the same contents?"""
    return stamp.is_file() and stamp.read_text() == value


def keep(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)
