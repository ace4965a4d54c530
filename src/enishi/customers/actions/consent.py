"""Consent: the ledger of what people said, what it says today, and the list of addresses that must not be written to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.models import ConsentPurpose, ConsentRecord, ConsentState, ConsentWording, Suppression
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.queries.consent import address_hash, is_suppressed
from enishi.customers.resolve import resolve_many
from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.bulk import array_text, copy_lines, copy_value
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.numbers import reserve_ids
from enishi.platform.sql.one_of import OneOf

_CHANNELS = frozenset(Channel.values)


class SuppressedAddress(ActionError):
    """Their address stands on the suppression list: a yes alone does not take it off."""

    code = "consent.suppressed"
    message = _("この宛先は配信停止リストにあります。ご本人から再開の申し出があったときだけ、停止を解除して配信可にできます。")


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
def record_consent(*, statement: Statement, actor: Actor, now: datetime, lifts_suppression: bool = False) -> None:
    """Write down what one customer said, by somebody who may change them. Records `consent.recorded`, and `suppression.lifted`
    where the customer asked to be written to again.

    Raises NotFound, NotAllowed, Invalid (allowing needs a basis), SuppressedAddress (a yes for an address on the list).
    """
    customer = access.customer_for(actor, statement.customer_id, "update")
    if statement.allowed and statement.channel == Channel.EMAIL and customer.email:
        hashed = address_hash(Channel.EMAIL, customer.email)
        if hashed is not None and is_suppressed([hashed]):
            if not lifts_suppression:
                raise SuppressedAddress
            _lift(Channel.EMAIL, hashed, actor, now, customer_id=customer.pk)
    record_consents(statements=[replace(statement, customer_id=customer.pk)], actor=actor, now=now)


@action
def record_consents(*, statements: Sequence[Statement], actor: Actor, now: datetime) -> Recorded:
    """Write many statements: ledger, today's state, one `consent.recorded` each. The later one of a customer wins.

    The caller has checked that the actor may speak for these customers (import, unsubscribe page, demo). An import
    never turns a person's own refusal back into a yes: those statements are left out and told. About six queries.
    Raises Invalid.
    """
    weighed = weigh_consents(statements)
    write_consents(weighed, actor=actor, now=now)
    return Recorded(len(weighed.statements), weighed.kept_refusals)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Statements that may be written down, under the ids of their entries, and the customers whose own refusal stands instead."""

    statements: Sequence[Statement]
    ids: Sequence[int]
    kept_refusals: tuple[int, ...]
    made: Collection[int]


def weigh_consents(statements: Sequence[Statement], *, made: Collection[int] = ()) -> Weighed:
    """What `record_consents` has to ask before it writes. `made`: customers whom this transaction makes; nobody has spoken for them
    yet. Three queries, one more for purposes of the company's own. Raises Invalid."""
    known = _purposes({statement.purpose for statement in statements})
    for statement in statements:
        _check(statement, known)
    told = [statement for statement in statements if statement.customer_id not in made]
    moved = {old: current for old, current in resolve_many({s.customer_id for s in told}).items() if old != current} if told else {}
    resolved = [replace(s, customer_id=moved[s.customer_id]) if s.customer_id in moved else s for s in statements] if moved else statements
    refused = _own_refusals([s for s in resolved if s.customer_id not in made])
    kept = tuple(s.customer_id for s in resolved if _overrules(s, refused)) if refused else ()
    written = [s for s in resolved if not _overrules(s, refused)] if refused else resolved
    return Weighed(written, reserve_ids(ConsentRecord, len(written)) if written else (), kept, made)


def first_consents(
    *, statements: Sequence[Statement], address: str, lifts_suppression: bool, actor: Actor, now: datetime
) -> list[Statement]:
    """Inside of an action: what may be written down of somebody who is just being registered. A yes to mails is left out where
    the owner of the address told us to stop, unless they asked to be written to again: then the address leaves the list, and
    `suppression.lifted` is recorded. One query, none without a yes to mails."""
    hashed = address_hash(Channel.EMAIL, address) if any(map(_allows_mail, statements)) else None
    row = Suppression.rows.filter(channel=Channel.EMAIL, address_hash=hashed).first() if hashed else None
    if row is None or hashed is None:
        return list(statements)
    if lifts_suppression:
        _lift(Channel.EMAIL, hashed, actor, now)
        return list(statements)
    return [s for s in statements if row.reason == Suppression.Reason.BOUNCED or not _allows_mail(s)]


def _allows_mail(statement: Statement) -> bool:
    return statement.allowed and statement.channel == Channel.EMAIL


def _purposes(asked: set[str]) -> set[str]:
    """Which of them there are. One query, none for what every company has."""
    further = asked - {Purpose.MARKETING}
    return {str(Purpose.MARKETING)} | (set(ConsentPurpose.rows.filter(key__in=further).values_list("key", flat=True)) if further else set())


def _check(statement: Statement, purposes: set[str]) -> None:
    if statement.allowed and statement.basis not in (ConsentRecord.Basis.CONSENT, ConsentRecord.Basis.RELATION):
        raise Invalid(fields={"basis": [_("配信可にするには、根拠（同意あり／取引関係）が必要です。")]})
    if statement.channel not in _CHANNELS or statement.purpose not in purposes:
        raise Invalid(fields={"channel": [_("この配信チャネルはありません。")]})


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
    *("id", "customer_id", "channel", "purpose", "allowed", "basis", "source", "source_id", "place", "given_on", "wording"),
    *("wording_hash", "actor_id", "at"),
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


_STATE = ("customer_id", "channel", "purpose", "allowed", "basis")


def write_consents(weighed: Weighed, *, actor: Actor, now: datetime) -> None:
    """Write down what was weighed. Inside the caller's action; four queries at most, one more for each new wording."""
    statements, ids = weighed.statements, weighed.ids
    if not statements:
        return
    _keep_wordings({(s.purpose, s.wording) for s in statements if s.wording}, now)
    by = f"{copy_value(actor.user_id)}\t{now}"
    said = {key: _ledger_text(s) for key, s in {_kind_of(s): s for s in statements}.items()}
    keyed = [_kind_of(s) for s in statements]
    copy_lines(
        ConsentRecord, _LEDGER, [f"{pk}\t{s.customer_id}\t{said[key]}\t{by}" for pk, s, key in zip(ids, statements, keyed, strict=True)]
    )
    told: dict[object, dict[str, events.Primitive]] = {
        key: {"channel": str(s.channel), "allowed": s.allowed, "basis": str(s.basis)} for key, s in zip(keyed, statements, strict=True)
    }
    events.record_many(
        [events.NewEvent("consent.recorded", pk, s.customer_id, now, told[key]) for pk, s, key in zip(ids, statements, keyed, strict=True)],
        actor=actor,
    )
    latest = {(s.customer_id, s.channel, s.purpose): s for s in statements}.values()
    first = [s for s in latest if s.customer_id in weighed.made]
    copy_lines(
        ConsentState,
        (*_STATE, "changed_at"),
        (f"{s.customer_id}\t{s.channel}\t{s.purpose}\t{copy_value(s.allowed)}\t{s.basis}\t{now}" for s in first),
    )
    if len(first) < len(latest):
        others = [s for s in latest if s.customer_id not in weighed.made]
        columns = [[str(getattr(s, name)) for s in others] for name in _STATE]
        with connection.cursor() as cursor:
            cursor.execute(_STATES, [now, *map(array_text, columns)])


def _kind_of(statement: Statement) -> tuple[object, ...]:
    """Everything but whose it is: the statements of an import differ in little."""
    s = statement
    return (s.channel, s.purpose, s.allowed, s.basis, s.source, s.source_id, s.place, s.given_on, s.wording)


def _ledger_text(statement: Statement) -> str:
    return "\t".join(map(copy_value, (*_kind_of(statement), wording_hash(statement.wording))))


def wording_hash(text: str) -> str:
    """Under which a wording is kept; "" for none."""
    return sha256(text.encode()).hexdigest() if text else ""


_KEEP_WORDING = """
INSERT INTO customers_consentwording (purpose, version, hash, text, at)
SELECT %(purpose)s, 1 + coalesce(max(version), 0), %(hash)s, %(text)s, %(at)s FROM customers_consentwording WHERE purpose = %(purpose)s
ON CONFLICT DO NOTHING
"""


def _keep_wordings(shown: set[tuple[str, str]], now: datetime) -> None:
    """The versions that are new. One query, one more for each that is new; none where nothing was shown."""
    wanted = {(purpose, wording_hash(text)): text for purpose, text in shown}
    if not wanted:
        return
    known = set(ConsentWording.rows.filter(hash__in=[hashed for _purpose, hashed in wanted]).values_list("purpose", "hash"))
    with connection.cursor() as cursor:
        for purpose, hashed in sorted(set(wanted) - known):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers_consentwording'))")  # versions count one by one
            cursor.execute(_KEEP_WORDING, {"purpose": purpose, "hash": hashed, "text": wanted[purpose, hashed], "at": now})


@action
def suppress_address(*, channel: str, address: str, reason: str, now: datetime, actor: Actor = SYSTEM) -> bool:
    """Put an address on the suppression list, by keyed hash; False where it stood there or is no address. Records
    `suppression.added`. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    hashed = address_hash(channel, address)
    if hashed is None or Suppression.rows.filter(channel=channel, address_hash=hashed).exists():
        return False
    row = Suppression.rows.create(channel=channel, address_hash=hashed, reason=reason, at=now)
    events.record("suppression.added", subject=row.pk, customer=None, actor=actor, at=now, data={"channel": channel, "reason": reason})
    return True


@action
def lift_suppression(*, channel: str, address: str, actor: Actor, now: datetime) -> bool:
    """Take an address off the list because its owner asked to be written to again; False where it is not on it. Records
    `suppression.lifted`. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    hashed = address_hash(channel, address)
    return hashed is not None and _lift(channel, hashed, actor, now)


def _lift(channel: str, hashed: bytes, actor: Actor, now: datetime, *, customer_id: int | None = None) -> bool:
    row = Suppression.rows.select_for_update().filter(channel=channel, address_hash=hashed).first()
    if row is None:
        return False
    was = {"channel": channel, "reason": row.reason}
    events.record("suppression.lifted", subject=row.pk, customer=customer_id, actor=actor, at=now, data=was)
    row.delete()
    return True


def suppress_hash(*, channel: str, address_hash: bytes, reason: str, now: datetime) -> None:
    """Put an address on the suppression list of which only the keyed hash is known. Inside the caller's action."""
    Suppression.rows.bulk_create([Suppression(channel=channel, address_hash=address_hash, reason=reason, at=now)], ignore_conflicts=True)
