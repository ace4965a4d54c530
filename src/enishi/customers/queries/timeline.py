"""What this app puts on a customer's timeline: registration, activities, tasks that are done, consent, and its own events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.models import Activity, ConsentRecord, ContactPoint, Customer, CustomerFile, Mention, Tag, Task
from enishi.customers.models.consent import Channel
from enishi.customers.queries.comments import remarks_on
from enishi.customers.ties import RelationKind, kinds_of
from enishi.customers.timeline import Position, Thread, TimelineEntry, TimelineSource
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import Event, Team, User
from enishi.platform.privacy import Level, Privacy


def newest_first[Q: QuerySet[Any]](rows: Q, before: Position, limit: int) -> Q:
    """Rows with (at, id) < before, newest first: one range of an index on (…, at, id)."""
    older: Q = rows.filter(TupleLessThan(Tuple(F("at"), F("pk")), before)).order_by("-at", "-pk")[:limit]
    return older


ICONS = {
    Activity.Kind.NOTE: "note",
    Activity.Kind.CALL: "phone",
    Activity.Kind.SHOP: "store",
    Activity.Kind.VISIT: "visit",
    Activity.Kind.MAIL: "mail",
}


def _read_activities(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    """One query more for comments, and one each where any of them, or of the activities, calls somebody."""
    level = actor.level(Privacy.PERSONAL)
    if level == Level.HIDDEN:
        return []
    columns = ("at", "pk", "kind", "text", "author_id", "author__display_name", "pinned_at")
    rows = list(newest_first(_activities(customer_ids), before, limit).values_list(*columns))
    told = _told([pk for _at, pk, _kind, text, *_rest in rows if "@" in text or "＠" in text])
    said = remarks_on(actor, [pk for _at, pk, *_rest in rows])
    return [
        TimelineEntry(
            at,
            pk,
            ICONS[Activity.Kind(kind)],
            str(Activity.Kind(kind).label),
            _words(text, level, mine=by == actor.user_id),
            detail=_by(author, told.get(pk, [])),
            thread=Thread(pk, said.get(pk, ()), pinned_at is not None),
        )
        for at, pk, kind, text, by, author, pinned_at in rows
    ]


@dataclass(frozen=True, slots=True)
class Pin:
    """An activity that stands on top of the timeline, in its final words."""

    id: int
    text: str
    about: str  # who, when


def pins(actor: Actor, customer_ids: Sequence[int]) -> list[Pin]:
    """The newest pin first. One query, none for who sees no words."""
    level = actor.level(Privacy.PERSONAL)
    if level == Level.HIDDEN:
        return []
    rows = _activities(customer_ids).filter(pinned_at__isnull=False).order_by("-pinned_at", "-pk")
    return [
        Pin(pk, _words(text, level, mine=by == actor.user_id), " ".join(filter(None, (author or "", format_date(time.local(at).date())))))
        for pk, text, by, author, at in rows.values_list("pk", "text", "author_id", "author__display_name", "at")
    ]


def _words(text: str, level: Level, *, mine: bool = False) -> str:
    """What somebody wrote themselves is not masked to them."""
    return text if mine or level >= Level.READ else str(mask("text", text))


def _told(activity_ids: Sequence[int]) -> dict[int, list[str]]:
    told: dict[int, list[str]] = {}
    if activity_ids:
        for pk, name in (
            Mention.rows.filter(activity_id__in=activity_ids, comment__isnull=True)
            .order_by("pk")
            .values_list("activity_id", "user__display_name")
        ):
            told.setdefault(pk, []).append(name)
    return told


def _by(author: str | None, told: Sequence[str]) -> str:
    to = _("知らせた相手：%(names)s") % {"names": "・".join(told)} if told else ""
    return "・".join(filter(None, (author, to)))


def _activities(customer_ids: Sequence[int]) -> QuerySet[Activity]:
    return Activity.rows.filter(customer_id__in=customer_ids, archived_at__isnull=True)


def _read_tasks(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    """Tasks that are done, at the instant they were."""
    level = actor.level(Privacy.PERSONAL)
    if level == Level.HIDDEN:
        return []
    older = _done(customer_ids).filter(TupleLessThan(Tuple(F("done_at"), F("pk")), before)).order_by("-done_at", "-pk")[:limit]
    return [
        TimelineEntry(at, pk, "task", _("タスク完了"), _words(title, level, mine=planned_by == actor.user_id), detail=by or "")
        for at, pk, title, planned_by, by in older.values_list("done_at", "pk", "title", "created_by_id", "done_by__display_name")
        if at is not None
    ]


def _done(customer_ids: Sequence[int]) -> QuerySet[Task]:
    return Task.rows.filter(customer_id__in=customer_ids, done_at__isnull=False, archived_at__isnull=True)


def _read_files(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    level = actor.level(Privacy.PERSONAL)
    if level == Level.HIDDEN:
        return []
    rows = newest_first(_files(customer_ids), before, limit).values_list(
        "at", "pk", "customer_id", "name", "note", "added_by__display_name"
    )
    clear = level >= Level.READ
    return [
        TimelineEntry(
            at,
            pk,
            "file",
            _("ファイル"),
            name if clear else str(mask("name", name)),
            url=reverse("customers:file-download", args=[customer_id, pk]) if clear else "",
            detail="・".join(filter(None, (_words(note, level) if note else "", by))),
        )
        for at, pk, customer_id, name, note, by in rows
    ]


def _files(customer_ids: Sequence[int]) -> QuerySet[CustomerFile]:
    """Those beside the customer; what stands in a field is told by the history of the field."""
    return CustomerFile.rows.filter(customer_id__in=customer_ids, field__isnull=True, archived_at__isnull=True)


def _read_consents(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    rows = newest_first(ConsentRecord.rows.filter(customer_id__in=customer_ids), before, limit)
    return [_consent_entry(row) for row in rows]


def _consent_entry(row: ConsentRecord) -> TimelineEntry:
    channel = Channel(row.channel).label
    words = _("%(channel)s：配信可") if row.allowed else _("%(channel)s：配信不可")
    grounds = [str(row.get_basis_display()), str(row.get_source_display()), row.place]
    icon, detail = ("consent" if row.allowed else "unsubscribe"), "・".join(filter(None, grounds))
    return TimelineEntry(row.at, row.pk, icon, _("同意"), words % {"channel": channel}, detail=detail)


def _read_registration(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    rows = Customer.rows.filter(pk__in=customer_ids).values_list("created_at", "pk", "created_by__display_name", "acquisition_source")
    return [
        TimelineEntry(at, pk, "person-add", _("登録"), _("顧客として登録"), detail="・".join(filter(None, (source, by))))
        for at, pk, by, source in rows
        if (at, pk) < before
    ][:limit]


# ---- events of this app -------------------------------------------------------------------------------------------

#: What becomes of contact points; each names its change set.
CONTACT_EVENTS = (
    "customer.contact_added",
    "customer.contact_changed",
    "customer.contact_stopped",
    "customer.contact_made_primary",
    "customer.contact_removed",
)
SHOWN_EVENTS = (
    "customer.lifecycle_changed",
    "customer.tagged",
    "customer.untagged",
    "customer.assigned",
    "customer.archived",
    "customer.restored",
    "customer.related",
    "customer.unrelated",
    "customer.shared",
    "customer.share_ended",
    "customer.merged",
    "customer.unmerged",
    *CONTACT_EVENTS,
)


def _own_events(customer_ids: Sequence[int]) -> QuerySet[Event]:
    return Event.rows.filter(customer_id__in=customer_ids, kind__in=SHOWN_EVENTS)


def _read_events(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    """Four queries more at most: the names of tags, of staff, of teams and of kinds of relation."""
    rows = list(newest_first(_own_events(customer_ids), before, limit))
    staff = {pk for row in rows for pk in (row.actor_id, _whole(row, "owner_id"), _whole(row, "user_id")) if pk}
    teams = {_whole(row, "team_id") for row in rows} - {0}
    team_names = dict(Team.rows.filter(pk__in=teams).values_list("pk", "name")) if teams else {}
    tags = {_whole(row, "tag_id") for row in rows} - {0}
    names = dict(User.rows.filter(pk__in=staff).values_list("pk", "display_name")) if staff else {}
    tag_names = dict(Tag.rows.filter(pk__in=tags).values_list("pk", "name")) if tags else {}
    kinds = kinds_of(str(row.data["relation"]) for row in rows if "relation" in row.data)
    return [_share_entry(row, names, team_names) if "share" in row.kind else _event_entry(row, names, tag_names, kinds) for row in rows]


def _share_entry(row: Event, staff: Mapping[int, str], teams: Mapping[int, str]) -> TimelineEntry:
    to = staff.get(_whole(row, "user_id"), "") or teams.get(_whole(row, "team_id"), "")
    words = _("%(name)sに共有") if row.kind == "customer.shared" else _("%(name)sへの共有を終えた")
    return TimelineEntry(row.at, row.pk, "users", _("共有"), words % {"name": to}, detail=staff.get(row.actor_id or 0, ""))


def _whole(row: Event, key: str) -> int:
    value = row.data.get(key)
    return value if isinstance(value, int) else 0


def _event_entry(row: Event, staff: dict[int, str], tags: dict[int, str], kinds: Mapping[str, RelationKind]) -> TimelineEntry:
    by = staff.get(row.actor_id or 0, "")
    tag = tags.get(_whole(row, "tag_id"), "")
    if row.kind in CONTACT_EVENTS:
        return TimelineEntry(
            row.at, row.pk, _CONTACT_ICONS.get(str(row.data.get("contact")), "phone"), _("連絡先"), _contact(row), detail=by
        )
    match row.kind:
        case "customer.lifecycle_changed":
            return TimelineEntry(row.at, row.pk, "moon", _("顧客ステージ"), _stages(row), detail=by)
        case "customer.tagged":
            return TimelineEntry(row.at, row.pk, "tag", _("タグ"), _("「%(tag)s」を付けた") % {"tag": tag}, detail=by)
        case "customer.untagged":
            return TimelineEntry(row.at, row.pk, "tag", _("タグ"), _("「%(tag)s」を外した") % {"tag": tag}, detail=by)
        case "customer.assigned":
            to = staff.get(_whole(row, "owner_id"), "") or _("なし")
            return TimelineEntry(row.at, row.pk, "user", _("担当"), _("担当を%(name)sに変更") % {"name": to}, detail=by)
        case "customer.related" | "customer.unrelated":
            kind = kinds.get(str(row.data.get("relation")))
            words = _("「%(kind)s」の関係を登録") if row.kind == "customer.related" else _("「%(kind)s」の関係を消した")
            return TimelineEntry(row.at, row.pk, "link", _("関係"), words % {"kind": kind.name if kind else ""}, detail=by)
        case "customer.merged":
            words = _("%(numbers)s を統合") % {"numbers": _numbers(row)}
            return TimelineEntry(row.at, row.pk, "link", _("統合"), words, detail=by)
        case "customer.unmerged":
            words = _("%(numbers)s の統合を取り消し") % {"numbers": _numbers(row)}
            return TimelineEntry(row.at, row.pk, "undo", _("統合"), words, detail=by)
        case "customer.archived":
            return TimelineEntry(row.at, row.pk, "archive", _("ごみ箱"), _("ごみ箱に入れた"), detail=by)
    return TimelineEntry(row.at, row.pk, "restore", _("ごみ箱"), _("ごみ箱から戻した"), detail=by)


def _numbers(row: Event) -> str:
    return str(row.data.get("numbers", "")).replace(",", "、")


_CONTACT_ICONS = {"email": "mail", "phone": "phone", "address": "post"}


def _contact(row: Event) -> str:
    """「電話（勤務先）を無効にした：使われていない番号」; never which one, so that the log tells nobody's address."""
    kinds, labels = dict(ContactPoint.Kind.choices), dict(ContactPoint.Label.choices)
    label = labels.get(str(row.data.get("label")), "")
    kind = str(kinds.get(str(row.data.get("contact")), ""))
    what = _("%(kind)s（%(label)s）") % {"kind": kind, "label": label} if label else kind
    match row.kind:
        case "customer.contact_added":
            return _("%(what)sを追加") % {"what": what}
        case "customer.contact_made_primary":
            return _("%(what)sを主な連絡先にした") % {"what": what}
        case "customer.contact_removed":
            return _("%(what)sを消した") % {"what": what}
        case "customer.contact_stopped" if row.data.get("state") == ContactPoint.State.REFUSED:
            return _("%(what)sには連絡しない（本人の希望）") % {"what": what}
        case "customer.contact_stopped":
            reason = dict(ContactPoint.Reason.choices).get(str(row.data.get("reason")), "")
            return _("%(what)sを無効にした：%(reason)s") % {"what": what, "reason": reason}
    return _("%(what)sを変更") % {"what": what}


def _stages(row: Event) -> str:
    labels = {value: str(label) for value, label in Customer.Lifecycle.choices}
    before, after = (labels.get(str(row.data.get(key)), "―") for key in ("before", "after"))
    return f"{before} → {after}"


ACTIVITIES = TimelineSource("activities", "contact", _read_activities, lambda actor, ids: _activities(ids))
TASKS = TimelineSource("tasks", "contact", _read_tasks, lambda actor, ids: _done(ids))
FILES = TimelineSource("files", "contact", _read_files, lambda actor, ids: _files(ids))
CONSENTS = TimelineSource("consents", "record", _read_consents, lambda actor, ids: ConsentRecord.rows.filter(customer_id__in=ids))
EVENTS = TimelineSource("customer-events", "record", _read_events, lambda actor, ids: _own_events(ids))
REGISTRATION = TimelineSource("registration", "record", _read_registration, lambda actor, ids: Customer.rows.filter(pk__in=ids))
