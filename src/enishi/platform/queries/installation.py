"""Reads of the platform for its own screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from enishi.platform import modules, policy, time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import AuditCheck, DeadLetter, EventCursor, FieldChange, ModuleState, Organisation, Seal, Work
from enishi.platform.sealing import Problem


@dataclass(frozen=True, slots=True)
class TrayLine:
    label: str
    url: str
    state: str
    state_label: str
    done: int
    total: int
    percent: int


def tray(actor: Actor, now: datetime) -> list[TrayLine]:
    """Work that runs and was heard of within two days, or ended within the hour: the actor's own; everybody's for who may
    read the settings. One query."""
    alive = Q(state=Work.State.RUNNING, changed_at__gte=now - timedelta(days=2))  # the demo's clock leaps by a day between two words
    rows = Work.rows.filter(alive | Q(changed_at__gte=now - timedelta(hours=1))).order_by("-changed_at")
    mine = rows if policy.allowed(actor, "settings", "read") else rows.filter(owner_id=actor.user_id)
    return [
        TrayLine(w.label, w.url, w.state, w.get_state_display(), w.done, w.total, int(100 * w.done / w.total) if w.total else 0)
        for w in mine[:20]
        if not modules.leads_nowhere(w.url)
    ]


@dataclass(frozen=True, slots=True)
class AuditHealth:
    """What is known of the chain of seals. `is_late`: nothing was sealed, or nothing looked at, for two days."""

    seals: int
    sealed_at: datetime | None
    checked_at: datetime | None
    rows: int
    problem_count: int
    problems: list[str]
    is_late: bool


def audit_health(now: datetime) -> AuditHealth:
    """Two queries."""
    seal = Seal.rows.order_by("-number").values_list("number", "at").first()
    check = AuditCheck.rows.filter(state=AuditCheck.State.DONE).order_by("-pk").first()
    seals, sealed_at = seal or (0, None)
    checked_at = check.finished_at if check else None
    return AuditHealth(
        seals=seals,
        sealed_at=sealed_at,
        checked_at=checked_at,
        rows=check.rows_count if check else 0,
        problem_count=check.problem_count if check else 0,
        problems=[str(Problem(**said)) for said in check.problems] if check else [],
        is_late=any(at is not None and at < now - timedelta(days=2) for at in (sealed_at, checked_at)),
    )


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who is told of events: of which function it is, and its key."""

    label: str
    key: str
    failures: int
    last_error: str


def _subscribers() -> list[Subscriber]:
    labels = {app: str(module.label) for module in modules.all_modules().values() for app in module.apps}
    rows = EventCursor.rows.values_list("subscriber", "failures", "last_error").order_by("subscriber")
    return [Subscriber(labels.get(key.partition(".")[0], key), key, failures, error) for key, failures, error in rows]


@dataclass(frozen=True, slots=True)
class Status:
    database: str
    one_role_only: bool
    jobs_waiting: int
    jobs_failed: int
    workers: int
    subscribers: list[Subscriber]
    dead_letters: int
    set_up: bool
    audit: AuditHealth


def status(now: datetime) -> Status:
    """How the installation is: for the status page. Nine queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), current_user = tableowner FROM pg_tables WHERE tablename = 'platform_event'")
        version, owner = cursor.fetchone()
        cursor.execute("SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'failed') FROM procrastinate_jobs")
        waiting, failed = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'")
        (workers,) = cursor.fetchone()
    return Status(
        database=version.split(" on ")[0],
        one_role_only=owner,
        jobs_waiting=waiting,
        jobs_failed=failed,
        workers=workers,
        subscribers=_subscribers(),
        dead_letters=DeadLetter.rows.count(),
        set_up=Organisation.rows.exists(),
        audit=audit_health(now),
    )


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One module as the screen of switches shows it."""

    module: modules.Module
    on: bool
    needs: str  # names of the modules that it needs
    last: str  # 2026/11/25 髙橋 美咲がオフにしました; "" where nobody ever switched it


def module_rows() -> list[ModuleRow]:
    """Every module, whether it is on, and who switched it last. Two queries."""
    known, off = modules.all_modules(), modules.off()
    keys = dict(ModuleState.rows.values_list("pk", "key"))
    past = FieldChange.rows.filter(object=ModuleState._meta.label_lower, object_id__in=keys, field="on").order_by("pk")
    last = {
        keys[pk]: _last_switch(on=bool(after), at=at, by=by or "")
        for pk, after, at, by in past.values_list("object_id", "after", "change_set__at", "change_set__actor__display_name")
    }
    return [
        ModuleRow(module, key not in off, "・".join(str(known[need].label) for need in module.needs), last.get(key, ""))
        for key, module in known.items()
    ]


def _last_switch(*, on: bool, at: datetime, by: str) -> str:
    words = _("%(on)s に %(name)s さんがオンにしました") if on else _("%(on)s に %(name)s さんがオフにしました")
    return words % {"on": format_date(time.local(at).date()), "name": by}
