"""Addresses: 都道府県 / 市区町村 / 町域・番地 / 建物, and a key in which 一丁目2番3号 equals 1-2-3."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from enishi.platform.japanese.normalise import clean, fold, narrow
from enishi.platform.japanese.postal import municipalities, parse_postal

PREFECTURES: Final = (
    *("北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県", "埼玉県", "千葉県"),
    *("東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県"),
    *("滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県"),
    *("香川県", "愛媛県", "高知県", "福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県"),
)
_PREFECTURES: Final = frozenset(PREFECTURES)  # three letters, or four
_SHORT: Final = {name if name == "北海道" else name[:-1]: name for name in PREFECTURES}
_FOLDED: Final = {fold(short): name for short, name in _SHORT.items()} | {fold(name): name for name in PREFECTURES}
_LATIN_NAMES: Final = """
hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata toyama
ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori shimane okayama
hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa
"""
_LATIN: Final = dict(zip(_LATIN_NAMES.split(), PREFECTURES, strict=True))
_POSTAL: Final = re.compile(r"^(?:〒|郵便番号)\s*[::]?\s*([\d０-９]{3}[-－ー‐−]?[\d０-９]{4})\s*|^([\d０-９]{3}[-－ー‐−][\d０-９]{4})\s+")
_DIGIT: Final = "0-9０-９〇一二三四五六七八九十百千"
_DASH: Final = "\\-－‐‑–—―−ー─ｰの"
# 町域 up to the last part of the house number; what follows is the building.
_HOUSE_NUMBER: Final = re.compile(
    rf"^(.*?(?:[0-9０-９]|[〇一二三四五六七八九十百千]+(?=丁目|番|号))"
    rf"(?:[{_DIGIT}]*(?:丁目|番地の?|番|号|[{_DASH}](?=[0-9０-９])))*[0-9０-９]*(?:号室?|番地|番)?)"
)
_GAP: Final = re.compile(r"[ \u3000]+")
_ROOM_ONLY: Final = re.compile(r"^[0-9０-９]+(?:号室|階|F|Ｆ)?$")


class Address(NamedTuple):
    """An address taken apart; every part as typed. Parts that are not there are ""."""

    postal_code: str
    prefecture: str
    city: str
    street: str
    building: str
    inferred_prefecture: bool = False  # not written, but only one prefecture has such a city


def parse_prefecture(text: str) -> str | None:
    """The prefecture in full: 東京都 from 東京, とうきょうと is not taken, Tokyo, TOKYO-TO; None for anything else."""
    found = _FOLDED.get(fold(text))
    if found:
        return found
    plain = re.sub(r"[-\s]?(?:to|fu|ken|do|prefecture|pref\.?)$", "", narrow(text).lower().strip())
    return _LATIN.get(plain) or _LATIN.get(narrow(text).lower().strip())


def split_address(text: str) -> Address:
    """Take an address apart. What cannot be told apart stays in `street`; nothing is lost or rewritten.

    The city is the one that Japan Post lists, also where the county was left out (葉山町). Old writings (ヶ/ケ, 﨑) match.
    """
    if found := _COMMON.fullmatch(text):
        prefecture, city, town, inferred = _area(found[1])
        return Address("", prefecture, city, town + found[2], found[3] or "", inferred)
    rest = clean(text)
    postal_code = ""
    if found := _POSTAL.match(rest):
        postal_code, rest = parse_postal(found[1] or found[2]) or "", rest[found.end() :]
    prefecture, city, rest, inferred = _split_area(rest)
    street, building = _split_building(rest.strip())
    return Address(postal_code, prefecture, city, street, building, inferred)


#: 大阪府茨木市西河原3-14-4 ハイツ101: letters up to the first figure, a number with hyphens, a building behind a gap. What stands before
#: the number comes again and again. A test holds the two ways equal.
_COMMON: Final = re.compile(
    "((?:(?![丁番号])[一-鿿々ぁ-ゖァ-ヺー])++)([0-9]++(?:-[0-9]++)*+)"
    "(?:[ \u3000]((?![町丁条線番号目地])[!-~ぁ-ゖァ-ヺー一-鿿々〆！-～]++(?:[ \u3000][!-~ぁ-ゖァ-ヺー一-鿿々〆！-～]++)*+))?"
)


def _split_area(text: str) -> tuple[str, str, str, bool]:
    """Prefecture, city, the rest, and whether the prefecture is not written."""
    prefecture, rest = _take_prefecture(text)
    if prefecture:
        return prefecture, *_take_city(rest, prefecture), False
    owner = _owner_of_city(rest)
    return (owner, *_take_city(rest, owner), True) if owner else ("", "", rest, False)


_area: Final = lru_cache(maxsize=32_768)(_split_area)


def _take_prefecture(text: str) -> tuple[str, str]:
    for length in (3, 4):
        if text[:length] in _PREFECTURES:
            return text[:length], text[length:].lstrip()
    return "", text


@lru_cache(maxsize=1)
def _cities() -> dict[str, dict[str, str]]:
    """Prefecture → folded beginning of an address → the city's name; counties may be left out."""
    table: dict[str, dict[str, str]] = {}
    for prefecture, cities in municipalities().items():
        known = table.setdefault(prefecture, {})
        for city in cities:
            known[fold(city)] = city
            county = re.match("(.+?郡)(.+[町村])$", city)
            if county:
                known.setdefault(fold(county[2]), city)
            ward = re.match("(.+市)(.+区)$", city)
            if ward:
                known.setdefault(fold(ward[1]), ward[1])
    return table


@lru_cache(maxsize=1)
def _owners() -> dict[str, str | None]:
    """Folded city → its prefecture; None where two prefectures have one of that name (府中市, 伊達市)."""
    owners: dict[str, str | None] = {}
    for prefecture, cities in _cities().items():
        for key in cities:
            owners[key] = None if key in owners and owners[key] != prefecture else prefecture
    return owners


def _owner_of_city(text: str) -> str | None:
    owners = _owners()
    head = fold(text[:16])
    return next((owners[head[:size]] for size in range(min(len(head), 12), 1, -1) if head[:size] in owners), None)


def _take_city(text: str, prefecture: str) -> tuple[str, str]:
    """The longest city that the text begins with, as typed, and the rest."""
    known = _cities().get(prefecture, {})
    head = _GAP.split(text[:16], maxsplit=1)[0]
    folded = fold(head)
    by_letter = len(folded) == len(head)
    for end in range(len(head), 1, -1):
        if (folded[:end] if by_letter else fold(head[:end])) in known:
            return text[:end], text[end:].lstrip()
    return "", text


def _split_building(text: str) -> tuple[str, str]:
    """町域と番地 apart from the building. A gap behind the house number always parts them."""
    found = _HOUSE_NUMBER.match(text)
    if not found:
        return text, ""
    street, building = text[: found.end()], text[found.end() :].strip()
    if not building or _ROOM_ONLY.fullmatch(building):
        return (street, building) if _GAP.search(text[found.end() :]) else (text, "")
    if building[0] in "町丁条線番号目地":
        return text, ""
    return street.strip(), building


def join_address(address: Address) -> str:
    """The parts as one line, the building behind a full-width space."""
    line = f"{address.prefecture}{address.city}{address.street}"
    return f"{line}　{address.building}" if address.building else line


# ---- keys for matching -----------------------------------------------------------------------------------------

_KANJI_DIGITS: Final = {letter: value for value, letter in enumerate("〇一二三四五六七八九")}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_KANJI: Final = "〇一二三四五六七八九十百千"
#: Kanji numerals are numbers where a unit or a hyphen stands behind or before them; 六本木 and 三田 are names.
_COUNTED: Final = re.compile(
    rf"([{_KANJI}]+)(?=丁目|丁[{_KANJI}0-9]|番地?|号|条|線|地割|-|[のノ][{_KANJI}0-9])|(?<=[0-9]-)([{_KANJI}]+)(?![^\W\d_])"
)
_AFTER_JOIN: Final = re.compile(rf"(?<=[0-9][のノ])([{_KANJI}]+)|(?<=番地)([{_KANJI}]+)|(?<=丁目)([{_KANJI}]+)(?=$|[-\s])")
_TO_DASH: Final = re.compile(r"(?<=\d)(?:丁目?|番地[のノ]?|番(?!町|丁)|号(?!室|館|棟|線)|地割|[のノ・,、/]|\s+)\s*(?:[のノ]\s*)?(?=\d)")
_UNIT: Final = re.compile(r"(?<=\d)(?:丁目?|番地[のノ]?|番|号|地割)(?![室館棟線町])")
_SECTION: Final = re.compile(r"大字|小字|(?<!文)字(?=.)|(?<=[0-9]),(?=[0-9]{3}(?:番|-|$))")
_LOT: Final = re.compile(r"第(?=[0-9]+(?:地割|-|番))")
#: 京都の通り名: all up to 上る, 下る, 東入る, 西入る stands for a way to the town, which alone is the address.
_KYOTO: Final = re.compile(
    r".*(?:[上下](?:がる|ガル|る|ル)|[あさ]がる|(?<=.)[東西](?:入(?:る|ル|り)|いる|イル)|[通筋].{1,8}[東西]入(?![船江間谷野口]))"
    r"(?:[東西南北]側)?(?:[0-9]+丁目)?\s*(?=[^\d\s])"
)
#: A number that belongs to the name of the town: 北1条西, 東1線, 24軒, 3番町.
_HOUSE: Final = re.compile(r"(?<!第)(?<![0-9-])(\d+(?:-\d+)*)(?![0-9]|-\d|条|線|軒|町|番町|番丁|区|の里)")
_FLOOR: Final = re.compile(r"(?:B|地下)?\d{1,3}(?:F|階)$")
_ROOM: Final = re.compile(r"(?:(?<=[^\d])|^)([A-Z]?-?\d{1,5})(?:号室?|室)?$|([A-Z]-?\d{1,4}|[A-Z])号室?$")


class AddressKey(NamedTuple):
    """What two writings of one address have in common. `text` is compared; building and room tell flats of one house apart."""

    town: str  # folded; without 大字, 字 and the street names of Kyoto
    numbers: str  # 丁目-番-号 as "1-2-3"; "" where none is written
    building: str  # folded name of the building, without floor and room
    room: str

    @property
    def text(self) -> str:
        return f"{self.town}{self.numbers}"


def address_parts(street: str, building: str = "") -> AddressKey:
    """The key of an address below its city, the building in a part of its own or behind the house number.

    一丁目2番3号, １－２－３, 1の2の3, 一－二－三 are 1-2-3; 大字 and 字 are dropped, 第22地割131 is 22-131, 寺町通御池上る上本能寺前町 is
    上本能寺前町; a fourth number is the room; the floor is no part of a key.
    """
    if (short := _SHORT_WAY.fullmatch(street)) and not _LONG_WAY.search(street) and (flat := _FLAT.fullmatch(building)):
        return AddressKey(_town(short[1]), short[2], _town(flat[1] or ""), flat[2] or "")
    plain = narrow(clean(street))
    plain = _KYOTO.sub("", plain, count=1)
    plain = _numbered(_SECTION.sub("", plain))
    found = _HOUSE.search(plain)
    if found is None:
        town, numbers, rest = plain, "", ""
    else:
        town, numbers, rest = plain[: found.start()], found[1], plain[found.end() :]
    parts = [str(int(part)) for part in numbers.split("-") if part]
    room = "-".join(parts[3:])
    name, own_room = _building(f"{rest} {narrow(clean(building))}")
    return AddressKey(fold(town).rstrip("-"), "-".join(parts[:3]), name, own_room or room)


#: 谷中3-10-1, メゾン東106号室: half of all addresses, a tenth of the time. A test holds the two ways equal.
_SHORT_WAY: Final = re.compile("([一-鿿々ぁ-ゖァ-ヺー]+)([1-9][0-9]*-[1-9][0-9]*(?:-[1-9][0-9]*)?)")
_LONG_WAY: Final = re.compile("[丁番割条線軒字入るルガのノ]")
_FLAT: Final = re.compile("(?:([一-鿿ァ-ヺー]+)([1-9][0-9]*)号室)?")


@lru_cache(maxsize=32_768)
def _town(text: str) -> str:
    return fold(text)


def _building(text: str) -> tuple[str, str]:
    """The name of a building, folded, and the room."""
    text = text.upper().strip(" -()")
    text = _FLOOR.sub("", text).strip(" -")
    found = _ROOM.search(text)
    if found is None:
        return fold(text), ""
    name = text[: found.start()].strip(" -")
    return fold(_FLOOR.sub("", name).strip(" -")), (found[1] or found[2]).replace("-", "").lstrip("0")


def _numbered(plain: str) -> str:
    """Numbers in figures, with hyphens between them."""
    plain = _COUNTED.sub(_figure, _AFTER_JOIN.sub(_figure, plain))
    plain = _COUNTED.sub(_figure, _AFTER_JOIN.sub(_figure, plain))  # 一の二の三: each becomes one behind the one before it
    return _UNIT.sub("", _TO_DASH.sub("-", _LOT.sub("", plain)))


def address_key(text: str) -> str:
    """A key of a whole line: 大字 and 字 dropped, 一丁目2番3号 and １－２－３ alike, folded, the building behind it. Of parts that are
    apart already: `address_parts`."""
    return fold(_numbered(_SECTION.sub("", narrow(text))))


def _figure(found: re.Match[str]) -> str:
    return str(_number(next(filter(None, found.groups()))))


def _number(kanji: str) -> int:
    """二十三 → 23, 百二 → 102, 一〇三 → 103."""
    if not any(unit in kanji for unit in _TENS):
        return int("".join(str(_KANJI_DIGITS[letter]) for letter in kanji))
    total = current = 0
    for letter in kanji:
        if letter in _TENS:
            total += (current or 1) * _TENS[letter]
            current = 0
        else:
            current = current * 10 + _KANJI_DIGITS[letter]
    return total + current
