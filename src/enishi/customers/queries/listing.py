"""The list of customers: one page of formatted, masked rows, by view, search, sort and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access, listing, search
from enishi.customers.filtering import filtered
from enishi.customers.listing import Cell, ColumnSet, ListColumn, ListView, Sort
from enishi.customers.models import Customer, CustomerTag
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.ordering import Base, Order
from enishi.customers.queries.views import SavedTab, chosen_tab, opening_tab, resolved, saved_tabs
from enishi.customers.search import Narrowed
from enishi.platform import listing as paging
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.listing import COUNT_CAP, Slice
from enishi.platform.policy import present_many, shown
from enishi.platform.sql.one_of import OneOf
from enishi.rules.tree import EVERYONE, Rule

TAGS_SHOWN = 3

#: The phase of the moon that the design system draws for each stage.
MOON: Mapping[str, str] = {"best": "loyal", "sleeping": "dormant", "revived": "returned"}

OWN_SORTS = (
    Sort("created", gettext_lazy("登録が新しい順"), ("created_at",), reversed_label=gettext_lazy("登録が古い順")),
    Sort(
        "kana",
        gettext_lazy("名前の五十音順"),
        ("sort_kana",),
        descending=False,
        personal=True,
        reversed_label=gettext_lazy("名前の五十音の逆順"),
    ),
)


def _mine(rows: QuerySet[Customer], actor: Actor, today: date) -> QuerySet[Customer]:
    return rows.filter(owner_id=actor.user_id)


ALL_VIEW = ListView("", gettext_lazy("すべて"), "")
OWN_VIEWS = (ALL_VIEW, ListView("mine", gettext_lazy("自分の担当"), gettext_lazy("担当が自分になっている顧客です。"), _mine))


@dataclass(frozen=True, slots=True)
class RowCell:
    text: str
    note: str
    number: bool
    phone_label: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of the list, every value as it is shown to this viewer."""

    id: int
    url: str
    number: str
    name: str
    ruby: str
    stage: str
    stage_label: str
    cells: tuple[RowCell, ...]
    source: str
    owner: str
    tags: tuple[str, ...]
    more_tags: str  # +2


@dataclass(frozen=True, slots=True)
class CustomerPage:
    rows: list[CustomerRow]
    slice: Slice
    count: int  # at most one above the cap, unless counted exactly
    count_words: str
    is_capped: bool
    view: ListView
    views: list[ListView]
    saved: SavedTab | None  # the saved view that is open
    saved_tabs: list[SavedTab]
    rule: Rule | None  # the filter in force
    sort: Sort
    descending: bool
    sorts: list[Sort]
    columns: list[ListColumn]
    footnotes: list[str]


@dataclass(frozen=True, slots=True)
class _Card:
    """What a row takes from the customer itself, masked for the viewer."""

    id: int
    number: str
    kind: str
    name: str | None
    lifecycle: str | None
    acquisition_source: str | None
    kana: str | None = shown("kana", format=to_hiragana)
    owner: str | None = shown("owner__display_name")


def customer_page(actor: Actor, asked: Asked, *, now: datetime) -> CustomerPage:
    """One page of the customers that the actor may read. Raises Invalid for an unknown view or sort, NotFound for a saved
    view that is not the actor's to open, RuleInvalid and RuleRefused for a filter that makes no sense or is not theirs
    to ask. An address that names no view begins with the saved view that the actor chose for it.

    SQL: one for saved views, one for a filter, one or two for a search, one or two for the count, two for the page's ids (one more at
    the end of a sort by a figure, and for very many hits by name), one for the rows, one view-log row, one for tags, one
    per column set.
    """
    sets, today = listing.column_sets(actor), time.today(now)
    tabs = saved_tabs(actor)
    saved = chosen_tab(tabs, asked.view) or (opening_tab(tabs) if asked.is_opening else None)
    over, asked = asked, (saved.asked(asked) if saved else asked)
    views = _views(sets)
    sorts = [s for s in (*(s for found in sets for s in found.sorts), *OWN_SORTS) if not s.personal or access.reads_names(actor)]
    # What somebody else saved may name a tab or an order that this viewer does not have.
    view = _chosen(views, asked.view, "view", instead=views[0] if saved else None)
    usual = _chosen(sorts, view.sort or sorts[0].key, "sort")
    sort = _chosen(sorts, asked.sort or usual.key, "sort", instead=usual if saved and not over.sort else None)
    descending = sort.descending != asked.backwards
    visible = access.visible_customers(actor)
    base = Base(actor, visible, view, today)
    found = _found(actor, base.customers(), asked, now=now)
    count = base.count(found, exact=asked.exact_count)
    page = Order(base, found, sort, descending, few=count <= COUNT_CAP).page(asked.window)
    return CustomerPage(
        rows=_rows(actor, visible, page.ids, sets, today),
        slice=page,
        count=count,
        count_words=f"{count:,}" if asked.exact_count else paging.count_words(count),
        is_capped=not asked.exact_count and count > COUNT_CAP,
        view=view,
        views=views,
        saved=saved,
        saved_tabs=tabs,
        rule=asked.rule,
        sort=sort,
        descending=descending,
        sorts=sorts,
        columns=[column for found in sets for column in found.columns],
        footnotes=[str(found.footnote) for found in sets if found.footnote],
    )


def listed_customers(actor: Actor, asked: Asked, *, now: datetime) -> QuerySet[Customer]:
    """All whom a list holds, on every page. Raises what `customer_page` raises. A search is made; else no query."""
    asked, visible = resolved(actor, asked), access.visible_customers(actor)
    view = _chosen(_views(listing.column_sets(actor)), asked.view, "view")
    found = _found(actor, Base(actor, visible, view, time.today(now)).customers(), asked, now=now)
    return found.rows if found.ids is None else visible.filter(OneOf(F("pk"), found.ids))


def _views(sets: Sequence[ColumnSet]) -> list[ListView]:
    return [*OWN_VIEWS, *(view for found in sets for view in found.views)]


def _found(actor: Actor, rows: QuerySet[Customer], asked: Asked, *, now: datetime) -> Narrowed:
    if asked.rule is None or asked.rule == EVERYONE:
        return search.narrowed(actor, rows, asked.text)
    rows = filtered(actor, rows, asked.rule, now=now)
    return search.narrowed(actor, rows, asked.text) if asked.text else search.gathered(rows)


def _chosen[T: (ListView, Sort)](known: Sequence[T], key: str, what: str, *, instead: T | None = None) -> T:
    found = next((one for one in known if one.key == key), instead)
    if found is None:
        raise Invalid(fields={what: [_("この並び順や表示はありません。一覧を開き直してください。")]})
    return found


# ---- what they say ------------------------------------------------------------------------------------------------


def _rows(actor: Actor, visible: QuerySet[Customer], ids: Sequence[int], sets: Sequence[ColumnSet], today: date) -> list[CustomerRow]:
    cards = {card.id: card for card in present_many(_Card, actor, visible.filter(pk__in=ids))} if ids else {}
    tags = tags_of(ids)
    values = [(found.columns, found.values(ids, today)) for found in sets]
    base, stages = reverse("customers:list"), dict(Customer.Lifecycle.choices)
    return [_row(card, base, stages, tags.get(pk, ()), _cells(pk, values)) for pk in ids if (card := cards.get(pk))]


def _row(card: _Card, base: str, stages: Mapping[str, Any], tags: Sequence[str], cells: tuple[RowCell, ...]) -> CustomerRow:
    stage = card.lifecycle or ""
    return CustomerRow(
        id=card.id,
        url=f"{base}{card.number}/",
        number=card.number,
        name=card.name or _("（氏名は表示できません）"),
        ruby=(card.kana or "") if card.kind == Customer.Kind.PERSON and "＊" not in (card.name or "＊") else "",
        stage=MOON.get(stage, stage),
        stage_label=str(stages.get(stage, "")),
        cells=cells,
        source=card.acquisition_source or "",
        owner=(card.owner or "").split(" ")[0],
        tags=tuple(tags[:TAGS_SHOWN]),
        more_tags=f"+{len(tags) - TAGS_SHOWN}" if len(tags) > TAGS_SHOWN else "",
    )


def _cells(pk: int, values: Sequence[tuple[tuple[ListColumn, ...], Mapping[int, Sequence[Cell]]]]) -> tuple[RowCell, ...]:
    return tuple(
        RowCell(cell.text, cell.note, column.number, str(column.phone_label))
        for columns, found in values
        for column, cell in zip(columns, found.get(pk) or (Cell(),) * len(columns), strict=True)
    )


def tags_of(customer_ids: Sequence[int]) -> dict[int, list[str]]:
    """Customer → names of their tags, in the order they were put. One query."""
    found: dict[int, list[str]] = {}
    pairs = CustomerTag.rows.filter(customer_id__in=customer_ids).order_by("customer_id", "id").values_list("customer_id", "tag__name")
    for customer_id, name in pairs:
        found.setdefault(customer_id, []).append(name)
    return found
