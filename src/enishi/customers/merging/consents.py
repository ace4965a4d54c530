"""What counts of the consents of several customers who are one."""

from __future__ import annotations

from collections.abc import Iterable

from enishi.customers.models import ConsentRecord, ConsentState

type Topic = tuple[str, str]  # channel, purpose


def strictest(states: Iterable[ConsentState]) -> ConsentState:
    """Of what several said about one topic: a no before a yes, a no of their own before one that nobody explained, the latest of
    what is alike."""
    return min(states, key=lambda s: (s.allowed, s.basis != ConsentRecord.Basis.REFUSED, -s.changed_at.timestamp(), s.pk))


def united(states: Iterable[ConsentState]) -> dict[Topic, ConsentState]:
    """What counts of each topic where all of them are one; a topic of which nobody spoke is left out."""
    found: dict[Topic, list[ConsentState]] = {}
    for state in states:
        found.setdefault((state.channel, state.purpose), []).append(state)
    return {topic: strictest(some) for topic, some in sorted(found.items())}
