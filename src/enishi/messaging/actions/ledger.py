"""The send ledger: every move of a row, each in one short transaction, each fenced.

queued → claimed → handing_over → accepted | rejected | deferred | uncertain, or suppressed. A row that may
have left is never sent again. What a worker claims carries a fence number and a lease; a worker that was only
asleep finds its fence gone and changes nothing. Leases are judged by the database's clock; `now` is what people read.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import F

from enishi.customers.models.consent import Channel
from enishi.customers.queries.consent import address_hash, is_suppressed
from enishi.customers.queries.likely_twins import sure_twins
from enishi.customers.queries.recipients import Recipient, mail_recipients
from enishi.messaging.mail.tracking import make_token, token_hash
from enishi.messaging.models import Delivery, Message
from enishi.platform.action import action

LEASE = "90 seconds"
TRIES = 5
_LEDGER_LOCK = 0x6D736700  # one claim at a time per delivery, so that twins meet in the ledger and not in a mailbox


@dataclass(frozen=True, slots=True)
class Claimed:
    """One row in this worker's hands, with what is needed to write to the person."""

    id: int
    fence: int
    attempts: int
    uuid: uuid.UUID
    token: bytes  # 16 random bytes of this attempt; the ledger keeps only their hash
    address_hash: bytes
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one row that was handed over."""

    id: int
    fence: int
    state: str  # accepted, rejected, deferred, uncertain, queued (it never left)
    answer: str = ""


@action
def add_recipients(*, delivery_id: int, customer_ids: Sequence[int]) -> int:
    """Put customers on the ledger of a delivery; those who are on it already stay as they are. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_message (delivery_id, customer_id, occasion, state, reason, fence, attempts, answer)"
            " SELECT %s, c, '', 'queued', '', 0, 0, '' FROM unnest(%s::bigint[]) AS c ON CONFLICT DO NOTHING",
            [delivery_id, list(customer_ids)],
        )
        return int(cursor.rowcount)


@action
def claim(*, delivery_id: int, size: int, now: datetime) -> list[Claimed]:
    """Take up to `size` open rows. Consent, suppression and address are read now; whoever may not be written
    to is settled as suppressed with the reason. Ten queries and one a reason, whatever the size; one more where some are twice."""
    delivery = Delivery.rows.filter(pk=delivery_id, state=Delivery.State.SENDING).first()
    if delivery is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LEDGER_LOCK, delivery_id % 2**31])
        cursor.execute(
            "SELECT id, customer_id, fence, attempts, message_uuid FROM messaging_message WHERE delivery_id = %s"
            " AND state IN ('queued', 'deferred') AND (not_before IS NULL OR not_before <= clock_timestamp())"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [delivery_id, size],
        )
        rows = cursor.fetchall()
        if not rows:
            return []
        refused, claimed = _sort_out(delivery, rows, mail_recipients([row[1] for row in rows], purpose=delivery.purpose))
        _take(cursor, claimed)
    for reason, ids in refused.items():
        Message.rows.filter(pk__in=ids).update(state=Message.State.SUPPRESSED, reason=reason, fence=F("fence") + 1, finished_at=now)
    return claimed


def _sort_out(
    delivery: Delivery, rows: list[tuple[int, int, int, int, uuid.UUID | None]], recipients: dict[int, Recipient]
) -> tuple[dict[str, list[int]], list[Claimed]]:
    """Ids by the reason why nothing may be sent, and the others as they will be claimed. Three queries, and one where some are twice."""
    refused: dict[str, list[int]] = {}
    hashes = {asked: address_hash(Channel.EMAIL, r.address) for asked, r in recipients.items() if r.address}
    suppressed = is_suppressed([h for h in hashes.values() if h])
    taken = _taken_addresses(delivery.pk, [h for h in hashes.values() if h], [row[0] for row in rows])
    twins = sure_twins([row[1] for row in rows]) if delivery.purpose != Delivery.TRANSACTIONAL else {}
    written_to = _written_to(delivery.pk, {pk for others in twins.values() for pk in others}, [row[0] for row in rows])
    claimed: list[Claimed] = []
    for pk, customer_id, fence, attempts, known_uuid in rows:
        recipient, hashed = recipients.get(customer_id), hashes.get(customer_id)
        reason = why_not(recipient, hashed, delivery.purpose, suppressed=suppressed, taken=taken)
        if not reason and twins.get(customer_id, set()) & written_to:
            reason = Message.Reason.TWIN
        if reason or recipient is None or hashed is None:
            refused.setdefault(reason, []).append(pk)
            continue
        taken.add(hashed)
        written_to.add(customer_id)
        claimed.append(Claimed(pk, fence + 1, attempts, known_uuid or uuid.uuid4(), make_token(), hashed, recipient))
    return refused, claimed


def _take(cursor: CursorWrapper, claimed: Sequence[Claimed]) -> None:
    """Write lease, fence and what the copies will be known by: one new version of each row."""
    cursor.execute(
        "UPDATE messaging_message m SET state = 'claimed', fence = n.fence, lease_until = clock_timestamp() + %s::interval,"
        " address_hash = n.hash, token_hash = n.token, message_uuid = n.uuid"
        " FROM unnest(%s::bigint[], %s::int[], %s::bytea[], %s::bytea[], %s::uuid[]) AS n(id, fence, hash, token, uuid) WHERE m.id = n.id",
        [
            LEASE,
            [row.id for row in claimed],
            [row.fence for row in claimed],
            [row.address_hash for row in claimed],
            [token_hash(row.token) for row in claimed],
            [row.uuid for row in claimed],
        ],
    )


def why_not(
    recipient: Recipient | None, hashed: bytes | None, purpose: str, *, suppressed: Collection[bytes], taken: Collection[bytes]
) -> str:
    """The reason for which this person must not get this mail, or "". News of one's own order need no consent, every
    other mail that to its own purpose."""
    if recipient is None or recipient.archived:
        return Message.Reason.ARCHIVED
    if not recipient.address:
        return Message.Reason.NO_ADDRESS
    if hashed is None or recipient.stopped:
        return Message.Reason.BAD_ADDRESS
    if hashed in suppressed:
        return Message.Reason.SUPPRESSED
    if purpose != Delivery.TRANSACTIONAL and recipient.allowed is not True:
        return Message.Reason.NO_CONSENT if recipient.allowed is None else Message.Reason.REFUSED
    return Message.Reason.SAME_ADDRESS if hashed in taken else ""


def _taken_addresses(delivery_id: int, hashes: list[bytes], own_ids: list[int]) -> set[bytes]:
    """Addresses that another row of the delivery has already: twins that nobody has merged yet."""
    rows = Message.rows.filter(delivery_id=delivery_id, occasion="", address_hash__in=hashes).exclude(pk__in=own_ids)
    return {bytes(value) for value in rows.values_list("address_hash", flat=True) if value is not None}


def _written_to(delivery_id: int, customer_ids: Collection[int], own_ids: list[int]) -> set[int]:
    """Of these customers those whose own row of the delivery leads to an address: news of it has them already, or will. No query
    for nobody."""
    if not customer_ids:
        return set()
    rows = Message.rows.filter(delivery_id=delivery_id, occasion="", customer_id__in=customer_ids, address_hash__isnull=False)
    rows = rows.exclude(state=Message.State.REJECTED)  # whom it did not reach may read it at their other address
    return set(rows.exclude(pk__in=own_ids).values_list("customer_id", flat=True))


@action
def suppress(*, row: Claimed, reason: str, now: datetime) -> None:
    """Settle a claimed row that turned out not to be sendable (an empty merge field). One query."""
    Message.rows.filter(pk=row.id, fence=row.fence, state=Message.State.CLAIMED).update(
        state=Message.State.SUPPRESSED, reason=reason, lease_until=None, finished_at=now
    )


@action
def step(*, delivery_id: int, settled: Sequence[Settled], next_group: Sequence[Claimed], now: datetime) -> set[int]:
    """Write what became of the last group and mark the next as being handed over: one commit for both.

    Gives the ids that may now be handed over; none once the delivery was stopped or the fence is gone.
    At most three queries.
    """
    with connection.cursor() as cursor:
        if settled:
            _settle(cursor, settled, now)
        if not next_group:
            return set()
        cursor.execute(
            "UPDATE messaging_message m SET state = 'handing_over', attempts = m.attempts + 1, handed_at = %s,"
            " lease_until = clock_timestamp() + %s::interval"
            " FROM unnest(%s::bigint[], %s::int[]) AS n(id, fence), messaging_delivery d"
            " WHERE m.id = n.id AND m.fence = n.fence AND m.state = 'claimed' AND d.id = %s AND d.state = 'sending' RETURNING m.id",
            [now, LEASE, [row.id for row in next_group], [row.fence for row in next_group], delivery_id],
        )
        return {row[0] for row in cursor.fetchall()}


def _settle(cursor: CursorWrapper, settled: Sequence[Settled], now: datetime) -> None:
    """Only the worker whose fence still holds may write. A deferred row waits longer each time and ends rejected."""
    cursor.execute(
        "UPDATE messaging_message m SET"
        " state = CASE WHEN n.state = 'deferred' AND m.attempts >= %s THEN 'rejected' ELSE n.state END,"
        " answer = n.answer, lease_until = NULL,"
        " attempts = CASE WHEN n.state = 'queued' THEN greatest(m.attempts - 1, 0) ELSE m.attempts END,"
        " not_before = CASE WHEN n.state = 'deferred' THEN clock_timestamp() + interval '1 minute' * (4 ^ (m.attempts - 1)) END,"
        " finished_at = CASE WHEN n.state IN ('accepted', 'rejected', 'uncertain') THEN %s END"
        " FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[]) AS n(id, fence, state, answer)"
        " WHERE m.id = n.id AND m.fence = n.fence AND m.state = 'handing_over'",
        [
            TRIES,
            now,
            [s.id for s in settled],
            [s.fence for s in settled],
            [s.state for s in settled],
            [s.answer.replace("\x00", "")[:200] for s in settled],
        ],
    )


@action
def release(*, rows: Sequence[Claimed], wait_seconds: int = 0) -> None:
    """Give back claimed rows that were never handed over (stopped, or no connection). One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message m SET state = 'queued', lease_until = NULL,"
            " not_before = CASE WHEN %s > 0 THEN clock_timestamp() + interval '1 second' * %s END"
            " FROM unnest(%s::bigint[], %s::int[]) AS n(id, fence) WHERE m.id = n.id AND m.fence = n.fence AND m.state = 'claimed'",
            [wait_seconds, wait_seconds, [row.id for row in rows], [row.fence for row in rows]],
        )


@action
def recover(*, now: datetime) -> int:
    """Rows of dead workers: claimed ones go back, handed-over ones are uncertain for ever. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET state = 'queued', lease_until = NULL, fence = fence + 1"
            " WHERE id IN (SELECT id FROM messaging_message WHERE state = 'claimed' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED)"
        )
        back = cursor.rowcount
        cursor.execute(
            "UPDATE messaging_message SET state = 'uncertain', lease_until = NULL, fence = fence + 1, finished_at = %s"
            " WHERE id IN (SELECT id FROM messaging_message WHERE state = 'handing_over' AND lease_until < clock_timestamp()"
            " FOR UPDATE SKIP LOCKED)",
            [now],
        )
        return int(back + cursor.rowcount)
