"""What the audit reads: events, changes and looks, three append-only tables as one list of raw lines, newest first.

An event and the changes of the same deed share their instant and their actor, and are one line. Each source is read by its
index over time, so that a page costs a few small scans however long the logs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from enishi.platform import event_words, time
from enishi.platform.models import ChangeSet, Event, FieldChange, ViewLog

#: Lines of one instant are shown together; more than this were never written in one.
AT_ONCE = 500
SHOWN_NAMES = 3

#: The doors of changes that are told by one of the log's; of the system's own the rest are its schedule, of people's their jobs.
_CHANGE_DOORS = {
    "screen": ("screen", "list", "list_undo", "restore"),
    "api": ("api",),
    "scim": ("scim",),
    "import": ("import",),
    "command": ("command", "demo"),
}
_TOLD_BY_DOOR = frozenset(door for doors in _CHANGE_DOORS.values() for door in doors)
#: Of events from before their door was kept.
_OLD_DOORS = {"token": "api", "system": "schedule"}

type About = Mapping[str, Sequence[int]] | None  # table → ids of what a text names; None where none was asked for


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `since` and `until` are business days, both included."""

    since: date
    until: date
    actor_id: int | None = None
    group: str = ""
    door: str = ""
    text: str = ""

    @property
    def begin(self) -> datetime:
        return time.start_of_day(self.since)

    @property
    def end(self) -> datetime:
        return time.start_of_day(self.until + timedelta(days=1))


@dataclass(slots=True)
class Raw:
    """A line before it has words."""

    at: datetime
    source: str
    kind: str  # of an event; "" otherwise
    actor_kind: str
    actor_id: int | None
    door: str
    count: int = 1
    subjects: list[tuple[str, int]] = field(default_factory=list)
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    token_id: int | None = None
    columns: Sequence[str] = ()
    keeps_door: bool = False
    ip: str = ""
    change_sets: list[int] = field(default_factory=list)


def raw_page(wanted: Wanted, about: About, before: datetime | None, size: int) -> tuple[list[Raw], bool]:
    """The lines of one page, and whether there are further ones. Three queries, three more where a page ends."""
    end = min(before, wanted.end) if before else wanted.end
    window = Q(at__gte=wanted.begin, at__lt=end)
    found = sorted(_read(wanted, about, window, size + 1), key=attrgetter("at"), reverse=True)
    further = len(found) > size
    if further:
        last = found[size - 1].at  # lines of one instant stay together
        found = [raw for raw in found if raw.at > last] + list(_read(wanted, about, Q(at=last), AT_ONCE))
    if wanted.group not in ("", "change", "view"):  # deeds of one kind alone: what they changed belongs to them still
        return [raw for raw in _folded([*found, *_changes_beside(found)]) if raw.source == "event"], further
    return _folded(found), further


def count(wanted: Wanted, about: About) -> int:
    """About how many lines there are: events of one deed are counted one by one. Three counts."""
    when = Q(at__gte=wanted.begin, at__lt=wanted.end)
    return _event_rows(wanted, about, when).count() + _change_rows(wanted, about, when).count() + _view_rows(wanted, about, when).count()


def _read(wanted: Wanted, about: About, when: Q, limit: int) -> Iterable[Raw]:
    yield from _events(_event_rows(wanted, about, when), limit)
    yield from _changes(_change_rows(wanted, about, when), limit)
    yield from _views(_view_rows(wanted, about, when), about, limit)


def _event_rows(wanted: Wanted, about: About, when: Q) -> QuerySet[Event]:
    rows = Event.rows.filter(when)
    if wanted.group in ("change", "view"):
        return rows.none()
    if wanted.actor_id is not None:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.group:
        begin, beside, apart = event_words.kinds_in(wanted.group)
        kinds = Q(kind__in=beside)
        for start in begin:
            kinds |= Q(kind__startswith=start)
        rows = rows.filter(kinds).exclude(kind__in=apart)
    if wanted.door:
        rows = rows.filter(Q(door=wanted.door) | _old_door(wanted.door))
    return rows if about is None else rows.filter(_event_about(about))


def _old_door(door: str) -> Q:
    kinds = [kind for kind, said in _OLD_DOORS.items() if said == door]
    return Q(door="") & (~Q(actor_kind__in=list(_OLD_DOORS)) if door == "screen" else Q(actor_kind__in=kinds))


def _events(rows: QuerySet[Event], limit: int) -> Iterable[Raw]:
    """Events of one kind that one actor caused in one instant are one line: an import tells of each customer."""
    groups = rows.values("at", "kind", "actor_kind", "actor_id", "door", "ip").order_by("-at", "kind")
    for row in groups.annotate(n=Count("pk"), first=Min("pk"), subject=Min("subject_id"), person=Max("customer_id"))[:limit]:
        label = event_words.object_of(row["kind"])
        subjects = [("customers.customer", row["person"])] if row["person"] else []
        if label and label != "customers.customer" and row["n"] == 1:
            subjects.insert(0, (label, row["subject"]))
        raw = Raw(row["at"], "event", row["kind"], row["actor_kind"], row["actor_id"], "", row["n"], subjects)
        raw.door = row["door"] or _OLD_DOORS.get(row["actor_kind"], "screen")
        raw.keeps_door, raw.ip = bool(row["door"]), row["ip"] or ""
        if row["n"] == 1:
            raw.data = {"event": row["first"]}
        yield raw


def _event_about(about: Mapping[str, Sequence[int]]) -> Q:
    found = Q(pk__in=[])
    for label, ids in about.items():
        if label == "customers.customer":
            found |= Q(customer_id__in=ids)
        for name, noun in event_words.nouns().items():
            if noun.object == label and label != "customers.customer":
                found |= Q(kind__startswith=f"{name}.", subject_id__in=ids)
        if label == "platform.user":
            found |= Q(actor_id__in=ids)
    return found


def _change_rows(wanted: Wanted, about: About, when: Q) -> QuerySet[ChangeSet]:
    rows = ChangeSet.rows.filter(when)
    if wanted.group not in ("", "change"):
        return rows.none()
    if wanted.actor_id is not None:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.door:
        told = _CHANGE_DOORS.get(wanted.door)
        rest = {"schedule": Q(actor_kind="system"), "job": ~Q(actor_kind="system")}.get(wanted.door, Q(pk__in=[]))
        rows = rows.filter(door__in=told) if told else rows.filter(rest).exclude(door__in=_TOLD_BY_DOOR)
    if about is not None:
        named = Q(pk__in=[])
        for label, ids in about.items():
            named |= Q(object=label, object_id__in=ids)
        mine = Q(actor_id__in=about.get("platform.user", ()))
        rows = rows.filter(mine | Q(pk__in=FieldChange.rows.filter(named).values("change_set_id")))
    return rows


def _changes(rows: QuerySet[ChangeSet], limit: int) -> Iterable[Raw]:
    for row in rows.order_by("-at", "-pk")[:limit]:
        told = (door for door, doors in _CHANGE_DOORS.items() if row.door in doors)
        door = next(told, "schedule" if row.actor_kind == "system" else "job")
        raw = Raw(row.at, "change", "", row.actor_kind, row.actor_id, door, reason=row.reason)
        raw.change_sets = [row.pk]
        yield raw


def _changes_beside(found: Sequence[Raw]) -> Iterable[Raw]:
    """The changes of the very instants of these events."""
    instants = {raw.at for raw in found if raw.count == 1}
    return _changes(ChangeSet.rows.filter(at__in=instants), AT_ONCE) if instants else ()


def _view_rows(wanted: Wanted, about: About, when: Q) -> QuerySet[ViewLog]:
    rows = ViewLog.rows.filter(when)
    if wanted.group not in ("", "view"):
        return rows.none()
    if wanted.actor_id is not None:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.door:
        by_job = Q(route__startswith="job ")
        by_door = {"screen": Q(token_id=None) & ~by_job, "api": Q(token_id__isnull=False), "job": by_job}
        rows = rows.filter(by_door.get(wanted.door, Q(pk__in=[])))
    if about is not None:
        named = Q(actor_id__in=about.get("platform.user", ()))
        for label, ids in about.items():
            named |= Q(object=label, object_ids__overlap=list(ids))
        rows = rows.filter(named)
    return rows


def _views(rows: QuerySet[ViewLog], about: About, limit: int) -> Iterable[Raw]:
    wanted_ids = about or {}
    for row in rows.order_by("-at", "-pk")[:limit]:
        kind = "token" if row.token_id else "staff"
        door = "api" if row.token_id else "job" if row.route.startswith("job ") else "screen"
        meant = set(wanted_ids.get(row.object, ())) & set(row.object_ids)
        ids = [*meant, *(pk for pk in row.object_ids if pk not in meant)] if meant else row.object_ids
        subjects = [(row.object, pk) for pk in (ids if len(ids) <= SHOWN_NAMES else ids[:1])]
        raw = Raw(row.at, "view", "", kind, row.actor_id, door, len(row.object_ids), subjects, row.reason)
        raw.token_id, raw.columns = row.token_id, row.columns
        yield raw


def _folded(found: Sequence[Raw]) -> list[Raw]:
    """The changes of a deed go to its event; those without one stay a line of their own."""
    deeds = {(raw.at, raw.actor_id): raw for raw in reversed(found) if raw.source == "event" and raw.count == 1}
    left = []
    for raw in found:
        deed = deeds.get((raw.at, raw.actor_id)) if raw.source == "change" else None
        if deed is None:
            left.append(raw)
            continue
        deed.change_sets += raw.change_sets
        if not deed.keeps_door:
            deed.door = raw.door
        deed.reason = deed.reason or raw.reason
    return sorted(left, key=attrgetter("at"), reverse=True)
