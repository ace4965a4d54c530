"""Every analysis by its key: what it is called, what it says, what may be asked of it, and who makes its report.

The page, the CSV file and the API of an analysis are made of this one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from enishi.analytics.queries import cohort, cpm, decile, flow, intervals, next_products, outcomes, repeat, repeaters, rfm
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.analytics.queries.people import Chosen
from enishi.analytics.report import Report, compared
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, NotAllowed
from enishi.platform.japanese.dates import format_date
from enishi.rules.facts import Registry, registry
from enishi.rules.tree import RuleInvalid, parse
from enishi.rules.values import Words
from enishi.segments.analyses import can_be_asked
from enishi.segments.queries.screens import segment_card, segment_rows


class NotMirrored(ActionError):
    """The segment asks for something that analyses do not know."""

    code = "analysis.segment_not_mirrored"
    message = _("名前や住所、同意などを条件にしたセグメントとは、まだ比べられません。")


@dataclass(frozen=True, slots=True)
class Screen:
    """`takes`: what it asks for beside its day. `chosen`: who is in a cell, where people stand behind the figures."""

    label: Words
    about: Words
    definition: Words
    report: Callable[[Asking, Asked], Report]
    takes: frozenset[str] = frozenset()
    chosen: Callable[[Asking, Asked, Report, Actor], Chosen | None] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a page shows."""

    report: Report
    chosen: Chosen | None
    other: str  # what it is compared with; "" with nothing


SCREENS: Mapping[str, Screen] = {
    "rfm": Screen(
        _("RFM"),
        _("最終購入と購入回数で、お客さまを25の組に分けます"),
        _("R＝最後の購入からの日数、F＝期間内の購入回数（同じ営業日の注文は1回）、M＝期間内の売上。キャンセルと全部返品は数えません。"),
        rfm.report,
        frozenset({"months", "by"}),
        rfm.chosen,
    ),
    "decile": Screen(
        _("デシル"),
        _("期間内の購入金額が多い順に、お客さまを10等分します"),
        _("期間内に売上のある人を、多い順に10の組に分けます。人数の差は1人まで。同額の人は、登録の古い順です。"),
        decile.report,
        frozenset({"months"}),
        decile.chosen,
    ),
    "cpm": Screen(
        _("CPM"),
        _("顧客ポートフォリオ：続いた長さと金額で育ち具合を見ます"),
        _("初回（1回だけ）をまず分け、残りを初回から最終購入までの日数と累計売上で分けます。長く購入のない人が離脱です。"),
        cpm.report,
        frozenset(),
        cpm.chosen,
    ),
    "repeat": Screen(
        _("F2転換率"),
        _("前の購入のあと、何日までに次の購入があったか"),
        _("カプラン・マイヤー法。まだ日数がたっていない人は、来なかった人には数えません。"),
        repeat.report,
        frozenset({"months", "nth"}),
    ),
    "cohort": Screen(
        _("コホート"),
        _("初回購入の月ごとに、その後の購入と売上をたどります"),
        _("その月に購入した人÷コホートの人数と、その月の売上÷コホートの人数です。返品は返品した月の売上から引きます。"),
        cohort.report,
        frozenset({"months"}),
        cohort.chosen,
    ),
    "repeaters": Screen(
        _("リピート率"),
        _("買った人のうち、どれだけがリピートし、どれだけが離れたか"),
        _(
            "リピート顧客比率＝（前にも買っていた人＋期間内に2回以上買った人）÷購入した人。期間内リピート率＝2回以上÷1回以上。離反率＝期首の現役のうち、終わりまでの一定の日数に購入のない人の割合です。"
        ),
        repeaters.report,
        frozenset({"months", "lapse"}),
    ),
    "intervals": Screen(
        _("購入間隔"),
        _("購入から次の購入まで、何日あいているか"),
        _("次の購入が期間内にあったものを数えます。同じ営業日の注文は1回の購入です。"),
        intervals.report,
        frozenset({"months"}),
    ),
    "flow": Screen(
        _("顧客フロー"),
        _("月ごとに、だれが入り、戻り、離れたか"),
        _("月初の現役＋新規＋復活−離反＝月末の現役。最後の購入から一定の日数がたった日に離反、そのあとの購入で復活と数えます。"),
        flow.report,
        frozenset({"months", "lapse"}),
    ),
    "next-products": Screen(
        _("次に買う商品"),
        _("最初に買った商品から、2回目に何を買ったか（F1→F2）"),
        _(
            "期間内に初めて購入した人の、初回と2回目の購入日に買ったものです。同じ日に買ったものは、それぞれ1回と数えます。返品した明細は数えません。"
        ),
        next_products.report,
        frozenset({"months", "level"}),
    ),
    "outcomes": Screen(
        _("キャンセル・返品・購入率"),
        _("受けた注文がどうなったか、登録者がどれだけ買ったか"),
        _("キャンセル率・返品率＝その状態の注文÷期間内に受けた注文。購入率＝期間内に購入した人÷時点までに登録した人です。"),
        outcomes.report,
        frozenset({"months", "attribute"}),
    ),
}


def figures(actor: Actor, key: str, asked: Asked) -> Shown[Figures]:
    """The report of an analysis, compared with an earlier day or a segment where that is asked for, and who is in the chosen cell. Asks
    the engine; one query for the segment; one and a line of the view log for the people. Raises NotAllowed, NotFound, RuleRefused,
    NotMirrored."""
    if asked.attribute not in outcomes.attributes(actor):
        raise NotAllowed
    screen, other = SCREENS[key], _compared_with(actor, asked)

    def make(asking: Asking) -> Figures:
        report = screen.report(asking, asked)
        chosen = screen.chosen(asking, asked, report, actor) if screen.chosen and asked.cell else None
        if other is None:
            return Figures(report, chosen, "")
        return Figures(compared(report, screen.report(asking, other[0]), other[1]), chosen, other[1])

    return shown(actor, make)


def _compared_with(actor: Actor, asked: Asked) -> tuple[Asked, str] | None:
    """What is asked for the other side, and what it is called. A segment goes before a day."""
    plain = replace(asked, versus=None, segment=None, cell="", compared_as_of=asked.as_of)
    if asked.segment is not None:
        card = segment_card(actor, asked.segment)
        if not can_be_asked(card.rule, registry()):
            raise NotMirrored
        return replace(plain, among=card.rule), card.name
    return (replace(plain, as_of=asked.versus), format_date(asked.versus)) if asked.versus is not None else None


def segment_choices(actor: Actor) -> list[tuple[int, str]]:
    """Segments to compare with: those whose rules the mirror can be asked. One query; none for who sees no segments."""
    if not policy.allowed(actor, "segment", "read"):
        return []
    known = registry()
    return [(row.id, row.name) for row in segment_rows(actor) if _is_askable(row.rule, known)]


def _is_askable(rule: object, known: Registry) -> bool:
    try:
        return can_be_asked(parse(rule), known)
    except RuleInvalid:
        return False
