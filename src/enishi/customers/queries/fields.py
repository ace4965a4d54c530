"""The catalogue of custom fields for its screens: what each means, how far it is filled, when it was used last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from enishi.customers.fields import layout
from enishi.customers.fields.catalogue import MOST_FIELDS, all_fields, field_of
from enishi.customers.fields.field import Field
from enishi.customers.fields.layout import Layout
from enishi.customers.models import CustomField, FormLayout
from enishi.platform import time
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import Role

#: From so many customers on, the shares are those of a sample of about so many.
_COUNTED = 50_000
_FILLED = """
SELECT f.key, count(*) FROM customers_customer AS c TABLESAMPLE SYSTEM (%s), jsonb_object_keys(c.custom) AS f(key)
 WHERE c.archived_at IS NULL GROUP BY f.key
"""
_WRITTEN = """
SELECT DISTINCT f.key FROM customers_customer AS c, jsonb_object_keys(c.custom) AS f(key) WHERE c.custom ?| %(keys)s AND f.key = ANY(%(keys)s)
"""
_SAMPLED = "SELECT kind, count(*) FROM customers_customer TABLESAMPLE SYSTEM (%s) WHERE archived_at IS NULL GROUP BY kind"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field in the catalogue, in words."""

    key: str
    label: str
    kind: str
    whose: str
    privacy: str
    is_personal: bool
    meaning: str
    purpose: str
    filled_percent: int
    last_used: str
    is_retired: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    rows: list[FieldRow]
    retired: list[FieldRow]
    used: int
    most: int
    is_sampled: bool

    @property
    def nearly_full(self) -> bool:
        return self.used >= self.most * 8 // 10


def field_catalogue() -> Catalogue:
    """Every field. Four queries; of a large base a sample is counted."""
    filled, customers, is_sampled = _filled()
    rows = [_row(row, filled.get(row.key, 0), customers) for row in CustomField.rows.order_by("position", "pk")]
    in_use = [row for row in rows if not row.is_retired]
    return Catalogue(in_use, [row for row in rows if row.is_retired], len(in_use), MOST_FIELDS, is_sampled)


def _filled() -> tuple[dict[str, int], dict[str, int], bool]:
    """How many have each field filled, how many customers of each kind there are, and whether a sample was counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'customers_customer'::regclass")
        there = int(cursor.fetchone()[0])
        percent = 100.0 if there <= _COUNTED else 100.0 * _COUNTED / there
        cursor.execute(_SAMPLED, [percent])
        customers = dict(cursor.fetchall())
        cursor.execute(_FILLED, [percent])
        return dict(cursor.fetchall()), customers, percent < 100


def _row(row: CustomField, filled: int, by_kind: Mapping[str, int]) -> FieldRow:
    customers = by_kind.get(row.for_kind, 0) if row.for_kind else sum(by_kind.values())
    whose = {"": _("個人・法人"), "person": _("個人"), "company": _("法人")}
    return FieldRow(
        key=row.key,
        label=row.label,
        kind=str(CustomField.Kind(row.kind).label),
        whose=whose[row.for_kind],
        privacy=str(CustomField.PrivacyClass(row.privacy_class).label),
        is_personal=row.privacy_class != CustomField.PrivacyClass.INTERNAL,
        meaning=row.meaning,
        purpose=row.purpose,
        filled_percent=min(round(100 * filled / customers), 100) if customers else 0,
        last_used=format_date(row.last_used_on) if row.last_used_on else "",
        is_retired=row.retired_at is not None,
    )


def written_keys(keys: Sequence[str]) -> set[str]:
    """Those of the fields in which anything is written, in the recycle bin too. One query, which reads every customer."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, {"keys": list(keys)})
        return {key for (key,) in cursor.fetchall()}


def field_named(key: str) -> Field:
    """Raises NotFound. One query."""
    number = key.removeprefix("cf_")
    row = CustomField.rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if row is None:
        raise NotFound
    return field_of(row)


def narrowing_fields(besides: str = "") -> list[tuple[str, str]]:
    """The fields that may narrow the choices of another."""
    return [(key, field.label) for key, field in all_fields().items() if field.kind == "choice" and not field.retired and key != besides]


# ---- the form designer ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    at: str
    by: str
    note: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What the designer shows: the draft or, where there is none, the form in use."""

    layout: Layout
    is_draft: bool
    can_undo: bool
    can_redo: bool
    unused: list[tuple[str, str]]  # elements that stand nowhere: key, words
    versions: list[Version]
    roles: list[tuple[str, str]]


def designer() -> Desk:
    """Five queries."""
    draft = FormLayout.rows.filter(published_at=None).first()
    shown = layout.read(draft.sections) if draft else layout.current()
    placed = {item.field for item in layout.items(shown)}
    elements = [(key, str(words)) for key, (words, _names) in layout.BUILT_IN.items()]
    elements += [(key, field.label) for key, field in all_fields().items() if not field.retired]
    return Desk(
        layout=shown,
        is_draft=draft is not None,
        can_undo=bool(draft and draft.earlier),
        can_redo=bool(draft and draft.later),
        unused=[(key, words) for key, words in elements if key not in placed],
        versions=_versions(),
        roles=list(Role.rows.order_by("name", "pk").values_list("key", "name")),
    )


def _versions() -> list[Version]:
    rows = FormLayout.rows.filter(published_at__isnull=False).select_related("published_by").order_by("-published_at", "-pk")[:20]
    return [
        Version(
            row.pk,
            _moment(row),
            row.published_by.display_name if row.published_by else "",
            row.note,
            place == 0,
        )
        for place, row in enumerate(rows)
    ]


def _moment(row: FormLayout) -> str:
    at = time.local(row.published_at)  # type: ignore[arg-type]  # it was published
    return f"{format_date(at.date())} {at:%H:%M}"
