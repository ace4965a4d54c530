"""Who may see and move which import."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from enishi.customers.models import ImportRun
from enishi.platform import modules, policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.privacy import Privacy


def visible_imports(actor: Actor) -> QuerySet[ImportRun]:
    """Imports that the actor may see; those put away before they began are left out, and those into a module that is off."""
    return policy.scope(actor, ImportRun, "read").filter(~Q(report__has_key="discarded"), target__in=modules.wired("IMPORT_TARGETS"))


def import_for(actor: Actor, run_id: int, act: str, *, lock: bool = True) -> ImportRun:
    """One import for `act`, locked until commit. Raises NotFound, also where it leads into a module that is off, NotAllowed."""
    run = policy.get(actor, ImportRun, act, run_id, lock=lock)
    if run.target not in modules.wired("IMPORT_TARGETS"):
        raise NotFound
    return run


def can_be_undone(run: ImportRun) -> bool:
    """Whether the import is over, wrote something, and kept what undo needs (those of older versions did not)."""
    over = run.state in (ImportRun.State.DONE, ImportRun.State.STOPPED, ImportRun.State.FAILED) and run.started_at is not None
    return over and bool(run.report.get("kept_for_undo")) and run.done > 0


def reads_cells(actor: Actor) -> bool:
    """Whether the cells of a file are shown to the actor: they are names, addresses, phone numbers."""
    return actor.reads(Privacy.PERSONAL)
