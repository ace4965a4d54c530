"""By what a board of customers may stand: whose they are, their stage, and choices of the company's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from enishi.customers.details import Details, value_of
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field
from enishi.customers.fields.values import offered_choices
from enishi.customers.listing import Words
from enishi.customers.models import Customer
from enishi.customers.queries.cells import OpenCell, open_cell
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.words import own

#: Column of the list → the customer's own column.
_PLAIN: Final[Mapping[str, str]] = {"owner": "owner_id", "team": "team_id", "stage": "lifecycle"}


@dataclass(frozen=True, slots=True)
class Grouping:
    """`key` is the list's column of the same name. `field`: the choice of the company's own that it is, if any."""

    key: str
    label: Words
    field: Field | None = None

    @property
    def is_derived(self) -> bool:
        """Nobody moves a card from one column to another."""
        return self.key == "stage"

    @property
    def value(self) -> Combinable:
        """What tells the column of a customer: an id, a key, or nothing."""
        return KeyTextTransform(self.field.key, "custom") if self.field else F(_PLAIN[self.key])

    def narrowed(self, rows: QuerySet[Customer], group: str) -> QuerySet[Customer]:
        """Those of the rows who stand in a column, by an index; `group` is not empty where the grouping is a choice."""
        if self.field:
            return rows.filter(~Q(custom={}), custom__contains={self.field.key: group})  # as the index has it
        if group and self.key in ("owner", "team") and value_of_group(_PLAIN[self.key], group) is None:
            return rows.none()  # an address that somebody made up
        return rows.filter(**{_PLAIN[self.key]: group}) if group else rows.filter(Q((f"{_PLAIN[self.key]}__isnull", True)))


def open_card(actor: Actor, customer_id: int, key: str) -> OpenCell:
    """The cell that a card's column is. Raises NotFound (also for a board that is not open to the actor), NotAllowed."""
    if key not in groupings(actor):
        raise NotFound
    return open_cell(actor, customer_id, key)


def group_of(details: Details, name: str) -> str:
    """In which column a customer stands, by the detail that tells it."""
    value = value_of(details, name) if name else None
    return "" if value is None else str(value)


def value_of_group(name: str, group: str) -> object:
    """What the detail says of whom stands in a column."""
    if name in ("owner_id", "team_id"):
        return int(group) if group.isascii() and group.isdecimal() and len(group) < 19 else None
    return group or None


def places(cell: OpenCell) -> list[tuple[str, str]]:
    """Into which columns the customer of a cell may be moved: what their form would let one choose."""
    if cell.column == "owner":
        return [("", _("担当なし")), *((str(pk), name) for pk, name in cell.offered.owners)]
    if cell.column == "team":
        return [("", _("部署なし")), *((str(pk), name) for pk, name in cell.offered.teams)]
    field = catalogue.all_fields().get(cell.column)
    offered = offered_choices(field, cell.details.custom) if field else []
    return [("", _("未設定")), *((choice.key, choice.label) for choice in offered)]


def groupings(actor: Actor) -> dict[str, Grouping]:
    """The boards that are open to the actor: of choices, those that they read in clear. One query, once a request."""
    plain = [Grouping("owner", own(_("担当"))), Grouping("team", _("部署")), Grouping("stage", own(_("顧客ステージ")))]
    fields = [field for field in catalogue.fields_in_use().values() if field.kind == "choice" and catalogue.readable(actor, field)]
    return {found.key: found for found in (*plain, *(Grouping(field.key, field.label, field) for field in fields))}
