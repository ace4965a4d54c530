"""The limits of RFM as words, and the people of a cell as a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from enishi.analytics.analyses.periods import window_start
from enishi.analytics.analyses.rfm import RfmParams
from enishi.rules.operators import Between, DateOp, DateTest, LastMonths, NumberOp, NumberTest
from enishi.rules.tree import AllOf, Condition, Rule

SCORES = (5, 4, 3, 2, 1)


def range_of(limits: Sequence[int], score: int) -> tuple[int | None, int | None]:
    """From and to, both included, of a score by limits from which 2, 3, 4, 5 begin."""
    low = limits[score - 2] if score > 1 else None
    return low, limits[score - 1] - 1 if score < 5 else None


def days_of(limits: Sequence[int], score: int) -> tuple[int, int | None]:
    """Days ago, both included, of a score by limits up to which 5, 4, 3, 2 reach."""
    nearest = 0 if score == 5 else limits[4 - score] + 1
    return nearest, limits[5 - score] if score > 1 else None


def recency_words(params: RfmParams) -> dict[int, str]:
    if params.by == "quintiles":
        return _quintile_words(_("新しい"), _("古い"))
    words = {}
    for score in SCORES:
        nearest, farthest = days_of(params.recency, score)
        if score == 5:
            words[score] = _("%(n)s日以内") % {"n": f"{farthest:,}"}
        elif farthest is None:
            words[score] = _("%(n)s日以上") % {"n": f"{nearest:,}"}
        else:
            words[score] = _("%(low)s–%(high)s日") % {"low": f"{nearest:,}", "high": f"{farthest:,}"}
    return words


def frequency_words(params: RfmParams) -> dict[int, str]:
    return (
        _quintile_words(_("多い"), _("少ない")) if params.by == "quintiles" else _ranged(params.frequency, _("%(n)s回"), _("%(n)s回以上"))
    )


def monetary_words(params: RfmParams) -> dict[int, str]:
    if params.by == "quintiles":
        return _quintile_words(_("多い"), _("少ない"))
    return _ranged(params.monetary, _("%(n)s円"), _("%(n)s円以上"), below=_("%(n)s円未満"))


def _quintile_words(most: str, least: str) -> dict[int, str]:
    return {5: f"5（{most}）", 4: "4", 3: "3", 2: "2", 1: f"1（{least}）"}


def _ranged(limits: Sequence[int], one: str, over: str, *, below: str = "") -> dict[int, str]:
    words = {}
    for score in SCORES:
        low, high = range_of(limits, score)
        if high is None:
            words[score] = over % {"n": f"{low:,}"}
        elif low is None and below:
            words[score] = below % {"n": f"{high + 1:,}"}
        else:
            from_to = f"{high:,}" if low in (None, high) else f"{low:,}–{high:,}"
            words[score] = one % {"n": from_to}
    return words


def rule_of_cell(params: RfmParams, r: int, f: int, *, today: date) -> Rule:
    """The people of a cell as a rule: of today one that moves with the days, of an earlier day one of calendar days."""
    is_today = params.as_of == today
    since = window_start(params.as_of, params.months)
    window = LastMonths(months=params.months) if is_today else Between(since=since, until=params.as_of)
    nearest, farthest = days_of(params.recency, r)
    low, high = range_of(params.frequency, f)
    return AllOf(
        rules=(
            Condition(fact="orders.last", test=_last_test(params.as_of, nearest, farthest, since, is_today=is_today), window=window),
            Condition(fact="orders.count", test=_count_test(max(1, low or 1), high), window=window),
        )
    )


def _last_test(as_of: date, nearest: int, farthest: int | None, since: date, *, is_today: bool) -> DateTest:
    if not is_today:
        first = since if farthest is None else max(since, date.fromordinal(as_of.toordinal() - farthest))
        return DateTest(op=DateOp.BETWEEN, values=(first, max(first, date.fromordinal(as_of.toordinal() - nearest))))
    if farthest is None:
        return DateTest(op=DateOp.MORE_THAN_DAYS_AGO, values=(nearest - 1,))
    return DateTest(op=DateOp.DAYS_AGO_BETWEEN, values=(nearest, farthest))


def _count_test(low: int, high: int | None) -> NumberTest:
    if high is None:
        return NumberTest(op=NumberOp.GTE, values=(low,))
    return NumberTest(op=NumberOp.EQ, values=(low,)) if low == high else NumberTest(op=NumberOp.BETWEEN, values=(low, high))
