"""Every scenario on real processes. `./enishi test --chaos --seed N` repeats what a seed did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("ENISHI_CHAOS_SEED") or 1)
pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_or_done_twice(name, record_property):
    if name == "import-disk-full" and os.geteuid() != 0:
        pytest.skip("a small disk of its own can only be mounted by root")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("ENISHI_")}
    command = [sys.executable, "-m", "tests.chaos.scenarios", name, "--seed", str(SEED)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=300)
    print(done.stdout)
    assert done.stdout.startswith("{"), f"{name} --seed {SEED} broke off:\n{done.stdout}\n{done.stderr[-4000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    record_property("figures", found)
    assert found["holds"], f"repeat with: {' '.join(command[1:])}\n{json.dumps(found, ensure_ascii=False, indent=1)}"
