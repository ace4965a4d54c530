"""A change of many as its screens show it: to whom it would be, how far it is, and who was left out, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.bulk.acts import ACTS, WHOLE
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRow, BulkRun, Customer
from enishi.customers.models.customer import Tag
from enishi.customers.queries.cleansing import Difference, differences, rule_labels
from enishi.customers.queries.names import Name
from enishi.customers.resolve import resolve_many
from enishi.platform.actor import Actor
from enishi.platform.models import Team, User
from enishi.platform.policy import present_many
from enishi.platform.runs import time_left

EXAMPLES = 10
NAMED = 50
State, Outcome = BulkRun.State, BulkRow.Outcome


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, before it does it."""

    count: int  # on whom the actor may act
    names: list[str]  # ten of them
    more: int
    left_out: int  # selected and seen, but not the actor's to change


def preview(actor: Actor, verb: str, selection: Selection, *, now: datetime) -> Preview:
    """Two counts, ten names and one view-log row. Raises what the list raises."""
    selected = selection.customers(actor, now=now).order_by()
    allowed = access.within(actor, selected, ACTS[verb])
    total = selected.count()
    count = total if allowed is selected else allowed.count()
    first = list(allowed.order_by("-pk").values_list("pk", flat=True)[:EXAMPLES])
    return Preview(count, [words for _pk, words in _names(actor, allowed, first)], count - len(first), total - count)


def _names(actor: Actor, rows: QuerySet[Customer], ids: Sequence[int]) -> list[tuple[str, str]]:
    """(number, name) as far as the actor reads them."""
    if not ids:
        return []
    return [(row.number, row.name or row.number) for row in present_many(Name, actor, rows.filter(pk__in=ids).order_by("pk"))]


_REASONS = {
    Outcome.NOT_ALLOWED: _("変更する権限がないか、ごみ箱に移っています"),
    Outcome.CHANGED_SINCE: _("そのあとに変更されたため、そのままにしました"),
    Outcome.MERGED: _("対象だった顧客は、そのあとこの顧客に統合されました。必要なら、この顧客を変更してください"),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    url: str
    number: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunPage:
    id: int
    title: str
    about: str  # the tag, the new owner …
    state: str
    total: int
    done: int
    pace: int
    changed: int
    unchanged: int
    refused: int
    is_undo: bool
    can_undo: bool
    can_resume: bool
    undone_by: int | None
    left_out: list[LeftOut]
    more_left_out: int
    is_trial: bool = False
    followed_by: int | None = None  # the run that does what a trial has shown
    differences: list[Difference] = field(default_factory=list)

    @property
    def time_left(self) -> str:
        return time_left(done=self.done, total=self.total, pace=self.pace)

    @property
    def is_open(self) -> bool:
        return self.state in (State.STAGING, State.RUNNING)


def run_page(actor: Actor, run_id: int) -> RunPage:
    """One of the actor's own runs. Raises NotFound. Six queries at most and one view-log row."""
    run = access.bulk_run_for(actor, run_id, lock=False)
    undone_by = BulkRun.rows.filter(undoes=run).values_list("pk", flat=True).first()
    is_open, is_trial = run.state in (State.STAGING, State.RUNNING), run.verb == BulkRun.Verb.TRY
    left_out = [] if is_open else _left_out(actor, run)
    return RunPage(
        id=run.pk,
        title=str(BulkRun.Verb(run.verb).label),
        about=_about(run),
        state=run.state,
        total=run.total,
        done=run.done,
        pace=run.pace,
        changed=run.changed_count,
        unchanged=run.unchanged_count,
        refused=run.refused_count,
        is_undo=run.undoes_id is not None,
        can_undo=not is_open and run.undoes_id is None and undone_by is None and run.changed_count > 0 and not is_trial,
        can_resume=run.state in (State.STOPPED, State.FAILED) and undone_by is None,
        undone_by=undone_by,
        left_out=left_out,
        more_left_out=max(run.refused_count - len(left_out), 0),
        is_trial=is_trial,
        followed_by=BulkRun.rows.filter(tried=run).values_list("pk", flat=True).first() if is_trial else None,
        differences=differences(actor, run) if is_trial and not is_open else [],
    )


def _about(run: BulkRun) -> str:
    if run.verb in WHOLE:
        return "・".join(rule_labels(run))
    tables: dict[BulkRun.Verb, tuple[type[Tag] | type[User] | type[Team], str]] = {
        **dict.fromkeys((BulkRun.Verb.TAG, BulkRun.Verb.UNTAG), (Tag, "name")),
        **dict.fromkeys((BulkRun.Verb.OWNER, BulkRun.Verb.HANDOVER), (User, "display_name")),
        BulkRun.Verb.TEAM: (Team, "name"),
    }
    found = tables.get(BulkRun.Verb(run.verb))
    if found is None or run.target_id is None:
        return ""
    table, column = found
    return table.rows.filter(pk=run.target_id).values_list(column, flat=True).first() or ""


def _left_out(actor: Actor, run: BulkRun) -> list[LeftOut]:
    rows = BulkRow.rows.filter(run=run, outcome__in=list(_REASONS)).order_by("position").values_list("customer_id", "outcome")[:NAMED]
    outcomes = dict(rows)
    if not outcomes:
        return []
    outcomes = {today: outcomes[old] for old, today in resolve_many(outcomes).items()}
    people = present_many(Name, actor, access.readable_customers(actor).filter(pk__in=outcomes).order_by("pk"))
    base = reverse("customers:list")
    return [LeftOut(f"{base}{row.number}/", row.number, row.name or row.number, str(_REASONS[Outcome(outcomes[row.id])])) for row in people]
