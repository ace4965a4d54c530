"""監査ログ: what was done, what was changed, who looked at whom: three append-only tables read as one list, newest first.

An event and the changes of the same deed share their instant and their actor, and are one line. Each source is read by its
index over time, so that a page costs a few small scans however long the logs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import models
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import audit_objects, event_words, policy, time, wiring
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import Named
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import ApiToken, AuditFile, ChangeSet, Event, FieldChange, User, ViewLog
from enishi.platform.privacy import Level, Privacy
from enishi.platform.runs import time_left
from enishi.platform.sql.first_changes import first_changes

PAGE = 50
#: Lines of one instant are shown together; more than this were never written in one.
AT_ONCE = 500
#: Changes of one deed that are read, and how many of them a line shows. A change of many has a million.
MOST_CHANGES = 50
SHOWN_CHANGES = 4
SHOWN_NAMES = 3
USUAL_DAYS = 30

GROUPS = {"change": gettext_lazy("項目の変更"), "view": gettext_lazy("個人情報の閲覧"), **event_words.GROUPS}
DOORS = {
    "screen": gettext_lazy("画面"),
    "api": gettext_lazy("API"),
    "job": gettext_lazy("裏側の処理"),
    "system": gettext_lazy("システム"),
}
#: Of the data of an event what is told, and how it is called.
_TOLD = {
    "address": gettext_lazy("接続元"),
    "ip": gettext_lazy("接続元"),
    "method": gettext_lazy("方法"),
    "step": gettext_lazy("段階"),
    "device": gettext_lazy("端末"),
    "login": gettext_lazy("ログイン名"),
    "rows": gettext_lazy("件数"),
    "count": gettext_lazy("件数"),
    "seals": gettext_lazy("封印の数"),
    "problems": gettext_lazy("問題の数"),
}
_CODES = {
    "password": gettext_lazy("パスワード"),
    "totp": gettext_lazy("認証アプリ"),
    "webauthn": gettext_lazy("パスキー"),
    "recovery_codes": gettext_lazy("復旧コード"),
}
_BY_HAND = ("screen", "list", "list_undo", "restore")


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


@dataclass(frozen=True, slots=True)
class ChangeWords:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line in its final words, masked for the reader."""

    at: datetime
    source: str  # event, change, view
    what: str
    who: str
    door: str
    objects: tuple[Named, ...]
    more: int = 0  # objects beyond those that are named
    reason: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[ChangeWords, ...] = ()
    more_changes: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: list[AuditLine]
    next: str  # what `before` carries for the next page; empty on the last
    unknown_text: bool = False  # nothing is called so, as far as the reader sees


@dataclass(slots=True)
class _Raw:
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
    change_sets: list[int] = field(default_factory=list)


def usual(now: datetime) -> Wanted:
    """What is shown to somebody who asked for nothing yet: the last days."""
    today = time.today(now)
    return Wanted(since=today - timedelta(days=USUAL_DAYS - 1), until=today)


def audit_page(actor: Actor, wanted: Wanted, *, before: str = "", size: int = PAGE, shown: int = SHOWN_CHANGES) -> AuditPage:
    """One page of the log, with at most `shown` changes a line. Raises NotAllowed. About ten queries, and a row in the view log
    where names of people, or what stood in their columns, are shown."""
    policy.require(actor, "audit", "read")
    raw, further, unknown = _raw_page(actor, wanted, _instant(before), size)
    return AuditPage(_lines(actor, raw, shown), raw[-1].at.isoformat() if further else "", unknown)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


# ---- reading --------------------------------------------------------------------------------------------------------


def _raw_page(actor: Actor, wanted: Wanted, before: datetime | None, size: int) -> tuple[list[_Raw], bool, bool]:
    about = audit_objects.found_by(actor, wanted.text) if wanted.text else None
    if about is not None and not about:
        return [], False, True
    end = min(before, wanted.end) if before else wanted.end
    window = Q(at__gte=wanted.begin, at__lt=end)
    found = sorted(_read(wanted, about, window, size + 1), key=attrgetter("at"), reverse=True)
    if len(found) <= size:
        return _folded(found), False, False
    last = found[size - 1].at  # lines of one instant stay together
    whole = [raw for raw in found if raw.at > last] + list(_read(wanted, about, Q(at=last), AT_ONCE))
    return _folded(whole), True, False


type About = Mapping[str, Sequence[int]] | None  # table → ids of what a text names; None where none was asked for


def count(actor: Actor, wanted: Wanted) -> int:
    """About how many lines there are: events of one deed are counted one by one. Raises NotAllowed. Three counts."""
    policy.require(actor, "audit", "read")
    about = audit_objects.found_by(actor, wanted.text) if wanted.text else None
    if about is not None and not about:
        return 0
    when = Q(at__gte=wanted.begin, at__lt=wanted.end)
    return _event_rows(wanted, about, when).count() + _change_rows(wanted, about, when).count() + _view_rows(wanted, about, when).count()


def _read(wanted: Wanted, about: About, when: Q, limit: int) -> Iterable[_Raw]:
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
        rows = rows.filter(_EVENT_DOORS.get(wanted.door, Q(pk__in=[])))
    return rows if about is None else rows.filter(_event_about(about))


def _events(rows: QuerySet[Event], limit: int) -> Iterable[_Raw]:
    """Events of one kind that one actor caused in one instant are one line: an import tells of each customer."""
    groups = rows.values("at", "kind", "actor_kind", "actor_id").order_by("-at", "kind")
    for row in groups.annotate(n=Count("pk"), first=Min("pk"), subject=Min("subject_id"), person=Max("customer_id"))[:limit]:
        label = event_words.object_of(row["kind"])
        subjects = [("customers.customer", row["person"])] if row["person"] else []
        if label and label != "customers.customer" and row["n"] == 1:
            subjects.insert(0, (label, row["subject"]))
        raw = _Raw(row["at"], "event", row["kind"], row["actor_kind"], row["actor_id"], "", row["n"], subjects)
        raw.door = {"token": "api", "system": "system"}.get(row["actor_kind"], "screen")
        if row["n"] == 1:
            raw.data = {"event": row["first"]}
        yield raw


_EVENT_DOORS = {"screen": Q(actor_kind__in=("staff", "anonymous")), "api": Q(actor_kind="token"), "system": Q(actor_kind="system")}


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
        by_door = {"screen": Q(door__in=_BY_HAND), "api": Q(door="api"), "system": Q(actor_kind="system")}
        rows = (
            rows.filter(by_door[wanted.door])
            if wanted.door in by_door
            else rows.exclude(Q(door__in=(*_BY_HAND, "api")) | Q(actor_kind="system"))
        )
    if about is not None:
        named = Q(pk__in=[])
        for label, ids in about.items():
            named |= Q(object=label, object_id__in=ids)
        mine = Q(actor_id__in=about.get("platform.user", ()))
        rows = rows.filter(mine | Q(pk__in=FieldChange.rows.filter(named).values("change_set_id")))
    return rows


def _changes(rows: QuerySet[ChangeSet], limit: int) -> Iterable[_Raw]:
    for row in rows.order_by("-at", "-pk")[:limit]:
        door = "screen" if row.door in _BY_HAND else "api" if row.door == "api" else "system" if row.actor_kind == "system" else "job"
        raw = _Raw(row.at, "change", "", row.actor_kind, row.actor_id, door, reason=row.reason)
        raw.change_sets = [row.pk]
        yield raw


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


def _views(rows: QuerySet[ViewLog], about: About, limit: int) -> Iterable[_Raw]:
    wanted_ids = about or {}
    for row in rows.order_by("-at", "-pk")[:limit]:
        kind = "token" if row.token_id else "staff"
        door = "api" if row.token_id else "job" if row.route.startswith("job ") else "screen"
        meant = set(wanted_ids.get(row.object, ())) & set(row.object_ids)
        ids = [*meant, *(pk for pk in row.object_ids if pk not in meant)] if meant else row.object_ids
        subjects = [(row.object, pk) for pk in (ids if len(ids) <= SHOWN_NAMES else ids[:1])]
        raw = _Raw(row.at, "view", "", kind, row.actor_id, door, len(row.object_ids), subjects, row.reason)
        raw.token_id, raw.columns = row.token_id, row.columns
        yield raw


def _folded(found: Sequence[_Raw]) -> list[_Raw]:
    """The changes of a deed go to its event; those without one stay a line of their own."""
    deeds = {(raw.at, raw.actor_id): raw for raw in reversed(found) if raw.source == "event" and raw.count == 1}
    left = []
    for raw in found:
        deed = deeds.get((raw.at, raw.actor_id)) if raw.source == "change" else None
        if deed is None:
            left.append(raw)
            continue
        deed.change_sets += raw.change_sets
        deed.door = raw.door
        deed.reason = deed.reason or raw.reason
    return sorted(left, key=attrgetter("at"), reverse=True)


# ---- words ----------------------------------------------------------------------------------------------------------


def _lines(actor: Actor, found: Sequence[_Raw], shown: int = SHOWN_CHANGES) -> list[AuditLine]:
    changes = _changes_of([pk for raw in found for pk in raw.change_sets])
    for raw in found:
        if raw.source == "change" and not raw.subjects:
            seen = dict.fromkeys((row.object, row.object_id) for pk in raw.change_sets for row in changes.get(pk, ()))
            raw.subjects, raw.count = list(seen)[:SHOWN_NAMES], max(len(seen), 1)
    ids: dict[str, set[int]] = {}
    for raw in found:
        for label, pk in raw.subjects:
            ids.setdefault(label, set()).add(pk)
    data = dict(Event.rows.filter(pk__in=[raw.data["event"] for raw in found if raw.data]).values_list("pk", "data"))
    names = audit_objects.names_of(actor, ids)
    people = _people(found, changes)
    told = [row for raw in found for pk in raw.change_sets for row in changes.get(pk, ())[:shown]]
    words = _ChangesInWords(_looking(actor, told), people, _reached(actor, told))
    return [_line(raw, names, people, words, changes, data, shown) for raw in found]


def _personal(rows: Iterable[FieldChange]) -> dict[str, tuple[set[int], set[str]]]:
    """Table → ids and fields of the changes that say something of a person."""
    found: dict[str, tuple[set[int], set[str]]] = {}
    for row in rows:
        if Privacy(row.privacy_class) in policy.PERSONAL:
            ids, fields = found.setdefault(row.object, (set(), set()))
            ids.add(row.object_id)
            fields.add(row.field)
    return found


def _reached(actor: Actor, rows: Sequence[FieldChange]) -> set[tuple[str, int]]:
    """Whose personal columns the actor may read at all: the log opens no record that its own page would not. One query a table."""
    found = set()
    for label, (ids, _fields) in _personal(rows).items():
        model = audit_objects.model_of(label)
        if model is not None:
            found |= {(label, pk) for pk in _within_reach(actor, model, ids)}
    return found


def _within_reach(actor: Actor, model: type[models.Model], ids: set[int]) -> set[int]:
    if isinstance(getattr(model, "guard", None), policy.Guard):
        return policy.ids_in_scope(actor, model, ids)
    whose = getattr(audit_objects.field_of(model._meta.label_lower, "customer"), "related_model", None)
    if whose is None:  # it hangs on nobody whom a right could be asked for
        return set()
    readable = policy.scope(actor, whose, "read").values("pk")
    return set(model.rows.filter(pk__in=ids, customer__in=readable).values_list("pk", flat=True))  # type: ignore[attr-defined]


def _looking(actor: Actor, rows: Sequence[FieldChange]) -> Actor:
    """The actor as they look at what stood in personal columns: a row in the view log for each table, or masked."""
    seen = [row for row in rows if actor.reads(Privacy(row.privacy_class), _right(row))]
    for label, (ids, fields) in _personal(seen).items():
        model = audit_objects.model_of(label)
        if model is not None:
            actor = policy.watched(actor, model, sorted(ids), columns=fields)
    return actor


def _changes_of(change_sets: Sequence[int]) -> dict[int, list[FieldChange]]:
    """The first changes of each. Two queries."""
    found: dict[int, list[FieldChange]] = {}
    if change_sets:
        for row in FieldChange.rows.filter(pk__in=first_changes(change_sets, MOST_CHANGES)).order_by("pk"):
            found.setdefault(row.change_set_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class _People:
    users: Mapping[int, str]
    tokens: Mapping[int, str]


def _people(found: Sequence[_Raw], changes: Mapping[int, Sequence[FieldChange]]) -> _People:
    ids = {raw.actor_id for raw in found if raw.actor_id}
    for rows in changes.values():
        for row in rows:
            if _names_a_user(row):
                ids |= {value for value in (row.before, row.after) if isinstance(value, int)}
    tokens = {raw.token_id for raw in found if raw.token_id}
    return _People(
        dict(User.rows.filter(pk__in=ids).values_list("pk", "display_name")),
        dict(ApiToken.rows.filter(pk__in=tokens).values_list("pk", "name")) if tokens else {},
    )


def _names_a_user(row: FieldChange) -> bool:
    return getattr(audit_objects.field_of(row.object, row.field), "related_model", None) is User


def _line(
    raw: _Raw,
    names: Mapping[tuple[str, int], Named],
    people: _People,
    words: _ChangesInWords,
    changes: Mapping[int, Sequence[FieldChange]],
    data: Mapping[int, Mapping[str, Any]],
    shown: int,
) -> AuditLine:
    rows = [row for pk in raw.change_sets for row in changes.get(pk, ())]
    objects = tuple(names.get(key) or Named(f"{event_words.object_label(key[0])} {key[1]}") for key in raw.subjects)
    return AuditLine(
        at=raw.at,
        source=raw.source,
        what=_what(raw),
        who=_who(raw, people),
        door=str(DOORS[raw.door]),
        objects=objects,
        more=raw.count - len(objects) if raw.count > 1 else 0,
        reason=raw.reason,
        notes=_notes(raw, data),
        changes=tuple(words(row) for row in rows[:shown]),
        more_changes=max(len(rows) - shown, 0),
    )


def _what(raw: _Raw) -> str:
    if raw.source == "view":
        label = event_words.object_label(raw.subjects[0][0]) if raw.subjects else ""
        return _("%(what)sを閲覧") % {"what": label}
    if raw.source == "change":
        label = event_words.object_label(raw.subjects[0][0]) if raw.subjects else _("記録")
        return _("%(what)sの項目を変更") % {"what": label}
    return event_words.words_of(raw.kind)


def _who(raw: _Raw, people: _People) -> str:
    if raw.actor_id is None:
        return {"system": _("システム"), "anonymous": _("ログイン前の人")}.get(raw.actor_kind, _("不明"))
    name = people.users.get(raw.actor_id, _("不明"))
    token = people.tokens.get(raw.token_id or 0)
    return _("%(name)s（APIトークン「%(token)s」）") % {"name": name, "token": token} if token else name


def _notes(raw: _Raw, data: Mapping[int, Mapping[str, Any]]) -> tuple[str, ...]:
    said = data.get(raw.data.get("event", 0), {})
    found = [_pair(str(label), str(_CODES.get(said[key], said[key]))) for key, label in _TOLD.items() if said.get(key) not in (None, "")]
    if raw.columns and raw.subjects:
        found.append(_pair(_("見た項目"), "・".join(audit_objects.field_labels(raw.subjects[0][0], raw.columns))))
    return tuple(found)


def _pair(label: str, value: str) -> str:
    return _("%(label)s：%(value)s") % {"label": label, "value": value}


@dataclass(frozen=True, slots=True)
class _ChangesInWords:
    actor: Actor
    people: _People
    reached: set[tuple[str, int]]

    def __call__(self, row: FieldChange) -> ChangeWords:
        return ChangeWords(audit_objects.field_label(row.object, row.field), self._words(row, row.before), self._words(row, row.after))

    def _words(self, row: FieldChange, value: object) -> str:
        if value in (None, "", [], {}):
            return ""
        privacy = Privacy(row.privacy_class)
        level = self.actor.level(privacy, _right(row))
        if level == Level.HIDDEN or (privacy in policy.PERSONAL and (row.object, row.object_id) not in self.reached):
            return "＊＊＊"
        if level == Level.MASKED and privacy in policy.PERSONAL:
            return str(mask(row.field, value))
        if isinstance(value, bool):
            return _("はい") if value else _("いいえ")
        if isinstance(value, int) and _names_a_user(row):
            return self.people.users.get(value, _("不明"))
        return _chosen(row, value) if isinstance(value, str) else _plain(value)


def _right(row: FieldChange) -> str:
    """Under which key roles speak of the field; "" where they speak of its class alone."""
    model = audit_objects.model_of(row.object)
    fields: Mapping[str, str] = getattr(model, "field_rights", {})
    if audit_objects.field_of(row.object, row.field) is not None:
        return fields.get(row.field, "")
    return f"{fields['custom']}{row.field}" if "custom" in fields else ""


def _chosen(row: FieldChange, value: str) -> str:
    found = audit_objects.field_of(row.object, row.field)
    label = dict(getattr(found, "flatchoices", None) or ()).get(value)
    if label is not None:
        return str(label)
    if row.field.endswith("_at"):
        at = _instant(value)
        return f"{format_date(time.local(at).date())} {time.local(at):%H:%M}" if at else value
    return value


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "・".join(map(str, value))
    if isinstance(value, dict):
        return "・".join(f"{key}={said}" for key, said in value.items())
    return str(value)


# ---- the form -------------------------------------------------------------------------------------------------------


def actors() -> list[tuple[str, str]]:
    """Everybody who ever could have done something, by name. One query."""
    return [(str(pk), name) for pk, name in User.rows.order_by("display_name", "pk").values_list("pk", "display_name")]


# ---- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditFilePage:
    """One file of the audit, as its page shows it."""

    id: int
    title: str
    state: str
    reason: str
    format_label: str
    done: int
    total: int
    time_left: str
    failure: str
    written: int
    file_name: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == AuditFile.State.RUNNING


def audit_file(actor: Actor, file_id: int) -> AuditFilePage:
    """Raises NotFound for everybody but its maker, and for who may export no more. Two queries."""
    rows = AuditFile.rows.filter(pk=file_id, owner_id=actor.user_id or 0).select_related("file")
    row = rows.first() if policy.allowed(actor, "audit", "export") else None
    if row is None:
        raise NotFound
    return AuditFilePage(
        id=row.pk,
        title=str(wiring.load("AUDIT_FILES")[row.kind].label),
        state=row.state,
        reason=row.reason,
        format_label=str(AuditFile.Format(row.format).label),
        done=row.done,
        total=row.total,
        time_left=time_left(done=row.done, total=row.total, pace=row.pace),
        failure=row.failure,
        written=row.written_count,
        file_name=row.file.name if row.file else "",
        size_bytes=row.file.size_bytes if row.file else 0,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def tokens() -> list[tuple[str, str]]:
    """Every API token there ever was, with whose it is. One query."""
    rows = ApiToken.rows.order_by("user__display_name", "pk").values_list("pk", "name", "user__display_name")
    return [(str(pk), _("%(owner)s：%(name)s") % {"owner": owner, "name": name}) for pk, name, owner in rows]
