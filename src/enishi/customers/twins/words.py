"""Why two records may be one, in words: an outcome of a comparison, with its weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.twins.model import bits_of

#: (comparison, outcome) → words.
OUTCOMES: Final[Mapping[tuple[str, str], str | Promise]] = {
    ("name", "same"): _("氏名とフリガナが同じ"),
    ("name", "written"): _("氏名が同じ"),
    ("name", "reading"): _("フリガナが同じで、漢字の表記が違う"),
    ("name", "former"): _("旧姓と名、または旧社名が同じ"),
    ("name", "typed"): _("氏名の1文字違い"),
    ("name", "company_near"): _("名称の1文字違い"),
    ("name", "given"): _("名が同じで、姓が違う"),
    ("name", "family"): _("姓が同じで、名が違う"),
    ("name", "other"): _("氏名が違う"),
    ("rarity", "very_rare"): _("とても珍しい氏名"),
    ("rarity", "rare"): _("珍しい氏名"),
    ("rarity", "uncommon"): _("やや珍しい氏名"),
    ("rarity", "common"): _("よくある氏名"),
    ("rarity", "very_common"): _("とてもよくある氏名"),
    ("birthday", "same"): _("生年月日が同じ"),
    ("birthday", "a_day"): _("生年月日が1日違い"),
    ("birthday", "typed"): _("生年月日の1文字違い"),
    ("birthday", "other"): _("生年月日が違う"),
    ("phone", "same"): _("電話番号が同じ"),
    ("phone", "before"): _("以前の電話番号が同じ"),
    ("phone", "typed"): _("電話番号の1桁違い"),
    ("phone", "other"): _("電話番号が違う"),
    ("mail", "same"): _("メールアドレスが同じ"),
    ("mail", "before"): _("以前のメールアドレスが同じ"),
    ("mail", "typed"): _("メールアドレスの1文字違い"),
    ("mail", "before_at"): _("メールアドレスの@より前が同じ"),
    ("mail", "other"): _("メールアドレスが違う"),
    ("address", "room"): _("住所が部屋まで同じ"),
    ("address", "same"): _("住所が同じ"),
    ("address", "house"): _("建物まで同じで、部屋が違う"),
    ("address", "besides"): _("以前の住所・別の住所が同じ"),
    ("address", "typed"): _("番地の1文字違い"),
    ("address", "area"): _("郵便番号が同じ"),
    ("address", "prefecture"): _("都道府県が同じ"),
    ("address", "other"): _("住所が違う"),
    ("gender", "same"): _("性別が同じ"),
    ("gender", "other"): _("性別が違う"),
}
HELD: Final[Mapping[str, str | Promise]] = {
    "strong_ids": _("会員番号など、1人に1つのIDがそれぞれ違う"),
    "given_name": _("名が違う（家族かもしれない）"),
    "name": _("氏名・名称が違う"),
    "birthday": _("生年月日が違う"),
    "gender": _("性別が違う"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    words: str
    weight: str  # +18, −6
    speaks_for: bool


def reasons(outcomes: Mapping[str, str]) -> list[Reason]:
    """The weightiest first."""
    found = [(bits_of(name, code), OUTCOMES.get((name, code))) for name, code in outcomes.items()]
    told = sorted(((bits, words) for bits, words in found if words is not None), key=lambda one: -abs(one[0]))
    return [Reason(str(words), f"{'+' if bits > 0 else '−'}{abs(round(bits))}", bits > 0) for bits, words in told]


def percent(ppm: int) -> str:
    """999000 as 99.9."""
    return f"{ppm / 10_000:g}"


def held(codes: Sequence[str]) -> list[str]:
    return [str(HELD[code]) for code in codes if code in HELD]
