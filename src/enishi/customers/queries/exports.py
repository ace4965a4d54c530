"""Exports as their screens show them: what one would hold, how far it is, and which there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from enishi.customers import access, listing
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting.columns import all_keys, file_columns, keys_of_view
from enishi.customers.models import ExportRun
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.settings import list_setting
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.runs import time_left

PAGE = 50
State, Format = ExportRun.State, ExportRun.Format
_TONES = {State.DONE: "good", State.FAILED: "bad", State.STOPPED: "wait", State.WAITING: "wait"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What an export would hold, before it is ordered."""

    count: int
    left_out: int  # on the list, but not the actor's to take out
    shown: list[str]  # heads of what the list shows
    all: list[str]  # heads of everything
    is_masked: bool


def preview(actor: Actor, selection: Selection, asked: Asked, *, now: datetime) -> Preview:
    """Two counts at most. Raises what the list raises."""
    selected = selection.customers(actor, now=now).order_by()
    allowed = access.within(actor, selected, "export")
    total = selected.count()
    count = total if allowed is selected else allowed.count()
    return Preview(
        count,
        total - count,
        file_columns(actor, view_keys(actor, asked.columns)).heads,
        file_columns(actor, all_keys(actor)).heads,
        not access.reads_names(actor),
    )


def view_keys(actor: Actor, wish: Sequence[str]) -> list[str]:
    """The columns of a file of what the list shows to the actor. One query."""
    return keys_of_view(listing.chosen_columns(listing.column_sets(actor), wish, list_setting(actor).columns))


@dataclass(frozen=True, slots=True)
class ExportPage:
    """One export of the actor's."""

    id: int
    state: str
    format: str
    reason: str
    heads: list[str]
    total: int
    done: int
    pace: int
    written: int
    left_out: int
    lost: int
    failure: str
    expires_at: datetime | None
    file_name: str
    size_bytes: int
    created_at: datetime

    @property
    def is_labels(self) -> bool:
        return self.format == Format.LABELS

    @property
    def format_label(self) -> str:
        return str(Format(self.format).label)

    @property
    def title(self) -> str:
        return _("宛名ラベルの印刷") if self.is_labels else _("顧客の書き出し")

    @property
    def result(self) -> str:
        count = {"n": f"{self.written:,}"}
        return _("%(n)s枚のラベルを作りました。") % count if self.is_labels else _("%(n)s人を書き出しました。") % count

    @property
    def is_open(self) -> bool:
        return self.state in (State.STAGING, State.RUNNING)

    @property
    def time_left(self) -> str:
        return time_left(done=self.done, total=self.total, pace=self.pace)

    @property
    def can_resume(self) -> bool:
        return self.state in (State.STOPPED, State.FAILED) and self.expires_at is not None


def export_page(actor: Actor, run_id: int) -> ExportPage:
    """Raises NotFound. Two queries."""
    run = access.export_run_for(actor, run_id, lock=False)
    file = run.file
    return ExportPage(
        id=run.pk,
        state=run.state,
        format=run.format,
        reason=run.reason,
        heads=heads_of(actor, run.columns),
        total=run.total,
        done=run.done,
        pace=run.pace,
        written=run.written_count,
        left_out=run.left_out_count,
        lost=run.lost_count,
        failure=run.failure,
        expires_at=run.expires_at,
        file_name=file.name if file else "",
        size_bytes=file.size_bytes if file else 0,
        created_at=run.created_at,
    )


def heads_of(actor: Actor, keys: Sequence[str]) -> list[str]:
    """The heads of columns by key, as far as they are still on offer; else the key."""
    known = _heads(actor)
    return [known.get(key, key) for key in keys]


def _heads(actor: Actor) -> dict[str, str]:
    return {column.key: str(column.heading or column.label) for found in listing.column_sets(actor) for column in found.columns}


@dataclass(frozen=True, slots=True)
class PastExport:
    """One line of the record of exports."""

    id: int
    created_at: datetime
    owner_name: str
    reason: str
    columns: str  # 顧客番号・氏名… ほか12列
    column_count: int
    format_label: str
    written: int
    state_label: str
    tone: str
    taken: int
    has_file: bool
    is_own: bool


def past_exports(actor: Actor, *, own: bool, before: int | None = None) -> tuple[list[PastExport], int | None]:
    """The latest exports, the actor's own or all that they may know of, and the id to go on before. One query."""
    rows = access.visible_exports(actor)
    if own:
        rows = rows.filter(owner_id=actor.user_id or 0)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.annotate(owner_name=F("owner__display_name")).order_by("-pk")[: PAGE + 1])
    heads = _all_heads()
    page = [
        PastExport(
            id=run.pk,
            created_at=run.created_at,
            owner_name=run.owner_name,
            reason=run.reason,
            columns=_("氏名・住所") if run.format == Format.LABELS else "・".join(heads.get(key, key) for key in run.columns),
            column_count=len(run.columns),
            format_label=str(Format(run.format).label),
            written=run.written_count,
            state_label=str(State(run.state).label),
            tone=_TONES.get(State(run.state), ""),
            taken=run.taken_count,
            has_file=run.file_id is not None,
            is_own=run.owner_id == actor.user_id,
        )
        for run in found[:PAGE]
    ]
    return page, found[PAGE - 1].pk if len(found) > PAGE else None


def _all_heads() -> dict[str, str]:
    """The heads of all columns, whoever may see them: what a column is called is no secret."""
    return _heads(SYSTEM)
