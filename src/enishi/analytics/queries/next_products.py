"""F1商品→F2商品 as it is shown."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from enishi.analytics.analyses.next_products import NextParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent
from enishi.commerce.models import Product

FEW = 5  # people below whom a share would say more of them than of the product
MOST_BARS = 12


def report(asking: Asking, asked: Asked) -> Report:
    """One query for the names of products. Raises NotYet."""
    params = asked.params(NextParams, months=asked.months, level=asked.level)
    found = {(row["told"], row["thing"], row["next"]): row["customers"] for row in asking.figures("next_products", params).records()}
    things = [thing for told, thing, _next in found if told == "first"]
    things.sort(key=lambda thing: (-found["first", thing, None], thing))
    names = _names(asked.level, {name for key in found for name in key[1:] if name is not None})
    everybody = found.get(("all", None, None), 0)
    firsts, pairs = [], []
    for thing in things:
        began, came = found["first", thing, None], found["came", thing, None]
        firsts.append(Line(thing or "none", names[thing], (began, came, percent(came, began) if began >= FEW else None)))
        following = [(key[2], count) for key, count in found.items() if key[:2] == ("pair", thing)]
        for after, count in sorted(following, key=lambda pair: (-pair[1], pair[0])):
            share, usual = percent(count, came), percent(found["next", None, after], everybody)
            values = (count, share if came >= FEW else None, usual, share - usual if came >= FEW and share and usual else None)
            pairs.append(Line(f"{thing or 'none'}-{after or 'none'}", f"{names[thing]} → {names[after]}", values))
    first_columns = [
        Column("customers", _("最初に買った人"), "people"),
        Column("came", _("2回目に来た人"), "people"),
        Column(
            "share",
            _("2回目に来た割合"),
            "percent",
            _("まだ日数のたっていない人もふくむ、単純な割合です。%(n)d人未満は出しません。") % {"n": FEW},
        ),
    ]
    pair_columns = [
        Column("customers", _("人数"), "people"),
        Column("share", _("割合"), "percent", _("2回目に来た人のうち、次にそれを買った人の割合です。")),
        Column("usual", _("ふだんの割合"), "percent", _("最初の商品を問わず、2回目にそれを買った人の割合です。")),
        Column("more", _("差"), "percent", _("割合−ふだんの割合。大きいほど、最初の商品からのつながりがあります。")),
    ]
    shown = firsts[:MOST_BARS]
    chart = Chart(
        _("最初の商品ごとの、2回目に来た割合"),
        [line.label for line in shown],
        [Series(_("2回目に来た割合"), [None if line.values[2] is None else round(line.values[2], 1) for line in shown])],
        unit="%",
    )
    head = _("最初の商品") if asked.level == "product" else _("最初のカテゴリ")
    tables = [
        Table("firsts", _("最初に買ったもの"), head, first_columns, firsts, _("最初に買った人の多い順に20まで")),
        Table("pairs", _("最初から次へ"), _("最初 → 次"), pair_columns, pairs, _("次は、それぞれ多い順に5つまで")),
    ]
    return Report(found.get(("everybody", None, None), 0), tables, [chart])


def _names(level: str, things: Iterable[str]) -> dict[str, str]:
    if level == "category":
        return {thing: thing or _("未設定") for thing in things}
    known = dict(Product.rows.filter(pk__in=[int(thing) for thing in things]).values_list("pk", "name"))
    return {thing: known.get(int(thing), thing) for thing in things}
