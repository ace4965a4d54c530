"""A million rows over a hundred thousand known people, ten kills, and all of it taken back: the same rows as of an undisturbed
import, then the first rows again."""

from __future__ import annotations

import random
import time
from typing import Any

from bench import files, stage
from bench.installation import running
from bench.kill_import import SECONDS_TO_GO_ON, begin, compared, finish, seen, under_blows
from bench.undo_import import GIVEN_BACK, half_known, take_back

_BLOWS = ("worker-1", "postgres", "web", "worker-2", "worker-1", "postgres", "worker-2", "worker-1", "web", "worker-2")


def run(*, quick: bool, seed: int = 1, rows: int = 1_000_000) -> dict[str, Any]:
    dice = random.Random(seed)
    rows = 3_000 if quick else rows
    blows = ["worker-1"] if quick else list(_BLOWS)
    path = files.customer_file(stage.DATA / f"customers-{rows}.csv", rows)
    known = half_known(path, rows // 10)
    with running(workers=1 if quick else 2) as house:
        finish(begin(known))
        began = time.monotonic()
        finish(begin(path, existing="overwrite"))
        calm_seconds = time.monotonic() - began
        wanted = seen()
        house.empty()
        finish(begin(known))
        first = seen(GIVEN_BACK)
        kills = [lambda part=part: house.kill(part) for part in blows]
        run_id, struck = under_blows(path, rows, kills, dice, existing="overwrite")
        killed = compared(wanted)
        undone = take_back(house, run_id, first, kills=0 if quick else 2, dice=dice)
    return {
        "figures": {
            "rows": rows,
            "kills": blows,
            "seed": seed,
            "calm_seconds": round(calm_seconds, 1),
            **struck,
            **killed,
            **{f"undo_{name.removeprefix('undo_')}": value for name, value in undone.items()},
        },
        "goal": f"the rows of an undisturbed import after ten kills, each over within {SECONDS_TO_GO_ON} s; the first rows after undo",
        "holds": killed["same_rows"]
        and undone["same_rows"]
        and undone["kept"] == 0
        and struck["longest_pause_seconds"] <= SECONDS_TO_GO_ON,
    }
