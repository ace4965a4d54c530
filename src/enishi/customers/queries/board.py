"""The list of customers as a board: a column for each owner, team, stage or choice, with its first cards and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Exists, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from enishi.customers import access, search
from enishi.customers.cells.columns import may_open
from enishi.customers.listing import ListColumn, reading
from enishi.customers.models import Activity, Customer, Task
from enishi.customers.queries.groupings import Grouping
from enishi.customers.queries.listing import CustomerRow, Opened, rows_of
from enishi.platform import listing as paging
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.listing import COUNT_CAP, Window
from enishi.platform.models import Team, User
from enishi.platform.money import yen
from enishi.platform.sql.one_of import OneOf

CARDS: Final = 20  # of a column, until more are asked for
MOST_COLUMNS: Final = 40
WIDE: Final = 12  # columns; of more each begins with half as many cards
VALUES: Final = 3  # columns of the list that a card shows
#: Of a large base, whose choice is empty is looked for among so many, the latest first: no index holds what is not there.
LOOKED_AT: Final = 20_000
#: Customers that are counted for all columns together: of many columns each is counted less far.
COUNTED: Final = 100_000
CAPS: Final = (COUNT_CAP, 5_000, 1_000)
#: Days without any activity and without a task ahead after which somebody's customer counts as stuck.
STUCK_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Card:
    row: CustomerRow
    is_movable: bool
    amount: int = 0  # of what columns are summed by
    stuck_days: int = 0  # since when nothing has happened; 0 where something has, or will


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """`group`: an id, a key, or "" for nothing. `more`: the id after which further cards come."""

    group: str
    label: str
    count: int
    count_words: str
    cards: list[Card]
    more: int | None
    is_counted: bool = True  # to the end, so that a card that leaves can be taken off
    note: str = ""
    sum: int | None = None
    sum_words: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    grouping: Grouping
    columns: list[BoardColumn]
    can_move: bool
    left_out: int  # columns for which there is no room
    summed: str = ""  # what the sums of columns are of


def on_a_board(opened: Opened) -> Opened:
    """The list in an order that its columns can have, each along an index: by the customers' own columns."""
    sorts = [sort for sort in opened.sorts if sort.side is None]
    if opened.sort.side is None:
        return replace(opened, sorts=sorts)
    return replace(opened, sorts=sorts, sort=sorts[0], descending=sorts[0].descending)


@dataclass(frozen=True, slots=True)
class _Group:
    """A column before its cards are read: how many there are, and the ids of the first."""

    key: str
    count: int
    ids: list[int]
    cap: int = COUNT_CAP
    note: str = ""
    sum: int | None = None


def board_of(actor: Actor, opened: Opened, grouping: Grouping) -> tuple[Board, int]:
    """The board, and how many customers there are, at most one above the cap.

    Sums are told of up to 10,000 customers, where a column of the list can be summed and the actor may know it.

    SQL: one where the customers are not at hand as ids, one for the names of columns; of up to 10,000 customers one for all
    columns and one for their sums, of more two; then those of the rows of a list, one for what is stuck, and one where the actor's
    rights depend on the row.
    """
    few = opened.found if opened.found.ids is not None else search.gathered(opened.found.rows)
    labels = _labels(grouping)
    if few.ids is not None:
        amounts = _amounts(actor, opened, few.ids)
        total, groups = len(few.ids), _few(opened, grouping, few.ids, amounts)
        labels |= {key: key for key in groups if key not in labels}  # of a choice that is not there
    else:
        amounts, total, groups = None, COUNT_CAP + 1, _many(actor, opened, grouping, labels)
    shown = [key for key in labels if key in groups or _stays(grouping, key)][:MOST_COLUMNS]
    kept = {key: groups.get(key) or _Group(key, 0, [], sum=None if amounts is None else 0) for key in shown}
    can_move = not grouping.is_derived and may_open(actor, grouping.key)
    first = CARDS if len(kept) <= WIDE else CARDS // 2
    cards = _cards(actor, opened, grouping, [pk for group in kept.values() for pk in group.ids[:first]], can_move, amounts)
    columns = [_column(group, labels[key], cards, first) for key, group in kept.items()]
    summed = str(found.summed) if amounts is not None and (found := _summed(opened)) else ""
    return Board(grouping, columns, can_move, len(groups.keys() - kept.keys()), summed), total


def more_cards(actor: Actor, opened: Opened, grouping: Grouping, group: str, after: int) -> tuple[list[Card], int | None]:
    """Further cards of one column, and the id after which still more come. Five queries, and those of the rows of a list."""
    few = opened.found if opened.found.ids is not None else search.gathered(opened.found.rows)
    rows = opened.visible.filter(OneOf(F("pk"), few.ids)) if few.ids is not None else opened.found.rows
    rows = _empty(rows, grouping, few.ids is None) if grouping.field and not group else grouping.narrowed(rows, group)
    page = paging.page_of_ids(
        rows,
        opened.sort.fields,
        Window(after=after, size=CARDS),
        descending=opened.descending,
        anchors=opened.visible,
        few=few.ids is not None,
    )
    can_move = not grouping.is_derived and may_open(actor, grouping.key)
    cards = _cards(actor, opened, grouping, page.ids, can_move, _amounts(actor, opened, page.ids) if few.ids is not None else None)
    return [cards[pk] for pk in page.ids if pk in cards], page.ids[-1] if page.more and page.ids else None


# ---- which customers stand in which column --------------------------------------------------------------------------


def _ordered(opened: Opened, rows: QuerySet[Any], *, few: bool) -> QuerySet[Any]:
    return paging.in_order(rows, opened.sort.fields, descending=opened.descending, few=few)


def _summed(opened: Opened) -> ListColumn | None:
    """The column by which a board is summed: the first of those that the list shows, else of those on offer."""
    offered = (column for found in opened.sets for column in found.columns)
    return next((column for column in (*opened.columns, *offered) if column.summed), None)


def _amounts(actor: Actor, opened: Opened, ids: Sequence[int]) -> dict[int, int] | None:
    """Customer → amount, of those who have one; None where nothing is summed. One query, mostly."""
    column = _summed(opened)
    if column is None:
        return None
    values = reading(opened.sets, [column.key]).rows(actor, ids)
    return {pk: amount for pk, said in values.items() if isinstance(amount := said.get(column.key), int)}


def _few(opened: Opened, grouping: Grouping, ids: Sequence[int], amounts: Mapping[int, int] | None) -> dict[str, _Group]:
    """All of them, read once. One query."""
    rows = _ordered(opened, opened.visible.filter(OneOf(F("pk"), ids)), few=True)
    found: dict[str, list[int]] = {}
    for pk, value in rows.values_list("pk", grouping.value):
        found.setdefault("" if value is None else str(value), []).append(pk)
    return {
        key: _Group(key, len(members), members[: CARDS + 1], sum=None if amounts is None else sum(amounts.get(pk, 0) for pk in members))
        for key, members in found.items()
    }


class _Counted(Subquery):
    """How many rows a query has, as one value."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def _many(actor: Actor, opened: Opened, grouping: Grouping, keys: Iterable[str]) -> dict[str, _Group]:
    """Column by column along its index, each counted up to the cap. Two queries."""
    rows, note = opened.found.rows.order_by(), ""
    parts = {key: grouping.narrowed(rows, key) for key in keys if key or not grouping.field}
    if grouping.field:
        parts[""] = _empty(rows, grouping, True)
        note = _("新しく登録した%(n)s人の中から") % {"n": f"{LOOKED_AT:,}"}
    cap = next((cap for cap in CAPS if cap * len(parts) <= COUNTED), CAPS[-1])
    capped = [_Counted(part.values("pk")[: cap + 1]) for part in parts.values()]
    counts = User.rows.filter(pk=actor.user_id or 0).values_list(*capped).first() or [0] * len(parts)
    counted = {key: count for key, count in zip(parts, counts, strict=True) if count}
    told = [
        _ordered(opened, parts[key], few=bool(grouping.field) and count <= cap).values_list("pk", Value(place))[: CARDS + 1]
        for place, (key, count) in enumerate(counted.items())
    ]
    ids: dict[int, list[int]] = {}
    for pk, place in told[0].union(*told[1:], all=True) if told else ():
        ids.setdefault(place, []).append(pk)
    return {
        key: _Group(key, count, ids.get(place, []), cap, note if grouping.field and not key else "")
        for place, (key, count) in enumerate(counted.items())
    }


def _empty(rows: QuerySet[Customer], grouping: Grouping, is_large: bool) -> QuerySet[Customer]:
    """Of whom nothing is chosen."""
    key = grouping.field.key if grouping.field else ""
    latest = rows.filter(pk__in=rows.order_by(F("created_at").desc(), F("pk").desc()).values("pk")[:LOOKED_AT]) if is_large else rows
    return latest.exclude(custom__has_key=key)


# ---- what they say --------------------------------------------------------------------------------------------------


def _people(grouping: Grouping) -> list[tuple[str, str]]:
    if grouping.key == "team":
        return [(str(pk), name) for pk, name in Team.rows.order_by("name", "pk").values_list("pk", "name")]
    return [(str(pk), name) for pk, name in User.rows.order_by("display_name", "pk").values_list("pk", "display_name")]


def _labels(grouping: Grouping) -> dict[str, str]:
    """The columns in which anybody may stand, in their order, with their words: nothing first. One query for owners and teams,
    whose number does not grow with the customers'."""
    if grouping.key == "stage":
        return {str(key): str(label) for key, label in Customer.Lifecycle.choices}
    if grouping.field:
        retired = _("%(label)s（使用停止）")
        words = {choice.key: retired % {"label": choice.label} if choice.retired else choice.label for choice in grouping.field.choices}
        return {"": _("未設定"), **words}
    return {"": _("担当なし") if grouping.key == "owner" else _("部署なし"), **dict(_people(grouping))}


def _stays(grouping: Grouping, key: str) -> bool:
    """Whether a column is there although nobody stands in it: one into which cards may come."""
    if grouping.field:
        return any(choice.key == key and not choice.retired for choice in grouping.field.choices)
    return grouping.key == "stage"


def _cards(
    actor: Actor, opened: Opened, grouping: Grouping, ids: Sequence[int], can_move: bool, amounts: Mapping[int, int] | None
) -> dict[int, Card]:
    columns = [column for column in opened.columns if column.key != grouping.key][:VALUES]
    movable: set[int] = set()
    if can_move:
        whole = all(
            actor.scope_for("customer", act) == "all" for act in ("update", "assign" if grouping.key in ("owner", "team") else "update")
        )
        movable = set(ids) if whole else set(access.reachable_ids(actor, ids, "update"))
    stuck, amounts = _stuck_days(ids, opened.today), amounts or {}
    return {
        row.id: Card(row, row.id in movable, amounts.get(row.id, 0), stuck.get(row.id, 0))
        for row in rows_of(actor, ids, opened.sets, columns, opened.today)
    }


def _stuck_days(ids: Sequence[int], today: date) -> dict[int, int]:
    """Customer → days since the last activity (else since they were registered), of those among `ids` whom somebody looks after, with
    whom nothing has happened for a while and nothing is planned. Whoever sees a customer sees what is done with them. One query."""
    last = Activity.rows.filter(customer=OuterRef("pk"), archived_at=None).order_by().values("customer").annotate(at=Max("at")).values("at")
    ahead = Task.rows.filter(customer=OuterRef("pk"), archived_at=None, done_at=None, due_on__gte=today)
    owned = Customer.rows.filter(OneOf(F("pk"), ids), ~Exists(ahead), owner__isnull=False)
    since = {pk: time.local(at or made).date() for pk, made, at in owned.values_list("pk", "created_at", Subquery(last))}
    return {pk: (today - day).days for pk, day in since.items() if day <= today - timedelta(days=STUCK_DAYS)}


def _column(group: _Group, label: str, cards: Mapping[int, Card], most: int) -> BoardColumn:
    first = group.ids[:most]
    return BoardColumn(
        group=group.key,
        label=label,
        count=group.count,
        count_words=paging.count_words(group.count, group.cap),
        cards=[cards[pk] for pk in first if pk in cards],
        more=first[-1] if len(group.ids) > most else None,
        is_counted=group.count <= group.cap and not group.note,
        note=group.note,
        sum=group.sum,
        sum_words="" if group.sum is None else yen(group.sum),
    )
