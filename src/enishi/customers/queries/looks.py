"""閲覧履歴: who was shown this customer's personal data, when, where and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.customers.resolve import all_ids
from enishi.platform import audit_objects, event_words, policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import ApiToken, User, ViewLog

PAGE = 50
#: What hangs on a customer and is looked at by itself; more of one kind than this are not asked for by name.
MOST = 2_000
#: Where one may have looked, by the name of the route; whatever is not here was another screen.
PLACES: Mapping[str, str | Promise] = {
    "customers:list": gettext_lazy("顧客の一覧"),
    "customers:cells": gettext_lazy("顧客の一覧"),
    "customers:record": gettext_lazy("顧客の画面"),
    "customers:timeline": gettext_lazy("タイムライン"),
    "customers:edit": gettext_lazy("編集フォーム"),
    "customers:history": gettext_lazy("変更履歴"),
    "customers:merge": gettext_lazy("統合の画面"),
    "customers:unmerge": gettext_lazy("統合の画面"),
    "customers:print": gettext_lazy("顧客カルテの印刷"),
    "customers:file-download": gettext_lazy("ファイルのダウンロード"),
    "customers:file-preview": gettext_lazy("ファイルの表示"),
    "customers:at-hand": gettext_lazy("ホーム"),
    "platform:search": gettext_lazy("検索"),
    "platform:audit": gettext_lazy("監査ログ"),
    "tasks:home": gettext_lazy("ホーム"),
    "tasks:list": gettext_lazy("タスク"),
    "commerce:orders": gettext_lazy("注文の一覧"),
    "commerce:order": gettext_lazy("注文の画面"),
    "job customers.export": gettext_lazy("書き出し・宛名ラベル"),
    "job platform.write_audit_file": gettext_lazy("監査の書き出し"),
}


@dataclass(frozen=True, slots=True)
class Look:
    at: datetime
    who: str
    place: str
    what: str  # 氏名・電話番号 …
    others: int  # how many were shown beside them
    reason: str


@dataclass(frozen=True, slots=True)
class Looks:
    lines: list[Look]
    next: int | None  # id to go on before


def may_see_looks(actor: Actor) -> bool:
    return policy.allowed(actor, "audit", "read")


def looks_at(actor: Actor, customer_id: int, *, before: int | None = None) -> Looks:
    """The latest looks at a customer and at what hangs on them, newest first. Raises NotFound, NotAllowed. About ten queries."""
    policy.require(actor, "audit", "read")
    if not access.readable_customers(actor).filter(pk=customer_id).exists():
        raise NotFound
    meant = Q(pk__in=[])
    for label, ids in _whose(all_ids(customer_id)):
        meant |= Q(object=label, object_ids__overlap=ids)
    rows = ViewLog.rows.filter(meant)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    names = dict(User.rows.filter(pk__in={row.actor_id for row in found}).values_list("pk", "display_name"))
    tokens = dict(ApiToken.rows.filter(pk__in={row.token_id for row in found if row.token_id}).values_list("pk", "name"))
    lines = [_look(row, names, tokens) for row in found[:PAGE]]
    return Looks(lines, found[PAGE - 1].pk if len(found) > PAGE else None)


def _whose(customer_ids: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    """Table → ids: the customer's own, and of what hangs on them and has its rights from them."""
    yield Customer._meta.label_lower, list(customer_ids)
    by_table = {model._meta.db_table: model for model in apps.get_models()}
    for entry in wiring.load("PERSON_TABLES"):
        model = by_table[entry["table"]]
        key = str(entry["key"])
        if getattr(model, "access", "") != "protected" or model is Customer or key == "id":
            continue
        if ids := list(_rows(model).filter(Q((f"{key}__in", customer_ids))).values_list("pk", flat=True)[:MOST]):
            yield model._meta.label_lower, ids


def _rows(model: type[models.Model]) -> models.QuerySet[models.Model]:
    found: models.QuerySet[models.Model] = model.rows.all()  # type: ignore[attr-defined]
    return found


def _look(row: ViewLog, names: Mapping[int, str], tokens: Mapping[int, str]) -> Look:
    who = names.get(row.actor_id or 0, _("不明"))
    if row.token_id:
        who = _("%(name)s（APIトークン「%(token)s」）") % {"name": who, "token": tokens.get(row.token_id, _("不明"))}
    what = "・".join(audit_objects.field_labels(row.object, row.columns)) or _("個人情報")
    if row.object != Customer._meta.label_lower:
        what = _("%(object)s：%(fields)s") % {"object": event_words.object_label(row.object), "fields": what}
    place = PLACES.get(row.route) or (_("API") if row.token_id else _("ほかの画面"))
    return Look(row.at, who, str(place), what, len(row.object_ids) - 1, row.reason)
