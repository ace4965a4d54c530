"""What somebody asked for and the wall refused: one event each, and a bounded number of them.

A refusal is written down after its transaction is gone, by the two places that turn refusals into answers. The same record by
the same route counts once in ten minutes, and nobody leaves more than a hundred an hour: the log tells who tries, and cannot
be filled by trying.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest

from enishi.platform import time
from enishi.platform.actions.denied import note_denied
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError

logger = logging.getLogger(__name__)

ONCE_IN = timedelta(minutes=10)
MOST_AN_HOUR = 100
_LARGEST = 2**63 - 1


def note(request: HttpRequest, refusal: ActionError) -> None:
    """Write down that a record or a page was refused to this member of staff, or token; of others nothing is known."""
    actor: Actor | None = getattr(request, "actor", None)
    match = request.resolver_match
    if refusal.status not in (403, 404) or match is None or actor is None or actor.kind not in ("staff", "token"):
        return
    ids = {name.removesuffix("_id"): int(value) for name, value in match.kwargs.items() if name.endswith("_id") and _is_id(value)}
    if refusal.about is not None:
        ids = {**ids, refusal.about[0]: refusal.about[1]}
    if refusal.status == 404 and not ids:  # an address that is nobody's
        return
    thing, pk = refusal.about or next(reversed(ids.items()), ("", 0))  # an address ends with the record that it means
    if not _is_new(f"{actor.user_id}:{actor.token_id}:{match.view_name}:{thing}:{pk}") or not _is_within_the_hour(actor):
        return
    place = {"thing": thing, "record_id": pk, "customer_id": ids.get("customer"), "route": match.view_name}
    try:
        note_denied(**place, status=refusal.status, actor=actor, now=time.now())  # type: ignore[arg-type]  # each of its own type
    except DatabaseError:  # the refusal itself stands
        logger.exception("a refused look could not be written down")


def _is_id(value: object) -> bool:
    word = str(value)
    return word.isascii() and word.isdigit() and int(word) <= _LARGEST


def _is_new(key: str) -> bool:
    return bool(cache.add(f"denied:{key}", 1, ONCE_IN.total_seconds()))


def _is_within_the_hour(actor: Actor) -> bool:
    key = f"denied:{actor.user_id}:{time.wall_clock():%Y%m%d%H}"
    cache.add(key, 0, 3600)
    try:
        return int(cache.incr(key)) <= MOST_AN_HOUR
    except ValueError:  # it went out in between
        return True
