"""One cell of the list as it opens, the rows of the list again, and whom a cell may name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from enishi.customers import access, listing
from enishi.customers.cells.columns import Pen, details_of_column, labels, seen_of, writes
from enishi.customers.cells.reading import Offered
from enishi.customers.cells.words import words_of
from enishi.customers.details import Details, details_of
from enishi.customers.models import Customer
from enishi.customers.queries import choices, form_shape
from enishi.customers.queries.form_shape import FormShape
from enishi.customers.queries.listing import CustomerRow, rows_of
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.policy import watched
from enishi.platform.privacy import Level, Privacy


def pen_of(actor: Actor) -> Pen:
    """What the actor may write into cells. The queries of the form's shape."""
    return Pen(actor, form_shape.for_actor(actor))


def offered_to(actor: Actor, columns: Sequence[str]) -> Offered:
    """Whom cells of these columns may name. One query each for owners and teams, where they are among them."""
    return Offered(choices.owners(actor) if "owner" in columns else (), choices.teams(actor) if "team" in columns else ())


@dataclass(frozen=True, slots=True)
class OpenCell:
    """What an open cell shows. `objection`: why it does not open."""

    customer_id: int
    number: str
    name: str
    column: str
    label: str
    objection: str
    names: tuple[str, ...]
    details: Details
    lifecycle: str
    seen: str
    shape: FormShape
    offered: Offered

    @property
    def words(self) -> str:
        return words_of(self.details, self.names, self.offered)


def open_cell(actor: Actor, customer_id: int, column: str) -> OpenCell:
    """Raises NotFound (also for a column that the actor's list does not have), NotAllowed. Eight queries at most, and a row in
    the view log: what stands there is shown in clear."""
    known = labels(listing.column_sets(actor))
    customer, pen = access.look_at(actor, customer_id, "update"), pen_of(actor)
    if column not in known or customer.archived_at is not None:
        raise NotFound
    if (
        not writes(actor)
        or watched(actor, Customer, [customer_id], columns=("name", *details_of_column(column, customer.kind))).level(Privacy.PERSONAL)
        < Level.WRITE
    ):
        raise NotAllowed
    details = details_of(customer)
    names = details_of_column(column, customer.kind)
    return OpenCell(
        customer_id=customer.pk,
        number=customer.number,
        name=customer.name,
        column=column,
        label=known[column],
        objection=pen.objection(column, details, customer.lifecycle),
        names=names,
        details=details,
        lifecycle=customer.lifecycle,
        seen=seen_of(details, names),
        shape=pen.shape,
        offered=offered_to(actor, [column]),
    )


def rows_again(actor: Actor, numbers: Sequence[str], columns: Sequence[str], *, now: datetime) -> list[CustomerRow]:
    """Rows of the list by their numbers, in that order, with these columns; who is not to be seen any more is left out.
    The queries of a list's rows, and one for the numbers."""
    sets = listing.column_sets(actor)
    ids = dict(access.visible_customers(actor).filter(number__in=numbers).values_list("number", "pk"))
    shown = listing.chosen_columns(sets, columns)
    return rows_of(actor, [ids[number] for number in numbers if number in ids], sets, shown, time.today(now))
