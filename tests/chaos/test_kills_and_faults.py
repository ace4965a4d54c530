"""Every scenario on real processes, with a seed that is told; `ENISHI_CHAOS_SEED` repeats one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("ENISHI_CHAOS_SEED") or time.time() % 10_000)
pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_or_done_twice(name, record_property):
    if name == "import-disk-full" and os.geteuid() != 0:
        pytest.skip("a small disk of its own can only be mounted by root")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("ENISHI_")}
    command = [sys.executable, "-m", "tests.chaos.scenarios", name, "--seed", str(SEED)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=300)
    print(done.stdout)
    assert done.returncode in (0, 1), f"{name} --seed {SEED} broke off:\n{done.stdout}\n{done.stderr[-4000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    record_property("figures", found)
    assert found["holds"], f"repeat with: {' '.join(command[1:])}\n{json.dumps(found, ensure_ascii=False, indent=1)}"
