"""Keeping what the list shows under a name: for oneself, or for everybody who may read what it asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access, listing
from enishi.customers.filtering import list_registry
from enishi.customers.models import SavedView
from enishi.customers.queries.groupings import groupings
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.japanese.normalise import clean
from enishi.rules.facts import check
from enishi.rules.rights import refuse_unreadable
from enishi.rules.tree import Rule, dump, parse

MOST_VIEWS = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view shows: a built-in tab, a filter, an order and columns (none: those of whoever looks)."""

    tab: str = ""
    rule: Rule | None = None
    sort: str = ""
    backwards: bool = False
    columns: tuple[str, ...] = ()
    board: str = ""  # by what its columns stand; none: a table


@dataclass(frozen=True, slots=True)
class Named:
    """What people say about a view."""

    name: str
    is_shared: bool = False
    opens_list: bool = False


@action
def save_view(*, named: Named, shown: Shown, actor: Actor, now: datetime) -> int:
    """Keep a view; its id. Records `view.saved`. Raises NotAllowed, Invalid, RuleInvalid, and RuleRefused where the filter
    asks about something that the actor may not read: nobody shares more than they see."""
    access.require(actor, "read")
    if actor.user_id is None:
        raise NotAllowed
    mine = _room_for_one_more(actor.user_id)
    name = _free_name(named.name, actor, besides=None)
    _refuse_filter(shown, actor)
    if named.opens_list:
        SavedView.rows.filter(pk__in=[view.pk for view in mine]).update(opens_list=False)
    view = SavedView(name=name, owner_id=actor.user_id, position=_last_place(mine) + 1, created_at=now)
    view.is_shared, view.opens_list = named.is_shared, named.opens_list
    _show(view, shown, actor)
    view.save(force_insert=True)
    _tell("view.saved", view, actor, now)
    return view.pk


@action
def change_view(*, view_id: int, named: Named, actor: Actor, now: datetime) -> None:
    """Another name, shared or not, first or not. Records `view.changed`. Raises NotFound, NotAllowed, Invalid."""
    view = access.view_for_edit(actor, view_id)
    view.name = _free_name(named.name, actor, besides=view.pk)
    if named.opens_list and not view.opens_list:
        SavedView.rows.filter(owner_id=actor.user_id, archived_at=None).update(opens_list=False)
    view.is_shared, view.opens_list = named.is_shared, named.opens_list
    view.save(update_fields=["name", "is_shared", "opens_list"])
    _tell("view.changed", view, actor, now)


@action
def overwrite_view(*, view_id: int, shown: Shown, actor: Actor, now: datetime) -> None:
    """Let a view show what the list shows now. Records `view.changed`. Raises NotFound, NotAllowed, RuleInvalid,
    RuleRefused."""
    view = access.view_for_edit(actor, view_id)
    _refuse_filter(shown, actor)
    _show(view, shown, actor)
    view.save(update_fields=["tab", "rule", "sort", "backwards", "columns", "board"])
    _tell("view.changed", view, actor, now)


@action
def move_view(*, view_id: int, forward: bool, actor: Actor) -> None:
    """One place to the left (`forward`) or to the right among one's own. At the end it stays. Raises NotFound, NotAllowed."""
    view = access.view_for_edit(actor, view_id)
    mine = list(SavedView.rows.filter(owner_id=actor.user_id, archived_at=None).order_by("position", "name", "id").select_for_update())
    at = mine.index(view)
    other = at - 1 if forward else at + 1
    if 0 <= other < len(mine):
        mine[at], mine[other] = mine[other], mine[at]
    for position, row in enumerate(mine, start=1):
        row.position = position
    SavedView.rows.bulk_update(mine, ["position"])


@action
def archive_view(*, view_id: int, actor: Actor, now: datetime) -> None:
    """Take a view away, from those too with whom it was shared. Records `view.archived`. Raises NotFound, NotAllowed."""
    view = access.view_for_removal(actor, view_id)
    view.archived_at = now
    view.save(update_fields=["archived_at"])
    _tell("view.archived", view, actor, now)


@action
def restore_view(*, view_id: int, actor: Actor, now: datetime) -> None:
    """Bring a view back: the undo of `archive_view`. The list begins with it again unless another one was chosen since.

    Records `view.restored`. Raises NotFound, NotAllowed, Invalid (its name was given to another view since, or there are
    too many).
    """
    view = access.view_for_removal(actor, view_id, archived=True)
    standing = _room_for_one_more(view.owner_id)
    _refuse_taken_name(view.name, view.owner_id, besides=view.pk)
    view.archived_at, view.opens_list = None, view.opens_list and not any(other.opens_list for other in standing)
    view.save(update_fields=["archived_at", "opens_list"])
    _tell("view.restored", view, actor, now)


@action
def take_over_view(*, view_id: int, actor: Actor, now: datetime) -> None:
    """Make a shared view that somebody left behind one's own; it stays shared. One's own changes nothing.

    Records `view.taken_over`. Raises NotFound, NotAllowed (its owner is still here), Invalid (one has a view of that name,
    or too many), RuleRefused where the filter asks about something that the actor may not read.
    """
    access.require(actor, "read")
    view = access.view_for_removal(actor, view_id)
    if actor.user_id is None:
        raise NotAllowed
    if view.owner_id == actor.user_id:
        return
    _refuse_filter(Shown(rule=None if view.rule is None else parse(view.rule)), actor)
    standing = _room_for_one_more(actor.user_id)
    _refuse_taken_name(view.name, actor.user_id, besides=view.pk)
    view.owner_id, view.opens_list = actor.user_id, False
    view.position = _last_place(standing) + 1
    view.save(update_fields=["owner", "opens_list", "position"])
    _tell("view.taken_over", view, actor, now)


def _room_for_one_more(owner_id: int) -> list[SavedView]:
    """Somebody's views, locked until commit. Raises Invalid where there may not be another one."""
    views = list(SavedView.rows.filter(owner_id=owner_id, archived_at=None).select_for_update())
    if len(views) >= MOST_VIEWS:
        raise Invalid(fields={"name": [_("保存できるビューは%(n)d個までです。使わないものを削除してください。") % {"n": MOST_VIEWS}]})
    return views


def _last_place(views: Sequence[SavedView]) -> int:
    return max((view.position for view in views), default=0)


def _free_name(name: str, actor: Actor, *, besides: int | None) -> str:
    name = clean(name)
    if not 0 < len(name) <= 40:
        raise Invalid(fields={"name": [_("ビューの名前を40文字以内で入力してください。")]})
    _refuse_taken_name(name, actor.user_id, besides=besides)
    return name


def _refuse_taken_name(name: str, owner_id: int | None, *, besides: int | None) -> None:
    same = SavedView.rows.filter(owner_id=owner_id, name=name, archived_at=None)
    if same.exclude(pk=besides or 0).exists():
        raise Invalid(fields={"name": [_("同じ名前のビューがもうあります。")]})


def _refuse_filter(shown: Shown, actor: Actor) -> None:
    if shown.rule is not None:
        known = list_registry(actor)
        check(shown.rule, known)
        refuse_unreadable(shown.rule, known, actor)


def _show(view: SavedView, shown: Shown, actor: Actor) -> None:
    """Columns that are not on offer to the actor (of a module that is off) stay where the view had them, and come in nowhere."""
    offered = listing.offered(listing.column_sets(actor))
    view.tab, view.sort, view.backwards = shown.tab, shown.sort, shown.backwards
    view.columns = [key for key in shown.columns if key in offered or key in view.columns]
    view.board = shown.board if shown.board in groupings(actor) else ""
    view.rule = None if shown.rule is None else dump(shown.rule)


def _tell(kind: str, view: SavedView, actor: Actor, now: datetime) -> None:
    events.record(kind, subject=view.pk, customer=None, actor=actor, at=now, data={"shared": view.is_shared})
