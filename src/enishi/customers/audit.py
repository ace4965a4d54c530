"""How the audit names customers and what hangs on them, by the rights of whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Manager
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.fields import catalogue
from enishi.customers.models import ContactPoint, CustomerAlias, CustomField, ExportRun, Identity, ImportRun, Relation
from enishi.customers.queries.palette import best_ids
from enishi.customers.resolve import resolve_many
from enishi.customers.search import SEARCH_COLUMNS
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import AuditObject, Named
from enishi.platform.policy import present_many
from enishi.platform.sql.one_of import OneOf

FOUND = 100


@dataclass(frozen=True, slots=True)
class _Who:
    id: int
    number: str
    name: str | None


def _names(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    """Also of those that were merged away, by whoever carries on; the recycle bin is not left out."""
    today = resolve_many(ids)
    rows = access.readable_customers(actor).filter(OneOf(F("pk"), set(today.values())))
    shown = {row.id: row for row in present_many(_Who, actor, rows)}
    base = reverse("customers:list")
    return {old: _named(shown[pk], base) for old, pk in today.items() if pk in shown}


def _named(row: _Who, base: str) -> Named:
    return Named(f"{row.name}（{row.number}）" if row.name else row.number, f"{base}{row.number}/")


def _find(actor: Actor, text: str) -> Sequence[int]:
    """By number, name, kana, mail or phone, as the list finds them; with the ids that were merged into them."""
    found = best_ids(actor, access.readable_customers(actor), text, FOUND)
    merged = CustomerAlias.rows.filter(current_id__in=found).values_list("old_id", flat=True) if found else []
    return [*found, *merged]


def _label(field: str) -> str | None:
    """A field of the company's own, or a part of the page that is no column; what only the search reads is not told."""
    own = catalogue.all_fields().get(field)
    if own is not None:
        return own.label
    words = {"timeline": _("タイムライン"), "history": _("変更履歴"), "shares": _("共有の理由"), "custom": _("会社独自の項目")}
    return "" if field in (*SEARCH_COLUMNS, "phone_e164") else words.get(field)


def _imports(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return {pk: Named(_("取り込み %(id)s") % {"id": pk}) for pk in ImportRun.rows.filter(pk__in=ids).values_list("pk", flat=True)}


def _exports(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = ExportRun.rows.filter(pk__in=ids).values_list("pk", "reason", "written_count")
    return {pk: Named(_("%(reason)s（%(n)s人）") % {"reason": reason, "n": f"{count:,}"}) for pk, reason, count in rows}


def _fields(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = CustomField.rows.filter(pk__in=ids)
    return {row.pk: Named(row.label, reverse("customers:field", args=[row.key])) for row in rows}


def _of_customers(rows: Manager[Any], customer: str = "customer_id") -> Callable[[Actor, Collection[int]], Mapping[int, Named]]:
    """Rows that are parts of a customer, by their customer's name."""

    def names(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
        whose = dict(rows.filter(pk__in=ids).values_list("pk", customer))
        people = _names(actor, set(whose.values()))
        return {pk: people[who] for pk, who in whose.items() if who in people}

    return names


def _label_of_part(field: str) -> str | None:
    return {"value": _("値"), "phone_e164": ""}.get(field)


CUSTOMERS = AuditObject(names=_names, find=_find, label=_label)
IMPORTS = AuditObject(names=_imports)
EXPORTS = AuditObject(names=_exports)
FIELDS = AuditObject(names=_fields)
CONTACTS = AuditObject(names=_of_customers(ContactPoint.rows), called=gettext_lazy("連絡先"), label=_label_of_part)
IDENTITIES = AuditObject(names=_of_customers(Identity.rows), called=gettext_lazy("連携ID"), label=_label_of_part)
RELATIONS = AuditObject(names=_of_customers(Relation.rows, "source_id"), called=gettext_lazy("関係"))
