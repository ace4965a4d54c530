"""変更履歴: what was changed on a customer, by whom and through which door, masked like the columns themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.fields import catalogue, values
from enishi.customers.models import Customer
from enishi.customers.resolve import all_ids
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import FieldChange, Team, User
from enishi.platform.privacy import Level, Privacy

PAGE = 50
_DOORS = {
    "screen": gettext_lazy("画面"),
    "import": gettext_lazy("取り込み"),
    "api": gettext_lazy("API"),
    "command": gettext_lazy("コマンド"),
    "demo": gettext_lazy("デモ"),
    "merge": gettext_lazy("統合"),
    "undo": gettext_lazy("取り込みの取り消し"),
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    at: str
    by: str
    door: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class History:
    lines: list[ChangeLine]
    next: int | None  # id to go on from


def customer_history(actor: Actor, customer_id: int, *, before: int | None = None) -> History:
    """The latest changes, newest first. Raises NotFound. Six queries at most."""
    if not access.readable_customers(actor).filter(pk=customer_id).exists():
        raise NotFound
    rows = FieldChange.rows.filter(object=Customer._meta.label_lower, object_id__in=all_ids(customer_id))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("change_set").order_by("-pk")[: PAGE + 1])
    page = found[:PAGE]
    staff = {row.change_set.actor_id for row in page} | _ids(page, "owner")
    names = dict(User.rows.filter(pk__in=[pk for pk in staff if pk]).values_list("pk", "display_name"))
    teams = dict(Team.rows.filter(pk__in=_ids(page, "team")).values_list("pk", "name"))
    lines = [_line(actor, row, names, teams) for row in page]
    return History(lines, page[-1].pk if len(found) > PAGE else None)


def _ids(rows: Sequence[FieldChange], field: str) -> set[int]:
    return {value for row in rows if row.field == field for value in (row.before, row.after) if isinstance(value, int)}


def _line(actor: Actor, row: FieldChange, staff: Mapping[int, str], teams: Mapping[int, str]) -> ChangeLine:
    deed = row.change_set
    before, after = (_words(actor, row, value, staff, teams) for value in (row.before, row.after))
    by = staff.get(deed.actor_id or 0, "") or (_("システム") if deed.actor_kind == "system" else "")
    return ChangeLine(_moment(deed.at), by, str(_DOORS.get(deed.door, deed.door)), _label(row.field), before, after)


def _moment(at: datetime) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M}"


def _label(name: str) -> str:
    if name == "archived_at":
        return _("ごみ箱")
    if (own := catalogue.all_fields().get(name)) is not None:
        return own.label
    field = Customer._meta.get_field(name)
    return str(getattr(field, "verbose_name", name))


_CHOICES: Mapping[str, Mapping[str, object]] = {
    "kind": dict(Customer.Kind.choices),
    "gender": dict(Customer.Gender.choices),
    "lifecycle": dict(Customer.Lifecycle.choices),
}


def _words(actor: Actor, row: FieldChange, value: object, staff: Mapping[int, str], teams: Mapping[int, str]) -> str:
    level = actor.level(Privacy(row.privacy_class))
    if value in (None, "") or level == Level.HIDDEN:
        return "" if value in (None, "") else "＊＊＊"
    if level == Level.MASKED and row.privacy_class in (Privacy.PERSONAL, Privacy.SENSITIVE):
        return str(mask(row.field, value if isinstance(value, str) and not row.field.endswith("_on") else "＊"))
    if (own := catalogue.all_fields().get(row.field)) is not None:
        return values.words(own, value)  # type: ignore[arg-type]  # what was stored of the field
    if row.field in ("owner", "team") and isinstance(value, int):
        return (staff if row.field == "owner" else teams).get(value, _("不明"))
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if row.field == "archived_at":
        return _moment(datetime.fromisoformat(str(value)))
    if row.field.endswith("_on"):
        return format_date(date.fromisoformat(str(value)))
    return str(_CHOICES.get(row.field, {}).get(str(value), value))
