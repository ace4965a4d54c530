"""Messages a second through the whole way: claim, consent, render with 8 tracked links, MIME, ledger, SMTP into a sink."""

from __future__ import annotations

import time
from typing import Any

from bench import mailing, stage

GOAL = 500  # messages a second, unsigned, ledger durable


def run(*, quick: bool) -> dict[str, Any]:
    count = 5_000 if quick else 20_000
    record = stage.DATA / "send.tsv"
    stage.DATA.mkdir(parents=True, exist_ok=True)
    with stage.sink(record) as port:
        mailing.allow_sink(port)
        stage.set_the_stage("enishi_send")
        delivery_id = mailing.prepare(count, port)
        workers = [stage.worker(), stage.worker(pulse=False)]
        try:
            stage.wait_until(lambda: len(mailing.arrived(record)) > 0, seconds=60, every=0.05)
            began, first = time.monotonic(), len(mailing.arrived(record))
            cpu = {worker.child.pid: stage.cpu_seconds(worker.child.pid) for worker in workers}
            finished = stage.wait_until(lambda: mailing.open_rows(delivery_id) == 0, seconds=count / 50, every=0.25)
            seconds = time.monotonic() - began
            spent = sum(stage.cpu_seconds(pid) - before for pid, before in cpu.items())
        finally:
            for worker in workers:
                worker.stop()
    mails = mailing.arrived(record)
    sent = len(mails) - first
    rate = sent / seconds
    return {
        "figures": {
            "messages": count,
            "messages_per_second": round(rate),
            "worker_cpu_ms_per_message": round(1000 * spent / max(sent, 1), 2),
            "duplicates": len(mails) - len({message_id for _, message_id, _ in mails}),
            "ledger": mailing.counts(delivery_id),
        },
        "goal": f">= {GOAL} messages/s, 8 tracked links, unsigned, every row durable, none twice",
        "holds": finished and rate >= GOAL and len(mails) == count,
    }
