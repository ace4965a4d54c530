"""Printing what is known of customers: written down like everything that carries personal data out of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.bulk.selection import Selection
from enishi.customers.queries import printing as queries
from enishi.platform import events, printing
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid

TEMPLATES: Final = Path(__file__).parents[1] / "print"


@dataclass(frozen=True, slots=True)
class Printed:
    name: str  # of the file
    pdf: bytes


@dataclass(frozen=True, slots=True)
class LabelWishes:
    """How labels are to be printed. `first`: the place on the first sheet where they begin, from 1; the millimetres move
    the whole print where a printer draws the paper in askew."""

    sheet: str = "2x6"
    order: str = "kana"
    leave_out_refused: bool = True
    first: int = 1
    right_mm: float = 0.0
    down_mm: float = 0.0


@action
def print_card(*, customer_id: int, actor: Actor, now: datetime) -> Printed:
    """顧客カルテ of one customer, masked as the actor's screen is. Records `customer.printed`. Raises NotFound, FontsMissing."""
    customer = access.look_at(actor, customer_id, "read")
    data = queries.customer_card(actor, customer_id, now=now)
    pdf = printing.pdf_of(TEMPLATES / "card.typ", data)
    events.record("customer.printed", subject=customer.pk, customer=customer.pk, actor=actor, at=now, data={"sheet": "card"})
    return Printed(_("顧客カルテ_%(number)s.pdf") % {"number": customer.number}, pdf)


@action
def print_labels(*, selection: Selection, wishes: LabelWishes, actor: Actor, now: datetime) -> Printed:
    """宛名ラベル of those of the selection who have an address, at most 600. Records `customer.printed` for each.

    Raises NotAllowed (without the right to export, or where addresses are masked), Invalid, FontsMissing.
    """
    access.require(actor, "export")
    sheet = queries.SHEETS.get(wishes.sheet)
    if sheet is None or wishes.order not in queries.ORDERS or not 1 <= wishes.first <= sheet.size:
        raise Invalid(_("ラベルの用紙と始める位置を選び直してください。"))
    labels = queries.printed_labels(actor, selection, order=wishes.order, leave_out_refused=wishes.leave_out_refused, now=now)
    if not labels:
        raise Invalid(_("住所のある顧客がいないため、印刷するラベルがありません。"))
    if len(labels) > queries.MOST_LABELS:
        raise Invalid(_("一度に印刷できるラベルは%(n)s枚までです。条件で分けてください。") % {"n": f"{queries.MOST_LABELS:,}"})
    data = queries.label_pages(
        [words for _pk, words in labels], sheet, skip=wishes.first - 1, right_mm=wishes.right_mm, down_mm=wishes.down_mm
    )
    pdf = printing.pdf_of(TEMPLATES / "labels.typ", data)
    about: dict[str, events.Primitive] = {"sheet": sheet.key}
    events.record_many([events.NewEvent("customer.printed", pk, pk, now, about) for pk, _words in labels], actor=actor)
    return Printed(_("宛名ラベル_%(n)d枚.pdf") % {"n": len(labels)}, pdf)
