"""kill -9 of workers at random times in the middle of a send: nobody gets two, everybody is accounted for."""

from __future__ import annotations

import random
import time
from typing import Any

from bench import mailing, stage

GROUP_TIMES_LANES = 16  # rows that can be in flight when both lanes die


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    count, kills = (2_000, 4) if quick else (10_000, 20)
    dice = random.Random(seed)
    record = stage.DATA / "kill-send.tsv"
    stage.DATA.mkdir(parents=True, exist_ok=True)
    with stage.sink(record) as sink:
        mailing.allow_sink(sink.port)
        stage.set_the_stage("enishi_kill")
        delivery_id = mailing.prepare(count, sink.port, per_second=120)
        workers = [stage.worker(), stage.worker(pulse=False)]
        try:
            stage.wait_until(lambda: len(mailing.arrived(record)) > 0, seconds=60)
            for _ in range(kills):
                time.sleep(dice.uniform(0.5, 3.0))
                if mailing.open_rows(delivery_id) == 0:
                    break
                victim = dice.choice(workers)
                victim.kill()
                _let_leases_lapse()
                victim.start()
            finished = stage.wait_until(lambda: mailing.open_rows(delivery_id) == 0, seconds=60 + count / 30, every=0.5)
        finally:
            for worker in workers:
                worker.stop()
    mails, found = mailing.arrived(record), mailing.counts(delivery_id)
    recipients = [recipient for _, _, recipient in mails]
    settled = sum(found.get(state, 0) for state in ("accepted", "rejected", "suppressed", "uncertain"))
    unknown = len(set(recipients)) - found.get("accepted", 0)
    return {
        "figures": {
            "recipients": count,
            "kills": kills,
            "seed": seed,
            "ledger": found,
            "arrived_at_sink": len(mails),
            "duplicates": len(recipients) - len(set(recipients)),
            "arrived_but_not_known_as_accepted": unknown,
        },
        "goal": f"0 duplicates; all {count} accounted for; at most {GROUP_TIMES_LANES} uncertain a kill, and what arrived unknown is among them",
        "holds": finished
        and len(recipients) == len(set(recipients))
        and settled == count
        and 0 <= unknown <= found.get("uncertain", 0) <= kills * GROUP_TIMES_LANES,
    }


def _let_leases_lapse() -> None:
    """A killed worker's leases and heartbeat end now and not in half a minute; what follows is the same."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour' WHERE last_heartbeat < now() - interval '6 seconds'"
        )
