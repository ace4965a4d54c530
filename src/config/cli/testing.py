"""pytest plugin: a database server for the tests, before Django reads its settings.

Tests work in `var/test`, on a cluster of their own without fsync. Each run takes a numbered slot and with it a
database name, so that two runs at the same time do not drop each other's tables.
"""

import fcntl
import os
from pathlib import Path
from typing import TextIO

SLOT = "ENISHI_TEST_SLOT"
_held: list[TextIO] = []


def _take_slot(folder: Path) -> int:
    """The lowest number that no living run holds. The lock ends with this process."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        file = (folder / f"test-slot-{number}.lock").open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            number += 1
            continue
        _held.append(file)
        return number


def prepare() -> None:
    """Point this process and its children at the test database. Workers of xdist inherit it all."""
    if SLOT in os.environ:
        return
    project = Path(__file__).resolve().parents[3]
    data_dir = Path(os.environ.get("ENISHI_DATA_DIR") or project / "var") / "test"
    slot = _take_slot(data_dir / "run")
    os.environ |= {
        SLOT: str(slot),
        "ENISHI_DATA_DIR": str(data_dir),
        "ENISHI_TEST_CLOCK": "1",
        "ENISHI_APP_HOST": "localhost",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    from config.cli import postgres  # only now: it reads the settings
    from config.settings.environment import parse

    os.environ |= postgres.ensure_running(parse(os.environ), name="test", database=f"enishi_{slot}").environment()


prepare()
