"""The list of customers: one page of formatted, masked rows, by view, search, sort and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access, listing, search
from enishi.customers.filtering import filtered
from enishi.customers.listing import Cell, ColumnSet, ListColumn, ListView, Sort, Value
from enishi.customers.models import Customer
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.bookmarks import favourites_among, starred
from enishi.customers.queries.ordering import Base, Order
from enishi.customers.queries.settings import list_setting
from enishi.customers.queries.views import SavedTab, chosen_tab, opening_tab, resolved, saved_tabs
from enishi.customers.search import Narrowed
from enishi.platform import listing as paging
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.listing import COUNT_CAP, PAGE_SIZE, Slice
from enishi.platform.policy import PERSONAL, watched
from enishi.platform.sql.one_of import OneOf
from enishi.rules.tree import EVERYONE, Rule

TAGS_SHOWN = 3

#: Read for every row: who it is.
_WHO = ("number", "kind", "name", "kana")

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
OWN_VIEWS = (
    ALL_VIEW,
    ListView("mine", gettext_lazy("自分の担当"), gettext_lazy("担当が自分になっている顧客です。"), _mine),
    ListView(
        "favourites", gettext_lazy("お気に入り"), gettext_lazy("あなたが星を付けた顧客です。ほかの人には見えません。"), favourites_among
    ),
)


@dataclass(frozen=True, slots=True)
class RowCell:
    """One value of a row with what its column says of it."""

    text: str
    note: str
    number: bool
    phone_label: str
    stage: str = ""
    tags: tuple[str, ...] = ()
    more_tags: str = ""  # +2


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of the list, every value as it is shown to this viewer."""

    id: int
    url: str
    number: str
    name: str
    ruby: str
    cells: tuple[RowCell, ...]
    is_starred: bool


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
    size: int  # rows a page


@dataclass(frozen=True, slots=True)
class Opened:
    """The list as an address opens it: what it holds and in which order, before any row of it is read."""

    asked: Asked  # with what the saved view says
    sets: Sequence[ColumnSet]
    today: date
    columns: list[ListColumn]
    view: ListView
    views: list[ListView]
    saved: SavedTab | None
    saved_tabs: list[SavedTab]
    sort: Sort
    descending: bool
    sorts: list[Sort]
    visible: QuerySet[Customer]
    base: Base
    found: Narrowed
    size: int  # rows a page


def opened_list(actor: Actor, asked: Asked, *, now: datetime) -> Opened:
    """The customers that the actor may read, as the address asks for them. Raises Invalid for an unknown view or sort, NotFound
    for a saved view that is not the actor's to open, RuleInvalid and RuleRefused for a filter that makes no sense or is not
    theirs to ask. An address that names no view begins with the saved view that the actor chose for it. The columns are those
    of the address, else of the saved view, else the actor's own.

    SQL: one for saved views, one for the actor's own columns, one for a filter, one or two for a search.
    """
    sets, today, own = listing.column_sets(actor), time.today(now), list_setting(actor)
    tabs = saved_tabs(actor)
    saved = chosen_tab(tabs, asked.view) or (opening_tab(tabs) if asked.is_opening else None)
    over, asked = asked, (saved.asked(asked) if saved else asked)
    views, sorts = _views(sets), _sorts(actor, sets)
    # What somebody else saved may name a tab or an order that this viewer does not have.
    view = _chosen(views, asked.view, "view", instead=views[0] if saved else None)
    sort = _sort(sorts, view, asked, lenient=saved is not None and not over.sort)
    descending = sort.descending != asked.backwards
    visible = access.visible_customers(actor)
    base = Base(actor, visible, view, today)
    return Opened(
        asked=asked,
        sets=sets,
        today=today,
        columns=listing.chosen_columns(sets, asked.columns, own.columns),
        view=view,
        views=views,
        saved=saved,
        saved_tabs=tabs,
        sort=sort,
        descending=descending,
        sorts=sorts,
        visible=visible,
        base=base,
        found=_found(actor, base.customers(), asked, now=now),
        size=own.page_size,
    )


def customer_page(actor: Actor, asked: Asked, *, now: datetime) -> CustomerPage:
    """One page of the customers as rows. Raises what `opened_list` raises. SQL: that of `opened_list` and of `table_of`."""
    return table_of(actor, opened_list(actor, asked, now=now))


def table_of(actor: Actor, opened: Opened) -> CustomerPage:
    """One page of a list as rows.

    SQL: one or two for the count, two for the page's ids (one more at the end of a sort by a figure, and for very many hits by
    name), one view-log row, one for stars, those of the shown columns' sets.
    """
    count = opened.base.count(opened.found, exact=opened.asked.exact_count)
    window = opened.asked.window if opened.size == PAGE_SIZE else opened.asked.window.sized(opened.size)
    page = Order(opened.base, opened.found, opened.sort, opened.descending, few=count <= COUNT_CAP).page(window)
    rows = rows_of(actor, page.ids, opened.sets, opened.columns, opened.today)
    return framed(opened, count=count, rows=rows, page=page)


def framed(opened: Opened, *, count: int, rows: list[CustomerRow] | None = None, page: Slice | None = None) -> CustomerPage:
    """A list with these of its rows, and what stands around them."""
    shown, is_exact = {column.key for column in opened.columns}, opened.asked.exact_count
    return CustomerPage(
        rows=rows or [],
        slice=page or Slice([], 1, False),
        count=count,
        count_words=f"{count:,}" if is_exact else paging.count_words(count),
        is_capped=not is_exact and count > COUNT_CAP,
        view=opened.view,
        views=opened.views,
        saved=opened.saved,
        saved_tabs=opened.saved_tabs,
        rule=opened.asked.rule,
        sort=opened.sort,
        descending=opened.descending,
        sorts=opened.sorts,
        columns=opened.columns,
        footnotes=[str(found.footnote) for found in opened.sets if found.footnote and shown & {column.key for column in found.columns}],
        size=opened.size,
    )


def listed_customers(actor: Actor, asked: Asked, *, now: datetime) -> QuerySet[Customer]:
    """All whom a list holds, on every page. Raises what `customer_page` raises. A search is made; else no query."""
    asked, visible = resolved(actor, asked), access.visible_customers(actor)
    view = _chosen(_views(listing.column_sets(actor)), asked.view, "view")
    found = _found(actor, Base(actor, visible, view, time.today(now)).customers(), asked, now=now)
    return found.rows if found.ids is None else visible.filter(OneOf(F("pk"), found.ids))


def sort_of(actor: Actor, asked: Asked) -> tuple[Sort, bool]:
    """How a list stands, and whether it descends; the usual order where the viewer does not have the one that is asked."""
    sets = listing.column_sets(actor)
    view = _chosen(_views(sets), asked.view, "view", instead=ALL_VIEW)
    sort = _sort(_sorts(actor, sets), view, asked, lenient=True)
    return sort, sort.descending != asked.backwards


def _sorts(actor: Actor, sets: Sequence[ColumnSet]) -> list[Sort]:
    clear = access.reads_names(actor)
    return [sort for sort in (*(sort for found in sets for sort in found.sorts), *OWN_SORTS) if clear or not sort.personal]


def _sort(sorts: Sequence[Sort], view: ListView, asked: Asked, *, lenient: bool) -> Sort:
    usual = _chosen(sorts, view.sort or sorts[0].key, "sort")
    return _chosen(sorts, asked.sort or usual.key, "sort", instead=usual if lenient else None)


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


def rows_of(actor: Actor, ids: Sequence[int], sets: Sequence[ColumnSet], columns: Sequence[ListColumn], today: date) -> list[CustomerRow]:
    """Lines of the list, in the order of the ids. One query for stars, one view-log row, those of the columns' sets."""
    if not ids:
        return []
    stars = starred(actor, ids)
    shown = {"name", "kana", *(column.key for column in columns if column.privacy in PERSONAL and actor.reads(column.privacy))}
    looking = watched(actor, Customer, ids, columns=shown) if access.reads_names(actor) else actor
    found = listing.reading(sets, [*_WHO, *(column.key for column in columns)]).rows(looking, ids)
    makers = [_cell_maker(column, today) for column in columns]
    base, nameless = reverse("customers:list"), _("（氏名は表示できません）")
    rows = []
    for pk in ids:
        values = found[pk]
        if "number" not in values:  # gone between two queries
            continue
        name, number = values.get("name") or "", values["number"]
        has_ruby = values["kind"] == Customer.Kind.PERSON and name and "＊" not in str(name)
        cells = tuple([make(values) for make in makers])
        ruby = to_hiragana(str(values.get("kana") or "")) if has_ruby else ""
        rows.append(CustomerRow(pk, f"{base}{number}/", str(number), str(name or nameless), ruby, cells, pk in stars))
    return rows


def _cell_maker(column: ListColumn, today: date) -> Callable[[Mapping[str, Value]], RowCell]:
    """What makes a row's cell of one column: all that the rows share is looked up once."""
    key, show, number, label = column.key, column.shower(today), column.number, str(column.phone_label)

    def make(values: Mapping[str, Value]) -> RowCell:
        cell: Cell = show(values.get(key))
        if cell.tags:
            more = len(cell.tags) - TAGS_SHOWN
            return RowCell("", "", False, label, tags=cell.tags[:TAGS_SHOWN], more_tags=f"+{more}" if more > 0 else "")
        return RowCell(cell.text, cell.note, number, label, cell.stage)

    return make
