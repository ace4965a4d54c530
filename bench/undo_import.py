"""An import over half its people, taken back under kill -9 of its workers: every table has the hash from before it."""

from __future__ import annotations

import csv
import random
import time
from pathlib import Path
from typing import Any

from bench import files, stage
from bench.installation import Installation, asked, running
from bench.kill_import import begin, finish, seen

#: What undo gives back. The ledger of consents and the events only grow.
GIVEN_BACK = ("customers", "identities", "consent_states", "contact_points")


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    dice = random.Random(seed)
    rows = 5_000 if quick else 50_000
    with running(workers=1 if quick else 2) as house:
        found = ordeal(house, rows, kills=1 if quick else 4, dice=dice)
    return {
        "figures": {"rows": rows, "seed": seed, **found},
        "goal": "customers, identities, contact points and consent states have the hash from before the import, whatever was killed",
        "holds": found["same_rows"] and found["kept"] == 0,
    }


def ordeal(house: Installation, rows: int, *, kills: int, dice: random.Random) -> dict[str, Any]:
    whole = files.customer_file(stage.DATA / f"customers-{rows}.csv", rows)
    finish(begin(half_known(whole, rows // 2)))
    first = seen(GIVEN_BACK)
    began = time.monotonic()
    run_id = begin(whole, existing="overwrite")
    finish(run_id)
    import_seconds = time.monotonic() - began
    return {"import_seconds": round(import_seconds, 1), **take_back(house, run_id, first, kills=kills, dice=dice)}


def take_back(house: Installation, run_id: int, first: dict[str, tuple[int, str]], *, kills: int, dice: random.Random) -> dict[str, Any]:
    """Undo an import under kill -9 of the workers, and compare with the hashes from before it."""
    began = time.monotonic()
    _order(run_id, "check_undo")
    _wait_for(run_id, "ready")
    check_seconds = time.monotonic() - began
    began = time.monotonic()
    _order(run_id, "undo_import")
    struck_at = []
    for place in sorted(dice.sample(range(1, 9), kills)):
        _wait_for(run_id, "done", share=place / 10)
        struck_at.append(_stands(run_id)[1])
        for name in [name for name in house.processes() if name.startswith("worker")]:
            house.kill(name)
    _wait_for(run_id, "done")
    seconds = time.monotonic() - began
    state, _done, total, kept = _stands(run_id)
    found = asked(lambda: seen(GIVEN_BACK))
    return {
        "objects": total,
        "check_seconds": round(check_seconds, 1),
        "undo_seconds_with_kills": round(seconds, 1),
        "struck_at": struck_at,
        "kept": kept,
        "state": state,
        "different_tables": [name for name in first if first[name] != found[name]],
        "same_rows": found == first,
    }


def half_known(whole: Path, count: int) -> Path:
    """The first people of the file without their readings, mail addresses and places: the whole file will fill these in. One in ten
    has another mail address and that of the file as a second: the file makes it their own."""
    path = whole.with_name(f"known-with-mails-{count}.csv")
    with whole.open(encoding="cp932", newline="") as source, path.open("w", encoding="cp932", newline="") as target:
        rows, writer = csv.reader(source), csv.writer(target)
        headings = next(rows)
        writer.writerow([*headings, "メール2"])
        mail = headings.index("メールアドレス")
        blank = [headings.index(name) for name in ("フリガナ", "メールアドレス", "郵便番号", "住所")]
        for number, row in zip(range(count), rows, strict=False):
            known = ["" if column in blank else cell for column, cell in enumerate(row)]
            second = row[mail] if number % 10 == 0 else ""
            if second:
                known[mail] = f"before-{number}@enishi.example"
            writer.writerow([*known, second])
    return path


def _order(run_id: int, verb: str) -> None:
    from enishi.customers.actions import import_undo
    from enishi.platform import time as clock
    from enishi.platform.actor import SYSTEM

    {"check_undo": import_undo.check_undo, "undo_import": import_undo.undo_import}[verb](run_id=run_id, actor=SYSTEM, now=clock.now())


def _stands(run_id: int) -> tuple[str, int, int, int]:
    from enishi.customers.models import ImportUndo

    rows = ImportUndo.rows.filter(run_id=run_id).values_list("state", "done", "total", "kept_count")
    return asked(rows.get)


def _wait_for(run_id: int, wanted: str, *, share: float = 1.0) -> None:
    """Until the undo is in this state, or has come so far. Raises where it failed or stands still."""

    def there() -> bool:
        state, done, total, _kept = _stands(run_id)
        if state == "failed":
            raise SystemExit(f"the undo failed at {done} of {total}")
        return state == wanted or (share < 1 and total > 0 and state == "running" and done >= total * share)

    if not stage.wait_until(there, seconds=3_600, every=0.05):
        raise SystemExit(f"the undo stands still at {_stands(run_id)}")
