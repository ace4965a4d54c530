"""From the cells of an order file to lines. Runs in the preparing process; asks no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import cast

from django.utils.translation import gettext as _

from enishi.commerce.discounts import is_discount
from enishi.commerce.importing.drafts import FileLine
from enishi.commerce.models import Order
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.vocabulary import ORDER_FIELDS
from enishi.customers.imports.cells import RowReader, too_long
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.platform.japanese.normalise import fold
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.time import business_zone, start_of_day

type Values = dict[str, Value]

_LIMITS: Mapping[str, int] = {"order_number": 80, "product_code": 60, "product_name": 160, "brand": 60, "category": 60, "payment": 40}
_RECIPIENT = ("recipient_name", "recipient_postal_code", "recipient_address", "recipient_phone")
_OFF = ("discount", "points_used", "coupon_amount")
_OFF_AT_A_MALL = ("discount", "coupon_amount")  # its points are the mall's own
_CHANNELS: Mapping[str, str] = {
    fold(word): channel
    for channel, words in {
        Order.Channel.EC: "自社EC EC 自社 オンライン オンラインショップ 通販 ネット ネットショップ 公式サイト 本店サイト web online ec",
        Order.Channel.MALL: "楽天 楽天市場 楽天店 amazon アマゾン yahoo ヤフー モール mall rakuten qoo10 auペイマーケット",
        Order.Channel.STORE: "店舗 店頭 実店舗 来店 pos store shop レジ",
        Order.Channel.B2B: "法人営業 法人 卸 営業 b2b wholesale",
        Order.Channel.OTHER: "その他 電話 ハガキ fax other",
    }.items()
    for word in words.split()
}


@dataclass(slots=True)
class OrderRow:
    """A row of the file: a line that can be drafted, or what is wrong with it."""

    row_no: int
    position: int
    line: FileLine | None
    messages: list[Message] = field(default_factory=list)
    skipped: bool = False  # no data: a total, a heading repeated


def prepare(recipe: Recipe, rows: Sequence[RawRow]) -> list[object]:
    """`OrderRow`s, one for each row."""
    reader = RowReader(recipe, ORDER_FIELDS)
    signs = _state_is_a_sign(recipe)
    default_channel = str(recipe.choices.get("channel") or Order.Channel.EC)
    found: list[object] = []
    for raw, read in zip(rows, reader.read(rows), strict=True):
        if read.skipped:
            found.append(OrderRow(raw.row_no, raw.position, None, skipped=True))
            continue
        errors = [*read.errors, *too_long(read.values, _LIMITS)]
        line = None if errors else _line(raw, read.values, default_channel, signs, errors)
        found.append(OrderRow(raw.row_no, raw.position, line, errors or read.notes))
    return found


def _state_is_a_sign(recipe: Recipe) -> bool:
    """Whether 返品 in the column of states marks the row as a return (売上区分, 赤黒区分), not an order that came back."""
    return any(key == "state" and "区分" in recipe.heads[place] for place, key in recipe.mapping.items() if place < len(recipe.heads))


def _line(raw: RawRow, values: Values, default_channel: str, signs: bool, errors: list[Message]) -> FileLine | None:
    """The line, or None with what is missing added to `errors`."""
    number, at = values.get("order_number"), _instant(values)
    quantity = cast("Decimal", values.get("quantity", Decimal(1)))
    unit_price, amount = cast("Decimal | None", values.get("unit_price")), cast("Decimal | None", values.get("amount"))
    if number is None:
        errors.append(Message("order_number", _("注文番号がありません。")))
    if at is None:
        errors.append(Message("ordered_at", _("注文日がありません。")))
    if quantity == 0:
        errors.append(Message("quantity", _("数量が0です。")))
    if unit_price is None and amount is None:
        errors.append(Message("unit_price", _("単価も金額もありません。")))
    if errors or at is None:
        return None
    name = " ".join(str(values[key]) for key in ("product_name", "variant") if key in values)[:160]
    money = amount if amount is not None else quantity * (unit_price or 0)
    takes_off = is_discount(name, money)
    if money < 0 < quantity and (unit_price is None or unit_price > 0) and not takes_off:
        quantity = -quantity  # 赤伝: the amount alone carries the sign
    state = str(values.get("state", ""))
    if values.get("return_flag") is True or (signs and state == "returned"):
        quantity, state = -abs(quantity), ""
    elif values.get("cancel_flag") is True:
        state = Order.State.CANCELLED.value
    channel = _channel(values, default_channel)
    return FileLine(
        row_no=raw.row_no,
        position=raw.position,
        order_no=str(number),
        channel=channel,
        ordered_at=at,
        code=str(values.get("product_code", "")),
        name=name,
        quantity=quantity,
        takes_off=takes_off,
        unit_price=unit_price,
        amount=amount,
        rate_bp=cast("int | None", values.get("tax_rate")),
        tax_included={"included": True, "excluded": False}.get(str(values.get("tax_included"))),
        state=state,
        shipping=_shipping(values),
        discount=_sum(values, _OFF_AT_A_MALL if channel == Order.Channel.MALL else _OFF),
        store=str(values.get("store", "")),
        payment=str(values.get("payment", "")),
        subscription=bool(values.get("subscription", False)),
        buyer=_buyer(values),
        recipient={key.removeprefix("recipient_"): _one(values[key]) for key in _RECIPIENT if key in values},
        brand=str(values.get("brand", "")),
        category=str(values.get("category", "")),
    )


def _one(value: Value) -> str:
    return "".join(value) if isinstance(value, tuple) else str(value)


def _instant(values: Values) -> datetime | None:
    """When it was ordered: one column with day and time, or one each. Without a time, the beginning of the day."""
    said = values.get("ordered_at")
    if isinstance(said, datetime):
        return said
    if not isinstance(said, date):
        return None
    clock = values.get("ordered_time")
    return datetime.combine(said, clock, tzinfo=business_zone()) if isinstance(clock, time) else start_of_day(said)


def _channel(values: Values, default: str) -> str:
    said = str(values.get("channel", ""))
    return _CHANNELS.get(fold(said), Order.Channel.OTHER.value) if said else default


def _sum(values: Values, keys: Sequence[str]) -> int | None:
    said = [abs(cast("int", values[key])) for key in keys if key in values]
    return sum(said) if said else None


def _shipping(values: Values) -> int | None:
    return _sum(values, ("shipping", "fee"))


def _buyer(values: Values) -> dict[str, str]:
    """What the row says of the buyer, in the forms in which identities are compared."""
    found = {"member": str(values.get("member_number", "")), "email": str(values.get("email", "")), "name": str(values.get("name", ""))}
    phone = parse_phone(str(values["phone"])) if "phone" in values else None
    if phone is not None:
        found["phone"] = phone.e164
    return {key: value for key, value in found.items() if value}
