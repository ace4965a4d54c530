"""The two files of a shop's owner, as Excel on Windows leaves them: CP932, and with every fault that years bring.

Names and towns follow the frequencies of the demo's lists. The same seed gives the same people; days count from `today`.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import jaconv

from enishi.platform.demo.world.names import rows_of

PEOPLE = 900
SHOP_PEOPLE = 60
GOODS = (
    ("DS-002", "縁日だし 8g×30袋", 2268),
    ("SC-010", "上煎茶 小町 100g", 1296),
    ("MZ-004", "水ようかん 10個入", 3240),
    ("KK-006", "栗きんとん 6個入", 2160),
    ("TN-021", "手ぬぐい 麻の葉", 1650),
    ("YN-007", "湯のみ 粉引", 2750),
)
NOTES = ("", "", "", "お歳暮のみ", "電話は午前中に", "のし名入れの指定あり")
_OLD_LETTERS = {"高": "髙", "崎": "﨑", "斎": "齋", "辺": "邊"}


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the files. Phone and postal code are whole here; the files may have lost a zero of them."""

    number: str
    family: str
    given: str
    kana: str  # half-width, family and given
    email: str
    phone: str
    postal_code: str
    address: str
    born_on: date
    company: str
    wants_mail: str

    @property
    def name(self) -> str:
        return f"{self.family} {self.given}"


def people(count: int = PEOPLE, *, prefix: str = "M", seed: int = 1) -> list[Person]:
    """People as a shop has them: frequent names often, some with old letters, some from a firm."""
    dice = random.Random(seed)
    surnames, given_names, towns = rows_of("surnames.tsv"), rows_of("given_names.tsv"), rows_of("towns.tsv")
    families = dice.choices(surnames, [float(row[2]) for row in surnames], k=count)
    givens = dice.choices(given_names, [float(row[4]) for row in given_names], k=count)
    homes = dice.choices(towns, [float(row[6]) for row in towns], k=count)
    return [_person(dice, place, prefix, *rows) for place, rows in enumerate(zip(families, givens, homes, strict=True))]


def _person(dice: random.Random, place: int, prefix: str, family: list[str], given: list[str], home: list[str]) -> Person:
    old = dice.random() < 0.3
    written = "".join(_OLD_LETTERS.get(letter, letter) for letter in family[0]) if old else family[0]
    kana = jaconv.z2h(jaconv.hira2kata(f"{family[1]} {given[1]}"), kana=True)
    return Person(
        number=f"{prefix}{place + 1:05}",
        family=written,
        given=given[0],
        kana=kana,
        email="" if dice.random() < 0.06 else f"{prefix.lower()}{place + 1}@webmail.example",
        phone=f"0{dice.choice('789')}0{dice.randrange(10**7, 10**8)}",
        postal_code=home[3],
        address=f"{home[0]}{home[1]}{home[2]}{dice.randrange(1, 9)}-{dice.randrange(1, 30)}",
        born_on=date(dice.randrange(1945, 2004), 1, 1) + timedelta(days=dice.randrange(365)),
        company=f"㈱{family[0]}商店" if dice.random() < 0.03 else "",
        wants_mail="希望しない" if dice.random() < 0.1 else "希望する",
    )


def _hyphens(phone: str) -> str:
    return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"


PHONE_STYLES: Sequence[Callable[[str], str]] = (
    _hyphens,
    lambda phone: phone,
    lambda phone: jaconv.h2z(_hyphens(phone), ascii=True, digit=True),
    lambda phone: f"{phone[:3]}({phone[3:7]}){phone[7:]}",
    lambda phone: f"+81 {phone[1:3]} {phone[3:7]} {phone[7:]}",
    lambda phone: phone[1:],  # what Excel leaves of a number
)


def _birthday(person: Person, place: int) -> str:
    born = person.born_on
    if place % 3 == 0 and born.year < 1989:
        return f"S{born.year - 1925}.{born.month}.{born.day}"
    return f"{born.year}/{born.month}/{born.day}"


def _customer_row(person: Person, place: int) -> list[str]:
    postal = person.postal_code.replace("-", "").lstrip("0") if place % 4 == 0 else person.postal_code
    space = ("　", " ", "")[place % 3]
    phone = PHONE_STYLES[place % len(PHONE_STYLES)](person.phone)
    return [
        person.number,
        f"{person.family}{space}{person.given}",
        person.kana,
        person.company,
        person.email,
        phone,
        postal,
        person.address,
        _birthday(person, place),
        NOTES[place % len(NOTES)],
    ]


CUSTOMER_HEADINGS = ("会員番号", "氏名", "フリガナ", "会社名", "メールアドレス", "電話番号", "郵便番号", "住所", "生年月日", "備考")
BAD_MAIL, BAD_DAY = "yamada@example,jp", "1985/2/30"


def customer_file(customers: Sequence[Person], *, asks_consent: bool) -> bytes:
    """The customers. Every 40th stands in it twice; two rows cannot be read. Without a メルマガ希望 column the import has to ask."""
    rows = [_customer_row(person, place) for place, person in enumerate(customers)]
    rows[3][4], rows[7][8] = BAD_MAIL, BAD_DAY
    consents = [person.wants_mail for person in customers]
    twice = range(20, len(customers), 40)
    rows += [rows[place] for place in twice]
    consents += [consents[place] for place in twice]
    if asks_consent:
        return _cp932([CUSTOMER_HEADINGS, *rows])
    return _cp932([(*CUSTOMER_HEADINGS, "メルマガ希望"), *([*row, wish] for row, wish in zip(rows, consents, strict=True))])


ORDER_HEADINGS = ("注文番号", "注文日", "会員番号", "注文者名", "商品コード", "商品名", "単価", "数量", "金額", "税率", "状態")


def order_file(customers: Sequence[Person], *, today: date, seed: int = 2) -> bytes:
    """Two years of orders, one line an item. A third of the people bought once, 30 to 90 days ago; some goods came back."""
    dice = random.Random(seed)
    rows: list[Sequence[str]] = []
    number = 0
    for place, person in enumerate(customers):
        ages = [dice.randrange(31, 89)] if place % 3 == 0 else dice.sample(range(2, 700), k=dice.randrange(0, 6))
        for age in sorted(ages, reverse=True):
            number += 1
            rows += _order_rows(dice, f"A{number:06}", person, today - timedelta(days=age), returns=len(ages) > 1 and dice.random() < 0.05)
    total = sum(int(row[8]) for row in rows)
    rows.append(("合計", "", "", "", "", "", "", "", str(total), "", ""))
    return _cp932([ORDER_HEADINGS, *rows])


def _order_rows(dice: random.Random, number: str, person: Person, day: date, *, returns: bool) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for code, name, price in dice.sample(GOODS, k=dice.choice((1, 1, 2, 3))):
        quantity = dice.choice((1, 1, 1, 2, 3))
        rate = "8%" if code[:2] in ("DS", "SC", "MZ", "KK") else "10%"
        head = (number, f"{day.year}/{day.month}/{day.day}", person.number, person.name, code, name, str(price))
        rows.append((*head, str(quantity), str(price * quantity), rate, "出荷済"))
    if returns:
        back = rows[-1]
        rows.append((*back[:7], f"-{back[7]}", f"-{back[8]}", back[9], "返品"))
    return rows


def _cp932(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("cp932", errors="replace")  # Excel, too, writes 𠮷 as "?"
