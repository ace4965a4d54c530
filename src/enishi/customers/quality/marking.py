"""What one customer is worth of 100 points, and why. The words of this formula stand on the page (`FORMULA`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.standards.book import Book

#: What should be known of everybody → points. Together 60.
CONTACT, KANA, ADDRESS, BIRTHDAY, OWNER = "contact", "kana", "address", "birthday", "owner"
WORTH: Final[Mapping[str, int]] = {CONTACT: 25, KANA: 15, ADDRESS: 10, BIRTHDAY: 10, OWNER: 10}
GAPS: Final[Mapping[str, str | Promise]] = {
    CONTACT: _("連絡先（届くメールか電話）"),
    KANA: _("フリガナ"),
    ADDRESS: _("住所（郵便番号・市区町村・番地）"),
    BIRTHDAY: _("生年月日（個人）"),
    OWNER: _("担当（法人）"),
}
WRITTEN_WELL, FOR_A_BREACH = 25, 10
#: Days since somebody last made sure → points; beyond the last none. Before anybody has, the day of registration counts.
FRESH: Final = ((365, 15), (730, 8))
POOR = 50

FORMULA: Final[tuple[tuple[str | Promise, str | Promise], ...]] = (
    (_("そろっている（60点）"), _("届く連絡先25点、フリガナ15点、住所10点、個人は生年月日10点・法人は担当10点")),
    (_("基準どおり（25点）"), _("入力基準に合わない項目や、似た文字の打ち間違いが疑われる項目1つにつき10点を引きます（0点まで）")),
    (_("新しい（15点）"), _("最後に確かめてから1年以内は15点、2年以内は8点、それより前は0点。確かめたことがなければ登録日から数えます")),
)


@dataclass(frozen=True, slots=True)
class Mark:
    points: int  # of 85
    gaps: tuple[str, ...]
    breaches: tuple[str, ...]


def mark(book: Book, values: Mapping[str, object], *, reachable: bool, further: Iterable[Mapping[str, object]] = ()) -> Mark:
    """`values`: what is written about the customer, by name; `further`: what is written of each further contact point that works.
    `reachable`: whether a mail address or phone is there and works. What is missing is no breach as well: it costs once."""
    gaps = [name for name, there in _there(values, reachable=reachable).items() if not there]
    verdict = book.judge(values, required=False)
    beside = [book.judge({**point, "kind": values["kind"]}, required=False).fields for point in further]
    breaches = tuple(dict.fromkeys([*verdict.fields, *(name for names in beside for name in names)]))
    written = max(0, WRITTEN_WELL - FOR_A_BREACH * len(breaches))
    return Mark(60 - sum(WORTH[name] for name in gaps) + written, tuple(gaps), breaches)


def _there(values: Mapping[str, object], *, reachable: bool) -> dict[str, bool]:
    found = {CONTACT: reachable, KANA: bool(values["kana"]), ADDRESS: all(values[name] for name in ("postal_code", "city", "street"))}
    if values["kind"] == "company":
        return found | {OWNER: bool(values["owner_id"])}
    return found | {BIRTHDAY: bool(values["birthday_on"])}
