"""Consent: the ledger of what people said, what it says today, and the list of addresses that must not be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.models import ConsentRecord, ConsentState, Suppression
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.queries.consent import address_hash
from enishi.customers.resolve import resolve_many
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.bulk import array_text, copy_lines, copy_value
from enishi.platform.errors import Invalid
from enishi.platform.numbers import reserve_ids
from enishi.platform.sql.one_of import OneOf

CHUNK = 1_000
_CHANNELS, _PURPOSES = frozenset(Channel.values), frozenset(Purpose.values)


@dataclass(slots=True)
class Statement:
    """One thing that one customer said, or that stands for it, about one channel."""

    customer_id: int
    channel: str
    allowed: bool
    basis: str
    source: str
    source_id: int | None = None  # import run, message, form
    place: str = ""
    given_on: date | None = None
    wording: str = ""
    purpose: str = Purpose.MARKETING


@dataclass(frozen=True, slots=True)
class Recorded:
    """`recorded` statements were written; those of `kept_refusals` (customer ids) were not: the person had said no."""

    recorded: int
    kept_refusals: tuple[int, ...] = ()


@action
def record_consent(*, statement: Statement, actor: Actor, now: datetime) -> None:
    """Write down what one customer said, by somebody who may change them. Records `consent.recorded`.

    Raises NotFound, NotAllowed, Invalid (allowing needs a basis).
    """
    customer = access.customer_for(actor, statement.customer_id, "update")
    record_consents(statements=[replace(statement, customer_id=customer.pk)], actor=actor, now=now)


@action
def record_consents(*, statements: Sequence[Statement], actor: Actor, now: datetime) -> Recorded:
    """Write many statements: ledger, today's state, one `consent.recorded` each. The later one of a customer wins.

    The caller has checked that the actor may speak for these customers (import, unsubscribe page, demo). An import
    never turns a person's own refusal back into a yes: those statements are left out and told. Six queries per 1,000.
    Raises Invalid.
    """
    for statement in statements:
        _check(statement)
    written, kept = 0, []
    for start in range(0, len(statements), CHUNK):
        chunk = _resolved(statements[start : start + CHUNK])
        refused = _own_refusals(chunk)
        kept += [s.customer_id for s in chunk if _overrules(s, refused)]
        chunk = [s for s in chunk if not _overrules(s, refused)]
        _write(chunk, actor, now)
        written += len(chunk)
    return Recorded(written, tuple(kept))


def _check(statement: Statement) -> None:
    if statement.allowed and statement.basis not in (ConsentRecord.Basis.CONSENT, ConsentRecord.Basis.RELATION):
        raise Invalid(fields={"basis": [_("配信可にするには、根拠（同意あり／取引関係）が必要です。")]})
    if statement.channel not in _CHANNELS or statement.purpose not in _PURPOSES:
        raise Invalid(fields={"channel": [_("この配信チャネルはありません。")]})


def _resolved(statements: Sequence[Statement]) -> list[Statement]:
    today = resolve_many({s.customer_id for s in statements})
    return [s if today[s.customer_id] == s.customer_id else replace(s, customer_id=today[s.customer_id]) for s in statements]


def _own_refusals(statements: Sequence[Statement]) -> set[tuple[int, str, str]]:
    """(customer, channel, purpose) where the person themselves said no; asked only when an import is speaking."""
    ids = {s.customer_id for s in statements if s.allowed and s.source == ConsentRecord.Source.IMPORT}
    if not ids:
        return set()
    rows = ConsentState.rows.filter(OneOf(F("customer_id"), ids), allowed=False, basis=ConsentRecord.Basis.REFUSED)
    return set(rows.values_list("customer_id", "channel", "purpose"))


def _overrules(statement: Statement, refused: set[tuple[int, str, str]]) -> bool:
    key = (statement.customer_id, statement.channel, statement.purpose)
    return statement.allowed and statement.source == ConsentRecord.Source.IMPORT and key in refused


_LEDGER = (
    *("id", "customer_id", "channel", "purpose", "allowed", "basis", "source", "source_id", "place", "given_on", "wording", "actor_id"),
    "at",
)
# In one order for everybody, so that two writers never wait for each other.
_STATES = """
INSERT INTO customers_consentstate (customer_id, channel, purpose, allowed, basis, changed_at)
SELECT customer_id, channel, purpose, allowed, basis, %s
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::text[]) AS v(customer_id, channel, purpose, allowed, basis)
 ORDER BY customer_id, channel, purpose
ON CONFLICT (customer_id, channel, purpose) DO UPDATE
   SET allowed = EXCLUDED.allowed, basis = EXCLUDED.basis, changed_at = EXCLUDED.changed_at
"""


def _write(statements: Sequence[Statement], actor: Actor, now: datetime) -> None:
    if not statements:
        return
    ids = reserve_ids(ConsentRecord, len(statements))
    by = f"{copy_value(actor.user_id)}\t{now}"
    said = {key: _ledger_text(s) for key, s in {_kind_of(s): s for s in statements}.items()}
    keyed = [_kind_of(s) for s in statements]
    copy_lines(
        ConsentRecord, _LEDGER, [f"{pk}\t{s.customer_id}\t{said[key]}\t{by}" for pk, s, key in zip(ids, statements, keyed, strict=True)]
    )
    latest = list({(s.customer_id, s.channel, s.purpose): s for s in statements}.values())
    with connection.cursor() as cursor:
        columns = [[str(getattr(s, name)) for s in latest] for name in ("customer_id", "channel", "purpose", "allowed", "basis")]
        cursor.execute(_STATES, [now, *map(array_text, columns)])
    told: dict[object, dict[str, events.Primitive]] = {
        key: {"channel": str(s.channel), "allowed": s.allowed, "basis": str(s.basis)} for key, s in zip(keyed, statements, strict=True)
    }
    events.record_many(
        [events.NewEvent("consent.recorded", pk, s.customer_id, now, told[key]) for pk, s, key in zip(ids, statements, keyed, strict=True)],
        actor=actor,
    )


def _kind_of(statement: Statement) -> tuple[object, ...]:
    """Everything but whose it is: the statements of an import differ in little."""
    s = statement
    return (s.channel, s.purpose, s.allowed, s.basis, s.source, s.source_id, s.place, s.given_on, s.wording)


def _ledger_text(statement: Statement) -> str:
    return "\t".join(map(copy_value, _kind_of(statement)))


@action
def suppress_address(*, channel: str, address: str, reason: str, now: datetime) -> bool:
    """Put an address on the suppression list, by keyed hash; False where it stood there or is no address."""
    hashed = address_hash(channel, address)
    if hashed is None or Suppression.rows.filter(channel=channel, address_hash=hashed).exists():
        return False
    Suppression.rows.bulk_create([Suppression(channel=channel, address_hash=hashed, reason=reason, at=now)], ignore_conflicts=True)
    return True


@action
def lift_suppression(*, channel: str, address: str, actor: Actor) -> None:
    """Take an address off the list because its owner asked to be written to again.

    Raises NotAllowed; nothing happens where it is not on the list.
    """
    access.require(actor, "update")
    hashed = address_hash(channel, address)
    if hashed is not None:
        Suppression.rows.filter(channel=channel, address_hash=hashed).delete()


def suppress_hash(*, channel: str, address_hash: bytes, reason: str, now: datetime) -> None:
    """Put an address on the suppression list of which only the keyed hash is known. Inside the caller's action."""
    Suppression.rows.bulk_create([Suppression(channel=channel, address_hash=address_hash, reason=reason, at=now)], ignore_conflicts=True)
