"""pytest plugin: settings of the tests, and a database server of their own, before Django reads either.

Loaded by `-p config.cli.testing` in pyproject.toml; workers of xdist inherit what it sets.
"""

from __future__ import annotations

import os
from pathlib import Path


def prepare() -> None:
    """Point this process at `var/test` and at a cluster without fsync. Does nothing twice."""
    if os.environ.get("ENISHI_UNDER_TEST"):
        return
    project = Path(__file__).resolve().parents[3]
    for name in [name for name in os.environ if name.startswith("ENISHI_DATABASE_URL")]:
        del os.environ[name]
    os.environ |= {
        "ENISHI_UNDER_TEST": "1",
        "ENISHI_DATA_DIR": str(project / "var" / "test"),
        "ENISHI_TEST_CLOCK": "1",
        "ENISHI_ROLE": "app",
        "ENISHI_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    (project / "var" / "test" / "static").mkdir(parents=True, exist_ok=True)  # collected files, of which tests need none
    from config.cli import assets, postgres  # only now: they read the settings
    from config.settings.environment import parse

    assets.compile_english(parse(os.environ))
    os.environ |= postgres.ensure_running(parse(os.environ), name="test").environment()


prepare()
