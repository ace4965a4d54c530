"""漏えい時支援: from the view log, whose personal data was shown in a stretch of time, to whom, and which columns.

Every look leaves its rows in the log, whatever it was at: customers themselves, or what hangs on them (activities, files,
orders …), which leads to its customer by the manifest of PERSON_TABLES. Exports and prints are looks, too: their jobs write the
log chunk by chunk. People who were merged since count as who they are today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.platform import audit_objects, event_words, policy, time, wiring
from enishi.platform.actor import Actor
from enishi.platform.audit_files import AuditFileKind, Rows
from enishi.platform.models import ApiToken, User, ViewLog
from enishi.platform.policy import present_many
from enishi.platform.sheets.cells import CellValue
from enishi.platform.sql.one_of import OneOf

CUSTOMER = Customer._meta.label_lower
#: From more people than this the law asks for a report whatever the data was (a hint for the reader; a lawyer decides).
MANY = 1_000


@dataclass(frozen=True, slots=True)
class Leak:
    """What is asked about: looks in [since, until), by one person or token where they are given."""

    since: datetime
    until: datetime
    actor_id: int | None = None
    token_id: int | None = None

    def as_json(self) -> dict[str, object]:
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), "actor_id": self.actor_id, "token_id": self.token_id}


def leak_of(wishes: Mapping[str, Any]) -> Leak:
    since, until = (datetime.fromisoformat(wishes[name]) for name in ("since", "until"))
    return Leak(since, until, wishes["actor_id"], wishes["token_id"])


@dataclass(frozen=True, slots=True)
class SeenColumn:
    label: str
    people: int


@dataclass(frozen=True, slots=True)
class SeenBy:
    name: str
    door: str
    people: int
    looks: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How far it goes."""

    people: int
    looks: int
    first_at: datetime | None
    last_at: datetime | None
    columns: list[SeenColumn]
    by: list[SeenBy]
    untold_looks: int  # looks of which it is not known which columns they showed: to be taken as all
    draft: str  # the items of a report to the authority, as far as the log knows them

    @property
    def is_many(self) -> bool:
        return self.people > MANY


def extent(actor: Actor, leak: Leak) -> Extent:
    """Raises NotAllowed. Five queries over the looks of that time."""
    policy.require(actor, "audit", "read")
    seen = _seen(leak)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_TOTALS).format(seen=seen), _parameters(leak))
        people, looks, first, last, untold = cursor.fetchone()
        cursor.execute(sql.SQL(_COLUMNS).format(seen=seen), _parameters(leak))
        columns = [SeenColumn(words, count) for key, count in cursor.fetchall() if (words := _column(*key.split(":", 1)))]
        cursor.execute(sql.SQL(_BY).format(seen=seen), _parameters(leak))
        by = cursor.fetchall()
    names = dict(User.rows.filter(pk__in={row[0] for row in by}).values_list("pk", "display_name"))
    tokens = dict(ApiToken.rows.filter(pk__in={row[1] for row in by if row[1]}).values_list("pk", "name"))
    told = [
        SeenBy(names.get(user, _("不明")), tokens.get(token, "") if token else _("画面と書き出し"), count, times)
        for user, token, count, times in by
    ]
    return Extent(people, looks, first, last, columns, told, untold, _draft(leak, people, columns))


def _draft(leak: Leak, people: int, columns: Sequence[SeenColumn]) -> str:
    """The nine items that a report names; what the log cannot know is left to be filled in."""
    since, until = (f"{time.local(at):%Y/%m/%d %H:%M}" for at in (leak.since, leak.until))
    open_item = _("（記入してください）")
    items = (
        (
            _("概要"),
            _("%(since)s から %(until)s までに、当社の顧客管理システムで個人データが閲覧または取得されました。")
            % {"since": since, "until": until},
        ),
        (_("漏えい等が発生し、または発生したおそれがある個人データの項目"), "、".join(column.label for column in columns) or open_item),
        (_("本人の数"), _("%(n)s人") % {"n": f"{people:,}"}),
        (_("原因"), open_item),
        (_("二次被害またはそのおそれの有無とその内容"), open_item),
        (_("本人への対応の実施状況"), open_item),
        (_("公表の実施状況"), open_item),
        (_("再発防止のための措置"), open_item),
        (_("その他参考となる事項"), open_item),
    )
    return "\n".join(
        _("%(place)d. %(head)s：%(text)s") % {"place": n, "head": head, "text": text} for n, (head, text) in enumerate(items, 1)
    )


def _column(label: str, column: str) -> str:
    words = audit_objects.field_label(label, column)
    if not words:
        return ""
    return words if label == CUSTOMER else _("%(object)s・%(field)s") % {"object": event_words.object_label(label), "field": words}


# ---- SQL ------------------------------------------------------------------------------------------------------------

# A look with the ids in it, one line each; then whose they are.
_LOOKS = """
SELECT v.id AS look, v.at, v.actor_id, v.token_id, v.columns, v.object, one.id AS object_id
  FROM platform_viewlog v CROSS JOIN LATERAL unnest(v.object_ids) AS one(id)
 WHERE v.at >= %(since)s AND v.at < %(until)s
   AND (%(actor)s::bigint IS NULL OR v.actor_id = %(actor)s)
   AND (%(token)s::bigint IS NULL OR v.token_id = %(token)s)
"""
_TOTALS = """
{seen} SELECT count(DISTINCT customer_id), count(DISTINCT look), min(at), max(at),
              count(DISTINCT look) FILTER (WHERE cardinality(columns) = 0) FROM seen
"""
_COLUMNS = """
{seen} SELECT object || ':' || shown, count(DISTINCT customer_id) AS people FROM seen CROSS JOIN LATERAL unnest(columns) AS c(shown)
 GROUP BY 1 ORDER BY people DESC, 1
"""
_BY = """
{seen} SELECT actor_id, token_id, count(DISTINCT customer_id) AS people, count(DISTINCT look) FROM seen
 GROUP BY 1, 2 ORDER BY people DESC, 1, 2
"""
_PEOPLE = """
{seen} SELECT customer_id, count(DISTINCT look), min(at), max(at),
              array_agg(DISTINCT actor_id), array_agg(DISTINCT object || ':' || coalesce(shown, '')) FROM seen
  LEFT JOIN LATERAL unnest(columns) AS c(shown) ON true
 WHERE customer_id > %(after)s GROUP BY 1 ORDER BY 1 LIMIT %(size)s
"""


def _parameters(leak: Leak) -> dict[str, datetime | int | None]:
    return {"since": leak.since, "until": leak.until, "actor": leak.actor_id, "token": leak.token_id}


def _seen(leak: Leak) -> sql.Composable:
    """The looks as (look, at, actor, token, columns, object, customer of today)."""
    kinds = ViewLog.rows.filter(at__gte=leak.since, at__lt=leak.until).values_list("object", flat=True).distinct()
    parts = [part for label in sorted(set(kinds)) if (part := _whose(label)) is not None]
    whose = sql.SQL(" UNION ALL ").join(parts) if parts else sql.SQL("SELECT looks.*, object_id AS born FROM looks WHERE false")
    return sql.SQL(
        "WITH looks AS ({looks}), whose AS ({whose}), seen AS (SELECT look, at, actor_id, token_id, columns, object,"
        " coalesce(alias.current_id, born) AS customer_id FROM whose LEFT JOIN customers_customeralias alias ON alias.old_id = born)"
    ).format(looks=sql.SQL(_LOOKS), whose=whose)


def _whose(label: str) -> sql.Composable | None:
    """Looks at rows of one table with the customer they are about; None for a table that is about nobody."""
    if label == CUSTOMER:
        return sql.SQL("SELECT looks.*, object_id AS born FROM looks WHERE object = {}").format(sql.Literal(label))
    table = apps.get_model(label)._meta.db_table
    keys = [entry["key"] for entry in wiring.load("PERSON_TABLES") if entry["table"] == table]
    if not keys:
        return None
    one = sql.SQL(
        "SELECT looks.*, t.{key} AS born FROM looks JOIN {table} t ON t.id = object_id WHERE object = {label} AND t.{key} IS NOT NULL"
    )
    return sql.SQL(" UNION ALL ").join(
        [one.format(key=sql.Identifier(str(key)), table=sql.Identifier(table), label=sql.Literal(label)) for key in keys]
    )


# ---- the file -------------------------------------------------------------------------------------------------------

CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class _Reached:
    """How somebody is told."""

    id: int
    number: str
    name: str | None
    email: str | None
    phone: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None


def _heads() -> list[str]:
    return [
        *(_("顧客番号"), _("氏名・名称"), _("メールアドレス"), _("電話番号"), _("郵便番号"), _("住所")),
        *(_("見られた項目"), _("見た人"), _("見られた回数"), _("最初"), _("最後")),
    ]


def _count(actor: Actor, wishes: Mapping[str, Any]) -> int:
    return extent(actor, leak_of(wishes)).people


def _rows(actor: Actor, wishes: Mapping[str, Any], position: str, size: int) -> tuple[Rows, str]:
    """The next people, in the order of their ids: whoever may not see them is told the number alone."""
    policy.require(actor, "audit", "export")
    leak, size = leak_of(wishes), max(size, CHUNK)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_PEOPLE).format(seen=_seen(leak)), _parameters(leak) | {"after": int(position or 0), "size": size})
        found = cursor.fetchall()
    ids = [row[0] for row in found]
    reached = {row.id: row for row in present_many(_Reached, actor, access.readable_customers(actor).filter(OneOf(F("pk"), ids)))}
    numbers = dict(Customer.rows.filter(OneOf(F("pk"), ids)).values_list("pk", "number"))
    names = dict(User.rows.filter(pk__in={user for row in found for user in row[4]}).values_list("pk", "display_name"))
    rows = [_row(row, reached.get(row[0]), numbers.get(row[0], ""), names) for row in found]
    return rows, str(ids[-1]) if len(found) == size else ""


def _row(found: Sequence[Any], who: _Reached | None, number: str, names: Mapping[int, str]) -> list[CellValue]:
    pk, looks, first, last, users, columns = found
    shown = dict.fromkeys(_column(*key.split(":", 1)) if not key.endswith(":") else _("すべて（項目の記録なし）") for key in columns)
    address = "".join(filter(None, (who.prefecture, who.city, who.street, who.building))) if who else ""
    contact = [who.name, who.email, who.phone, who.postal_code, address or None] if who else [None] * 5
    by = "、".join(names.get(user, _("不明")) for user in users if user)
    times = [f"{time.local(at):%Y-%m-%d %H:%M}" for at in (first, last)]
    return [number or str(pk), *contact, "・".join(filter(None, shown)), by, looks, *times]


AFFECTED = AuditFileKind(
    label=gettext_lazy("影響を受けた人の一覧"),
    name=gettext_lazy("影響を受けた人"),
    heads=_heads,
    widths=(14, 20, 28, 16, 10, 40, 50, 24, 10, 17, 17),
    count=_count,
    rows=_rows,
)
