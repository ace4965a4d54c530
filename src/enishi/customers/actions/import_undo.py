"""The verbs of taking an import back: look what it would come to, do it, stop, go on. The long work is done by jobs
(`imports.undoing`)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.imports import access, undoing
from enishi.customers.imports.running import target_of
from enishi.customers.imports.undoing import JOB, QUEUE, begin_anew, show_work
from enishi.customers.models import ImportRun, ImportUndo
from enishi.platform import changes, events, runs
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError

State = ImportUndo.State


class CannotBeUndone(ActionError):
    """The import is not over, wrote nothing, kept nothing for undo, is taken back already, or the undo is busy."""

    code = "import.cannot_be_undone"
    message = gettext_lazy("この取り込みは、いまは元に戻せません。画面を開き直してください。")


@action
def check_undo(*, run_id: int, actor: Actor, now: datetime, foreground: bool = False) -> None:
    """Order the look at what would go, what would be as before and what would stay; anew, where that is asked again. Records
    `import.undo_checked`. `foreground`: the caller does the work itself.

    Raises NotFound, NotAllowed, CannotBeUndone.
    """
    run = _run_for(actor, run_id)
    undo = ImportUndo.rows.select_for_update().filter(run=run).first()
    if undo is None:
        undo = ImportUndo(run=run, created_at=now)
    elif undo.started_at is not None or undo.state == State.CHECKING:
        raise CannotBeUndone
    undo.owner_id = actor.user_id
    undo.save()
    begin_anew(undo, State.CHECKING)
    _order(undo, foreground=foreground)
    events.record("import.undo_checked", subject=run.pk, customer=None, actor=actor, at=now, data={"target": run.target})


@action
def undo_import(*, run_id: int, actor: Actor, now: datetime, foreground: bool = False) -> None:
    """Take the import back, as the check has shown, but for what changes until it is its turn. Records `import.undo_ordered`.

    Raises NotFound, NotAllowed, CannotBeUndone.
    """
    run = _run_for(actor, run_id)
    undo = ImportUndo.rows.select_for_update().filter(run=run).first()
    if undo is None or undo.state != State.READY:
        raise CannotBeUndone
    undo.run = run
    undo.owner_id, undo.started_at = actor.user_id, now
    undo.change_set = changes.open_change_set(
        actor=actor, door="undo", at=now, reason=_("取り込みを元に戻す：%(file)s") % {"file": run.file.name[:150]}
    )
    begin_anew(undo, State.RUNNING, "owner", "started_at", "change_set")
    _order(undo, foreground=foreground)
    events.record("import.undo_ordered", subject=run.pk, customer=None, actor=actor, at=now, data={"target": run.target})


@action
def stop_undo(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Stop behind the chunk in hand; what was taken back stays so. A check that is stopped is put away. Records
    `import.undo_stopped`. Raises NotFound, NotAllowed, CannotBeUndone."""
    run = _run_for(actor, run_id)
    undo = ImportUndo.rows.select_for_update().filter(run=run, state__in=undoing.WORKED_ON).first()
    if undo is None:
        raise CannotBeUndone
    undo.run = run
    runs.leave(undo, State.STOPPED)
    show_work(undo)
    events.record("import.undo_stopped", subject=run.pk, customer=None, actor=actor, at=now, data={"done": undo.done})


@action
def resume_undo(*, run_id: int, actor: Actor) -> None:
    """Go on where it stopped, or failed. Raises NotFound, NotAllowed, CannotBeUndone."""
    run = _run_for(actor, run_id)
    undo = ImportUndo.rows.select_for_update().filter(run=run, state__in=(State.STOPPED, State.FAILED)).first()
    if undo is None:
        raise CannotBeUndone
    undo.run = run
    runs.resume(undo, State.CHECKING if undo.started_at is None else State.RUNNING)
    _order(undo, foreground=False)


def _run_for(actor: Actor, run_id: int) -> ImportRun:
    """The import, locked, where it can be taken back. Raises CannotBeUndone."""
    run = access.import_for(actor, run_id, "archive")
    target_of(run).require(actor)
    if not access.can_be_undone(run):
        raise CannotBeUndone
    return run


def _order(undo: ImportUndo, *, foreground: bool) -> None:
    show_work(undo)
    if foreground:
        runs.expect(ImportUndo, undo.pk)
    else:
        runs.order(ImportUndo, undo.pk, JOB, queue=QUEUE)
