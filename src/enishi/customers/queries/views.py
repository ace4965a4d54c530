"""The saved views of the list, as tabs: a viewer's own, and the shared ones that ask nothing they may not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from enishi.customers import access
from enishi.customers.filtering import list_registry
from enishi.customers.models import SavedView
from enishi.customers.queries.asked import Asked
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.rules.facts import Registry, check
from enishi.rules.rights import RuleRefused, refuse_unreadable
from enishi.rules.tree import Rule, RuleInvalid, parse

KEY = "saved-"


@dataclass(frozen=True, slots=True)
class SavedTab:
    """A saved view as its viewer sees it."""

    id: int
    key: str  # saved-12, in the address
    name: str
    is_mine: bool
    is_shared: bool
    opens_list: bool
    owner: str  # empty where it is the viewer's own
    is_left_behind: bool  # its owner has left
    can_inherit: bool  # and the viewer may take it over or remove it
    tab: str
    rule: Rule | None
    sort: str
    backwards: bool
    columns: tuple[str, ...]
    board: str

    def asked(self, over: Asked) -> Asked:
        """What the view asks, with what the address says besides: another filter, another order, other columns, a board, a search."""
        sort, backwards = (over.sort, over.backwards) if over.sort else (self.sort, self.backwards)
        return replace(
            over,
            view=self.tab,
            sort=sort,
            backwards=backwards,
            rule=over.rule if over.rule is not None else self.rule,
            columns=over.columns or self.columns,
            board=over.board or self.board,
        )


def saved_tabs(actor: Actor) -> list[SavedTab]:
    """Own views in their order, then shared ones by name. One query."""
    rows = list(access.visible_views(actor).select_related("owner").order_by("position", "name", "id"))
    if not rows:
        return []
    known = list_registry(actor)
    tabs = [tab for row in rows if (tab := _tab(actor, row, known)) is not None]
    return sorted(tabs, key=lambda tab: not tab.is_mine)


def _tab(actor: Actor, row: SavedView, known: Registry) -> SavedTab | None:
    """None where the view asks about something that the viewer may not read, or that is not there any more."""
    try:
        rule = None if row.rule is None else parse(row.rule)
        if rule is not None:
            check(rule, known)
            refuse_unreadable(rule, known, actor)
    except (RuleInvalid, RuleRefused):
        return None
    mine = row.owner_id == actor.user_id
    return SavedTab(
        id=row.pk,
        key=f"{KEY}{row.pk}",
        name=row.name,
        is_mine=mine,
        is_shared=row.is_shared,
        opens_list=mine and row.opens_list,
        owner="" if mine else row.owner.display_name,
        is_left_behind=not row.owner.is_active,
        can_inherit=not row.owner.is_active and not mine and access.may_inherit_views(actor),
        tab=row.tab,
        rule=rule,
        sort=row.sort,
        backwards=row.backwards,
        columns=tuple(row.columns),
        board=row.board,
    )


def chosen_tab(tabs: Sequence[SavedTab], key: str) -> SavedTab | None:
    """The view that an address names; None for a built-in tab. Raises NotFound for one that is not the viewer's to open."""
    if not key.startswith(KEY):
        return None
    found = next((tab for tab in tabs if tab.key == key), None)
    if found is None:
        raise NotFound
    return found


def opening_tab(tabs: Sequence[SavedTab]) -> SavedTab | None:
    """The view with which the viewer's list begins."""
    return next((tab for tab in tabs if tab.opens_list), None)


def saved_tab(actor: Actor, view_id: int) -> SavedTab:
    """One view. Raises NotFound. One query."""
    found = chosen_tab(saved_tabs(actor), f"{KEY}{view_id}")
    if found is None:
        raise NotFound
    return found


def resolved(actor: Actor, asked: Asked) -> Asked:
    """What an address asks for once its saved view is opened. Raises NotFound. One query for a saved view."""
    tab = chosen_tab(saved_tabs(actor), asked.view) if asked.view.startswith(KEY) else None
    return asked if tab is None else tab.asked(asked)
