"""What can happen to a running installation, each thing once, on real processes: `python -m tests.chaos.scenarios NAME --seed N`.

A scenario begins an import, a cleansing, a send or many merges, lets the blow fall in the middle, waits until the work is over, and settles the
accounts. It prints one JSON object; `holds` is true only where every sum is exact. Small sizes: each within two minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import kill_cleansing, kill_import, kill_merges, kill_send, mailing, stage
from bench.installation import Installation, asked, running

IMPORT_ROWS = 25_000  # ten chunks: one is behind wherever the blow falls, and one ahead
CLEANSED = 10_000  # half of whom change, in five chunks
RECIPIENTS = 400
GROUPS = 150
PER_SECOND = 60
MEGABYTE = 1 << 20

type Blow = Callable[[Installation, random.Random], None]


# ---- blows ------------------------------------------------------------------------------------------------


def kill_worker(house: Installation, dice: random.Random) -> None:
    house.kill("worker-1")


def kill_web(house: Installation, dice: random.Random) -> None:
    house.kill("web")


def kill_postgres(house: Installation, dice: random.Random) -> None:
    house.kill("postgres")


def stop_postgres_at_once(house: Installation, dice: random.Random) -> None:
    """PostgreSQL's immediate shutdown: nothing is written, recovery follows."""
    house.kill("postgres", signal.SIGQUIT)


def terminate_backends(house: Installation, dice: random.Random) -> None:
    for _ in range(2):
        house.terminate_backends()
        time.sleep(dice.uniform(0.2, 1.0))


def zombie(house: Installation, dice: random.Random) -> None:
    """A worker sleeps until another has taken its work over, and then goes on as if nothing had been."""
    house.kill("worker-1", signal.SIGSTOP)
    try:
        time.sleep(28)  # leases of imports last 20 seconds; those of a send are hurried
    finally:
        house.kill("worker-1", signal.SIGCONT)


def kill_supervisor(house: Installation, dice: random.Random) -> None:
    """The children live on as orphans, until the next start ends them and begins anew."""
    house.kill_supervisor()
    time.sleep(dice.uniform(0.2, 1.5))
    house.start()


def fill_disk(house: Installation, dice: random.Random) -> None:
    """No byte is left under var/ for a while, for files, logs and the database alike."""
    filler, filled, piece = house.folder / "filler", 0, 256 * MEGABYTE
    with filler.open("wb") as file:
        while piece >= MEGABYTE // 16:
            try:
                os.posix_fallocate(file.fileno(), filled, piece)
                filled += piece
            except OSError:
                piece //= 2
    time.sleep(6)
    filler.unlink()


# ---- work under blows -------------------------------------------------------------------------------------


def importing(blow: Blow, *, workers: int = 1, folder: Path | None = None) -> Callable[[random.Random], dict[str, Any]]:
    """An import of customers that the blow falls into; its rows must be those of an undisturbed one."""

    def run(dice: random.Random) -> dict[str, Any]:
        with running(workers=workers, folder=folder) as house:
            found = kill_import.ordeal(house, IMPORT_ROWS, [lambda: blow(house, dice)], dice)
            left = asked(left_behind)
        whole = found["tables"]["rows"] == IMPORT_ROWS and 0 < found["struck_at_row"][0] < IMPORT_ROWS
        return found | left | {"holds": whole and found["same_rows"] and not any(left.values())}

    return run


def cleansing(blow: Blow) -> Callable[[random.Random], dict[str, Any]]:
    """A cleansing that the blow falls into, and once more while it is taken back."""

    def run(dice: random.Random) -> dict[str, Any]:
        with running(workers=1) as house:
            found = kill_cleansing.ordeal(house, CLEANSED, [lambda: blow(house, dice)], dice)
            left = asked(left_behind)
        in_the_middle = all(0 < done < found["changed"] for done in [*found["struck_at_customer"], *found["undo_struck_at_customer"]])
        return found | left | {"holds": in_the_middle and found["same_rows"] and found["same_as_before"] and not any(left.values())}

    return run


def sending(
    blow: Blow | None, *sink_options: str, uncertain: int = kill_send.UNCERTAIN_A_KILL
) -> Callable[[random.Random], dict[str, Any]]:
    """A send that the blow falls into, or whose mail server misbehaves. `uncertain`: so many may be listed as unknown,
    beside those whose answer the mail server kept to itself."""

    def run(dice: random.Random) -> dict[str, Any]:
        record = stage.DATA / "chaos-send.tsv"
        options = [*sink_options, "--seed", str(dice.randrange(1_000))]
        with stage.sink(record, *options) as sink, running(environ={"ENISHI_EGRESS_ALLOW": f"127.0.0.1:{sink.port}"}) as house:
            delivery_id = mailing.prepare(RECIPIENTS, sink.port, per_second=PER_SECOND)
            blows = [] if blow is None else [lambda: blow(house, dice)]
            found = kill_send.ordeal(delivery_id, record, blows, dice, seconds=60, hurried=True)
            left = asked(left_behind)
        whole = found["recipients"] == RECIPIENTS and found["blows"] == len(blows) and found["wrong"] == []
        few = found["uncertain"] <= uncertain + found["unanswered_by_sink"]
        return found | left | {"holds": whole and few and not any(left.values())}

    return run


def merging(blow: Blow) -> Callable[[random.Random], dict[str, Any]]:
    """A batch of merges that the blow falls into, and its taking back that it falls into as well: in the end everybody is who they
    were, and in between each group was merged once."""

    def run(dice: random.Random) -> dict[str, Any]:
        with running(workers=1) as house:
            kill_merges.prepare(GROUPS)
            found = kill_merges.ordeal(GROUPS, lambda: blow(house, dice), dice)
            left = asked(left_behind)
        return found | left | {"holds": found["whole"] and found["as_before"] and not any(left.values())}

    return run


def left_behind() -> dict[str, int]:
    """Leases that nobody will end, and work that stands in the tray as running."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM messaging_message WHERE state IN ('claimed', 'handing_over')),"
            " (SELECT count(*) FROM customers_importrun WHERE lease_until > clock_timestamp() OR state IN ('staging', 'checking', 'running')),"
            " (SELECT count(*) FROM customers_bulkrun WHERE lease_until > clock_timestamp() OR state IN ('staging', 'running')),"
            " (SELECT count(*) FROM customers_mergebatch WHERE lease_until > clock_timestamp() OR state IN ('planning', 'running'))"
        )
        found = cursor.fetchone()
    names = ("orphan_message_leases", "orphan_import_leases", "orphan_bulk_leases", "orphan_merge_leases")
    return dict(zip(names, found, strict=True))


def disk_full(dice: random.Random) -> dict[str, Any]:
    """An import while the disk that holds var/ is full for some seconds. Needs root: the disk is a small one of its own."""
    with _small_disk() as folder:
        return importing(fill_disk, folder=folder / "var")(dice)


@contextmanager
def _small_disk() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="enishi-disk-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1100m,mode=755", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=False)
        shutil.rmtree(place, ignore_errors=True)


SCENARIOS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "import-worker-killed": importing(kill_worker),
    "import-web-killed": importing(kill_web),
    "import-postgres-killed": importing(kill_postgres),
    "import-postgres-stopped-at-once": importing(stop_postgres_at_once),
    "import-backends-terminated": importing(terminate_backends),
    "import-zombie-worker": importing(zombie, workers=2),
    "import-supervisor-killed": importing(kill_supervisor),
    "import-disk-full": disk_full,
    "cleansing-worker-killed": cleansing(kill_worker),
    "cleansing-postgres-killed": cleansing(kill_postgres),
    "merge-worker-killed": merging(kill_worker),
    "merge-postgres-killed": merging(kill_postgres),
    "merge-backends-terminated": merging(terminate_backends),
    "send-worker-killed": sending(kill_worker),
    "send-web-killed": sending(kill_web, uncertain=0),
    "send-postgres-killed": sending(kill_postgres),
    "send-postgres-stopped-at-once": sending(stop_postgres_at_once),
    "send-backends-terminated": sending(terminate_backends),
    "send-zombie-worker": sending(zombie),
    "send-supervisor-killed": sending(kill_supervisor, uncertain=2 * kill_send.UNCERTAIN_A_KILL),  # both workers end
    "send-answers-lost": sending(None, "--drop-before-250", "0.05", uncertain=0),
    "send-lines-lost": sending(
        None, "--drop-in-data", "0.05", "--close-after", "7", uncertain=RECIPIENTS // 10
    ),  # a line cut in the middle tells nobody how far it got
    "send-slow-server": sending(kill_worker, "--latency-ms", "150"),
    "send-deferred": sending(None, "--defer-message", "0.3", "--defer-recipient", "0.1", uncertain=0),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos.scenarios", description=__doc__)
    parser.add_argument("name", choices=sorted(SCENARIOS))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    found = SCENARIOS[arguments.name](random.Random(f"{arguments.name} {arguments.seed}"))
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({"name": arguments.name, "seed": arguments.seed, "seconds": seconds, **found}, ensure_ascii=False))
    return 0 if found["holds"] else 1


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("ENISHI_")]:
        del os.environ[name]
    sys.path[:0] = [str(stage.ROOT / "src"), str(stage.ROOT)]
    sys.exit(main())
