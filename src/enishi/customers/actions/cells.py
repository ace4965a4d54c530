"""Changing customers in the cells of their list: one cell, a pasted block, a row copied down, and taking that back.

What may be written is what the form of a customer would take, by the same checks; each deed is one change set.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.customers import ChangedMeanwhile, Updated, checked_change, record_updates, write_change
from enishi.customers.cells.columns import Pen, details_of_column, seen_of, with_values, writes
from enishi.customers.cells.orders import MOST_ROWS, Order
from enishi.customers.cells.reading import Offered
from enishi.customers.cells.words import label_of, words_of
from enishi.customers.details import Details, column_of, details_of, past_detail, value_of
from enishi.customers.fields import own_keys
from enishi.customers.fields.values import Refused
from enishi.customers.models import Customer
from enishi.customers.queries.cells import offered_to, pen_of
from enishi.customers.standards.book import Remark
from enishi.platform import changes
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ChangeSet, FieldChange, User
from enishi.platform.secrets import keyed_hash

DOOR, UNDO_DOOR = "list", "list_undo"
type Wish = Mapping[str, Mapping[str, object]]  # column → detail → value
type Taken = set[tuple[str, object]]


# ---- one cell -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """The change set of one cell, None where that stood there already; what the input standards tell of what was typed."""

    change_set_id: int | None
    remarks: tuple[Remark, ...]


@action
def change_cell(
    *, customer_id: int, column: str, values: Mapping[str, object], seen: str, actor: Actor, now: datetime, shares_address: bool = False
) -> Written:
    """Write what was typed into one cell. Records
    `customer.updated`. `seen`: what the open cell showed (`seen_of`).

    Raises NotFound, NotAllowed, Invalid, AddressInUse, ChangedMeanwhile.
    """
    customer, pen = access.customer_for(actor, customer_id, "update"), pen_of(actor)
    if not writes(actor):
        raise NotAllowed
    before = details_of(customer)
    names = details_of_column(column, customer.kind)
    if objection := pen.objection(column, before, customer.lifecycle):
        raise Invalid(fields={"": [objection]})
    if set(values) - set(names):
        raise NotFound
    if seen_of(before, names) != seen:
        raise ChangedMeanwhile
    after, changed, remarks = checked_change(customer, before, with_values(before, values), actor=actor, shares_address=shares_address)
    if problems := _beyond_reach(actor, customer.pk, after, changed):
        raise Invalid(fields={name: [words] for name, words in problems.items()})
    if not changed:
        return Written(None, remarks)
    write_change(customer, after, changed, now=now)
    deed = changes.open_change_set(actor=actor, door=DOOR, at=now)
    record_updates(deed, [Updated(customer.pk, before, after, tuple(changed))], actor=actor, now=now)
    return Written(deed.pk, remarks)


# ---- many cells -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """What a cell says and would say; `problem`: why it stays as it is."""

    column: str
    before: str
    after: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    number: str
    name: str
    cells: tuple[PlannedCell, ...]  # those that would change, and those that cannot


@dataclass(frozen=True, slots=True)
class Plan:
    """What an order would do. `seen`: equal as long as it would do the same to the same customers."""

    rows: tuple[PlannedRow, ...]
    changed: int
    refused: int
    unchanged: int
    seen: str


@dataclass(frozen=True, slots=True)
class Filled:
    change_set_id: int
    numbers: tuple[str, ...]
    cells: int


@dataclass(slots=True)
class _Line:
    """One customer of an order: what stands there, what would, and what cannot and why, by column."""

    number: str
    customer: Customer | None
    before: Details = field(default_factory=Details)
    after: Details = field(default_factory=Details)
    changed: tuple[str, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)


@action
def preview_cells(*, order: Order, actor: Actor) -> Plan:
    """What the order would do, cell by cell; nothing is written. Raises NotAllowed, Invalid."""
    lines = _lines(order, actor)
    return _plan(order, lines, _named(offered_to(actor, order.used_columns), lines))


@action
def fill_cells(*, order: Order, seen: str, actor: Actor, now: datetime) -> Filled:
    """Do what a preview showed, all of it under one change set. Records `customer.updated` for each customer.

    Raises NotAllowed, Invalid, ChangedMeanwhile (it would do something else by now; nothing was written).
    """
    lines = _lines(order, actor)
    if _seen(lines) != seen:
        raise ChangedMeanwhile
    changing = [line for line in lines if line.changed]
    if not changing:
        raise Invalid(_("変わるセルがありません。"))
    deed = changes.open_change_set(actor=actor, door=DOOR, at=now, reason=str(order.label))
    _write(changing, deed, actor=actor, now=now)
    return Filled(deed.pk, tuple(line.number for line in changing), sum(len(_touched(order.used_columns, line)) for line in changing))


def _write(lines: Sequence[_Line], deed: ChangeSet, *, actor: Actor, now: datetime) -> None:
    updates = []
    for line in lines:
        if line.customer is not None:
            write_change(line.customer, line.after, line.changed, now=now)
            updates.append(Updated(line.customer.pk, line.before, line.after, line.changed))
    record_updates(deed, updates, actor=actor, now=now)
    access.confirm_reach(actor, [update.customer_id for update in updates], "update")


def _lines(order: Order, actor: Actor) -> list[_Line]:
    """Every row of the order, checked as the form would. The customers are locked until commit."""
    access.require(actor, "bulk")
    pen = pen_of(actor)
    if not writes(actor):
        raise NotAllowed
    if not order.targets or not order.used_columns or len(order.targets) > MOST_ROWS:
        raise Invalid(_("セルを選び直してください。"))
    found = {customer.number: customer for customer in access.customers_by_number(actor, order.targets, "update")}
    source = access.visible_customers(actor).filter(number=order.source).first() if order.source else None
    offered, taken = offered_to(actor, order.used_columns), set[tuple[str, object]]()
    lines = []
    for row, number in enumerate(order.targets):
        line = _Line(number, found.get(number))
        if line.customer is None:
            line.problems = dict.fromkeys(order.used_columns, _("この顧客を変える権限がないか、ごみ箱に移されました。"))
        else:
            line.before = line.after = details_of(line.customer)
            wish = _wish(order, row, line, pen, offered, details_of(source) if source else None)
            _settle(line, line.customer, wish, actor, taken)
        lines.append(line)
    return lines


def _wish(order: Order, row: int, line: _Line, pen: Pen, offered: Offered, source: Details | None) -> Wish:
    """What could be read; what could not is noted on the line."""
    wish: dict[str, Mapping[str, object]] = {}
    lifecycle = line.customer.lifecycle if line.customer else ""
    for place, column in enumerate(order.used_columns):
        try:
            if objection := pen.objection(column, line.before, lifecycle):
                raise Refused(objection)
            wish[column] = order.values(row, place, line.before, offered, source)
        except Refused as refusal:
            line.problems[column] = str(refusal)
    return wish


def _settle(line: _Line, customer: Customer, wish: Wish, actor: Actor, taken: Taken, *, shares_address: bool = False) -> None:
    """Take what the form would take; a cell that it refuses is noted, and the rest of the row is tried without it."""
    while wish:
        details = with_values(line.before, {name: value for values in wish.values() for name, value in values.items()})
        try:
            after, changed, _remarks = checked_change(customer, line.before, details, actor=actor, shares_address=shares_address)
        except NotAllowed as refusal:
            found = dict.fromkeys(("owner_id", "team_id"), str(refusal))
        except Invalid as refusal:
            found = {name: texts[0] for name, texts in refusal.fields.items()}
        else:
            found = _beyond_reach(actor, customer.pk, after, changed) | _twice(after, changed, taken)
            if not found:
                taken |= _keys(after, changed)
                line.after, line.changed = after, tuple(changed)
                return
        refused = _by_column(wish, found)
        line.problems |= refused
        wish = {column: values for column, values in wish.items() if column not in refused}


def _by_column(wish: Wish, found: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, at the cells it is about; what is about none of them is about them all, and says where."""
    own = {column: found[name] for column, values in wish.items() for name in values if name in found}
    if own:
        return own
    name, words = next(iter(found.items()))
    return dict.fromkeys(wish, _("%(field)s：%(problem)s") % {"field": label_of(name), "problem": words})


def _beyond_reach(actor: Actor, customer_id: int, after: Details, changed: Sequence[str]) -> dict[str, str]:
    names = [name for name in ("owner_id", "team_id") if name in changed]
    if not names or access.would_reach(actor, "update", customer_id=customer_id, owner_id=after.owner_id, team_id=after.team_id):
        return {}
    return dict.fromkeys(names, _("変えると、あなたが変更できる範囲から外れます。"))


def _keys(after: Details, changed: Collection[str]) -> Taken:
    """What of this nobody else may have."""
    mails: Taken = {("email", after.email)} if "email" in changed and after.email else set()
    own = own_keys.of(after.custom)
    return mails | {(name, value) for name, value in own.items() if value and name in changed}


def _twice(after: Details, changed: Collection[str], taken: Taken) -> dict[str, str]:
    return {name: _("同じ値が、この中に2回あります。") for name, _value in _keys(after, changed) & taken}


# ---- what a plan says -----------------------------------------------------------------------------------------------


def _touched(columns: Sequence[str], line: _Line) -> list[str]:
    """The columns of which something changes."""
    return [column for column in columns if set(details_of_column(column, line.before.kind)) & set(line.changed)]


def _plan(order: Order, lines: Sequence[_Line], offered: Offered) -> Plan:
    rows, changed = [], 0
    for line in lines:
        touched = _touched(order.used_columns, line)
        changed += len(touched)
        cells = [_cell(column, line, offered) for column in order.used_columns if column in touched or column in line.problems]
        if cells:
            rows.append(PlannedRow(line.number, line.customer.name if line.customer else "", tuple(cells)))
    refused = sum(len(line.problems) for line in lines)
    return Plan(tuple(rows), changed, refused, len(lines) * len(order.used_columns) - changed - refused, _seen(lines))


def _cell(column: str, line: _Line, offered: Offered) -> PlannedCell:
    if problem := line.problems.get(column):
        return PlannedCell(column, "", "", problem)
    names = details_of_column(column, line.before.kind)
    return PlannedCell(column, words_of(line.before, names, offered), words_of(line.after, names, offered))


def _named(offered: Offered, lines: Sequence[_Line]) -> Offered:
    """With the names of owners who are there and may be chosen no more. One query, where there are any."""
    known = {pk for pk, _name in offered.owners}
    others = {str(line.before.owner_id) for line in lines if line.before.owner_id and offered.owners} - known
    gone = [(str(pk), name) for pk, name in User.rows.filter(pk__in=others).values_list("pk", "display_name")] if others else []
    return replace(offered, owners=[*offered.owners, *gone])


def _seen(lines: Sequence[_Line]) -> str:
    said = [
        [line.number, {name: [changes.plain(value_of(d, name)) for d in (line.before, line.after)] for name in line.changed}]
        for line in lines
    ]
    return keyed_hash(json.dumps(said, sort_keys=True), purpose="fingerprint").hex()[:32]


# ---- and back -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undone:
    """Whose cells are as before, and of how many customers something was left because it changed since or cannot stand there."""

    numbers: tuple[str, ...]
    left: int


@action
def undo_cells(*, change_set_id: int, actor: Actor, now: datetime) -> Undone:
    """Write again what stood in the cells before one's own deed in the list; what somebody changed since stays. Twice is once.
    Records `customer.updated` for each customer. Raises NotFound (somebody else's deed, or one of another door)."""
    access.require(actor, "update")
    done = ChangeSet.rows.filter(pk=change_set_id, actor_id=actor.user_id or 0, door=DOOR).first()
    if done is None:
        raise NotFound
    recorded: dict[int, dict[str, FieldChange]] = {}
    for row in FieldChange.rows.filter(change_set=done, object=Customer._meta.label_lower).order_by("pk"):
        recorded.setdefault(row.object_id, {})[row.field] = row
    found = {customer.pk: customer for customer in access.customers_for(actor, list(recorded), "update")}
    lines, taken = list[_Line](), set[tuple[str, object]]()
    for pk, rows in recorded.items():
        if pk not in found:
            lines.append(_Line("", None, problems={"": ""}))
            continue
        line = _Line(found[pk].number, found[pk], before=details_of(found[pk]))
        wish = _as_before(line, rows)
        _settle(line, found[pk], wish, actor, taken, shares_address=True)
        lines.append(line)
    changing = [line for line in lines if line.changed]
    if changing:
        _write(changing, changes.open_change_set(actor=actor, door=UNDO_DOOR, at=now, reason=done.reason), actor=actor, now=now)
    return Undone(tuple(line.number for line in changing), sum(1 for line in lines if line.problems))


def _as_before(line: _Line, rows: Mapping[str, FieldChange]) -> Wish:
    """Detail by detail what stood there, where nobody has changed it since."""
    wish = {}
    for row in rows.values():
        past = past_detail(line.before.kind, row.field, row.before)
        if past is None:  # a person's whole name, which is made of its parts
            continue
        name, value = past
        if changes.plain(value_of(line.before, name)) == row.after:
            wish[column_of(name)] = {name: value}
        elif changes.plain(value_of(line.before, name)) != row.before:
            line.problems[name] = _("ほかの人が、あとで変えました。")
    return wish
