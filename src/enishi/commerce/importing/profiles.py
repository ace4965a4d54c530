"""Files of orders as well-known shop systems and tills write them, known by their headings.

A profile says what each heading is, which columns are parts of one value and which rows are no goods. In these files all money
holds the tax, unless said otherwise (`bare_prices`). All of it hangs on headings and cells alone, so that the preparing process
finds the same as the screen. The headings are those of the systems' public manuals (Shopify: export of orders; EC-CUBE 4: 受注CSV;
楽天 RMS: 受注CSV; スマレジ: 取引明細CSV).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.importing.vocabulary import heading_key

OTHER: Final = "*"  # any other filled cell


class Join(NamedTuple):
    """Cells that are put together into the first of them, with this between them."""

    between: str
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """`marks`: headings that together only this system's file has. `columns`: heading → field of an order. `words`: heading → cell →
    what our words for it are. `goods`: heading → the cells of rows that are goods; rows with others are passed over. `carried`:
    headings that an order's first row alone fills. `aliases`: ends of mail addresses that lead to nobody in particular."""

    key: str
    label: str | Promise
    channel: str
    marks: tuple[str, ...]
    columns: Mapping[str, str]
    joined: tuple[Join, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    goods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    carried: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    bare_prices: bool = False  # prices of goods are without tax, while all that is taken off or added holds it


SHOPIFY: Final = Profile(
    "shopify",
    "Shopify",
    channel="ec",
    marks=("Financial Status", "Lineitem quantity", "Lineitem name", "Lineitem price"),
    columns={
        "Name": "order_number",
        "Created at": "ordered_at",
        "Email": "email",
        "Billing Name": "name",
        "Phone": "phone",
        "Lineitem sku": "product_code",
        "Lineitem name": "product_name",
        "Lineitem quantity": "quantity",
        "Lineitem price": "unit_price",
        "Vendor": "brand",
        "Shipping": "shipping",
        "Discount Amount": "discount",
        "Discount Code": "coupon_code",
        "Payment Method": "payment",
        "Financial Status": "state",
        "Cancelled at": "cancel_flag",
        "Fulfilled at": "shipped_on",
        "Shipping Name": "recipient_name",
        "Shipping Zip": "recipient_postal_code",
        "Shipping Province Name": "recipient_address",
        "Shipping Phone": "recipient_phone",
    },
    joined=(Join("", ("Shipping Province Name", "Shipping City", "Shipping Address1", "Shipping Address2")),),
    words={"Financial Status": {"refunded": "返品", "voided": "キャンセル", OTHER: "完了"}, "Cancelled at": {OTHER: "1"}},
    carried=("Cancelled at", "Shipping Name", "Shipping Zip", "Shipping Province Name", "Shipping Phone"),
)

EC_CUBE: Final = Profile(
    "ec_cube",
    "EC-CUBE 4",
    channel="ec",
    bare_prices=True,
    marks=("対応状況(名称)", "明細区分(名称)", "価格", "個数"),
    columns={
        "注文番号": "order_number",
        "注文日時": "ordered_at",
        "会員ID": "member_number",
        "お名前(姓)": "name",
        "メールアドレス": "email",
        "TEL": "phone",
        "商品コード": "product_code",
        "商品名": "product_name",
        "規格分類名1": "variant",
        "価格": "unit_price",
        "個数": "quantity",
        "税率": "tax_rate",
        "送料": "shipping",
        "手数料": "fee",
        "値引き": "discount",
        "利用ポイント": "points_used",
        "支払方法": "payment",
        "対応状況(名称)": "state",
        "出荷日": "shipped_on",
        "配送先_お名前(姓)": "recipient_name",
        "配送先_郵便番号": "recipient_postal_code",
        "配送先_都道府県(名称)": "recipient_address",
        "配送先_TEL": "recipient_phone",
        "お届け予定日": "wish_on",
        "お届け時間": "wish_time",
    },
    joined=(
        Join(" ", ("お名前(姓)", "お名前(名)")),
        Join(" ", ("規格分類名1", "規格分類名2")),
        Join(" ", ("配送先_お名前(姓)", "配送先_お名前(名)")),
        Join("", ("配送先_都道府県(名称)", "配送先_住所1", "配送先_住所2")),
    ),
    words={"対応状況(名称)": {"注文取消し": "キャンセル"}},
    # 決済処理中 and 購入処理中 are baskets that may never be paid for.
    goods={
        "明細区分(名称)": frozenset(("商品",)),
        "対応状況(名称)": frozenset(("新規受付", "注文取消し", "対応中", "入金済み", "発送済み", "返品")),
    },
)

RAKUTEN: Final = Profile(
    "rakuten",
    _("楽天 RMS"),
    channel="mall",
    marks=("ステータス", "商品合計金額", "店舗発行クーポン利用額", "楽天発行クーポン利用額"),
    columns={
        "注文番号": "order_number",
        "注文日時": "ordered_at",
        "ステータス": "state",
        "支払方法名": "payment",
        "送料合計": "shipping",
        "代引料合計": "fee",
        "ポイント利用額": "points_used",
        "店舗発行クーポン利用額": "coupon_amount",
        "注文者姓": "name",
        "注文者電話番号1": "phone",
        "注文者メールアドレス": "email",
        "のし": "noshi",
        "送付先姓": "recipient_name",
        "送付先郵便番号1": "recipient_postal_code",
        "送付先住所都道府県": "recipient_address",
        "送付先電話番号1": "recipient_phone",
        "商品管理番号": "product_code",
        "商品名": "product_name",
        "項目・選択肢": "variant",
        "単価": "unit_price",
        "個数": "quantity",
        "税込別": "tax_included",
        "商品税率": "tax_rate",
        "お届け日指定": "wish_on",
        "お届け時間帯": "wish_time",
        "発送日": "shipped_on",
    },
    joined=(
        Join(" ", ("注文者姓", "注文者名")),
        Join("-", ("注文者電話番号1", "注文者電話番号2", "注文者電話番号3")),
        Join(" ", ("送付先姓", "送付先名")),
        Join("-", ("送付先郵便番号1", "送付先郵便番号2")),
        Join("", ("送付先住所都道府県", "送付先住所郡市区", "送付先住所それ以降の住所")),
        Join("-", ("送付先電話番号1", "送付先電話番号2", "送付先電話番号3")),
    ),
    words={
        "ステータス": {"500": "発送済", "600": "発送済", "700": "完了", "800": "キャンセル", "900": "キャンセル", OTHER: "受付"},
        "税込別": {"0": "税抜", "1": "税込"},
    },
    aliases=(".rakuten.ne.jp",),  # the mall hands mail on, and gives every order another address
)

SMAREGI: Final = Profile(
    "smaregi",
    _("スマレジ"),
    channel="store",
    marks=("取引ID", "取引日時", "取引明細ID", "販売単価"),
    columns={
        "取引ID": "order_number",
        "取引日時": "ordered_at",
        "会員コード": "member_number",
        "店舗名": "store",
        "商品コード": "product_code",
        "商品名": "product_name",
        "部門名": "category",
        "販売単価": "unit_price",
        "数量": "quantity",
        "値引き後計": "amount",
        "税率": "tax_rate",
        "小計値引き": "discount",
        "ポイント値引き": "points_used",
        "取消区分": "cancel_flag",
        "取引明細区分": "return_flag",
    },
    words={"取消区分": {"0": "", OTHER: "1"}, "取引明細区分": {"2": "1", OTHER: ""}},
    goods={"取引区分": frozenset(("1",))},  # others are money paid in, points given, receipts written
)

PROFILES: Final = (SHOPIFY, EC_CUBE, RAKUTEN, SMAREGI)


def profile_of(headings: Sequence[str]) -> Profile | None:
    """The system that wrote a file with these headings."""
    return _known(tuple(headings))


@lru_cache(maxsize=64)
def _known(headings: tuple[str, ...]) -> Profile | None:
    places = places_of(headings)
    return next((profile for profile in PROFILES if all(heading_key(mark) in places for mark in profile.marks)), None)


def places_of(headings: Sequence[str]) -> dict[str, int]:
    """Heading, as headings are compared → its first place. What a heading says in （） at its end is left out as well: スマレジ explains
    its codes there."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for told in (heading, heading.partition("（")[0]):
            found.setdefault(heading_key(told), place)
    return found


def mapping_of(profile: Profile, headings: Sequence[str]) -> dict[int, str]:
    """Column → field."""
    places = places_of(headings)
    return {places[key]: name for heading, name in profile.columns.items() if (key := heading_key(heading)) in places}


class Shaper:
    """Makes the rows of a profile's file what our words and columns are."""

    def __init__(self, profile: Profile, headings: Sequence[str]) -> None:
        places = places_of(headings)

        def at(heading: str) -> int | None:
            return places.get(heading_key(heading))

        self._number = next(place for place, name in mapping_of(profile, headings).items() if name == "order_number")
        self._email = next((place for place, name in mapping_of(profile, headings).items() if name == "email"), None)
        self._joined = [
            (join.between, found) for join in profile.joined if (found := [p for h in join.headings if (p := at(h)) is not None])
        ]
        self._words = [(place, table) for heading, table in profile.words.items() if (place := at(heading)) is not None]
        self._goods = [(place, cells) for heading, cells in profile.goods.items() if (place := at(heading)) is not None]
        self._carried = [place for heading in profile.carried if (place := at(heading)) is not None]
        self._aliases = profile.aliases
        self._first: Sequence[str] = ()

    def is_goods(self, cells: Sequence[str]) -> bool:
        return all(cells[place].strip() in goods for place, goods in self._goods)

    def shaped(self, cells: Sequence[str]) -> list[str]:
        """The cells of a row; rows of one order are asked for one after the other."""
        row = list(cells)
        for between, places in self._joined:
            row[places[0]] = between.join(part for place in places if (part := row[place].strip()))
        for place, table in self._words:
            if cell := row[place].strip():
                row[place] = table.get(cell, table.get(OTHER, cell))
        if self._email is not None and row[self._email].strip().casefold().endswith(self._aliases or "\0"):
            row[self._email] = ""
        if self._first and self._first[self._number] == row[self._number]:
            for place in self._carried:
                row[place] = row[place] or self._first[place]
        else:
            self._first = row
        return row
