"""Templates of trades for their screens: what each would add, in words, and what became of the uses of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from enishi.customers.models import Customer, CustomField, TradeUse
from enishi.customers.trades.catalogue import TRADES
from enishi.customers.trades.plan import Fate, FieldFate, plan
from enishi.customers.trades.trade import Trade, TradeTerm
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import User
from enishi.platform.privacy import Privacy
from enishi.platform.words import TERMS

_FATES = {
    Fate.ADD: gettext_lazy("加えます"),
    Fate.REVIVE: gettext_lazy("使用をやめた項目を、また使います"),
    Fate.KEEP: gettext_lazy("同じ名前の項目があるので、そのまま使います"),
}
_VIEW_FATES = {
    Fate.ADD: gettext_lazy("加えます"),
    Fate.KEEP: gettext_lazy("同じ名前のビューがあるので、そのままにします"),
    Fate.UNREADABLE: gettext_lazy("あなたのロールでは条件の項目を読めないため、加えません"),
    Fate.UNFIT: gettext_lazy("条件の項目の種類か選択肢が違うため、加えません"),
}


@dataclass(frozen=True, slots=True)
class TradeCard:
    """A template in the list of them."""

    key: str
    title: str
    about: str
    icon: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class FieldLine:
    label: str
    kind: str
    choices: str
    whose: str
    privacy: str
    is_personal: bool
    meaning: str
    purpose: str
    on_form: str  # when it shows, and when it must be filled
    fate: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class SectionLines:
    label: str
    fields: list[FieldLine]


@dataclass(frozen=True, slots=True)
class TermLine:
    ours: str
    theirs: str
    fate: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class ViewLine:
    name: str
    about: str
    fate: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use: 2026/11/29 髙橋 美咲; `left`: what stayed when it was taken back, with the reason."""

    id: int
    used: str
    undone: str
    left: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TradePage:
    key: str
    title: str
    about: str
    sections: list[SectionLines]
    terms: list[TermLine]
    views: list[ViewLine]
    uses: list[UseLine]
    new_fields: int
    kept_fields: int
    adds_anything: bool


def trade_cards() -> list[TradeCard]:
    """Every template. One query."""
    used = set(TradeUse.rows.filter(undone_at=None).values_list("trade", flat=True))
    return [TradeCard(one.key, str(one.title), str(one.about), one.icon, one.key in used) for one in TRADES.values()]


def trade_page(actor: Actor, key: str) -> TradePage:
    """One template against what is there. Raises NotFound. Six queries at most."""
    trade = TRADES.get(key)
    if trade is None:
        raise NotFound
    planned = plan(trade, actor)
    labels = {one.name: one.label for one in trade.fields}
    sections = [
        SectionLines(section.label, [_field(one, labels) for one in planned.fields if one.field.section == section.name])
        for section in trade.sections
    ]
    return TradePage(
        key=trade.key,
        title=str(trade.title),
        about=str(trade.about),
        sections=sections,
        terms=[_term(one.term, one.now) for one in planned.terms],
        views=[ViewLine(one.view.name, one.view.about, str(_VIEW_FATES[one.fate]), one.fate is Fate.ADD) for one in planned.views],
        uses=_uses(trade),
        new_fields=sum(one.is_new for one in planned.fields),
        kept_fields=sum(not one.is_new for one in planned.fields),
        adds_anything=planned.adds_anything,
    )


def _field(one: FieldFate, labels: Mapping[str, str]) -> FieldLine:
    said = one.field
    return FieldLine(
        label=said.label,
        kind=str(CustomField.Kind(said.kind).label),
        choices="・".join(said.choices),
        whose=str(Customer.Kind(said.for_kind).label) if said.for_kind else _("個人・法人"),
        privacy=str(CustomField.PrivacyClass(said.privacy.value).label),
        is_personal=said.privacy is not Privacy.INTERNAL,
        meaning=said.meaning,
        purpose=said.purpose,
        on_form=_on_form(one, labels),
        fate=str(_FATES[one.fate]),
        is_new=one.is_new,
    )


def _on_form(one: FieldFate, labels: Mapping[str, str]) -> str:
    said = []
    if one.field.show:
        name, choices = one.field.show
        words = _("「%(field)s」が%(choices)sのとき表示") if choices else _("「%(field)s」を選ぶと表示")
        said.append(words % {"field": labels[name], "choices": "・".join(choices)})
    if one.field.stages:
        stages = dict(Customer.Lifecycle.choices)
        said.append(_("ステージが%(stages)sのとき必須") % {"stages": "・".join(str(stages[key]) for key in one.field.stages)})
    return "、".join(said)


def _term(term: TradeTerm, now: str) -> TermLine:
    ours = TERMS[term.term]
    if (get_language() or "ja").startswith("ja"):
        said, theirs = ours.ja, _("%(ja)s（英語の画面では %(en)s）") % {"ja": term.ja, "en": term.en}
    else:
        said, theirs = ours.en, f"{term.en} ({term.ja})"
    fate = _("「%(word)s」に変えてあるので、そのままにします") % {"word": now} if now else _("画面の呼び方を変えます")
    return TermLine(said, theirs, fate, not now)


def _uses(trade: Trade) -> list[UseLine]:
    rows = TradeUse.rows.filter(trade=trade.key).select_related("used_by", "undone_by").order_by("-pk")[:10]
    return [
        UseLine(
            row.pk,
            _deed(row.used_at, row.used_by),
            _deed(row.undone_at, row.undone_by) if row.undone_at else "",
            [(str(one["what"]), str(TradeUse.Left(one["why"]).label)) for one in row.left],
        )
        for row in rows
    ]


def _deed(at: datetime, by: User | None) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M} {by.display_name if by else ''}".strip()
