"""The list of customers and the recycle bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.customers import access
from enishi.customers.cells.columns import NAME, may_open, writes
from enishi.customers.listing import ListColumn, Sort
from enishi.customers.queries.asked import TABLE, Asked
from enishi.customers.queries.bin import archived_customers
from enishi.customers.queries.board import Board
from enishi.customers.queries.filters import filter_chips
from enishi.customers.queries.groupings import groupings
from enishi.customers.queries.listing import CustomerPage
from enishi.customers.queries.pages import list_page
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, wants_part
from enishi.platform.listing import window_of
from enishi.rules.address import packed, unpacked
from enishi.rules.tree import EVERYONE

FILTER_DOOR = "customers:filter"
EVERYBODY = "all"  # the first tab, by name: the bare address begins with the view that somebody chose for it
LIST_PART = "customer-list"
MOST_COLUMNS = 100
#: Pixels of each `data-col`, and how many of them stand beside the name on a small desk screen; beyond, the list is pushed sideways.
WIDTHS = {"short": 76, "word": 96, "number": 96, "money": 112, "day": 128, "medium": 140, "date": 172, "wide": 200}
FITTING = 840


@dataclass(frozen=True, slots=True)
class Address:
    """The list's own address with something changed; what is empty is left out."""

    base: str
    params: Mapping[str, str]

    def to(self, **changes: str) -> str:
        params = {name: value for name, value in ({**self.params, **changes}).items() if value}
        query = urlencode(params)
        return f"{self.base}?{query}" if query else self.base


@require_GET
@needs("customer", "read")
def customer_list(request: ActorRequest) -> HttpResponse:
    """顧客の一覧. `view`, `rule`, `sort`, `dir=back`, `cols`, `by`, `q`, `after`/`before`+`n`, `exact=1`. htmx: the part `results`."""
    asked, now = asked_by(request.GET), time.now()
    page, board = list_page(request.actor, asked, now=now)
    if page.saved:
        asked = replace(asked, view=page.saved.key)
    part = wants_part(request, LIST_PART)
    context = _list_context(request, page, asked) | _board_context(request, board, asked) | {"as_of": time.local(now), "part": part}
    return render(request, "customers/list.html#results" if part else "customers/list.html", context)


def asked_by(given: QueryDict) -> Asked:
    """What an address asks of the list. Raises RuleInvalid, RuleTooLarge."""
    rule, view = given.get("rule", ""), given.get("view", "")
    return Asked(
        view="" if view == EVERYBODY else view,
        sort=given.get("sort", ""),
        backwards=given.get("dir") == "back",
        text=given.get("q", "").strip(),
        window=window_of(given),
        exact_count=given.get("exact") == "1",
        rule=unpacked(rule) if rule else None,
        columns=tuple(filter(None, given.get("cols", "").split(",")))[:MOST_COLUMNS],
        board=given.get("by", "")[:20],
        is_opening=not given,
    )


def address_of(asked: Asked) -> Address:
    """The list's own address, at its top."""
    rule = packed(asked.rule) if asked.rule else ""
    params = {
        "view": asked.view or EVERYBODY,
        "rule": rule,
        "sort": asked.sort,
        "dir": "back" if asked.backwards else "",
        "cols": ",".join(asked.columns),
        "by": asked.board,
        "q": asked.text,
    }
    return Address(reverse("customers:list"), params)


def _list_context(request: ActorRequest, page: CustomerPage, asked: Asked) -> dict[str, object]:
    address = address_of(asked)
    nothing = packed(EVERYONE) if page.saved and page.saved.rule else ""
    can_change = access.may(request.actor, "bulk") and access.may(request.actor, "update")
    can_merge = access.may(request.actor, "merge")
    can_export = access.may(request.actor, "export")
    return {
        "page": page,
        "asked": asked,
        "packed_rule": address.params["rule"],
        "packed_columns": address.params["cols"],
        "filter_url": Address(reverse(FILTER_DOOR), address.params).to(),
        "filters": [
            {"words": chip.words, "url": address.to(rule=packed(chip.without) if chip.without else nothing)}
            for chip in filter_chips(request.actor, page.rule)
        ],
        "tabs": _tabs(page, address),
        "saved_tab": page.saved,
        "is_changed": page.saved is not None
        and page.saved.asked(asked) != page.saved.asked(replace(asked, rule=None, sort="", columns=(), board="")),
        "keep_query": address.to().partition("?")[2],
        "heads": [_head(page, column, column.sort, address) | _cell(request, column.key) for column in page.columns],
        "name_head": _head(page, None, "kana", address) | _cell(request, NAME),
        "can_open_cells": writes(request.actor),
        "cells_on": request.COOKIES.get("cells") == "on",
        "is_wide": sum(WIDTHS.get(column.width, 0) for column in page.columns) > FITTING,
        "orders": [(label, url, here) for sort in page.sorts for label, url, here in _orders(page, sort, address)],
        "order_label": page.sort.label if page.descending == page.sort.descending else page.sort.reversed_label,
        "previous_url": f"{address.to()}{'&' if '?' in address.to() else '?'}{page.slice.previous}" if page.slice.previous else "",
        "next_url": f"{address.to()}{'&' if '?' in address.to() else '?'}{page.slice.next}" if page.slice.next else "",
        "count_url": address.to(exact="1") if page.is_capped else "",
        "clear_url": address.to(q=""),
        "unfilter_url": address.to(rule=nothing),
        "can_choose": can_change or can_export or can_merge,
        "can_change": can_change,
        "can_merge": can_merge,
        "can_export": can_export,
        "can_assign": access.may(request.actor, "assign"),
        "can_create": access.may(request.actor, "create"),
        "can_import": access.may_import(request.actor),
        "can_archive": access.may(request.actor, "archive"),
        "can_print": access.may(request.actor, "export") and access.reads_addresses(request.actor),
        "reads_names": access.reads_names(request.actor),
    }


def _board_context(request: ActorRequest, board: Board | None, asked: Asked) -> dict[str, object]:
    """How the list may stand, and the board where it stands as one."""
    address = address_of(asked)
    here = board.grouping.key if board else TABLE
    known = groupings(request.actor).values()
    return {
        "board": board,
        "board_base": address.base,
        "more_query": address.to(by=here).partition("?")[2] if board else "",
        "shapes": [(pgettext("list", "表"), address.to(by=TABLE), board is None)]
        + [(_("ボード：%(by)s") % {"by": found.label}, address.to(by=found.key), found.key == here) for found in known],
        "shape_label": _("ボード：%(by)s") % {"by": board.grouping.label} if board else pgettext("list", "表"),
    }


def _tabs(page: CustomerPage, address: Address) -> list[dict[str, object]]:
    """The built-in tabs, then one's own views, then those that others share."""

    def tab(label: object, key: str, current: bool) -> dict[str, object]:
        return {"label": label, "url": address.to(view=key, rule="", sort="", dir="", cols="", by="", q=""), "current": current}

    built_in = [tab(view.label, view.key or EVERYBODY, view is page.view and page.saved is None) for view in page.views]
    return built_in + [tab(found.name, found.key, found is page.saved) for found in page.saved_tabs]


def _head(page: CustomerPage, column: ListColumn | None, sort_key: str, address: Address) -> dict[str, object]:
    """A column's head: pressing it sorts, pressing it again turns the order round."""
    sort = next((sort for sort in page.sorts if sort.key == sort_key), None)
    head: dict[str, object] = {"label": "", "width": "", "num": False}
    if column is not None:
        head |= {"label": column.label, "width": column.width, "num": column.number}
    if sort is None:
        return head
    current = page.sort is sort
    turned = current and page.descending == sort.descending
    state = ("descending" if page.descending else "ascending") if current else ""
    return head | {"url": address.to(sort=sort.key, dir="back" if turned else ""), "sorted": state}


def _cell(request: ActorRequest, column: str) -> dict[str, object]:
    """How the browser asks for a cell of the column, and whether it opens."""
    return {"key": column, "opens": may_open(request.actor, column)}


def _orders(page: CustomerPage, sort: Sort, address: Address) -> list[tuple[object, str, bool]]:
    current = page.sort is sort
    return [
        (sort.label, address.to(sort=sort.key, dir=""), current and page.descending == sort.descending),
        (sort.reversed_label, address.to(sort=sort.key, dir="back"), current and page.descending != sort.descending),
    ]


@require_GET
@needs("customer", "archive")
def recycle_bin(request: ActorRequest) -> HttpResponse:
    """ごみ箱: archived customers, the latest first, to be taken out again."""
    page = archived_customers(request.actor, window_of(request.GET.dict()))
    return render(request, "customers/bin.html", {"page": page})
