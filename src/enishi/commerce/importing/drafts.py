"""From the lines of a file to orders: what the lines of one order number say together. Pure; no database.

Money: prices with tax are taken back once per rate per order and dealt out to the lines, so that lines always add up
to the order. Sales and returns of one order are two documents of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from enishi.platform import money
from enishi.platform.japanese.normalise import fold

_CENT = Decimal("0.01")

#: States in which an order carries no goods and is no purchase.
VOID_STATES = frozenset({"cancelled", "refused"})
MALL = "mall"
_PROGRESS = ("received", "shipped", "done")


@dataclass(slots=True)
class FileLine:
    """One readable row of the file. Quantity is negative for a return; prices are as the file gives them."""

    row_no: int
    position: int
    order_no: str
    channel: str
    ordered_at: datetime
    code: str = ""
    name: str = ""
    quantity: Decimal = Decimal(1)
    takes_off: bool = False  # a discount written as a row, whatever sign its quantity has
    unit_price: Decimal | None = None
    amount: Decimal | None = None  # of the line, after its own discount
    rate_bp: int | None = None
    bare_price: bool = False  # its price is without tax in a file whose money holds it
    tax_included: bool | None = None  # where a column says so; else the choice for the file holds
    state: str = ""
    shipping: int | None = None
    fee: int | None = None
    discount: int | None = None
    coupon: int | None = None
    points: int | None = None
    coupon_code: str = ""
    shipped_on: date | None = None
    store: str = ""
    payment: str = ""
    subscription: bool = False
    buyer: Mapping[str, str] = field(default_factory=dict)  # member, email, phone, name: what the row says of the buyer
    recipient: Mapping[str, str] = field(default_factory=dict)
    brand: str = ""
    category: str = ""

    @property
    def is_return(self) -> bool:
        return self.quantity < 0 and not self.takes_off


@dataclass(slots=True)
class DraftLine:
    """A line as it will be stored: money without tax."""

    row_no: int
    code: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount_jpy: int
    tax_jpy: int
    rate_bp: int
    recipient: Mapping[str, str]
    position: int
    takes_off: bool = False

    @property
    def signature(self) -> tuple[str, Decimal]:
        return signature(self.code, self.name, self.quantity)


@dataclass(slots=True)
class OrderDraft:
    """What the file says about one order number in one channel."""

    channel: str
    order_no: str
    ordered_at: datetime
    state: str  # "" where the file does not say
    lines: list[DraftLine]
    shipping_jpy: int | None
    fee_jpy: int | None
    discount_jpy: int  # of the whole order, as the file writes it; taken off the lines already, as are coupon and own points
    coupon_jpy: int
    points_jpy: int
    coupon_code: str
    shipped_on: date | None
    store: str
    payment: str
    subscription: bool
    buyer: Mapping[str, str]
    positions: list[int]

    @property
    def only_returns(self) -> bool:
        return all(line.quantity < 0 for line in self.lines)

    @property
    def takes_off_more_than_it_sells(self) -> bool:
        return not self.only_returns and sum(line.amount_jpy for line in self.lines if line.takes_off or line.quantity > 0) < 0


def signature(code: str, name: str, quantity: Decimal) -> tuple[str, Decimal]:
    """By what a line is known again: the product and how many of it. Prices may be corrected, names may be shortened."""
    return (f"#{code}" if code else fold(name), quantity.normalize())


def draft_order(lines: Sequence[FileLine], *, tax_included: bool, rates: Mapping[str, int], default_rate_bp: int) -> OrderDraft:
    """The order that these rows of one number make. `rates`: product code → basis points, for rows that say none."""
    first = lines[0]
    tax_included = next((line.tax_included for line in lines if line.tax_included is not None), tax_included)
    state = _state(lines)
    discount, coupon, points = (_once(getattr(line, kind) for line in lines) or 0 for kind in ("discount", "coupon", "points"))
    taken_off = discount + coupon + (0 if first.channel == MALL else points)  # a mall's points are the mall's own
    drafted = _priced([line for line in lines if not line.is_return], tax_included, rates, default_rate_bp, discount=taken_off)
    came_back = {line.position for line in lines if _came_back(line, state)}
    drafted += [_taken_back(line) for line in drafted if line.position in came_back]
    drafted += _priced([line for line in lines if line.is_return], tax_included, rates, default_rate_bp, discount=0)
    return OrderDraft(
        channel=first.channel,
        order_no=first.order_no,
        ordered_at=min(line.ordered_at for line in lines),
        state=state,
        lines=sorted(drafted, key=lambda line: (line.position, line.quantity < 0)),
        shipping_jpy=_once(line.shipping for line in lines),
        fee_jpy=_once(line.fee for line in lines),
        discount_jpy=discount,
        coupon_jpy=coupon,
        points_jpy=points,
        coupon_code=next((line.coupon_code for line in lines if line.coupon_code), ""),
        shipped_on=max((line.shipped_on for line in lines if line.shipped_on), default=None),
        store=next((line.store for line in lines if line.store), ""),
        payment=next((line.payment for line in lines if line.payment), ""),
        subscription=any(line.subscription for line in lines),
        buyer=_buyer(lines),
        positions=[line.position for line in lines],
    )


def _state(lines: Sequence[FileLine]) -> str:
    """One state for the order: void or returned only if every row is; else how far the least advanced row came."""
    said = [line.state for line in lines if line.state]
    if not said:
        return ""
    if len(set(said)) == 1:
        return said[0]
    open_rows = [state for state in said if state in _PROGRESS]
    return min(open_rows, key=_PROGRESS.index) if open_rows else "cancelled"


def _came_back(line: FileLine, state: str) -> bool:
    """Whether a row of positive quantity was sold and taken back: its state says 返品, or it alone was cancelled."""
    return line.quantity > 0 and (line.state == "returned" or (line.state in VOID_STATES and state not in VOID_STATES))


def _taken_back(line: DraftLine) -> DraftLine:
    return replace(line, quantity=-line.quantity, amount_jpy=-line.amount_jpy, tax_jpy=-line.tax_jpy)


def _once(values: Iterable[int | None]) -> int | None:
    """An amount of the whole order that exports repeat on each row, or write on one row only: equal ones count once."""
    said = [abs(value) for value in values if value is not None]
    filled = [value for value in said if value]
    if not said:
        return None
    return filled[0] if len(set(filled)) == 1 else sum(filled)


def _buyer(lines: Sequence[FileLine]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        for key, value in line.buyer.items():
            if value:
                found.setdefault(key, value)
    return found


def _gross(line: FileLine) -> Decimal:
    """What the row comes to, as the file prices it. Of a return the file may give the amount with either sign."""
    if line.amount is None:
        return line.quantity * (line.unit_price or Decimal(0))
    if not line.is_return:
        return line.amount
    gives_back_a_discount = line.unit_price is not None and line.unit_price < 0
    return abs(line.amount) if gives_back_a_discount else -abs(line.amount)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _priced(
    lines: Sequence[FileLine], tax_included: bool, rates: Mapping[str, int], default_rate_bp: int, *, discount: int
) -> list[DraftLine]:
    """The rows of one side with their money: rounded once per rate, then dealt out in proportion."""
    if not lines:
        return []
    rate_of = [line.rate_bp if line.rate_bp is not None else rates.get(line.code, default_rate_bp) for line in lines]
    gross = [_gross(line) for line in lines]
    if tax_included:
        taxed = zip(lines, gross, rate_of, strict=True)
        gross = [amount * (10_000 + rate) / 10_000 if line.bare_price else amount for line, amount, rate in taxed]
    gross = _less_discount(gross, discount)
    nets, taxes = [0] * len(lines), [0] * len(lines)
    for rate in sorted(set(rate_of)):
        places = [place for place, own in enumerate(rate_of) if own == rate]
        net, tax = _without_tax(sum((gross[place] for place in places), Decimal(0)), rate, tax_included)
        plus = [place for place in places if gross[place] >= 0]
        minus = [place for place in places if gross[place] < 0]
        if plus and minus:  # a negative row among what was sold: a discount written as a row
            net_plus, tax_plus = _without_tax(sum((gross[place] for place in plus), Decimal(0)), rate, tax_included)
            parts = [(plus, net_plus, tax_plus), (minus, net - net_plus, tax - tax_plus)]
        else:
            parts = [(places, net, tax)]
        for group, group_net, group_tax in parts:
            weights = [int(gross[place] * 100) for place in group]
            for place, share, levy in zip(group, money.allot(group_net, weights), money.allot(group_tax, weights), strict=True):
                nets[place], taxes[place] = share, levy
    return [_draft_line(line, rate_of[place], nets[place], taxes[place], tax_included) for place, line in enumerate(lines)]


def _without_tax(gross: Decimal, rate_bp: int, tax_included: bool) -> tuple[int, int]:
    """Whole yen without tax, and the tax."""
    total = _whole(gross)
    if not tax_included:
        return total, money.tax_of(total, rate_bp)
    net = money.net_of_tax(total, rate_bp)
    return net, total - net


def _less_discount(gross: list[Decimal], discount: int) -> list[Decimal]:
    """The order's own discount, dealt out over what was sold. It never makes an order negative."""
    positive = [amount if amount > 0 else Decimal(0) for amount in gross]
    discount = min(discount, int(sum(positive)))
    if discount <= 0:
        return gross
    parts = money.allot(discount, [int(amount * 100) for amount in positive])
    return [amount - part for amount, part in zip(gross, parts, strict=True)]


def _draft_line(line: FileLine, rate_bp: int, amount_jpy: int, tax_jpy: int, tax_included: bool) -> DraftLine:
    price = line.unit_price if line.unit_price is not None else _gross(line) / line.quantity
    if tax_included and not line.bare_price:
        price = price * 10_000 / (10_000 + rate_bp)
    return DraftLine(
        row_no=line.row_no,
        code=line.code,
        name=line.name,
        quantity=line.quantity,
        unit_price=price.quantize(_CENT, rounding=ROUND_HALF_UP),
        amount_jpy=amount_jpy,
        tax_jpy=tax_jpy,
        rate_bp=rate_bp,
        recipient=line.recipient,
        position=line.position,
        takes_off=line.takes_off,
    )
