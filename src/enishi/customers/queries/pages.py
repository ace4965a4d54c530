"""The list of customers as its address asks for it: a table, or a board."""

from __future__ import annotations

from datetime import datetime

from enishi.customers.queries.asked import Asked
from enishi.customers.queries.board import Board, Card, board_of, more_cards, on_a_board
from enishi.customers.queries.groupings import groupings
from enishi.customers.queries.listing import CustomerPage, framed, opened_list, table_of
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound


def list_page(actor: Actor, asked: Asked, *, now: datetime) -> tuple[CustomerPage, Board | None]:
    """What the list shows: a board where the address or the saved view asks for one that is open to the actor, else a table.

    Raises what `opened_list` raises. SQL: `opened_list`, then `table_of` or `board_of`.
    """
    opened = opened_list(actor, asked, now=now)
    grouping = groupings(actor).get(opened.asked.board)
    if grouping is None:
        return table_of(actor, opened), None
    opened = on_a_board(opened)
    board, count = board_of(actor, opened, grouping)
    return framed(opened, count=count), board


def column_page(actor: Actor, asked: Asked, group: str, *, now: datetime) -> tuple[Board, list[Card], int | None]:
    """Further cards of one column of a board, behind the one that the address names. Raises NotFound for a board that is not
    open to the actor."""
    opened = opened_list(actor, asked, now=now)
    grouping = groupings(actor).get(opened.asked.board)
    if grouping is None or asked.window.after is None:
        raise NotFound
    cards, more = more_cards(actor, on_a_board(opened), grouping, group, asked.window.after)
    return Board(grouping, [], any(card.is_movable for card in cards), 0), cards, more
