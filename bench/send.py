"""Messages a second through the whole way: claim, consent, render with 8 tracked links, MIME, ledger, SMTP into a sink.

First two workers send everything by the clock. Then one lane runs in this process with a stopwatch of CPU time around
each part; PostgreSQL and the sink are read from the kernel. CPU figures hold on a busy machine, too; rates are of the clock.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from bench import mailing, stage

GOAL = 500  # messages a second, unsigned, ledger durable


def run(*, quick: bool) -> dict[str, Any]:
    count, sample = (5_000, 1_000) if quick else (20_000, 3_000)
    record = stage.DATA / "send.tsv"
    stage.DATA.mkdir(parents=True, exist_ok=True)
    with stage.sink(record) as sink:
        mailing.allow_sink(sink.port)
        stage.set_the_stage("enishi_send")
        delivery_id = mailing.prepare(count, sink.port)
        rate, finished = _by_two_workers(delivery_id, count, record)
        mails, ledger = mailing.arrived(record), mailing.counts(delivery_id)
        split = _split(delivery_id, sample, sink.pid)
    duplicates = len(mails) - len({recipient for _, _, recipient in mails})
    return {
        "figures": {
            "messages": count,
            "messages_per_second": round(rate),
            "duplicates": duplicates,
            "ledger": ledger,
            "cpu_ms_per_message": split,
            "durable": mailing.durability(),
        },
        "goal": f">= {GOAL} messages/s, 8 tracked links, unsigned, every row durable, none twice",
        "holds": finished and rate >= GOAL and len(mails) == count and duplicates == 0 and ledger == {"accepted": count},
    }


def _by_two_workers(delivery_id: int, count: int, record: Path) -> tuple[float, bool]:
    """Messages a second from the first that arrived to the last row settled, and whether all were."""
    workers = [stage.worker(), stage.worker(pulse=False)]
    try:
        stage.wait_until(lambda: len(mailing.arrived(record)) > 0, seconds=60, every=0.05)
        began, first = time.monotonic(), len(mailing.arrived(record))
        finished = stage.wait_until(lambda: mailing.open_rows(delivery_id) == 0, seconds=count / 50, every=0.25)
        return (len(mailing.arrived(record)) - first) / (time.monotonic() - began), finished
    finally:
        for worker in workers:
            worker.stop()


def _split(delivery_id: int, sample: int, sink_pid: int) -> dict[str, float]:
    """Milliseconds of CPU a message, part by part, of one lane that sends a second delivery to the same people."""
    from enishi.messaging.actions import ledger
    from enishi.messaging.engine import copies, hand_over
    from enishi.messaging.mail.blocks import MailTemplates
    from enishi.messaging.mail.envelope import Letterhead
    from enishi.messaging.mail.smtp_pool import SmtpPool

    watch = Stopwatch()
    watch.put_on(copies, "tracked_addresses", "tracked links")
    watch.put_on(MailTemplates, "empty_fields", "render")
    watch.put_on(MailTemplates, "render", "render")
    watch.put_on(Letterhead, "write", "MIME")
    for move in ("claim", "step", "release", "suppress"):
        watch.put_on(ledger, move, "ledger")
    watch.put_on(SmtpPool, "deliver", "SMTP")
    again = mailing.send_again(delivery_id, sample)
    database, sink, own = stage.cpu_of_database(), stage.cpu_seconds(sink_pid), time.process_time()
    hand_over.run_lane(delivery_id=again, lane=0)
    own = time.process_time() - own
    seconds = {
        **watch.seconds,
        "everything else in the worker": own - sum(watch.seconds.values()),
        "PostgreSQL": stage.cpu_of_database() - database,
        "sink": stage.cpu_seconds(sink_pid) - sink,
    }
    sent = mailing.counts(again).get("accepted", 0)
    return {part: round(1000 * spent / max(sent, 1), 3) for part, spent in seconds.items()} | {
        "sum": round(1000 * sum(seconds.values()) / max(sent, 1), 3)
    }


class Stopwatch:
    """Adds up the CPU time of this process that is spent inside of chosen functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def put_on(self, owner: Any, name: str, part: str) -> None:
        timed: Callable[..., Any] = getattr(owner, name)

        @wraps(timed)
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return timed(*args, **kwargs)
            finally:
                self.seconds[part] += time.process_time() - began

        setattr(owner, name, run)
