"""What a file adds to an order that may be known already. Pure; no database.

A line is known again by product and quantity, and counted: two equal rows in the file are two lines. So the same file
twice changes nothing, and a longer file adds only what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from enishi.commerce.importing.drafts import VOID_STATES, DraftLine, OrderDraft
from enishi.customers.imports.target import Json
from enishi.platform import money


@dataclass(slots=True)
class Line:
    """A line of an order, stored (`id` above zero) or about to be."""

    id: int
    line_no: int
    signature: tuple[str, Decimal]
    quantity: Decimal
    amount_jpy: int
    rate_bp: int
    returns: int | None = None  # the id of the line that it takes back
    draft: DraftLine | None = None  # what to write; None for a stored line
    takes_off: bool = False

    @property
    def is_return(self) -> bool:
        return self.quantity < 0 and not self.takes_off


@dataclass(slots=True)
class OrderWork:
    """An order while a chunk is worked on: as stored and locked, or new (`id` below zero), and what came to it."""

    id: int
    channel: str
    order_no: str
    state: str = ""
    counts: bool = False
    goods_jpy: int = 0
    tax_jpy: int = 0
    shipping_jpy: int = 0
    fee_jpy: int = 0
    shipped_on: date | None = None
    customer_id: int | None = None
    ordered_at: datetime | None = None
    claim: dict[str, str] = field(default_factory=dict)  # what was said of a buyer who is not known yet
    lines: list[Line] = field(default_factory=list)
    first: OrderDraft | None = None  # what made a new order
    goods_before_jpy: int = 0
    stored: Mapping[str, object] = field(default_factory=dict)  # the columns that an import may change, as they were
    changed: bool = False

    @property
    def is_new(self) -> bool:
        return self.id < 0

    @property
    def figures(self) -> tuple[object, ...]:
        return self.state, self.counts, self.goods_jpy, self.tax_jpy, self.shipping_jpy, self.fee_jpy, self.shipped_on

    def columns(self) -> dict[str, Json]:
        """What an import may change of a stored order."""
        claim: dict[str, Json] = {**self.claim}
        return {
            "customer": self.customer_id,
            "claim": claim,
            "state": self.state,
            "counts": self.counts,
            "goods_jpy": self.goods_jpy,
            "tax_jpy": self.tax_jpy,
            "shipping_jpy": self.shipping_jpy,
            "fee_jpy": self.fee_jpy,
            "shipped_on": self.shipped_on.isoformat() if self.shipped_on else None,
        }


def absorb(order: OrderWork, draft: OrderDraft, refs: Iterator[int]) -> tuple[set[int], bool]:
    """Put what the file says to the order: the positions of rows that brought a line, and whether the order itself is
    another one now. Money of known lines stays. `refs` gives ids below zero for new lines.
    """
    fresh = _not_known(draft.lines, order.lines)
    added = _added(fresh, order.lines, refs)
    tax_before = _tax_so_far(order)
    order.lines += added
    was = order.figures
    kept = _goods_kept(order.lines)
    order.state = _state(order, draft, all_back=kept <= 0 and any(line.is_return for line in order.lines))
    order.counts = order.state not in VOID_STATES and kept > 0
    void = order.state in VOID_STATES
    order.goods_jpy = 0 if void else sum(line.amount_jpy for line in order.lines)
    order.tax_jpy = 0 if void else tax_before + sum(line.draft.tax_jpy for line in added if line.draft)
    if draft.shipping_jpy is not None:
        order.shipping_jpy = draft.shipping_jpy
    if draft.fee_jpy is not None:
        order.fee_jpy = draft.fee_jpy
    order.shipped_on = draft.shipped_on or order.shipped_on
    return {line.draft.position for line in added if line.draft}, was != order.figures


def _goods_kept(lines: Sequence[Line]) -> Decimal:
    """How many pieces were sold and not taken back. Discounts written as rows are no goods, nor are those given back: their
    money has the other sign."""
    return sum((line.quantity for line in lines if not line.takes_off and line.quantity * line.amount_jpy >= 0), Decimal(0))


def _not_known(lines: Sequence[DraftLine], known: Sequence[Line]) -> list[DraftLine]:
    left = Counter(line.signature for line in known)
    fresh = []
    for line in lines:
        if left[line.signature]:
            left[line.signature] -= 1
        else:
            fresh.append(line)
    return fresh


def _added(fresh: Sequence[DraftLine], known: Sequence[Line], refs: Iterator[int]) -> list[Line]:
    """The new lines, numbered; returns after what was sold, each tied to the line it takes back."""
    taken = {line.returns for line in known if line.returns is not None}
    added: list[Line] = []
    start = max((line.line_no for line in known), default=0) + 1
    for line_no, draft in enumerate(sorted(fresh, key=lambda line: (line.quantity < 0, line.position)), start=start):
        line = Line(
            next(refs),
            line_no,
            draft.signature,
            draft.quantity,
            draft.amount_jpy,
            draft.rate_bp,
            draft=draft,
            takes_off=draft.takes_off,
        )
        if line.is_return:
            _tie(line, [*known, *added], taken)
        added.append(line)
    return added


def _tie(line: Line, others: Sequence[Line], taken: set[int]) -> None:
    """The first line of that product that is not taken back yet. One that comes back whole gives its money to the yen."""
    for other in others:
        if other.id not in taken and other.signature[0] == line.signature[0] and other.quantity >= -line.quantity:
            taken.add(other.id)
            line.returns = other.id
            if other.quantity == -line.quantity and line.draft is not None:
                tax = -other.draft.tax_jpy if other.draft else line.draft.tax_jpy
                line.amount_jpy = -other.amount_jpy
                line.draft = replace(line.draft, amount_jpy=-other.amount_jpy, tax_jpy=tax)
            return


def _state(order: OrderWork, draft: OrderDraft, *, all_back: bool) -> str:
    said = draft.state
    if said in VOID_STATES or (not said and order.state in VOID_STATES):
        return said or order.state
    if all_back:
        return "returned"
    if said and said != "returned":
        return said
    return order.state if order.state not in ("", "returned", *VOID_STATES) else "done"


def _tax_so_far(order: OrderWork) -> int:
    if order.state not in VOID_STATES:
        return order.tax_jpy
    by_rate: Counter[int] = Counter()  # it was void and carried none
    for line in order.lines:
        by_rate[line.rate_bp] += line.amount_jpy
    return sum(money.tax_of(net, rate) for rate, net in by_rate.items())
