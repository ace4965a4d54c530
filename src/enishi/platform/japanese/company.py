"""Names of companies: the legal form apart from the name proper, one canonical writing, one key for matching.

Also the numbers that identify them: 法人番号 and the number of 適格請求書発行事業者.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from enishi.platform.japanese.normalise import clean, fold, narrow

Place = Literal["before", "after", "none"]

# Canonical form, then its short forms: in brackets (株), and as banks write it, カ）… or …（カ.
_FORMS: Final = (
    ("株式会社", "株", "カ"),
    ("有限会社", "有", "ユ"),
    ("合同会社", "同", "ド"),
    ("合資会社", "資", "シ"),
    ("合名会社", "名", "メ"),
    ("相互会社", "相", "ソ"),
    ("特定目的会社", "", "トクヒ"),
    ("一般社団法人", "一社", "シヤ"),
    ("公益社団法人", "公社", ""),
    ("一般財団法人", "一財", "ザイ"),
    ("公益財団法人", "公財", ""),
    ("特定非営利活動法人", "特非", "トクヒ"),
    ("社会福祉法人", "福", "フク"),
    ("社会医療法人", "", ""),
    ("医療法人社団", "", ""),
    ("医療法人財団", "", ""),
    ("医療法人", "医", "イ"),
    ("学校法人", "学", "ガク"),
    ("宗教法人", "宗", "シユウ"),
    ("独立行政法人", "独", "ドク"),
    ("地方独立行政法人", "地独", "チドク"),
    ("国立大学法人", "大", "ダイ"),
    ("公立大学法人", "", ""),
    ("農事組合法人", "農", "ノウ"),
    ("事業協同組合", "", ""),
    ("協同組合", "協", ""),
    ("企業組合", "企", ""),
    ("有限責任事業組合", "", ""),
    ("弁護士法人", "弁", "ベン"),
    ("税理士法人", "税", "ゼイ"),
    ("司法書士法人", "司", "シホウ"),
    ("行政書士法人", "行", "ギヨ"),
    ("社会保険労務士法人", "労", "ロウム"),
    ("監査法人", "監", ""),
    ("更生保護法人", "更", ""),
    ("職業訓練法人", "", ""),
    ("商工組合", "", ""),
    ("信用金庫", "", ""),
    ("信用組合", "", ""),
)
_OTHER_WRITINGS: Final = {
    "NPO法人": "特定非営利活動法人",
    "特定非営利法人": "特定非営利活動法人",
    "社団法人": "社団法人",
    "財団法人": "財団法人",
    "(社福)": "社会福祉法人",
    "(社)": "社団法人",
    "(財)": "財団法人",
    "(合)": "合同会社",
    "カブシキガイシャ": "株式会社",
    "かぶしきがいしゃ": "株式会社",
    "ユウゲンガイシャ": "有限会社",
    "ゴウドウガイシャ": "合同会社",
    # 旧字体 and what is left where a bracket was lost
    "株式會社": "株式会社",
    "有限會社": "有限会社",
    "合資會社": "合資会社",
    "合名會社": "合名会社",
    "株)": "株式会社",
    "有)": "有限会社",
    "(株": "株式会社",
    "(有": "有限会社",
    "(NPO)": "特定非営利活動法人",
}
_LATIN_FORM: Final = re.compile(
    r"[,\s]*\b(?:Co\.?,?\s*,?Ltd\.?|Company Limited|K\.?K\.?|Kabushiki Kaisha|Inc\.?|Incorporated|Corp\.?|Corporation|Ltd\.?|Limited"
    r"|L\.?L\.?C\.?|G\.?K\.?|GmbH|AG|S\.?A\.?|B\.?V\.?|PLC|Pte\.? Ltd\.?)\s*$",
    re.IGNORECASE,
)
_WORDS_OF_COMPANIES: Final = re.compile(
    r"(?:銀行|信用金庫|信用組合|農業協同組合|生活協同組合|商工会議所|商工会|大学|高等学校|小学校|中学校|幼稚園|保育園|病院|医院|クリニック|診療所"
    r"|役所|役場|市役所|区役所|県庁|組合|連合会|協会|財団|機構|事務所|製作所|工業所|商店|商会|工務店|旅館|ホテル|本店|支店|営業所)$"
)


class Company(NamedTuple):
    """A company's name taken apart. 「㈱縁日堂」: form 株式会社, core 縁日堂, place before."""

    core: str
    form: str  # in full (株式会社); as typed in Latin letters (Co., Ltd.); "" where none was written
    place: Place

    @property
    def canonical(self) -> str:
        """「株式会社縁日堂」「縁日堂株式会社」: the legal form in full, where it was written."""
        if self.place == "none":
            return self.core
        gap = " " if self.form.isascii() else ""
        return f"{self.form}{gap}{self.core}" if self.place == "before" else f"{self.core}{gap}{self.form}"

    @property
    def short(self) -> str:
        """「（株）縁日堂」「縁日堂（株）」 for narrow places; the canonical form where there is no usual short one."""
        short = _SHORT.get(self.form)
        if short is None:
            return self.canonical
        return f"（{short}）{self.core}" if self.place == "before" else f"{self.core}（{short}）"

    @property
    def key(self) -> str:
        """For matching: the folded core alone, since 前株 and 後株 are mixed up more often than not."""
        return re.sub(r"[・.,&'\-]", "", fold(self.core))


def _writings() -> dict[str, str]:
    """Every writing, in the narrow form of `narrow`, longest first → canonical form."""
    table = {canonical: canonical for canonical, _, _ in _FORMS} | _OTHER_WRITINGS
    table |= {f"({short})": canonical for canonical, short, _ in _FORMS if short}
    return dict(sorted(table.items(), key=lambda entry: -len(entry[0])))


_WRITINGS: Final = _writings()
_SHORT: Final = {canonical: short for canonical, short, _ in _FORMS if short}
_ANY_FORM: Final = "|".join(map(re.escape, _WRITINGS))
_BEFORE: Final = re.compile(rf"({_ANY_FORM})\s*(?=[^\s)])")
_AFTER: Final = re.compile(rf"(?<=[^\s(])\s*({_ANY_FORM})$")
_BANK_FORMS: Final = {bank: canonical for canonical, _, bank in reversed(_FORMS) if bank}
_BANK: Final = re.compile(rf"({'|'.join(sorted(_BANK_FORMS, key=len, reverse=True))})\)|\(({'|'.join(_BANK_FORMS)})\)?$")


def parse_company(text: str) -> Company:
    """A company's name taken apart; the core keeps its letters as typed (width of kana and signs made uniform).

    ㈱縁日堂, （株）縁日堂, 株式会社　縁日堂, カ）エンニチドウ, 縁日堂(株), Ennichido Co., Ltd. A name without a legal form is all
    core.
    """
    name = _uniform(clean(text))
    if found := _BEFORE.match(name):
        return Company(name[found.end() :].strip(), _WRITINGS[found[1]], "before")
    if found := _AFTER.search(name):
        return Company(name[: found.start()].strip(), _WRITINGS[found[1]], "after")
    if found := _BANK.match(name):
        return Company(name[found.end() :].strip(), _BANK_FORMS[found[1]], "before") if found[1] else Company(name, "", "none")
    if (found := _BANK.search(name)) and found[2] and found.start():
        return Company(name[: found.start()].strip(), _BANK_FORMS[found[2]], "after")
    if (found := _LATIN_FORM.search(name)) and found.start():
        return Company(name[: found.start()].strip(), found[0].strip(", "), "after")
    return Company(name, "", "none")


def _uniform(name: str) -> str:
    """㈱ → (株), ㍿ → 株式会社, （ → (, half-width kana → full-width: NFKC, letter forms of kanji left alone."""
    return narrow(name) if not name.isascii() else name


def is_company(text: str) -> bool:
    """Whether a name is that of an organisation: a legal form stands in it, or it ends like one (銀行, 病院, 商店)."""
    name = _uniform(clean(text))
    company = parse_company(name)
    return company.place != "none" or bool(_WORDS_OF_COMPANIES.search(name) and len(name) > 3)


def company_key(text: str) -> str:
    """Two writings of one company have one key: ㈱縁日堂 = 縁日堂株式会社 = （株）縁日堂."""
    return parse_company(text).key


def parse_corporate_number(text: str) -> str | None:
    """A 法人番号 of 13 digits whose check digit is right, or None. A leading T (invoice number) is taken off."""
    number = re.sub(r"[\s\-]", "", narrow(text)).removeprefix("T").removeprefix("t")
    if not re.fullmatch("[1-9][0-9]{12}", number):
        return None
    weighted = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number[1:])))
    return number if int(number[0]) == 9 - weighted % 9 else None


def parse_invoice_number(text: str) -> str | None:
    """A number of 適格請求書発行事業者, "T" and 13 digits, or None. Persons have one without the check digit of companies."""
    number = re.sub(r"[\s\-]", "", narrow(text)).upper()
    return number if re.fullmatch("T[0-9]{13}", number) else None
