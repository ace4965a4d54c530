"""From the cells of an order file to lines. Runs in the preparing process; asks no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

from django.utils.translation import gettext as _

from enishi.commerce.discounts import is_discount
from enishi.commerce.importing.drafts import FileLine
from enishi.commerce.importing.profiles import Profile, Shaper, profile_of
from enishi.commerce.models import Order
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.vocabulary import ORDER_FIELDS
from enishi.customers.imports.cells import RowReader, too_long
from enishi.customers.imports.target import Message, RawRow, Recipe
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.normalise import fold
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.time import business_zone, local, start_of_day

type Values = dict[str, Value]

_LIMITS: Mapping[str, int] = {
    "order_number": 80,
    "product_code": 60,
    "product_name": 160,
    "brand": 60,
    "category": 60,
    "payment": 40,
    "coupon_code": 60,
    "noshi": 60,
}
_RECIPIENT = ("recipient_name", "recipient_postal_code", "recipient_address", "recipient_phone")
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
    profile = profile_of(recipe.heads)
    goods = _shaped(profile, recipe, rows) if profile is not None else dict(enumerate(rows))
    signs = _state_is_a_sign(recipe)
    tomorrow = start_of_day(recipe.today + timedelta(days=1))
    default_channel = str(recipe.choices.get("channel") or Order.Channel.EC)
    found: list[object] = []
    readings = dict(zip(goods, reader.read(list(goods.values())), strict=True))
    for place, raw in enumerate(rows):
        read = readings.get(place)
        if read is None or read.skipped:
            found.append(OrderRow(raw.row_no, raw.position, None, skipped=True))
            continue
        errors = [*read.errors, *too_long(read.values, _LIMITS)]
        line = None if errors else _line(raw, read.values, default_channel, signs, tomorrow, errors)
        if line is not None and profile is not None:
            line.bare_price = profile.bare_prices
        found.append(OrderRow(raw.row_no, raw.position, line, errors or read.notes))
    return found


def _shaped(profile: Profile, recipe: Recipe, rows: Sequence[RawRow]) -> dict[int, RawRow]:
    """The rows of goods by their place in the chunk, in our words and columns."""
    shaper = Shaper(profile, recipe.heads)
    return {place: raw._replace(cells=shaper.shaped(raw.cells)) for place, raw in enumerate(rows) if shaper.is_goods(raw.cells)}


def _state_is_a_sign(recipe: Recipe) -> bool:
    """Whether 返品 in the column of states marks the row as a return (売上区分, 赤黒区分), not an order that came back."""
    return any(key == "state" and "区分" in recipe.heads[place] for place, key in recipe.mapping.items() if place < len(recipe.heads))


def _line(raw: RawRow, values: Values, default_channel: str, signs: bool, tomorrow: datetime, errors: list[Message]) -> FileLine | None:
    """The line, or None with what is missing added to `errors`."""
    number, at = values.get("order_number"), _instant(values)
    quantity = cast("Decimal", values.get("quantity", Decimal(1)))
    unit_price, amount = cast("Decimal | None", values.get("unit_price")), cast("Decimal | None", values.get("amount"))
    if number is None:
        errors.append(Message("order_number", _("注文番号がありません。")))
    if at is None:
        errors.append(Message("ordered_at", _("注文日がありません。")))
    elif at >= tomorrow:
        day = {"day": format_date(local(at).date())}
        errors.append(Message("ordered_at", _("注文日が未来です（%(day)s）。日付の列と年を確かめてください。") % day))
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
    shipped_on = values.get("shipped_on")
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
        shipping=_size(values, "shipping"),
        fee=_size(values, "fee"),
        discount=_size(values, "discount"),
        coupon=_size(values, "coupon_amount"),
        points=_size(values, "points_used"),
        coupon_code=str(values.get("coupon_code", "")),
        shipped_on=shipped_on if isinstance(shipped_on, date) else None,
        store=str(values.get("store", "")),
        payment=str(values.get("payment", "")),
        subscription=bool(values.get("subscription", False)),
        buyer=_buyer(values),
        recipient=_recipient(values),
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


def _size(values: Values, key: str) -> int | None:
    """An amount whose sign says nothing: files write what is taken off with either."""
    return abs(cast("int", values[key])) if key in values else None


def _recipient(values: Values) -> dict[str, str]:
    """To whom the line goes, and how: のし, and when it is wished for."""
    found = {key.removeprefix("recipient_"): _one(values[key]) for key in (*_RECIPIENT, "noshi") if key in values}
    wish = [
        str(values[key]).replace("-", "/") if key == "wish_on" else str(values[key]) for key in ("wish_on", "wish_time") if key in values
    ]
    return found | ({"wish": " ".join(wish)} if wish else {})


def _buyer(values: Values) -> dict[str, str]:
    """What the row says of the buyer, in the forms in which identities are compared."""
    found = {"member": str(values.get("member_number", "")), "email": str(values.get("email", "")), "name": str(values.get("name", ""))}
    phone = parse_phone(str(values["phone"])) if "phone" in values else None
    if phone is not None:
        found["phone"] = phone.e164
    return {key: value for key, value in found.items() if value}
