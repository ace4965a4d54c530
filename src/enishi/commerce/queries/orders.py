"""Orders on screens: the list, and one order with its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.commerce import access
from enishi.commerce.discounts import is_discount
from enishi.commerce.models import Order, OrderLine
from enishi.customers.queries.names import customer_names
from enishi.customers.search import found_ids
from enishi.platform import listing, time
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.normalise import narrow
from enishi.platform.listing import Slice, Window
from enishi.platform.money import yen
from enishi.platform.policy import present_many, shown
from enishi.platform.sql.one_of import OneOf

RETURNED = (Order.State.CANCELLED, Order.State.RETURNED, Order.State.REFUSED)
#: Tone of a state's badge: nothing while all is well.
TONES: Mapping[str, str] = {
    Order.State.RECEIVED: "active",
    Order.State.CANCELLED: "wait",
    Order.State.RETURNED: "wait",
    Order.State.REFUSED: "bad",
}

VIEWS: tuple[tuple[str, str | Promise], ...] = (
    ("", gettext_lazy("すべて")),
    ("unclaimed", gettext_lazy("顧客が未確定")),
    ("returned", gettext_lazy("キャンセル・返品")),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """The columns of an order, masked."""

    id: int
    number: str
    external_id: str
    channel: str
    ordered_at: datetime
    state: str
    goods_jpy: int
    customer_id: int | None = shown("customer")
    store: str | None = shown("store__name")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the list."""

    url: str
    external_id: str
    number: str
    day: str
    clock: str
    customer: str
    customer_note: str  # the customer's number, or why there is none
    channel: str
    amount: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    rows: list[OrderRow]
    slice: Slice
    count_words: str
    view: str


def order_page(actor: Actor, *, view: str = "", text: str = "", window: Window) -> OrderPage:
    """One page of orders, the newest first. Raises Invalid for an unknown view.

    `text`: a whole order number, or anything that finds customers. SQL: up to five for a search, two for the ids, one
    count, one for the rows, two for names and the view log.
    """
    rows = _narrowed(actor, _viewed(access.visible_orders(actor), view), text)
    page = listing.page_of_ids(rows, ("ordered_at",), window, descending=True)
    found = {row.id: row for row in present_many(_Row, actor, Order.rows.filter(pk__in=page.ids))} if page.ids else {}
    names = customer_names(actor, {row.customer_id for row in found.values() if row.customer_id})
    base = reverse("commerce:orders")
    return OrderPage(
        rows=[_order_row(row, names, base) for pk in page.ids if (row := found.get(pk))],
        slice=page,
        count_words=listing.count_words(listing.capped_count(rows)),
        view=view,
    )


def _viewed(rows: QuerySet[Order], view: str) -> QuerySet[Order]:
    match view:
        case "":
            return rows
        case "unclaimed":
            return rows.filter(customer__isnull=True)
        case "returned":
            return rows.filter(state__in=RETURNED)
    raise Invalid(fields={"view": [_("この表示はありません。一覧を開き直してください。")]})


def _narrowed(actor: Actor, rows: QuerySet[Order], text: str) -> QuerySet[Order]:
    text = text.strip()[:100]
    if not text:
        return rows
    if exact := orders_of_number(rows, text):
        return rows.filter(pk__in=exact)
    return rows.filter(OneOf(F("customer_id"), found_ids(actor, text)))


def orders_of_number(rows: QuerySet[Order], text: str) -> list[int]:
    """Ids of the orders whose number, ours or the shop's, this is. One query, two index look-ups."""
    plain = narrow(text)
    by_shop = Q(channel__in=Order.Channel.values, external_id__in={text, plain})
    return list(rows.filter(Q(number=plain.upper()) | by_shop).order_by("-pk").values_list("pk", flat=True)[:50])


def _order_row(row: _Row, names: Mapping[int, tuple[str, str]], base: str) -> OrderRow:
    local = time.local(row.ordered_at)
    name, note = customer_words(row.customer_id, names)
    channel = str(Order.Channel(row.channel).label)
    return OrderRow(
        url=f"{base}{row.number}/",
        external_id=row.external_id,
        number=row.number,
        day=format_date(local.date()),
        clock=clock_words(local),
        customer=name,
        customer_note=note,
        channel=f"{channel} {row.store}" if row.store else channel,
        amount=yen(row.goods_jpy),
        state=str(Order.State(row.state).label),
        tone=TONES.get(row.state, ""),
    )


def clock_words(local: datetime) -> str:
    """09:50; empty at midnight, which files write where only the day is known."""
    return "" if (local.hour, local.minute, local.second) == (0, 0, 0) else f"{local:%H:%M}"


def customer_words(customer_id: int | None, names: Mapping[int, tuple[str, str]]) -> tuple[str, str]:
    """Name and number of who ordered; or why they are not shown."""
    if customer_id is None:
        return "", _("顧客が未確定")
    return names.get(customer_id, ("", _("担当外の顧客")))


# ---- one order ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Detail:
    id: int
    number: str
    external_id: str
    channel: str
    ordered_at: datetime
    state: str
    counts: bool
    goods_jpy: int
    tax_jpy: int
    shipping_jpy: int
    fee_jpy: int
    discount_jpy: int
    coupon_jpy: int
    points_jpy: int
    coupon_code: str
    shipped_on: date | None
    payment_method: str
    subscription: bool
    import_run_id: int | None
    claim: object  # a document; a word or nothing for who may not read the personal columns
    customer_id: int | None = shown("customer")
    store: str | None = shown("store__name")


@dataclass(frozen=True, slots=True)
class LineRow:
    name: str
    code: str
    quantity: str
    unit_price: str
    rate: str
    amount: str
    recipient: str
    is_return: bool


@dataclass(frozen=True, slots=True)
class OrderRecord:
    number: str
    external_id: str
    ordered: str
    state: str
    tone: str
    channel: str
    payment: str
    is_subscription: bool
    is_purchase: bool
    customer: str
    customer_note: str
    customer_url: str
    claim: tuple[tuple[str, str], ...]  # what the order says of an unknown buyer; empty for who may not read it
    lines: list[LineRow]
    goods: str
    tax: str
    shipping: str
    fee: str  # "" where there is none
    total: str
    shipped: str
    taken_off: list[tuple[str, str]]  # 値引, クーポン, ポイント as the shop wrote them
    coupon_code: str


def order_record(actor: Actor, number: str) -> OrderRecord:
    """One order with its lines. Raises NotFound. Four queries, and two view-log rows."""
    found = present_many(_Detail, actor, access.visible_orders(actor).filter(number=number)[:1])
    if not found:
        raise NotFound
    row = found[0]
    names = customer_names(actor, {row.customer_id} if row.customer_id else set())
    name, note = customer_words(row.customer_id, names)
    local = time.local(row.ordered_at)
    channel = str(Order.Channel(row.channel).label)
    return OrderRecord(
        number=row.number,
        external_id=row.external_id,
        ordered=f"{format_date(local.date())} {clock_words(local)}".strip(),
        state=str(Order.State(row.state).label),
        tone=TONES.get(row.state, ""),
        channel=f"{channel} {row.store}" if row.store else channel,
        payment=row.payment_method,
        is_subscription=row.subscription,
        is_purchase=row.counts,
        customer=name,
        customer_note=note,
        customer_url=reverse("customers:record", args=[note]) if row.customer_id in names else "",
        claim=_claim(row.claim) if row.customer_id is None else (),
        lines=_lines(row.id, in_clear=isinstance(row.claim, dict)),
        goods=yen(row.goods_jpy),
        tax=yen(row.tax_jpy),
        shipping=yen(row.shipping_jpy),
        fee=yen(row.fee_jpy) if row.fee_jpy else "",
        total=yen(row.goods_jpy + row.tax_jpy + row.shipping_jpy + row.fee_jpy),
        shipped=format_date(row.shipped_on) if row.shipped_on else "",
        taken_off=_taken_off(row),
        coupon_code=row.coupon_code,
    )


def _taken_off(row: _Detail) -> list[tuple[str, str]]:
    points = _("ポイント利用（モールの負担）") if row.channel == Order.Channel.MALL else _("ポイント利用")
    said = ((_("値引"), row.discount_jpy), (_("クーポン値引"), row.coupon_jpy), (points, row.points_jpy))
    return [(label, yen(amount)) for label, amount in said if amount]


_CLAIM_WORDS = (
    ("name", gettext_lazy("名前")),
    ("member", gettext_lazy("会員番号")),
    ("email", gettext_lazy("メール")),
    ("phone", gettext_lazy("電話")),
)


def _claim(claim: object) -> tuple[tuple[str, str], ...]:
    said = claim if isinstance(claim, dict) else {}
    return tuple((str(label), str(said[key])) for key, label in _CLAIM_WORDS if said.get(key))


def _lines(order_id: int, *, in_clear: bool) -> list[LineRow]:
    rows = OrderLine.rows.filter(order_id=order_id).order_by("line_no")
    values = rows.values_list("name", "product__name", "product__code", "quantity", "unit_price", "tax_rate_bp", "amount_jpy", "recipient")
    return [
        LineRow(
            name=name or product or _("（商品名なし）"),
            code=code or "",
            quantity=plain_number(quantity),
            unit_price=f"{'−' if price < 0 else ''}¥{plain_number(abs(price))}",
            rate=f"{rate // 100}%",
            amount=yen(amount),
            recipient=_recipient(recipient) if in_clear else "",
            is_return=quantity < 0 and not is_discount(name, amount),
        )
        for name, product, code, quantity, price, rate, amount, recipient in values
    ]


def plain_number(value: Decimal) -> str:
    """3, 1,200, 0.5: without zeros that say nothing; a real minus."""
    words = f"{abs(value):,f}"
    words = words.rstrip("0").rstrip(".") if "." in words else words
    return f"−{words}" if value < 0 else words


_RECIPIENT_WORDS = (
    ("name", "%s"),
    ("postal_code", "〒%s"),
    ("address", "%s"),
    ("phone", "%s"),
    ("noshi", gettext_lazy("のし：%s")),
    ("wish", gettext_lazy("お届け希望：%s")),
)


def _recipient(recipient: object) -> str:
    said = recipient if isinstance(recipient, dict) else {}
    return "・".join(str(words) % said[key] for key, words in _RECIPIENT_WORDS if isinstance(said.get(key), str) and said[key])
