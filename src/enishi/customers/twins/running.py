"""Drives a search: customers are read and laid out, compared, and what was found is written down.

Killed at any moment it begins anew: what it had read was in memory alone, and what it had written is written again as the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from enishi.customers.models import Customer, TwinSearch
from enishi.customers.twins import reading, settling
from enishi.customers.twins.matching import Bench, Likeness
from enishi.customers.twins.traits import Traits
from enishi.platform import events, runs, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.models import Work
from enishi.platform.runs import Lease
from enishi.platform.sql import snapshots

logger = logging.getLogger(__name__)
JOB = "customers.search_twins"
State, Kind = TwinSearch.State, TwinSearch.Kind
OPEN = (State.RUNNING,)
CHUNK = 1_000
#: Of so many changed customers in a hundred the whole base is compared: that is quicker than looking each of them up.
MANY = 0.2


def run(search_id: int) -> None:
    """One search from its beginning to its end."""
    with runs.taken_up(TwinSearch, search_id, *OPEN, set_aside=_set_aside) as lease:
        if lease is not None:
            search(lease)


def _set_aside(lease: Lease[TwinSearch]) -> None:
    fail(search_id=lease.run_id, reason=_("この先で処理が繰り返し止まりました。管理者に連絡してください。"))


def search(lease: Lease[TwinSearch]) -> None:
    """Read, compare, write down. Raises LeaseLost."""
    everybody = reading.alive_count()
    run = _begin(lease, everybody)
    stretch = runs.Stretch()
    with Bench() as bench:
        fresh_ids: set[int] = set()
        keys: set[int] = set()
        for who in _fresh(run):
            bench.lay_out(who, fresh=True)
            keep_keys(lease=lease, who=who)
            if run.kind == Kind.CHANGES:
                fresh_ids.update(one.id for one in who)
                keys.update(key for one in who for key in one.keys)
            _progress(lease, run, len(who), stretch)
        if run.kind == Kind.CHANGES:
            lease.renew()
            for who in reading.these(reading.ids_at(keys) - fresh_ids):
                bench.lay_out(who, fresh=False)
                lease.renew()
        bench.know_names(reading.name_counts())
        lease.renew()
        found = sorted(bench.likenesses(everybody, between=lambda _done, _of: lease.renew()), key=lambda one: (one.first, one.second))
    for place in range(0, len(found), CHUNK):
        write_chunk(lease=lease, found=found[place : place + CHUNK])
    finish(lease=lease, fresh=None if run.kind == Kind.WHOLE else fresh_ids)


def _fresh(run: TwinSearch) -> Iterator[list[Traits]]:
    return reading.everybody() if run.kind == Kind.WHOLE else reading.changed(run.since_xid, run.until_xid)


@transaction.atomic
def _begin(lease: Lease[TwinSearch], everybody: int) -> TwinSearch:
    """From the first customer, also after a kill. Where very many changed, of everybody."""
    run = lease.held()
    run.until_xid, run.snapshot = events.settled_before(), snapshots.taken()
    changed = everybody if run.kind == Kind.WHOLE else reading.changed_count(run.since_xid, run.until_xid)
    if run.kind == Kind.CHANGES and changed > max(MANY * everybody, CHUNK):
        run.kind, changed = Kind.WHOLE, everybody
    run.total, run.done, run.found_count, run.compared_count = changed, 0, 0, 0
    run.save(update_fields=["kind", "until_xid", "snapshot", "total", "done", "found_count", "compared_count"])
    show_work(run)
    return run


@action
def keep_keys(*, lease: Lease[TwinSearch], who: list[Traits]) -> None:
    """Keep by which keys these customers are found from now on. Raises LeaseLost."""
    lease.renew()
    runs.commit_soon()
    reading.write_keys(who)


def _progress(lease: Lease[TwinSearch], run: TwinSearch, count: int, stretch: runs.Stretch) -> None:
    """How far the reading is. Not a checkpoint: a search that is killed has nothing to go on from, and is set aside if it always is."""
    run.done += count
    run.pace = stretch.pace(run.done)
    if not TwinSearch.rows.filter(pk=run.pk, fence=lease.fence, state__in=OPEN).update(done=run.done, pace=run.pace):
        raise runs.LeaseLost
    show_work(run)


@action
def write_chunk(*, lease: Lease[TwinSearch], found: list[Likeness]) -> None:
    """Write some of the pairs down. Raises LeaseLost."""
    run = lease.held()
    run.found_count += settling.write_down(found, search=run, now=time.now())
    run.compared_count += len(found)
    run.save(update_fields=["found_count", "compared_count"])


@action
def finish(*, lease: Lease[TwinSearch], fresh: set[int] | None) -> None:
    """Put away the open pairs that nothing speaks for any more, and close. Records `twins.searched`. `fresh`: who was compared, None
    for everybody. Raises LeaseLost."""
    run, at = lease.held(), time.now()
    unseen = ~Q(search=run)
    settling.let_go(unseen if fresh is None else unseen & settling.of_customers(fresh))
    settling.let_go(Q(first_id__in=_archived()) | Q(second_id__in=_archived()))
    if fresh is None:
        reading.drop_keys_of_nobody()
    runs.leave(run, State.DONE, at=at)
    show_work(run)
    data: dict[str, events.Primitive] = {"kind": run.kind, "customers": run.total, "found": run.found_count}
    events.record("twins.searched", subject=run.pk, customer=None, actor=SYSTEM, at=at, data=data)


def _archived() -> object:
    return Customer.rows.filter(archived_at__isnull=False).values("pk")


@action
def fail(*, search_id: int, reason: str) -> None:
    """Set a search aside, with a word to who ordered it. Records `twins.search_failed`."""
    run = TwinSearch.rows.select_for_update().get(pk=search_id)
    if run.state not in OPEN:
        return
    at = time.now()
    run.failure = reason[:300]
    runs.leave(run, State.FAILED, "failure", at=at)
    show_work(run)
    events.record("twins.search_failed", subject=run.pk, customer=None, actor=SYSTEM, at=at)


def show_work(run: TwinSearch) -> None:
    """Keep the line in the job tray true for who ordered the search; nobody is told of those that begin by themselves. One query."""
    if run.owner_id is None:
        return
    states = {State.DONE: Work.State.DONE, State.STOPPED: Work.State.STOPPED, State.FAILED: Work.State.FAILED}
    work.report(
        kind="twins",
        subject=run.pk,
        label=_("重複の検索"),
        url="/duplicates/",
        owner_id=run.owner_id,
        total=run.total,
        done=run.done,
        state=states.get(State(run.state), Work.State.RUNNING),
        at=time.now(),
    )
