"""Exports that take somebody else's yes: what the approver is told, whether they may give it, and going on once it is given."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import ExportChunk, ExportRun
from enishi.platform import events, runs
from enishi.platform.action import action
from enishi.platform.actions.approvals import Ask, ask
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.approvals import ApprovalSubject, Outcome
from enishi.platform.made_files import why_not

LABEL = ExportRun._meta.label_lower
JOB = "customers.export"
State, Format = ExportRun.State, ExportRun.Format


def may_go_on(run: ExportRun, now: datetime) -> bool:
    """Inside an action: whether no approval is needed, or it was given; else it is asked for now. Raises NobodyApproves."""
    labels = run.format == Format.LABELS
    title = _("宛名ラベルの印刷（%(n)s人）") if labels else _("顧客の書き出し（%(n)s人）")
    about = Ask(
        kind="export",
        subject=LABEL,
        subject_id=run.pk,
        title=title % {"n": f"{run.total:,}"},
        count=run.total,
        reason=run.reason,
        facts=[
            (_("人数"), f"{run.total:,}"),
            (_("項目"), _("氏名・住所") if labels else _("%(n)s列") % {"n": len(run.columns)}),
            (_("形式"), str(Format(run.format).label)),
        ],
    )
    return ask(about=about, requester_id=run.owner_id, now=now)


def _may_decide(actor: Actor, run_id: int) -> bool:
    """Whether the approver could take out all of it themselves: every customer, and every class as the maker sees it. One query
    where they reach everybody, one more a thousand customers where they do not."""
    run = ExportRun.rows.filter(pk=run_id).first()
    if run is None or not access.may(actor, "export"):
        return False
    held = access.width_of(actor)
    if any(held.get(name, 0) < width for name, width in run.rights.items() if name not in ("read", "export")):
        return False
    if actor.scope_for("customer", "export") == "all":
        return True
    chunks = ExportChunk.rows.filter(run=run).order_by("number").values_list("customer_ids", flat=True).iterator(10)
    return all(len(access.reachable_ids(actor, ids, "export")) == len(ids) for ids in chunks)


def _decided(run_id: int, outcome: Outcome, comment: str, now: datetime) -> None:
    go_on_or_end(run_id=run_id, outcome=outcome, comment=comment, now=now)


@action
def go_on_or_end(*, run_id: int, outcome: Outcome, comment: str, now: datetime) -> None:
    """Approved, the run is ordered, and its maker's rights are asked for again; else it ends, with a word. Records
    `export.failed` or `export.stopped` where it ends."""
    from enishi.customers.exporting.running import show_work  # which asks for approval itself

    run = ExportRun.rows.select_for_update().get(pk=run_id)
    if run.state != State.WAITING:
        return
    if outcome == "approved":
        runs.resume(run, State.RUNNING)
        runs.order(ExportRun, run.pk, JOB)
    elif outcome == "cancelled":
        runs.leave(run, State.STOPPED)
        events.record("export.stopped", subject=run.pk, customer=None, actor=SYSTEM, at=now, data={"rows": 0})
    else:
        run.failure = why_not(outcome, comment)[:300]
        runs.leave(run, State.FAILED, "failure", at=now)
        events.record("export.failed", subject=run.pk, customer=None, actor=SYSTEM, at=now, data={"rows": 0})
    show_work(run)


SUBJECT = ApprovalSubject(may_decide=_may_decide, decided=_decided)
