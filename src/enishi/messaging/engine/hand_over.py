"""Sends one lane of a delivery: claim, print, mark as being handed over, hand over, write down what became of it.

No transaction is open while the network is used. One commit a group: what became of the last group and the mark
on the next are written together, before the server hears of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import get_ident
from time import monotonic, sleep

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from enishi.messaging.actions import deliveries, ledger
from enishi.messaging.actions.ledger import Claimed, Settled
from enishi.messaging.engine.copies import Press, Sender
from enishi.messaging.mail.envelope import AddressRefused, Envelope, HeaderRefused
from enishi.messaging.mail.smtp import Outcome, SendState
from enishi.messaging.mail.smtp_connection import SmtpServer
from enishi.messaging.mail.smtp_pool import SmtpPool
from enishi.messaging.mail.smtp_troubles import SmtpTrouble
from enishi.messaging.models import Delivery, Message
from enishi.messaging.queries.accounts import door_of
from enishi.platform import modules, time
from enishi.platform.liquid import LiquidError

logger = logging.getLogger(__name__)

CHUNK = 200
GROUP = 8  # in flight at once, shared by the lanes of a process: the most that its death can leave uncertain
TURN_SECONDS = 50  # then the job ends and the pulse mans the lane again, so that other work gets its turn
WAIT_SECONDS = 30  # before a server that does not answer is tried again
PATIENCE_SECONDS = 60  # with a database that restarts, while outcomes are to be written; less than the rows' lease
CONNECTIONS = 4  # of a lane, at most
PER_CONNECTION = 25  # messages a second that one connection carries to a server some 30 ms away
_STATES = {
    SendState.ACCEPTED: "accepted",
    SendState.REJECTED: "rejected",
    SendState.DEFERRED: "deferred",
    SendState.UNCERTAIN: "uncertain",
    SendState.NOT_SENT: "queued",
}


_lanes_here: set[int] = set()  # the threads of this process that man a lane


class _Over(Exception):
    """This lane has nothing more to do for now."""


@dataclass(slots=True)
class _Lane:
    """One worker's hand on one delivery."""

    delivery_id: int
    press: Press
    pool: SmtpPool
    per_second: float
    settled: list[Settled] = field(default_factory=list)  # of the group before, not yet written
    sent: int = 0
    began: float = field(default_factory=monotonic)

    def ahead(self) -> float:
        """Seconds to wait, to keep to the account's rate; its lanes share it."""
        return min(self.sent / self.per_second - (monotonic() - self.began), 5.0)


def run_lane(*, delivery_id: int, lane: int) -> None:
    """Send until nothing can be claimed, the delivery is stopped, the module is switched off, or the turn is over."""
    delivery = Delivery.rows.filter(pk=delivery_id, state=Delivery.State.SENDING).first()
    if delivery is None or delivery.account_id is None or deliveries.is_clone():
        return
    door = door_of(delivery.account_id)
    sender = Sender(door.from_name, door.from_email, door.reply_to)
    press = Press(delivery.compiled, sender, list_id=f"{delivery.number.lower()}.{door.from_email.rpartition('@')[2]}")
    per_second = max(door.per_second / deliveries.LANES, 0.5)
    until = monotonic() + TURN_SECONDS
    connections = max(1, min(CONNECTIONS, int(per_second / PER_CONNECTION)))
    with _counted_among_lanes(), SmtpPool(SmtpServer.of(door), connections=connections) as pool:
        hand = _Lane(delivery_id, press, pool, per_second)
        while monotonic() < until and modules.runs("messaging"):
            rows = ledger.claim(delivery_id=delivery_id, size=max(GROUP, min(CHUNK, int(per_second * 30))), now=time.now())
            if not rows:
                return
            try:
                _send_chunk(hand, rows)
            except _Over:
                return


@contextmanager
def _counted_among_lanes() -> Iterator[None]:
    _lanes_here.add(get_ident())
    try:
        yield
    finally:
        _lanes_here.discard(get_ident())


def _send_chunk(hand: _Lane, rows: Sequence[Claimed]) -> None:
    """All rows of a claim, group by group. Raises _Over where the lane must end; no row is left claimed then."""
    left = list(rows)
    try:
        while left:
            size, now = max(1, GROUP // len(_lanes_here)), time.now()
            group, left = left[:size], left[size:]
            printed = _print(hand, group, now)
            if printed and not _hand_over(hand, printed, now):
                raise _Over
            hand.sent += len(printed)
            if (seconds := hand.ahead()) > 0:
                _settle(hand)  # nothing known is left unwritten while we wait
                sleep(seconds)
    except SmtpTrouble as trouble:
        ledger.release(rows=left, wait_seconds=WAIT_SECONDS if trouble.passing else 0)
        left = []
        _say(hand, trouble)
        raise _Over from trouble
    except DatabaseError:
        left = list(rows)  # those that went further are claimed no more, and are not touched by a release
        raise
    finally:
        _settle(hand)
        if left:
            ledger.release(rows=left)


def _print(hand: _Lane, group: Sequence[Claimed], now: datetime) -> list[tuple[Claimed, Envelope]]:
    """The copies of a group; whoever would get a mail with a hole in it, or has no real address, gets none."""
    printed: list[tuple[Claimed, Envelope]] = []
    for row in group:
        reason = Message.Reason.EMPTY_FIELD if hand.press.empty_fields(row.recipient) else ""
        if not reason:
            try:
                printed.append((row, hand.press.copy(row.recipient, token=row.token, uuid=row.uuid, at=now)))
                continue
            except AddressRefused:
                reason = Message.Reason.BAD_ADDRESS
            except (LiquidError, HeaderRefused):
                reason = Message.Reason.EMPTY_FIELD
        ledger.suppress(row=row, reason=reason, now=now)
    return printed


def _hand_over(hand: _Lane, printed: Sequence[tuple[Claimed, Envelope]], now: datetime) -> bool:
    """Mark, hand over, remember the outcomes. False where the delivery was stopped. Raises SmtpTrouble."""
    rows = [row for row, _ in printed]
    try:
        hand.pool.open()
    except SmtpTrouble as trouble:
        ledger.release(rows=rows, wait_seconds=WAIT_SECONDS if trouble.passing else 0)
        raise
    try:
        allowed = ledger.step(delivery_id=hand.delivery_id, settled=hand.settled, next_group=rows, now=now)
    except DatabaseError:
        hand.settled += [Settled(row.id, row.fence, "queued") for row in rows]  # marked or not: they never left
        raise
    hand.settled = []
    mine = [(row, envelope) for row, envelope in printed if row.id in allowed]
    if not mine:
        ledger.release(rows=rows)
        return False
    try:
        outcomes = hand.pool.deliver([envelope for _, envelope in mine])
    except SmtpTrouble:
        hand.settled = [Settled(row.id, row.fence, "queued") for row, _ in mine]  # the line went, and no mail with it
        raise
    hand.settled = [Settled(row.id, row.fence, _state(outcome), outcome.answer) for (row, _), outcome in zip(mine, outcomes, strict=True)]
    blamed = next((outcome for outcome in outcomes if outcome.blames_sender), None)
    if blamed is not None:
        deliveries.stop_by_system(delivery_id=hand.delivery_id, reason=blamed.answer, now=time.now())
        return False
    return True


def _state(outcome: Outcome) -> str:
    """A refusal of the sender is no refusal of the person: that row is sent when the cause is mended."""
    return "queued" if outcome.blames_sender else _STATES[outcome.state]


def _settle(hand: _Lane) -> None:
    """Write down what is known, also to a database that is just restarting: what is lost here nobody will ever know."""
    until = monotonic() + PATIENCE_SECONDS
    while hand.settled:
        try:
            ledger.step(delivery_id=hand.delivery_id, settled=hand.settled, next_group=[], now=time.now())
            hand.settled = []
        except (OperationalError, InterfaceError):
            if monotonic() > until:
                raise
            if not connection.is_usable():
                connection.close()
            sleep(0.5)


def _say(hand: _Lane, trouble: SmtpTrouble) -> None:
    """A passing trouble is shown while we wait; one that will not pass by itself stops the delivery."""
    logger.warning("delivery %s: %s", hand.delivery_id, trouble.code)
    if trouble.passing:
        deliveries.tell_trouble(delivery_id=hand.delivery_id, reason=str(trouble))
    else:
        deliveries.stop_by_system(delivery_id=hand.delivery_id, reason=str(trouble), now=time.now())
