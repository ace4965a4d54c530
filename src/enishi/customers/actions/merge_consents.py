"""Consents of customers who are one, and of those who were: the stricter word counts, and the ledger says how it came to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from enishi.customers.merging.consents import Topic, united
from enishi.customers.models import ConsentRecord, ConsentState, CustomerAlias
from enishi.platform.actor import Actor

Source, Basis = ConsentRecord.Source, ConsentRecord.Basis


def unite_consents(kept: int, gone: Sequence[int]) -> None:
    """Write what counts of all of them to who carries on. What nobody spoke of stays unsaid. Three queries at most, one more a topic."""
    states = list(ConsentState.rows.filter(customer_id__in=[kept, *gone]).order_by("pk"))
    own = {(state.channel, state.purpose): state for state in states if state.customer_id == kept}
    for topic, counts in united(states).items():
        mine = own.get(topic) or ConsentState(customer_id=kept, channel=topic[0], purpose=topic[1])
        if mine is not counts:
            mine.allowed, mine.basis, mine.changed_at = counts.allowed, counts.basis, counts.changed_at
            mine.save()
    ConsentState.rows.filter(customer_id__in=gone).delete()


@dataclass(frozen=True, slots=True)
class _Said:
    pk: int
    allowed: bool
    basis: str
    source: str
    source_id: int | None
    at: datetime

    @property
    def leaves_nothing(self) -> bool:
        return self.source in (Source.UNDO, Source.UNMERGE) and self.basis == Basis.UNKNOWN


def _ledger(customer_ids: Collection[int]) -> dict[tuple[int, Topic], list[_Said]]:
    """The entries of these customers and of those merged into them, in the order of the ledger, by customer of today. Two queries."""
    born = dict(CustomerAlias.rows.filter(current_id__in=customer_ids).values_list("old_id", "current_id"))
    rows = ConsentRecord.rows.filter(customer_id__in=[*customer_ids, *born]).order_by("pk")
    found: dict[tuple[int, Topic], list[_Said]] = {}
    for row in rows:
        key = (born.get(row.customer_id, row.customer_id), (row.channel, row.purpose))
        found.setdefault(key, []).append(_Said(row.pk, row.allowed, row.basis, row.source, row.source_id, row.at))
    return found


def settle_ledger(customer_ids: Collection[int], *, source: str, source_id: int, actor: Actor, now: datetime) -> None:
    """Let the ledger say last what is the state, with an entry where it said otherwise: for a merge, or its undoing. Four queries."""
    ledger = _ledger(customer_ids)
    states = {(s.customer_id, (s.channel, s.purpose)): s for s in ConsentState.rows.filter(customer_id__in=customer_ids)}
    entries = []
    for key in sorted({*ledger, *states}):
        last, state = next(reversed(ledger.get(key, [])), None), states.get(key)
        says = None if last is None or last.leaves_nothing else (last.allowed, last.basis)
        is_so = None if state is None else (state.allowed, state.basis)
        if says != is_so:
            allowed, basis = is_so or (False, Basis.UNKNOWN.value)
            channel, purpose = key[1]
            entry = ConsentRecord(customer_id=key[0], channel=channel, purpose=purpose, allowed=allowed, basis=basis, at=now)
            entry.source, entry.source_id, entry.actor_id = source, source_id, actor.user_id
            entries.append(entry)
    ConsentRecord.rows.bulk_create(entries)


def part_consents(customer_ids: Sequence[int], *, merge_id: int, said_until: int, refiled: Mapping[int, int]) -> None:
    """What was said since the merge counts for whom it was said, over what was said before; the states of before are back already.

    `refiled`: entry of the ledger → the customer whose word it was. `said_until`: entries above it were written since.
    """
    counting: dict[tuple[int, Topic], list[_Said]] = {}
    touched: set[tuple[int, Topic]] = set()
    for (customer_id, topic), entries in _ledger(customer_ids).items():
        for entry in entries:
            if (entry.source, entry.source_id) == (Source.MERGE, merge_id):
                continue
            whose = refiled.get(entry.pk, customer_id)
            counting.setdefault((whose, topic), []).append(entry)
            if entry.pk > said_until:
                touched |= {(customer_id, topic), (whose, topic)}
    for key in sorted(touched):
        last = max(counting.get(key, ()), key=lambda entry: entry.pk, default=None)
        _set_state(key[0], key[1], last)


def _set_state(customer_id: int, topic: Topic, last: _Said | None) -> None:
    rows = ConsentState.rows.filter(customer_id=customer_id, channel=topic[0], purpose=topic[1])
    if last is None or last.leaves_nothing:
        rows.delete()
        return
    said = {"allowed": last.allowed, "basis": last.basis, "changed_at": last.at}
    ConsentState.rows.update_or_create(customer_id=customer_id, channel=topic[0], purpose=topic[1], defaults=said)
