"""The two files a shop's owner has: customers as Excel on Windows writes them, and orders with one line an item.

The people and their purchases are the demo company's (seeded, so the same file every time); how they are written down is
what shops really send: CP932, half-width kana, five ways to write a phone number and a birthday, a person twice, and a few
rows that cannot be taken.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

TODAY = date(2026, 11, 22)
CUSTOMER_HEADINGS = (
    *("会員番号", "氏名", "フリガナ", "性別", "生年月日", "メールアドレス", "電話番号", "郵便番号", "住所", "メルマガ希望", "登録日"),
)
ORDER_HEADINGS = (
    *("注文番号", "注文日時", "会員番号", "注文者氏名", "商品コード", "商品名", "数量", "単価（税抜）", "税率", "送料", "支払方法", "状態"),
)
#: Of each thousand rows so many cannot be taken: no such day, two addresses in a cell, a phone number cut short.
BAD_IN_1000 = 3
_GENDERS = {"male": ("男性", "男", "M"), "female": ("女性", "女", "F"), "": ("", "", "")}
_ANSWERS = ("", "希望する", "○", "希望しない")


def customer_file(path: Path, count: int) -> Path:
    """Write the file unless it is there already; `count` rows below the headings. 𠮷, which CP932 lacks, becomes ?."""
    return _written(path, CUSTOMER_HEADINGS, islice(_customers(count), count))


def order_file(path: Path, count: int, customers: int) -> Path:
    """Write `count` order lines of the first of so many customers, oldest first."""
    return _written(path, ORDER_HEADINGS, iter(sorted(islice(_order_lines(customers), count), key=lambda row: (row[1], row[0]))))


def _written(path: Path, headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="cp932", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            writer.writerows(rows)
        fresh.replace(path)
    return path


def _customers(count: int) -> Iterator[tuple[str, ...]]:
    import jaconv

    from enishi.platform.demo.world.people import ALLOWED, REFUSED, RELATION, UNKNOWN, people
    from enishi.platform.demo.world.text import people_text
    from enishi.platform.demo.world.world import World

    answer = {UNKNOWN: 0, ALLOWED: 1, RELATION: 0, REFUSED: 3}
    world = World(customers=count, today=TODAY)
    for number in range(world.block_count):
        who = people(world.seed, world.keys(number), count, world.history)
        text = people_text(who)
        said = who.mail_consent.tolist()
        joined = who.joined_day.tolist()
        for i, key in enumerate(who.key.tolist()):
            name = text.name[i].replace(" ", "\u3000") if key % 3 else text.name[i]
            kana = jaconv.z2h(text.kana[i]) if key % 4 == 0 else text.kana[i]
            born, phone, mail = _birthday(text.birthday[i], key), _phone(text.phone[i], key), text.email[i]
            if key % (1000 // BAD_IN_1000) == 7:
                born, phone, mail = _spoilt(born, phone, mail, key)
            address = f"{text.prefecture[i]}{text.city[i]}{text.street[i]}{' ' if text.building[i] else ''}{text.building[i]}"
            wish = _ANSWERS[answer[said[i]]] if key % 2 else ("○" if said[i] == ALLOWED else _ANSWERS[answer[said[i]]])
            joined_on = (world.history.start + timedelta(days=max(joined[i], 0))).strftime("%Y/%m/%d")
            yield (
                *(f"E{key:07d}", name, kana, _GENDERS[text.gender[i]][key % 3], born, mail, phone),
                *(text.postal_code[i] if key % 5 else text.postal_code[i].replace("-", ""), address, wish, joined_on),
            )


def _phone(phone: str, key: int) -> str:
    """The five ways: 090-1234-5678, 09012345678, ０９０－…, (090)1234-5678, +81 90-1234-5678."""
    if not phone:
        return ""
    area, _dash, rest = phone.partition("-")
    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    return (phone, phone.replace("-", ""), phone.translate(wide), f"({area}){rest}", f"+81 {phone[1:]}")[key % 5]


def _birthday(born: date | None, key: int) -> str:
    """The five ways: 1985/4/1, 1985-04-01, S60.4.1, 昭和60年4月1日, 19850401."""
    if born is None:
        return ""
    letter, era, first = ("H", "平成", 1988) if born >= date(1989, 1, 8) else ("S", "昭和", 1925)
    year = born.year - first
    return (
        f"{born.year}/{born.month}/{born.day}",
        born.isoformat(),
        f"{letter}{year}.{born.month}.{born.day}",
        f"{era}{year}年{born.month}月{born.day}日",
        f"{born:%Y%m%d}",
    )[key % 5]


def _spoilt(born: str, phone: str, mail: str, key: int) -> tuple[str, str, str]:
    return (("1985/2/30", phone, mail), (born, "03-12", mail), (born, phone, "a@example.jp, b@example.jp"))[key % 3]


def _order_lines(customers: int) -> Iterator[tuple[str, ...]]:
    from enishi.platform.demo.world.columns import PAYMENTS
    from enishi.platform.demo.world.people import people
    from enishi.platform.demo.world.text import people_text
    from enishi.platform.demo.world.world import World

    states = ("完了", "出荷済み", "受付", "キャンセル", "返品", "受取拒否")
    world = World(customers=customers, today=TODAY)
    goods, first = world.goods, 0
    for number in range(world.block_count):
        block = world.block(number)
        names = people_text(people(world.seed, world.keys(number), customers, world.history)).name
        orders, lines, keys = block.orders, block.lines, block.people.key.tolist()
        heads = []
        for place in range(len(orders)):
            who, second = int(orders.who[place]), int(orders.second[place])
            day = world.history.day(int(orders.day[place])).strftime("%Y/%m/%d")
            when = f"{day} {second // 3600:02d}:{second // 60 % 60:02d}"
            heads.append((f"{first + place + 1:08d}", when, f"E{keys[who]:07d}", names[who]))
        for line in range(len(lines)):
            order, product = int(lines.order[line]), int(lines.product[line])
            # One that came back is told by the state of its sold line, as shop systems do.
            if int(lines.quantity[line]) < 0:
                continue
            yield (
                *heads[order],
                *(str(goods.code[product]), str(goods.name[product]), str(int(lines.quantity[line])), str(int(lines.unit_jpy[line]))),
                *(f"{int(goods.tax_rate_bp[product]) // 100}%", str(int(orders.shipping_jpy[order]))),
                *(PAYMENTS[int(orders.payment[order])], states[int(orders.state[order])]),
            )
        first += len(orders)
