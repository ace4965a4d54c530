"""データ整備: trying on whom the input standards would change what, then doing it. How it runs, stops, goes on and is undone is that of
every change of many (`actions/bulk.py`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.bulk import RunIsOver, order
from enishi.customers.bulk.mending import mending
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun
from enishi.customers.standards import current
from enishi.customers.standards.rule import dumped
from enishi.platform import changes
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed

Verb, State = BulkRun.Verb, BulkRun.State


@action
def try_cleansing(*, rules: Collection[str], selection: Selection, actor: Actor, now: datetime) -> int:
    """Order to look whom these published rules would change, and to write nothing; the run's id. Records `bulk.ordered`. Raises
    NotAllowed, Invalid."""
    owner_id = _require(actor)
    book = mending([rule for rule in current.current().rules if rule.key in rules], actor)
    selection.customers(actor, now=now)  # what the list would refuse is refused before the job
    if not book.rules:
        raise Invalid(fields={"rules": [_("自動で直す基準を1つ以上選んでください。")]})
    deed = changes.open_change_set(actor=actor, door="bulk", at=now, reason=str(Verb.TRY.label))
    run = BulkRun.rows.create(
        owner_id=owner_id,
        verb=Verb.TRY,
        wishes={"rules": dumped(book.rules), "version": current.current().version},
        selection=selection.as_json(),
        change_set=deed,
        created_at=now,
    )
    order(run, actor, now)
    return run.pk


@action
def cleanse(*, run_id: int, actor: Actor, now: datetime) -> int:
    """Do to those whom a trial has found what it has shown; the id of the run that does so. Whoever was changed since is looked at anew.
    Records `bulk.ordered`. Raises NotFound, NotAllowed, RunIsOver (the trial goes on, found nobody, or was followed already)."""
    _require(actor)
    tried = access.bulk_run_for(actor, run_id)
    if tried.verb != Verb.TRY or tried.state != State.DONE or not tried.changed_count or BulkRun.rows.filter(tried=tried).exists():
        raise RunIsOver
    deed = changes.open_change_set(actor=actor, door="bulk", at=now, reason=str(Verb.CLEANSE.label))
    run = BulkRun.rows.create(owner_id=tried.owner_id, verb=Verb.CLEANSE, wishes=tried.wishes, tried=tried, change_set=deed, created_at=now)
    order(run, actor, now)
    return run.pk


def _require(actor: Actor) -> int:
    access.require(actor, "bulk")
    access.require(actor, "update")
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    return actor.user_id
