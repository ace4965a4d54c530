"""Family names, given names and towns by their frequency, and how a person is written down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jaconv
import numpy as np
from numpy.typing import NDArray

from enishi.platform.demo.world.chance import Flags, Floats, Ints, pick, shares

Texts = NDArray[np.object_]

BORN_LIMITS = (1950, 1963, 1978, 1993)  # between the generations of given names
ZONES = ("", "T", "K", "I")  # everywhere; around 谷中, 鎌倉, 金沢
ZONE_FACTOR = 14.0  # how much likelier a shop's customer lives around it


def rows_of(file: str) -> list[list[str]]:
    """The rows of a table in `data/`, without its heading."""
    text = (files(__package__) / "data" / file).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def texts(values: list[str]) -> Texts:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


@dataclass(frozen=True, slots=True)
class Names:
    """Names with their katakana and their letters; `cumulative` is what `pick` wants."""

    written: Texts
    kana: Texts
    letters: Texts
    cumulative: Floats
    index: dict[str, int]


def _names(rows: list[tuple[str, str, float]]) -> Names:
    written = [row[0] for row in rows]
    return Names(
        written=texts(written),
        kana=texts([jaconv.hira2kata(row[1]) for row in rows]),
        letters=texts([jaconv.kana2alphabet(row[1]).replace("'", "").replace("-", "") for row in rows]),
        cumulative=shares([row[2] for row in rows]),
        index={name: place for place, name in reversed(list(enumerate(written)))},
    )


@cache
def family_names() -> Names:
    return _names([(name, reading, float(weight)) for name, reading, weight in rows_of("surnames.tsv")])


@dataclass(frozen=True, slots=True)
class GivenNames:
    """All given names, and per (gender, generation) the cumulative weights over them. Gender 0 = f, 1 = m."""

    names: Names
    cumulative: tuple[tuple[Floats, ...], tuple[Floats, ...]]


@cache
def given_names() -> GivenNames:
    rows = rows_of("given_names.tsv")
    bands = sorted({int(row[3]) for row in rows})

    def cumulative(gender: str, band: int) -> Floats:
        return shares([float(row[4]) if row[2] == gender and int(row[3]) == band else 0.0 for row in rows])

    return GivenNames(
        names=_names([(row[0], row[1], float(row[4])) for row in rows]),
        cumulative=(tuple(cumulative("f", band) for band in bands), tuple(cumulative("m", band) for band in bands)),
    )


def pick_given(unit: Floats, male: Flags, born_year: Ints) -> Ints:
    """Indices into `given_names()`: what people of that gender and generation are called."""
    table = given_names().cumulative
    band = np.searchsorted(np.array(BORN_LIMITS), born_year, side="right")
    result = np.zeros(len(unit), dtype=np.int64)
    for gender in (0, 1):
        for generation in range(len(BORN_LIMITS) + 1):
            mask = (male == bool(gender)) & (band == generation)
            result[mask] = pick(unit[mask], table[gender][generation])
    return result


@dataclass(frozen=True, slots=True)
class Towns:
    prefecture: Texts
    city: Texts
    town: Texts
    postal_code: Texts
    area_code: Texts
    cumulative: tuple[Floats, ...]  # by zone


@cache
def towns() -> Towns:
    rows = rows_of("towns.tsv")

    def column(place: int) -> Texts:
        return texts([row[place] for row in rows])

    def cumulative(zone: str) -> Floats:
        return shares([float(row[6]) * (ZONE_FACTOR if zone and row[5] == zone else 1.0) for row in rows])

    return Towns(column(0), column(1), column(2), column(3), column(4), tuple(cumulative(zone) for zone in ZONES))


BUILDINGS = (
    "コーポ縁",
    "メゾン東",
    "パークハイツ",
    "グリーンコート",
    "サンハイム",
    "ひまわり荘",
    "レジデンス結",
    "ハイツ若葉",
    "第二富士ビル",
    "リバーサイド",
)
MAIL_HOSTS = (
    "example.jp",
    "keitai.example.jp",
    "webmail.example",
    "home.example.jp",
    "mail.example",
)  # reserved for examples: nobody is there

INN_NAMES = ("白鷺荘", "松風閣", "月の湯", "東山楼", "由比の宿", "千歳屋", "福寿亭", "雪見館", "浜の家", "竹ノ内", "花筐", "すみれ荘")
CAFE_NAMES = ("縁側", "こまち", "ひなた", "茶々", "谷根千", "波音", "草庵", "朝顔", "まめの木", "かざみどり", "鈴音", "ことり")
FIRM_NAMES = (
    "みなと商事",
    "東都印刷",
    "さくら総業",
    "北陸物産",
    "江ノ島開発",
    "若葉不動産",
    "のぞみ保険サービス",
    "三日月産業",
    "青海運輸",
    "大和ソリューションズ",
    "光明電設",
    "鳳凰製作所",
)
FIRM_FORMS = ("株式会社{}", "{}株式会社", "有限会社{}", "合同会社{}", "（株）{}", "{}（株）")


BRANCHES = ("", "鎌倉", "金沢", "箱根", "熱海", "京都", "日光", "軽井沢", "伊豆", "湯布院")


def company_names(accounts: Ints) -> Texts:
    """Names of inns, cafés and firms that buy gifts, by the running number of the account (from 0)."""
    return texts([_company_name(number) for number in accounts.tolist()])


def _company_name(number: int) -> str:
    kind, place = number % 3, number // 3
    branch = BRANCHES[place // 12 % len(BRANCHES)]
    if kind == 0:
        return f"旅館 {INN_NAMES[place % 12]}" + (f" {branch}別邸" if branch else "")
    if kind == 1:
        return f"カフェ {CAFE_NAMES[place % 12]}" + (f" {branch}店" if branch else "")
    return FIRM_FORMS[place % len(FIRM_FORMS)].format(FIRM_NAMES[place * 5 % 12]) + (f" {branch}支店" if branch else "")
