"""Taking customers out as a file: ordering it, stopping it, going on, fetching the file, and letting it go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import approval
from enishi.customers.exporting.columns import file_columns
from enishi.customers.exporting.running import JOB, OPEN, forget, require_same_rights, show_work
from enishi.customers.models import ExportRun
from enishi.platform import events, runs
from enishi.platform.action import action
from enishi.platform.actions.approvals import withdraw
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.made_files import KEPT, Download, checked_reason, kept_long_enough, maker, put_away, take

State, Format = ExportRun.State, ExportRun.Format


class ExportIsOver(ActionError):
    """The run is in a state in which this cannot be done."""

    code = "export.over"
    message = gettext_lazy("この書き出しは、もう止めたり再開したりできません。画面を開き直してください。")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken out: of whom, in which order, which columns, in which form."""

    selection: Selection
    columns: tuple[str, ...]
    format: str
    sort: str = ""
    backwards: bool = False


@action
def export_customers(*, wanted: Wanted, reason: str, actor: Actor, now: datetime) -> int:
    """Order a file; the run's id. Who is meant is written down when the job begins. Records `export.ordered`.

    Raises NotAllowed (no right to export, or a column that is not the actor's to see), Invalid.
    """
    access.require(actor, "export")
    reason, problems = checked_reason(reason)
    if wanted.format not in ExportRun.FILES:
        problems["format"] = [_("一覧から選んでください。")]
    if problems:
        raise Invalid(fields=problems)
    file_columns(actor, wanted.columns)
    run = ExportRun(
        selection=wanted.selection.as_json(),
        sort=wanted.sort,
        backwards=wanted.backwards,
        columns=list(wanted.columns),
        format=wanted.format,
        reason=reason,
    )
    return order_file(run, actor, now)


def order_file(run: ExportRun, actor: Actor, now: datetime) -> int:
    """Inside an action: order what the run says, for its maker alone; its id. Records `export.ordered`. Raises NotAllowed."""
    run.owner_id, run.rights, run.created_at, run.expires_at = maker(actor), access.width_of(actor), now, now + KEPT
    run.save(force_insert=True)
    _order(run, actor, now)
    return run.pk


@action
def stop_export(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Stop behind the chunk in hand; no file comes of it until it goes on. Records `export.stopped`. Raises NotFound,
    ExportIsOver."""
    run = access.export_run_for(actor, run_id)
    if run.state not in (*OPEN, State.WAITING):
        raise ExportIsOver
    runs.leave(run, State.STOPPED)
    withdraw(subject=approval.LABEL, subject_id=run.pk, actor=actor, now=now)
    show_work(run)
    events.record("export.stopped", subject=run.pk, customer=None, actor=actor, at=now, data={"rows": run.written_count})


@action
def resume_export(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Go on where it stopped, or failed. Records `export.ordered`. Raises NotFound, ExportIsOver."""
    run = access.export_run_for(actor, run_id)
    if run.state not in (State.STOPPED, State.FAILED) or run.expires_at is None:
        raise ExportIsOver
    run.failure = ""
    go_on = not run.total or approval.may_go_on(run, now)
    runs.resume(run, State.WAITING if not go_on else State.RUNNING if run.total else State.STAGING, "failure")
    if go_on:
        _order(run, actor, now)
    else:
        show_work(run)


@action
def fetch_export(*, run_id: int, which: Literal["file", "lost"], actor: Actor, now: datetime) -> Download:
    """The file, or the list of what could not be written, for its maker alone. Records `export.fetched`.

    Raises NotFound (also where it has expired, and for whoever may export no more), RightsChanged.
    """
    run = access.export_run_for(actor, run_id)
    found = take(run, run.file if which == "file" else run.lost_file, now=now)
    require_same_rights(run, actor)
    events.record("export.fetched", subject=run.pk, customer=None, actor=actor, at=now, data={"which": which})
    return found


@action
def discard_export(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Put the file, or what there is of it, away before its time. Records `export.expired`. Raises NotFound, ExportIsOver
    (it still runs, or the file has gone already)."""
    run = access.export_run_for(actor, run_id)
    if run.state in (*OPEN, State.WAITING) or run.expires_at is None:
        raise ExportIsOver
    _let_go(run, actor, now)


@action
def expire_exports(*, now: datetime) -> int:
    """Put away files, and what was left of unfinished ones, that were kept long enough; how many. Records `export.expired`."""
    rows = kept_long_enough(ExportRun, *OPEN, State.WAITING, now=now)
    for run in rows:
        _let_go(run, SYSTEM, now)
    return len(rows)


def _let_go(run: ExportRun, actor: Actor, now: datetime) -> None:
    put_away(run, "lost_file")
    forget(run)
    events.record("export.expired", subject=run.pk, customer=None, actor=actor, at=now)


def _order(run: ExportRun, actor: Actor, now: datetime) -> None:
    show_work(run)
    runs.order(ExportRun, run.pk, JOB)
    data: dict[str, events.Primitive] = {"columns": ",".join(run.columns), "format": run.format}
    events.record("export.ordered", subject=run.pk, customer=None, actor=actor, at=now, data=data)
