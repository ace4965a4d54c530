"""The demo's two files to try an import with, as a shop keeps them in Excel on Windows: everything is wrong with them
that is wrong with real ones. People and orders come from a world of another seed, without the ten
of the tour, so that they are new.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from io import StringIO
from typing import Final

import jaconv
import numpy as np

from enishi.platform.demo.world import staff
from enishi.platform.demo.world.columns import CANCELLED, PAYMENTS, REFUSED, RETURNED
from enishi.platform.demo.world.people import is_member
from enishi.platform.demo.world.script import LAST_KEY
from enishi.platform.demo.world.text import PeopleText, people_text
from enishi.platform.demo.world.world import DEFAULT_SEED, Block, World

FILE_SEED: Final = DEFAULT_SEED + 77
PEOPLE: Final = 400
ORDER_DAYS: Final = 400  # how far back the orders reach
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_PLACE_WORDS: Final = ("自社EC", "楽天", *(name for _code, name in staff.STORES), "法人営業")
_STATE_WORDS: Final = {CANCELLED: "キャンセル", RETURNED: "返品", REFUSED: "受取拒否"}
_CONSENT_WORDS: Final = ("希望する", "○", "はい", "1")
_REFUSAL_WORDS: Final = ("希望しない", "×", "いいえ", "0")
# Faults that nobody can mend but the shop: by place in the file, the column and what stands there.
_FAULTS: Final = {
    31: ("メールアドレス", "kumiko@example.jp,k.tanaka@example.jp"),
    77: ("生年月日", "1988/2/30"),
    120: ("メールアドレス", "info＠＠example.jp"),
    163: ("お名前", ""),
    208: ("生年月日", "2031/4/1"),
    262: ("メールアドレス", "なし（店頭のみ）"),
    310: ("生年月日", "S70.1.1"),
}


def _phone(number: str, style: int) -> str:
    """One number as five people write it; every seventh without its zero, as a number cell keeps it."""
    bare = number.replace("-", "")
    area, _, rest = number.partition("-")
    return (
        number,
        bare,
        jaconv.h2z(number, digit=True, ascii=True),
        f"({area}){rest}",
        f"+81 {area[1:]}-{rest}",
        number,
        bare[1:],
    )[style % 7]


def _birthday(day: date, style: int) -> str:
    """A day as people and spreadsheets write it: with slashes, by era, in full, as a serial number."""
    era = f"S{day.year - 1925}.{day.month}.{day.day}" if date(1926, 12, 25) <= day < date(1989, 1, 8) else f"{day:%Y/%m/%d}"
    return (
        f"{day.year}/{day.month}/{day.day}",
        era,
        f"{day.year}年{day.month}月{day.day}日",
        str((day - _EXCEL_EPOCH).days),
    )[style % 4]


def _name(name: str, style: int) -> str:
    company = name.replace("株式会社", "㈱") if style % 2 else name
    return (company, company.replace(" ", "　"), company.replace(" ", ""), f" {company} ")[style % 4]


def _kana(kana: str, style: int) -> str:
    return (kana, jaconv.z2h(kana, kana=True), jaconv.kata2hira(kana))[style % 3]


def _postal(code: str, style: int) -> str:
    return (code, code.replace("-", "").lstrip("0"), f"〒{code}", jaconv.h2z(code, digit=True, ascii=True))[style % 4] if code else ""


def _consent(row: int, *, gave: bool, refused: bool) -> str:
    if gave:
        return _CONSENT_WORDS[row % 4]
    return _REFUSAL_WORDS[row % 4] if refused else ""


@lru_cache(maxsize=2)
def _people(today: date) -> tuple[World, Block, PeopleText]:
    world = World(FILE_SEED, PEOPLE, today=today)
    block = world.block(0)
    return world, block, people_text(block.people)


def customers_csv(today: date) -> bytes:
    """顧客.csv in CP932: a title above the headings, twins, a sum below, and seven rows that only the shop can mend."""
    world, block, text = _people(today)
    who, born = block.people, text.birthday
    rows: list[dict[str, str]] = []
    for i in range(LAST_KEY, len(who)):
        day = born[i]
        rows.append(
            {
                "会員No": _member(i),
                "お名前": _name(text.name[i], i),
                "フリガナ": _kana(text.kana[i], i),
                "電話番号": _phone(text.phone[i], i) if text.phone[i] else "",
                "メールアドレス": text.email[i].upper() if i % 11 == 5 else text.email[i],
                "郵便番号": _postal(text.postal_code[i], i),
                "住所": f"{text.prefecture[i]}{text.city[i]}{text.street[i]}" + (f"　{text.building[i]}" if text.building[i] else ""),
                "生年月日": _birthday(day, i) if day is not None else "",
                "性別": {"male": "男", "female": "女", "": ""}[text.gender[i]],
                "メルマガ希望": _consent(i, gave=int(who.mail_consent[i]) in (1, 2), refused=int(who.mail_consent[i]) == 3),
                "入会日": f"{world.history.day(int(who.joined_day[i])):%Y/%m/%d}",
            }
        )
    for place, (column, value) in _FAULTS.items():
        rows[place][column] = value
    twins = [rows[place] | {"会員No": "", "住所": "", "お名前": rows[place]["お名前"].strip()} for place in range(40, len(rows), 60)]
    headings = list(rows[0])
    total = ["合計", f"{len(rows) + len(twins)}名", *[""] * (len(headings) - 2)]
    title = [f"顧客一覧（{today:%Y年%m月%d日}現在）", *[""] * (len(headings) - 1)]
    return _written([title, headings, *(list(row.values()) for row in [*rows, *twins]), total])


def _member(place: int) -> str:
    return f"K{place + 1:05d}"


def orders_csv(today: date) -> bytes:
    """注文.csv in CP932: one line an item, amounts with tax, commas and the yen sign (a backslash there), returns as negative quantities."""
    world, block, text = _people(today)
    headings = [
        "注文番号",
        "注文日時",
        "会員No",
        "ご注文者",
        "メールアドレス",
        "商品コード",
        "商品名",
        "数量",
        "単価（税込）",
        "金額（税込）",
        "支払方法",
        "店舗",
        "状態",
    ]
    return _written([headings, *_order_rows(world, block, text)])


def _order_rows(world: World, block: Block, text: PeopleText) -> Iterator[list[str]]:
    orders, lines, goods = block.orders, block.lines, world.goods
    oldest = world.history.length - ORDER_DAYS
    for i in np.flatnonzero((orders.day >= oldest)[lines.order] & (orders.who >= LAST_KEY)[lines.order]).tolist():
        order, product, quantity = int(lines.order[i]), int(lines.product[i]), int(lines.quantity[i])
        who = int(orders.who[order])
        guest = order % 9 == 4  # bought without a membership: known by the address alone
        moment = world.history.day(int(orders.day[order])), timedelta(seconds=int(orders.second[order]))
        amount = round(int(lines.amount_jpy[i]) * (10_000 + int(goods.tax_rate_bp[product])) / 10_000)
        yield [
            f"W{order + 1:06d}",
            f"{moment[0]:%Y/%m/%d} {moment[1].seconds // 3600}:{moment[1].seconds // 60 % 60:02d}",
            "" if guest else _member(who),
            text.name[who],
            text.email[who],
            goods.code[product],
            goods.name[product],
            str(quantity),
            f"\\{abs(amount) // max(abs(quantity), 1):,}",
            f"{'-' if amount < 0 else ''}\\{abs(amount):,}",
            PAYMENTS[orders.payment[order]],
            _PLACE_WORDS[orders.place[order]],
            _STATE_WORDS.get(int(orders.state[order]), "完了"),
        ]


def missing_readings(block: Block, place: int) -> list[tuple[int, str, str]]:
    """Members of a shop whose reading nobody asked for: key, name and the reading that is missing."""
    who = block.people
    silent = who.part(np.flatnonzero((who.place == place) & ~who.has_kana & ~who.company & is_member(who.key)))
    told = people_text(replace(silent, has_kana=np.ones(len(silent), dtype=np.bool_)))
    return list(zip(silent.key.tolist(), told.name, told.kana, strict=True))


def readings_csv(people: list[tuple[int, str, str]]) -> bytes:
    """金沢東山店_ふりがな.csv: readings that a shop asked for afterwards, with birthdays; each fourth of the first 68 rows
    has a birthday that there is not."""
    slips = ("1990/2/31", "S71.5.3", "2031/4/1", "昭和50年13月2日")
    rows = [
        [f"E{key:07d}", name, jaconv.z2h(kana, kana=True), slips[place // 4 % len(slips)] if place % 4 == 1 and place < 68 else ""]
        for place, (key, name, kana) in enumerate(people)
    ]
    return _written([["会員番号", "氏名", "フリガナ", "生年月日"], *rows])


def _written(rows: list[list[str]]) -> bytes:
    """CSV in CP932 as Excel on Windows writes it; 𠮷 is not in it, and becomes what a clerk types instead."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().replace("𠮷", "吉").encode("cp932")
