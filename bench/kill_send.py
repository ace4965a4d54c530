"""kill -9 of workers, web and PostgreSQL in the middle of a send: nobody gets two, everybody is accounted for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import mailing, stage
from bench.installation import asked, running

UNCERTAIN_A_KILL = 8  # R01
LEASE_SECONDS = 90  # what a dead worker held is looked after when its lease is over
PARTS = ("worker-1", "worker-2", "worker-1", "worker-2", "postgres", "web")


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    dice = random.Random(seed)
    count, kills = (1_000, 2) if quick else (10_000, 20)
    record = stage.DATA / "kill-send.tsv"
    with stage.sink(record) as sink, running(environ={"ENISHI_EGRESS_ALLOW": f"127.0.0.1:{sink.port}"}) as house:
        delivery_id = mailing.prepare(count, sink.port, per_second=100)
        blows = [dice.choice(PARTS) for _ in range(kills)]
        found = ordeal(delivery_id, record, [lambda part=part: house.kill(part) for part in blows], dice, seconds=count / 20, hurried=quick)
    return {
        "figures": {"kills": blows, "seed": seed, **found},
        "goal": f"0 duplicates; all {count} accounted for, exactly; at most {UNCERTAIN_A_KILL} uncertain a kill",
        "holds": found["wrong"] == []
        and found["recipients"] == count
        and found["blows"] > 0
        and found["uncertain"] <= UNCERTAIN_A_KILL * kills,
    }


def ordeal(
    delivery_id: int, record: Path, blows: Sequence[Callable[[], object]], dice: random.Random, *, seconds: float, hurried: bool
) -> dict[str, Any]:
    """Let the blows fall while the delivery runs, let it end, and settle the accounts.

    `hurried`: leases and waiting times that are ten seconds old end now and not after minutes; what follows is the same.
    """
    fallen = 0
    for blow in blows:
        before = len(mailing.arrived(record))
        stage.wait_until(lambda before=before: len(mailing.arrived(record)) > before, seconds=120)  # it must be in full swing
        time.sleep(dice.uniform(0.3, 3.0))
        if asked(lambda: mailing.open_rows(delivery_id)) == 0:
            break
        blow()
        fallen += 1

    def over() -> bool:
        if hurried:
            asked(_let_time_pass)
        return asked(lambda: mailing.open_rows(delivery_id)) == 0

    stage.wait_until(over, seconds=60 + seconds + LEASE_SECONDS, every=0.5)
    return asked(lambda: accounts(delivery_id, record)) | {"blows": fallen}


def _let_time_pass() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET lease_until = clock_timestamp()"
            " WHERE lease_until < clock_timestamp() + interval '1 second' * %s AND lease_until > clock_timestamp()",
            [LEASE_SECONDS - 10],
        )
        cursor.execute("UPDATE messaging_message SET not_before = NULL WHERE state IN ('queued', 'deferred') AND not_before IS NOT NULL")


def accounts(delivery_id: int, record: Path) -> dict[str, Any]:
    """Ledger against what the mail server wrote down. `wrong` names every sum that does not hold; it must be empty."""
    from enishi.customers.models import Customer
    from enishi.messaging.models import Message

    ledger = mailing.counts(delivery_id)
    address = dict(Customer.rows.values_list("pk", "email"))
    rows = [(state, address[pk]) for state, pk in Message.rows.filter(delivery_id=delivery_id).values_list("state", "customer_id")]
    by_state: dict[str, set[str]] = {}
    for state, mail in rows:
        by_state.setdefault(state, set()).add(mail)
    mails = mailing.arrived(record)
    arrived = [recipient for outcome, _message_id, recipient in mails if outcome in ("accepted", "dropped", "hung")]
    once, unanswered = set(arrived), {recipient for outcome, _message_id, recipient in mails if outcome in ("dropped", "hung")}
    settled = {"accepted", "rejected", "suppressed", "uncertain"}
    sums = {
        "somebody got two": len(arrived) != len(once),
        "rows are open": bool(ledger.keys() - settled),
        "a recipient has two rows": len({mail for _state, mail in rows}) != len(rows),
        "accepted rows that never arrived": not by_state.get("accepted", set()) <= once,
        "a mail whose answer was lost is not listed": not unanswered <= by_state.get("uncertain", set()),
        "mails of nobody's row": not once <= by_state.get("accepted", set()) | by_state.get("uncertain", set()),
    }
    return {
        "recipients": len(rows),
        "ledger": ledger,
        "uncertain": ledger.get("uncertain", 0),
        "uncertain_that_arrived": len(by_state.get("uncertain", set()) & once),
        "unanswered_by_sink": len(unanswered),
        "arrived_at_sink": len(arrived),
        "duplicates": len(arrived) - len(once),
        "wrong": [name for name, is_wrong in sums.items() if is_wrong],
    }
