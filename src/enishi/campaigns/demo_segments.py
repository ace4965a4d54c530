"""The demo's segments: the two of the tour, and the one that each finished campaign went to."""

from __future__ import annotations

from datetime import timedelta

from enishi.platform.demo.chapter import Story
from enishi.platform.demo.world.goods import CATEGORY_LABEL, DASHI, GIFT
from enishi.platform.demo.world.plans import Audience
from enishi.platform.demo.world.staff import KAMAKURA
from enishi.platform.models import Counter
from enishi.rules.facts import registry
from enishi.rules.operators import ChoiceOp, ChoiceTest, DateOp, DateTest, FlagOp, FlagTest, LastMonths, NumberOp, NumberTest
from enishi.rules.tree import AllOf, Condition, Where, dump
from enishi.segments.models import Segment

TOUR = "1回だけ買った人（30〜90日前）・メール可"
NAMES = {
    Audience.EVERYBODY: "メールを送れる人",
    Audience.STEADY: "続けて買う人（2回以上・90日以上前から）",
    Audience.DORMANT: "180日以上買っていない人",
    Audience.ONE_PURCHASE: "1回だけ買った人（45〜100日前）",
    Audience.BORN_NEXT_MONTH: "来月が誕生月の人",
    Audience.GIVERS: "贈答品を買った人",
    Audience.MALL: "モールで買った人",
    Audience.DASHI_REFILL: "だしが切れるころの人（35〜100日前）",
    Audience.KAMAKURA: "鎌倉小町店で買った人",
    Audience.RECENT: "1年以内に買った人",
}
_YEARS = LastMonths(months=24)


def make_segments(story: Story) -> dict[Audience, Segment]:
    """One segment for each audience, and the tour's; products and shops are there already."""
    owner, at = story.user_ids["takahashi"], story.now - timedelta(days=20)
    suggested = {found.key: found.condition for found in registry().suggestions()}
    mailable = Condition(fact="contact.mailable", test=FlagTest(op=FlagOp.YES))
    tour = AllOf(rules=tuple(suggested[key] for key in ("bought_once", "bought_30_90", "mailable")))
    wanted = {TOUR: tour} | {NAMES[audience]: AllOf(rules=(*rules, mailable)) for audience, rules in _rules(story).items()}
    made = {
        name: Segment.rows.create(
            number=f"S-{number:06d}", name=name, rule=dump(rule), owner_id=owner, created_by_id=owner, created_at=at
        )
        for number, (name, rule) in enumerate(wanted.items(), 1)
    }  # fmt: skip
    Counter.rows.update_or_create(prefix="S", defaults={"last": len(made)})
    return {audience: made[name] for audience, name in NAMES.items()}


def _rules(story: Story) -> dict[Audience, tuple[Condition, ...]]:
    stores = story.shelf["stores"]
    assert isinstance(stores, list)
    return {
        Audience.EVERYBODY: (),
        Audience.STEADY: (_times(NumberOp.GTE, 2), _day("purchase.first", DateOp.MORE_THAN_DAYS_AGO, 90)),
        Audience.DORMANT: (_day("purchase.last", DateOp.MORE_THAN_DAYS_AGO, 180),),
        Audience.ONE_PURCHASE: (_times(NumberOp.EQ, 1), _day("purchase.last", DateOp.DAYS_AGO_BETWEEN, 45, 100)),
        Audience.BORN_NEXT_MONTH: (_day("customer.birthday", DateOp.MONTH_FROM_NOW, 1),),
        Audience.GIVERS: (_bought("category", CATEGORY_LABEL[GIFT]),),
        Audience.MALL: (_bought("channel", "mall"),),
        Audience.DASHI_REFILL: (_bought("category", CATEGORY_LABEL[DASHI]), _day("purchase.last", DateOp.DAYS_AGO_BETWEEN, 35, 100)),
        Audience.KAMAKURA: (_bought("store", str(stores[KAMAKURA])),),
        Audience.RECENT: (_day("purchase.last", DateOp.WITHIN_LAST_DAYS, 365),),
    }


def _times(op: NumberOp, count: int) -> Condition:
    return Condition(fact="purchase.count", test=NumberTest(op=op, values=(count,)))


def _day(fact: str, op: DateOp, *days: int) -> Condition:
    return Condition(fact=fact, test=DateTest(op=op, values=days))


def _bought(what: str, value: str) -> Condition:
    where = Where(property=what, test=ChoiceTest(op=ChoiceOp.IN, values=(value,)))
    return Condition(fact="lines.bought", test=FlagTest(op=FlagOp.YES), window=_YEARS, where=(where,))
