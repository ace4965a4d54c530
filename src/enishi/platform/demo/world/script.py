"""The ten fixed customers of the tour: people whose story is written by hand, in every world the same."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Final

import numpy as np

from enishi.platform.demo.world import staff
from enishi.platform.demo.world.baskets import COURSES
from enishi.platform.demo.world.calendar import History
from enishi.platform.demo.world.chance import Flags, Ints
from enishi.platform.demo.world.columns import CARD, CASH, DONE, INVOICE, SHIPPED, Lines, Orders
from enishi.platform.demo.world.goods import Goods
from enishi.platform.demo.world.names import towns
from enishi.platform.demo.world.orders import with_money
from enishi.platform.demo.world.people import ALLOWED, ORGANIC, REFERRAL, REFUSED, RELATION, SHOP_QR, SNS, People

Items = tuple[tuple[str, int], ...]  # (product code, quantity)


@dataclass(frozen=True, slots=True)
class Visits:
    """`count` orders from one day to another (days ago, evenly spread), the baskets in turn; or one on each
    such day of the year (`yearly`: month, day)."""

    first: int
    last: int
    count: int
    place: int
    baskets: tuple[Items, ...]
    course: int = 0
    recipients: int = 0  # of a gift: each line to so many people
    yearly: tuple[int, int] = (0, 0)

    def days(self, history: History) -> list[int]:
        if self.yearly != (0, 0):
            years = range(history.start.year, history.today.year + 1)
            days = [history.index(date(year, *self.yearly)) for year in years]
            return [day for day in days if 0 <= day < history.length]
        step = (self.first - self.last) / max(self.count - 1, 1)
        return [max(history.length - self.first + round(number * step), 0) for number in range(self.count)]


@dataclass(frozen=True, slots=True)
class Part:
    """One fixed customer. `story` is what the tour says; `same_as` the key of another record of this person."""

    key: int
    slug: str
    story: str
    family: str
    given: str
    kana: str
    letters: str
    born: date
    town: tuple[str, str]  # city, town
    street: int
    place: int
    source: int
    visits: tuple[Visits, ...]
    male: bool = False
    consent: int = ALLOWED
    tags: tuple[str, ...] = ()
    note: str = ""
    leave_alone: bool = False
    same_as: int = 0
    company: bool = False
    owner: str = ""
    phone_of: int = 0  # shares the number of this key
    told_gender: bool = True


LAST_KEY: Final = 15
INN_KEY: Final = 125
_TEA: Final[Items] = (("TE-001", 2),)
_DASHI: Final[Items] = (("DS-002", 1),)

PARTS: Final = (
    Part(
        1, "quiet-regular", "小町店の常連。話しかけられたくない。取り置きが1件ある。",
        "渡邉", "静江", "ワタナベ シズエ", "shizue.watanabe", date(1951, 5, 12), ("鎌倉市", "大町"), 20_914, staff.KAMAKURA, SHOP_QR,
        (Visits(1_100, 7, 58, staff.KAMAKURA, (_TEA, (*_TEA, ("SW-013", 1)), _TEA, (("SW-021", 1),), (*_TEA, ("AR-001", 1)))),),
        tags=("話しかけない", "取り置き中"),
        note="こちらから話しかけない。会釈だけ。会計は短く（ご本人の希望）。取り置き：栗きんとん 6個入 2箱、奥の棚 B-3。",
        leave_alone=True, owner="hayashi",
    ),
    Part(
        2, "thirty-gifts", "毎年12月に、お歳暮を30件贈る。",
        "五十嵐", "榮一郎", "イガラシ エイイチロウ", "e.igarashi", date(1949, 3, 8), ("世田谷区", ""), 31_207, staff.EC, ORGANIC,
        (
            Visits(1_100, 1, 0, staff.EC, ((("GF-006", 30),),), recipients=30, yearly=(12, 3)),
            Visits(900, 30, 9, staff.EC, ((("TE-003", 2),), _DASHI)),
        ),
        male=True, tags=("お歳暮30件",), note="お歳暮の送り先は控えのとおり。のしは「お歳暮 五十嵐」。喪中の方が毎年1〜2件変わる。",
    ),
    Part(
        3, "landlady", "旅館 白鷺荘の女将。自分の買い物もする。",
        "齋藤", "百合子", "サイトウ ユリコ", "yuriko.saito", date(1968, 6, 21), ("金沢市", "東山"), 30_219, staff.KANAZAWA, SHOP_QR,
        (Visits(1_090, 4, 31, staff.KANAZAWA, ((("TE-006", 2),), (("SW-008", 1),), (("TE-006", 1), ("TN-003", 1)), (("SW-021", 2),))),),
        tags=("旅館関係", "お歳暮30件"), note="電話は必ず午前中。女将業のため15時以降は出られない。", owner="yoshida",
    ),
    Part(
        4, "maiden-name", "同じ人が旧姓と新姓で2件（名寄せの例）。こちらは旧姓・通販。",
        "小川", "千晶", "オガワ チアキ", "chiaki.ogawa", date(1987, 10, 3), ("武蔵野市", ""), 11_504, staff.EC, SNS,
        (Visits(1_020, 420, 6, staff.EC, ((("TR-001", 1),), _DASHI, (("TE-005", 1), ("SW-009", 1)))),),
    ),
    Part(
        5, "married-name", "同じ人が旧姓と新姓で2件（名寄せの例）。こちらは新姓・谷中本店。",
        "東海林", "千晶", "ショウジ チアキ", "chiaki.shoji", date(1987, 10, 3), ("台東区", "谷中"), 30_811, staff.YANAKA, SHOP_QR,
        (Visits(380, 21, 5, staff.YANAKA, (_DASHI, (("TE-001", 1), ("TN-001", 1)))),),
        same_as=4, phone_of=4,
    ),
    Part(
        6, "couple-he", "同じ家に住む夫婦（世帯の例）。夫。",
        "長谷川", "左京", "ハセガワ サキョウ", "sakyo.hasegawa", date(1979, 11, 22), ("文京区", "千駄木"), 20_611, staff.EC, ORGANIC,
        (Visits(760, 10, 6, staff.EC, (_DASHI, (("DS-009", 1), ("DS-010", 1)))),), male=True, tags=("だし便",),
    ),
    Part(
        7, "couple-she", "同じ家に住む夫婦（世帯の例）。妻。",
        "長谷川", "澪", "ハセガワ ミオ", "mio.hasegawa", date(1982, 2, 14), ("文京区", "千駄木"), 20_611, staff.YANAKA, REFERRAL,
        (Visits(700, 75, 8, staff.YANAKA, ((("SW-013", 1),), (("TE-017", 1), ("SW-010", 1)))),), phone_of=6, told_gender=False,
    ),
    Part(
        8, "left-subscription", "だし便を解約したばかり。",
        "髙柳", "凜太朗", "タカヤナギ リンタロウ", "rintaro.takayanagi", date(1994, 7, 30), ("船橋市", ""), 40_218, staff.EC, ORGANIC,
        (Visits(520, 480, 2, staff.EC, (_DASHI,)), Visits(455, 34, 15, staff.EC, (((COURSES[1], 1),),), course=2)),
        male=True, tags=("だし便 解約",), note="だし便を解約（理由：量が多い）。小さい袋なら続けたいとのこと。",
    ),
    Part(
        9, "open-complaint", "問い合わせ対応中。販促の配信を止めている。",
        "濵﨑", "德男", "ハマサキ ノリオ", "norio.hamasaki", date(1946, 9, 15), ("横浜市港北区", ""), 10_327, staff.EC, ORGANIC,
        (Visits(980, 5, 12, staff.EC, (_DASHI, (("SW-026", 1), ("TE-007", 1)))),),
        male=True, tags=("問い合わせ対応中",),
        note="お届けの箱つぶれ。代わりの品を手配中。解決するまで販促のご案内は送らない。",
        owner="mori",
    ),
    Part(
        10, "unsubscribed-regular", "メールは配信停止。店ではよいお客様。",
        "𠮷野", "志づ", "ヨシノ シヅ", "shizu.yoshino", date(1944, 4, 2), ("台東区", "根岸"), 10_905, staff.YANAKA, SHOP_QR,
        (Visits(1_110, 15, 44, staff.YANAKA, ((("TE-003", 1), ("SW-011", 1)), (("SW-012", 1),), (("TE-003", 2),))),),
        consent=REFUSED, tags=("DM希望",), note="メールはいらない、はがきは楽しみにしている、とのこと。", owner="kobayashi",
    ),
    Part(
        11, "leap-day", "2月29日生まれ。",
        "九十九", "文", "ツクモ フミ", "fumi.tsukumo", date(1984, 2, 29), ("名古屋市千種区", ""), 21_103, staff.EC, ORGANIC,
        (Visits(640, 88, 7, staff.EC, (_DASHI, (("TE-001", 1), ("ZK-011", 2)))),),
    ),
    Part(
        12, "came-back", "休眠していたが戻ってきた。",
        "勅使河原", "千鶴", "テシガワラ チヅル", "chizuru.teshigawara", date(1958, 12, 1), ("京都市左京区", ""), 30_408, staff.EC, REFERRAL,
        (Visits(1_105, 700, 7, staff.EC, ((("TE-003", 1), ("SW-008", 1)), _TEA)), Visits(39, 12, 2, staff.EC, (_TEA, (("TE-003", 2),)))),
        tags=("休眠から戻り",), owner="mori",
    ),
    Part(
        INN_KEY, "inn", "女将のいる旅館。20日締め。",
        "旅館 白鷺荘", "", "リョカン シラサギソウ", "okami", date(1970, 1, 1), ("金沢市", "東山"), 30_219, staff.B2B, REFERRAL,
        (Visits(1_085, 9, 36, staff.B2B, ((("TE-006", 12), ("DS-003", 6)), (("TE-006", 12), ("SW-009", 10), ("AR-002", 6)))),),
        consent=RELATION, tags=("20日締め", "客室用"), company=True, owner="yoshida",
    ),
)  # fmt: skip
PART: Final = {part.key: part for part in PARTS}
HOUSEHOLD: Final = (6, 7)
LANDLADY: Final = (3, INN_KEY)


@cache
def _keys() -> Ints:
    return np.array(sorted(PART), dtype=np.int64)


def is_scripted(keys: Ints) -> Flags:
    result: Flags = np.isin(keys, _keys())
    return result


@cache
def _town(city: str, town: str) -> int:
    every = towns()
    return next(place for place in range(len(every.city)) if every.city[place] == city and town in ("", every.town[place]))


def cast(people: People, history: History) -> People:
    """Puts the fixed people into their places; changes the columns of a block that is just being made."""
    for row in np.flatnonzero(is_scripted(people.key)):
        part = PART[int(people.key[row])]
        people.company[row] = part.company
        people.same_as[row] = part.same_as
        people.male[row] = part.male
        people.born_day[row] = (part.born - date(1970, 1, 1)).days
        people.has_birthday[row] = not part.company
        people.has_gender[row] = part.told_gender and not part.company
        people.has_kana[row] = True
        people.town[row], people.street[row], people.building[row] = _town(*part.town), part.street, -1
        people.mail_host[row] = 0
        people.landline[row] = False
        if part.phone_of:
            people.mobile[row] = people.mobile[np.flatnonzero(people.key == part.phone_of)[0]]
        people.source[row], people.place[row] = part.source, part.place
        people.owner[row] = staff.OWNER[part.owner] if part.owner else -1
        people.joined_day[row] = max(history.length - max(visits.first for visits in part.visits) - 1, 0)
        people.mail_consent[row] = part.consent
        people.post_consent[row] = ALLOWED
    return people


def with_script(orders: Orders, lines: Lines, keys: Ints, history: History, goods: Goods) -> tuple[Orders, Lines]:
    """The orders of the fixed people put between the others; by customer and day as before."""
    rows = np.flatnonzero(is_scripted(keys))
    if not len(rows):
        return orders, lines
    heads: list[tuple[int, int, Visits, Items]] = []
    for row in rows:
        for visits in PART[int(keys[row])].visits:
            for number, day in enumerate(visits.days(history)):
                heads.append((int(row), day, visits, visits.baskets[number % len(visits.baskets)]))
    written = _orders(heads, history)
    body = _lines(heads, goods, history)
    return _merged(orders, lines, with_money(written, body, goods), body)


def _orders(heads: list[tuple[int, int, Visits, Items]], history: History) -> Orders:
    size = len(heads)
    place = np.array([visits.place for _, _, visits, _ in heads], dtype=np.int64)
    day = np.array([day for _, day, _, _ in heads], dtype=np.int64)
    payment = np.where(place == staff.B2B, INVOICE, np.where(place >= staff.YANAKA, CASH, CARD))
    hour = np.where(place >= staff.YANAKA, 11 + np.arange(size) % 6, 8 + np.arange(size) * 5 % 14)
    none = np.zeros(size, dtype=np.int64)
    return Orders(
        who=np.array([row for row, _, _, _ in heads], dtype=np.int64),
        day=day,
        second=hour * 3600 + np.arange(size) * 419 % 3600,
        place=place,
        state=np.where((history.length - day <= 3) & (place == staff.EC), SHIPPED, DONE),
        payment=payment,
        course=np.array([visits.course for _, _, visits, _ in heads], dtype=np.int64),
        gift=np.array([visits.recipients > 0 for _, _, visits, _ in heads]),
        cause=none,
        basket=none,
        lead=none - 1,
        first=np.zeros(size, dtype=np.bool_),
        discount_bp=none,
        **dict.fromkeys(("goods_jpy", "tax_jpy", "shipping_jpy", "cost_jpy", "postage_jpy", "fee_jpy"), none),
    )


def _sold_then(goods: Goods, code: str, month: int) -> int:
    """The product, or before it appeared the one that it follows."""
    product = goods.index[code]
    before = np.flatnonzero((goods.successor == product) & (goods.until_month - 2 > month))
    return int(before[0]) if len(before) else product


def _lines(heads: list[tuple[int, int, Visits, Items]], goods: Goods, history: History) -> Lines:
    """One line an item, or one a recipient."""
    rows: list[tuple[int, int, int, int]] = []
    for order, (row, day, visits, items) in enumerate(heads):
        for code, quantity in items:
            product = _sold_then(goods, code, int(history.month_of_day[day]))
            if visits.recipients:
                rows += [(order, product, quantity // visits.recipients, 1 + row * 1_000 + person) for person in range(visits.recipients)]
            else:
                rows.append((order, product, quantity, 0))
    columns = np.array(rows, dtype=np.int64).T
    unit = goods.price_jpy[columns[1]]
    return Lines(columns[0], columns[1], columns[2], unit, unit * columns[2], np.full(len(rows), -1, dtype=np.int64), columns[3])


def _merged(orders: Orders, lines: Lines, more: Orders, body: Lines) -> tuple[Orders, Lines]:
    both = Orders(**{f.name: np.concatenate([getattr(orders, f.name), getattr(more, f.name)]) for f in fields(Orders)})
    by_time = np.lexsort((both.second, both.day, both.who))
    place = np.empty(len(by_time), dtype=np.int64)
    place[by_time] = np.arange(len(by_time))
    added = Lines(body.order + len(orders), body.product, body.quantity, body.unit_jpy, body.amount_jpy, body.returns, body.recipient)
    whole = Lines(**{f.name: np.concatenate([getattr(lines, f.name), getattr(added, f.name)]) for f in fields(Lines)})
    return both.part(by_time), renumbered(whole, place)


def renumbered(lines: Lines, place: Ints) -> Lines:
    """The lines after their orders moved: `place` is where each order now stands."""
    order = place[lines.order]
    by_order = np.argsort(order, kind="stable")
    moved = np.empty(len(by_order), dtype=np.int64)
    moved[by_order] = np.arange(len(by_order))
    new = lines.part(by_order)
    returns = np.where(new.returns >= 0, moved[new.returns], -1)
    return Lines(order[by_order], new.product, new.quantity, new.unit_jpy, new.amount_jpy, returns, new.recipient)
