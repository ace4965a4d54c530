"""Printing what is known of customers: written down like everything that carries personal data out of the house."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.exports import order_file
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import ExportRun
from enishi.customers.queries import printing as queries
from enishi.customers.queries.standards import rulebook
from enishi.platform import events, printing, time
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.made_files import checked_reason


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
    data = queries.customer_card(actor, customer_id, now=now)
    pdf = printing.pdf_of(queries.TEMPLATES / "card.typ", data)
    events.record("customer.printed", subject=customer_id, customer=customer_id, actor=actor, at=now, data={"sheet": "card"})
    return Printed(_("顧客カルテ_%(number)s.pdf") % {"number": data["number"]}, pdf)


@action
def print_standards(*, actor: Actor, now: datetime) -> Printed:
    """The rulebook of the published input standards, for everybody who signs in: it holds nobody's data, and nothing is recorded.
    Raises FontsMissing."""
    pdf = printing.pdf_of(queries.TEMPLATES / "standards.typ", rulebook(actor, now=now))
    return Printed(_("入力基準_%(on)s.pdf") % {"on": f"{time.today(now):%Y%m%d}"}, pdf)


@action
def order_labels(*, selection: Selection, wishes: LabelWishes, reason: str, actor: Actor, now: datetime) -> int:
    """Order 宛名ラベル of those of the selection who have an address; the id of the export that makes them. Records
    `export.ordered`, and `customer.printed` for each once the file is there.

    Raises NotAllowed (without the right to export, or where addresses are masked), Invalid, FontsMissing.
    """
    access.require(actor, "export")
    sheet = queries.SHEETS.get(wishes.sheet)
    reason, problems = checked_reason(reason)
    if sheet is None:
        problems["sheet"] = [_("一覧から選んでください。")]
    elif not 1 <= wishes.first <= sheet.size:
        problems["first"] = [_("この用紙では、1〜%(n)dで入れてください。") % {"n": sheet.size}]
    if wishes.order not in queries.ORDERS:
        problems["order"] = [_("一覧から選んでください。")]
    if sheet is None or problems:
        raise Invalid(fields=problems)
    count = queries.printable(actor, selection, leave_out_refused=wishes.leave_out_refused, now=now).count()
    if not count:
        raise Invalid(_("住所のある顧客がいないため、印刷するラベルがありません。"))
    if count > queries.MOST_LABELS:
        raise Invalid(_("一度に印刷できるラベルは%(n)s枚までです。条件で分けてください。") % {"n": f"{queries.MOST_LABELS:,}"})
    printing.require_fonts()
    run = ExportRun(
        selection=selection.as_json(), sort=wishes.order, columns=[], format=ExportRun.Format.LABELS, wishes=asdict(wishes), reason=reason
    )
    return order_file(run, actor, now)
