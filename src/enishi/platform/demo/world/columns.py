"""Orders and their lines as columns over a block."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from enishi.platform.demo.world.chance import Flags, Ints

STATES: Final = ("done", "shipped", "received", "cancelled", "returned", "refused")
DONE, SHIPPED, RECEIVED, CANCELLED, RETURNED, REFUSED = range(6)
PAYMENTS: Final = ("クレジットカード", "PayPay", "代金引換", "後払い", "現金", "請求書")
CARD, PAYPAY, COD, LATER, CASH, INVOICE = range(6)


@dataclass(frozen=True, slots=True)
class Orders:
    """Money is whole yen: `goods_jpy` without tax, `shipping_jpy` with it, the last three our own cost. `cause`
    is the place of a campaign in PLANS + 1, `course` 1 for the first subscription product, 2 for the second."""

    who: Ints  # place of the customer in the block
    day: Ints
    second: Ints
    place: Ints  # index into staff.PLACES
    state: Ints
    payment: Ints
    course: Ints
    gift: Flags
    cause: Ints
    basket: Ints  # index into goods.BASKETS
    lead: Ints  # the category of the first line; −1 = none in particular
    first: Flags  # the customer's first order
    discount_bp: Ints
    goods_jpy: Ints
    tax_jpy: Ints
    shipping_jpy: Ints
    cost_jpy: Ints  # of the goods that stayed sold
    postage_jpy: Ints  # borne by us
    fee_jpy: Ints  # of the payment

    def __len__(self) -> int:
        return len(self.who)

    def part(self, choice: Flags | Ints) -> Orders:
        return Orders(**{field.name: getattr(self, field.name)[choice] for field in fields(self)})

    @property
    def counts(self) -> Flags:
        """A purchase: neither cancelled nor refused nor returned whole."""
        result: Flags = self.state <= RECEIVED
        return result


@dataclass(frozen=True, slots=True)
class Lines:
    """By order. Amounts are without tax, after discounts; negative for a return."""

    order: Ints  # place of the order in the block
    product: Ints
    quantity: Ints
    unit_jpy: Ints
    amount_jpy: Ints
    returns: Ints  # place of the line that this one returns; −1 = none
    recipient: Ints  # 0 = the buyer; else a number from which `text.recipients` makes the 届け先

    def __len__(self) -> int:
        return len(self.order)

    def part(self, choice: Flags | Ints) -> Lines:
        return Lines(**{field.name: getattr(self, field.name)[choice] for field in fields(self)})
