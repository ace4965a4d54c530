"""Taking an import back, as its screens show it: what would come of it, how far it is, what was left alone and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.imports import access
from enishi.customers.imports.target import ImportTarget
from enishi.customers.models import ImportRun, ImportUndo, ImportUndoRow
from enishi.platform import policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.runs import time_left

State, Outcome = ImportUndo.State, ImportUndoRow.Outcome
NAMED = 50
_REASONS: Mapping[str, str | Promise] = {
    Outcome.CHANGED_SINCE: _("取り込みのあとに変更されたため"),
    Outcome.USED_SINCE: _("取り込みのあとに変更されたか、配信・注文・活動などに使われたため"),
    Outcome.NOT_ALLOWED: _("変更する権限がないため"),
    Outcome.GONE: _("すでに削除または統合されたため"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One that is left alone. Without a name where the viewer does not see it."""

    url: str
    number: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UndoPage:
    state: str
    checked: bool  # what follows is what would be; else what was done
    is_open: bool
    total: int
    done: int
    pace: int
    removed: int
    restored: int
    kept: int
    can_start: bool
    can_check: bool
    can_resume: bool
    reasons: list[Reason]
    named: list[Kept]
    more_kept: int

    @property
    def time_left(self) -> str:
        return time_left(done=self.done, total=self.total, pace=self.pace)


def undo_page(actor: Actor, run_id: int) -> UndoPage:
    """Raises NotFound, also before anybody has asked for it. Six queries at most and one view-log row."""
    run = access.import_for(actor, run_id, "read", lock=False)
    undo = ImportUndo.rows.filter(run=run).first()
    if undo is None:
        raise NotFound
    is_open = undo.state in (State.CHECKING, State.RUNNING)
    may = may_undo(actor, run)
    named = [] if is_open else _named(actor, run, undo)
    return UndoPage(
        state=undo.state,
        checked=undo.started_at is None,
        is_open=is_open,
        total=undo.total,
        done=undo.done,
        pace=undo.pace,
        removed=undo.removed_count,
        restored=undo.restored_count,
        kept=undo.kept_count,
        can_start=may and undo.state == State.READY and undo.removed_count + undo.restored_count > 0,
        can_check=may and undo.started_at is None and not is_open,
        can_resume=may and undo.state in (State.STOPPED, State.FAILED) and undo.started_at is not None,
        reasons=[] if is_open else _reasons(undo),
        named=named,
        more_kept=max(undo.kept_count - len(named), 0),
    )


def may_undo(actor: Actor, run: ImportRun) -> bool:
    """Whether the actor may take this import back."""
    if not access.can_be_undone(run) or not policy.allowed(actor, "import", "archive"):
        return False
    try:
        _target(run).require(actor)
    except NotAllowed:
        return False
    return True


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """What the report of an import says about taking it back."""

    may: bool
    begun: bool  # it is being taken back, or was
    done: bool
    looked: bool  # somebody asked what it would come to


def undo_offer(actor: Actor, run_id: int) -> UndoOffer:
    """Two queries. Raises NotFound."""
    run = access.import_for(actor, run_id, "read", lock=False)
    found = ImportUndo.rows.filter(run=run).values_list("state", "started_at").first()
    begun = found is not None and found[1] is not None
    return UndoOffer(may_undo(actor, run), begun, found is not None and found[0] == State.DONE, found is not None)


def _reasons(undo: ImportUndo) -> list[Reason]:
    rows = ImportUndoRow.rows.filter(undo=undo, outcome__in=list(_REASONS)).values_list("outcome")
    counts = dict(rows.annotate(count=Count("pk")).order_by())
    return [Reason(str(text), counts[outcome]) for outcome, text in _REASONS.items() if counts.get(outcome)]


def _named(actor: Actor, run: ImportRun, undo: ImportUndo) -> list[Kept]:
    rows = ImportUndoRow.rows.filter(undo=undo, outcome__in=list(_REASONS)).order_by("position").values_list("object_id", "outcome")
    outcomes = dict(rows[:NAMED])
    found = _target(run).named(actor, list(outcomes))
    return [
        Kept(found[pk].url, found[pk].number, found[pk].name, str(_REASONS[outcome])) for pk, outcome in outcomes.items() if pk in found
    ]


def _target(run: ImportRun) -> ImportTarget:
    found: ImportTarget = wiring.load("IMPORT_TARGETS")[run.target]
    return found
