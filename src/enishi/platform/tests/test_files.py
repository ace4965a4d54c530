"""Stored files: a random name on disk, the given one only to show; whole or not at all; their owner's."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest
from django.db import DatabaseError

from enishi.platform import files
from enishi.platform.errors import NotFound
from enishi.platform.models import StoredFile


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path
    return tmp_path


def on_disk(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_stored_whole_with_its_size_and_sum(folder, misaki, now):
    file = files.store(name="顧客.csv", chunks=[b"a" * 10, b"b" * 5], actor=misaki, at=now)
    assert (file.name, file.size_bytes, file.owner_id) == ("顧客.csv", 15, misaki.user_id)
    assert file.sha256 == hashlib.sha256(b"a" * 10 + b"b" * 5).hexdigest()
    assert on_disk(folder) == [files.path_of(file)]
    assert files.path_of(file).read_bytes() == b"a" * 10 + b"b" * 5


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "", "con.csv\n", "あ" * 400], ids=range(6))
def test_a_name_is_never_a_path(folder, misaki, now, name):
    file = files.store(name=name, chunks=[b"x"], actor=misaki, at=now)
    (path,) = on_disk(folder)
    assert path == folder / "files" / file.token[:2] / file.token
    assert 0 < len(StoredFile.rows.get().name) <= 255
    assert "/" not in file.name


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(folder, misaki, now, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_BYTES", 10)
    files.store(name="a", chunks=[b"x" * 5, b"x" * 5], actor=misaki, at=now)
    with pytest.raises(files.FileTooLarge):
        files.store(name="b", chunks=[b"x" * 5, b"x" * 6], actor=misaki, at=now)
    assert (len(on_disk(folder)), StoredFile.rows.count()) == (1, 1)


def full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def broken(*args, **kwargs):
    raise DatabaseError


@pytest.mark.parametrize(
    ("place", "name", "stand_in", "refusal"),
    [(os, "fsync", full, files.DiskFull), (StoredFile, "save", broken, DatabaseError)],
)
def test_what_fails_leaves_nothing_behind(folder, misaki, now, monkeypatch, place, name, stand_in, refusal):
    monkeypatch.setattr(place, name, stand_in)
    with pytest.raises(refusal):
        files.store(name="a", chunks=[b"x"], actor=misaki, at=now)
    monkeypatch.undo()
    assert (on_disk(folder), StoredFile.rows.count()) == ([], 0)


def test_a_folder_that_cannot_be_made_is_a_full_disk(folder, misaki, now):
    (folder / "files").write_text("a file where the folder should be")
    with pytest.raises(files.DiskFull):
        files.store(name="a", chunks=[b"x"], actor=misaki, at=now)


def test_a_file_is_its_owners(misaki, yoshida, make_user, admin_only, now):
    file = files.store(name="a", chunks=[b"x"], actor=misaki, at=now)
    assert files.file_for(misaki, file.pk) == file
    for actor in (yoshida, admin_only):
        with pytest.raises(NotFound):
            files.file_for(actor, file.pk)
