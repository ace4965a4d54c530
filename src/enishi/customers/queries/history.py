"""変更履歴: what was changed on a customer, by whom and through which door, masked like the columns themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.details import CHOICES, Details, details_of, fingerprint, past_detail, value_of
from enishi.customers.fields import catalogue, values
from enishi.customers.models import Comment, ContactPoint, Customer
from enishi.customers.queries.timeline import CONTACT_EVENTS
from enishi.customers.resolve import all_ids
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import Event, FieldChange, Team, User
from enishi.platform.policy import watched
from enishi.platform.privacy import Level, Privacy

PAGE = 50
_DOORS = {
    "screen": gettext_lazy("画面"),
    "import": gettext_lazy("取り込み"),
    "api": gettext_lazy("API"),
    "command": gettext_lazy("コマンド"),
    "demo": gettext_lazy("デモ"),
    "merge": gettext_lazy("統合"),
    "unmerge": gettext_lazy("統合の取り消し"),
    "undo": gettext_lazy("取り込みの取り消し"),
    "restore": gettext_lazy("履歴から戻す"),
    "list": gettext_lazy("一覧"),
    "list_undo": gettext_lazy("一覧の変更を元に戻す"),
    "system": gettext_lazy("システム"),
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    id: int
    at: str
    by: str
    door: str
    field: str
    before: str
    after: str
    can_restore: bool  # what stood before may be written again, and is not what stands there now


@dataclass(frozen=True, slots=True)
class History:
    lines: list[ChangeLine]
    next: int | None  # id to go on from


def customer_history(actor: Actor, customer_id: int, *, before: int | None = None) -> History:
    """The latest changes, newest first, those of contact points among them. Eight queries at most, two more where rights depend on the row."""
    customer = access.readable_customers(actor).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound
    if access.reads_names(actor):
        actor = watched(actor, Customer, [customer_id], columns=("history",))
    rows = _changes(all_ids(customer_id))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("change_set").order_by("-pk")[: PAGE + 1])
    page = found[:PAGE]
    staff = {row.change_set.actor_id for row in page} | _ids(page, "owner")
    names = dict(User.rows.filter(pk__in=[pk for pk in staff if pk]).values_list("pk", "display_name"))
    teams = dict(Team.rows.filter(pk__in=_ids(page, "team")).values_list("pk", "name"))
    pen = _pen(actor, customer)
    lines = [_line(actor, row, names, teams, pen) for row in page]
    return History(lines, page[-1].pk if len(found) > PAGE else None)


def _changes(customer_ids: Collection[int]) -> QuerySet[FieldChange]:
    """Of the customer's own columns, of comments, and of contact points: of those there are, and those that are gone by their events."""
    own = Q(object=Customer._meta.label_lower, object_id__in=customer_ids)
    there = ContactPoint.rows.filter(customer_id__in=customer_ids).values_list("pk", flat=True)
    told = Event.rows.filter(customer_id__in=customer_ids, kind__in=CONTACT_EVENTS).values_list("data__change_set", flat=True)
    points = Q(object=ContactPoint._meta.label_lower)
    points &= Q(object_id__in=list(there)) | Q(change_set_id__in=[pk for pk in told if isinstance(pk, int)])
    said = list(Comment.rows.filter(customer_id__in=customer_ids).values_list("pk", flat=True))
    comments = Q(object=Comment._meta.label_lower, object_id__in=said) if said else Q(pk__in=[])
    return FieldChange.rows.filter(own | points | comments).exclude(points & Q(field__in=_UNTOLD))


_UNTOLD = ("customer", "kind", "is_primary", "created_at")  # of contact points


def _ids(rows: Sequence[FieldChange], field: str) -> set[int]:
    return {value for row in rows if row.field == field for value in (row.before, row.after) if isinstance(value, int)}


@dataclass(frozen=True, slots=True)
class _Pen:
    """What the viewer may write of a customer, who stands as they are now."""

    kind: str
    details: Details
    may_write: bool
    may_assign: bool
    actor: Actor

    def can_restore(self, row: FieldChange) -> bool:
        is_own = row.object == Customer._meta.label_lower  # contact points are put back where they stand
        past = past_detail(self.kind, row.field, row.before) if self.may_write and is_own else None
        if past is None or past[1] == value_of(self.details, past[0]):
            return False
        return self.may_assign if row.field in ("owner", "team") else may_write(self.actor, row)


def may_write(actor: Actor, row: FieldChange) -> bool:
    right = access.field_right(row.field)
    held = actor.level(Privacy(row.privacy_class), right)
    return held == Level.WRITE or (row.privacy_class == Privacy.INTERNAL and right not in actor.fields)


def _pen(actor: Actor, customer: Customer) -> _Pen:
    may = customer.archived_at is None and access.opens_form(actor) and access.can(actor, customer.pk, "update")
    return _Pen(customer.kind, details_of(customer), may, may and access.can(actor, customer.pk, "assign"), actor)


def _line(actor: Actor, row: FieldChange, staff: Mapping[int, str], teams: Mapping[int, str], pen: _Pen) -> ChangeLine:
    deed = row.change_set
    before, after = (_words(actor, row, value, staff, teams) for value in (row.before, row.after))
    by = staff.get(deed.actor_id or 0, "") or (_("システム") if deed.actor_kind == "system" else "")
    return ChangeLine(row.pk, _moment(deed.at), by, str(_DOORS.get(deed.door, deed.door)), _label(row), before, after, pen.can_restore(row))


def _moment(at: datetime) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M}"


def _label(row: FieldChange) -> str:
    if row.field == "archived_at":
        return _("ごみ箱")
    if (own := catalogue.all_fields().get(row.field)) is not None:
        return own.label
    if row.object == Comment._meta.label_lower:
        return _("コメント")
    is_own = row.object == Customer._meta.label_lower
    field = (Customer if is_own else ContactPoint)._meta.get_field(row.field)
    name = str(getattr(field, "verbose_name", row.field))
    return name if is_own else _("連絡先・%(field)s") % {"field": name}


_CHOICES: Mapping[str, Mapping[str, object]] = {
    **CHOICES,
    "lifecycle": dict(Customer.Lifecycle.choices),
    "label": dict(ContactPoint.Label.choices),
    "state": dict(ContactPoint.State.choices),
    "reason": dict(ContactPoint.Reason.choices),
}


@dataclass(frozen=True, slots=True)
class Restoring:
    """What the dialog says before an old value is written again."""

    change_id: int
    field: str
    now: str
    then: str
    since: str  # the moment of the change that took the old value away
    by: str
    seen: str  # fingerprint of the customer as they are now


def restoring(actor: Actor, customer_id: int, change_id: int) -> Restoring:
    """Raises NotFound (also for a value that cannot be written by itself), NotAllowed. Six queries at most."""
    customer = access.look_at(actor, customer_id, "update")
    row = change_of(customer_id, change_id)
    past = past_detail(customer.kind, row.field, row.before)
    if past is None:
        raise NotFound
    if not access.opens_form(actor) or not may_write(actor, row):
        raise NotAllowed
    actor = watched(actor, Customer, [customer_id], columns=(row.field,))
    details = details_of(customer)
    current = value_of(details, past[0])
    people = {pk for pk in (current, row.before, row.change_set.actor_id) if isinstance(pk, int)}
    staff = dict(User.rows.filter(pk__in=people).values_list("pk", "display_name"))
    teams = dict(Team.rows.filter(pk__in=people).values_list("pk", "name")) if row.field == "team" else {}
    plain = current.isoformat() if isinstance(current, date) else current
    return Restoring(
        row.pk,
        _label(row),
        _words(actor, row, plain, staff, teams),
        _words(actor, row, row.before, staff, teams),
        _moment(row.change_set.at),
        staff.get(row.change_set.actor_id or 0, ""),
        fingerprint(details),
    )


def change_of(customer_id: int, change_id: int) -> FieldChange:
    """One change of this customer, of the time before a merge as well. Raises NotFound. Two queries."""
    rows = FieldChange.rows.filter(object=Customer._meta.label_lower, object_id__in=all_ids(customer_id), pk=change_id)
    found = rows.select_related("change_set").first()
    if found is None:
        raise NotFound
    return found


def _words(actor: Actor, row: FieldChange, value: object, staff: Mapping[int, str], teams: Mapping[int, str]) -> str:
    level = actor.level(Privacy(row.privacy_class), access.field_right(row.field))
    if value in (None, "") or level == Level.HIDDEN:
        return "" if value in (None, "") else "＊＊＊"
    if level == Level.MASKED and row.privacy_class in (Privacy.PERSONAL, Privacy.SENSITIVE):
        return str(mask(row.field, value if isinstance(value, str) and not row.field.endswith("_on") else "＊"))
    if (own := catalogue.all_fields().get(row.field)) is not None:
        return values.words(own, value)
    if row.field in ("owner", "team") and isinstance(value, int):
        return (staff if row.field == "owner" else teams).get(value, _("不明"))
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if row.field == "archived_at":
        return _moment(datetime.fromisoformat(str(value)))
    if row.field.endswith("_on"):
        return format_date(date.fromisoformat(str(value)))
    return str(_CHOICES.get(row.field, {}).get(str(value), value))
