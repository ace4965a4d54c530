"""Writing down what the wall refused."""

from __future__ import annotations

from datetime import datetime

from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor


@action
def note_denied(*, thing: str, record_id: int, customer_id: int | None, route: str, status: int, actor: Actor, now: datetime) -> None:
    """The actor was refused this record, or this page (0); ids as they were asked for, whether there is such a record or not.
    Records `access.denied`."""
    data: dict[str, events.Primitive] = {"object": thing, "route": route, "status": status}
    events.record("access.denied", subject=record_id, customer=customer_id, actor=actor, at=now, data=data)
