"""What a template would add to the company as it is now: shown before, done by `actions.trades`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field
from enishi.customers.fields.layout import Condition, Item
from enishi.customers.models import Customer, SavedView
from enishi.customers.trades.trade import Ask, Trade, TradeField, TradeTerm, TradeView
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.japanese.normalise import fold
from enishi.platform.words import name_and_words
from enishi.rules.tree import Rule, parse


class Fate(StrEnum):
    """What becomes of one thing of a template."""

    ADD = "add"
    REVIVE = "revive"  # a field of this name and kind that was taken out of use
    KEEP = "keep"  # there is one of this name
    UNREADABLE = "unreadable"  # a view that asks about what the actor may not read
    UNFIT = "unfit"  # a view that asks about a field which is of another kind here


@dataclass(frozen=True, slots=True)
class FieldFate:
    field: TradeField
    fate: Fate
    there: Field | None  # the one that is there

    @property
    def fits(self) -> bool:
        """Whether what the template says of the field holds: it is made, or the one that is there is of its kind."""
        return self.there is None or self.there.kind == self.field.kind

    @property
    def is_new(self) -> bool:
        return self.fate in (Fate.ADD, Fate.REVIVE)


@dataclass(frozen=True, slots=True)
class TermFate:
    term: TradeTerm
    fate: Fate
    now: str  # what the company says in Japanese now; empty where it is our word


@dataclass(frozen=True, slots=True)
class ViewFate:
    view: TradeView
    fate: Fate


@dataclass(frozen=True, slots=True)
class Plan:
    trade: Trade
    fields: list[FieldFate]
    terms: list[TermFate]
    views: list[ViewFate] = field(default_factory=list)

    @property
    def adds_anything(self) -> bool:
        fates = [one.fate for one in self.fields] + [one.fate for one in self.terms] + [one.fate for one in self.views]
        return bool({Fate.ADD, Fate.REVIVE}.intersection(fates))


def plan(trade: Trade, actor: Actor) -> Plan:
    """Two queries, once a request three."""
    fields = _fields(trade)
    said = name_and_words()[1]
    terms = [
        TermFate(term, Fate.KEEP if term.term in said else Fate.ADD, str(said.get(term.term, {}).get("ja", ""))) for term in trade.terms
    ]
    return Plan(trade, fields, terms, _views(trade, {one.field.name: one for one in fields}, actor))


def _fields(trade: Trade) -> list[FieldFate]:
    built_in = {fold(str(found.verbose_name)) for found in Customer._meta.get_fields() if hasattr(found, "verbose_name")}
    in_use = {fold(found.label): found for found in catalogue.fields_in_use().values()}
    retired = {(fold(found.label), found.kind): found for found in catalogue.all_fields().values() if found.retired}
    fates = []
    for one in trade.fields:
        name = fold(one.label)
        there = in_use.get(name)
        if there is not None or name in built_in:
            fates.append(FieldFate(one, Fate.KEEP, there))
        elif old := retired.get((name, one.kind)):
            fates.append(FieldFate(one, Fate.REVIVE, old))
        else:
            fates.append(FieldFate(one, Fate.ADD, None))
    return fates


def _views(trade: Trade, fields: Mapping[str, FieldFate], actor: Actor) -> list[ViewFate]:
    names = set(SavedView.rows.filter(archived_at=None, is_shared=True).values_list("name", flat=True))
    names |= set(SavedView.rows.filter(archived_at=None, owner_id=actor.user_id).values_list("name", flat=True))
    fates = []
    for view in trade.views:
        if view.name in names:
            fate = Fate.KEEP
        elif not all(_answers(ask, fields[ask.field]) for ask in view.asks if ask.field):
            fate = Fate.UNFIT
        elif not policy.allowed(actor, "customer", "read") or not all(_reads(actor, fields[name]) for name in view.fields()):
            fate = Fate.UNREADABLE
        else:
            fate = Fate.ADD
        fates.append(ViewFate(view, fate))
    return fates


def _answers(ask: Ask, one: FieldFate) -> bool:
    """Whether the field, as it is or will be, can be asked this."""
    if one.there is None:
        return one.fate is Fate.ADD
    return one.fits and set(ask.choices) <= {choice.label for choice in one.there.choices if not choice.retired}


def _reads(actor: Actor, one: FieldFate) -> bool:
    return actor.reads(one.there.privacy, f"customer.{one.there.key}") if one.there else actor.reads(one.field.privacy)


# ---- with the keys that the fields have got -------------------------------------------------------------------------


def rule_of(view: TradeView, keys: Mapping[str, str]) -> Rule:
    """The filter of a view. `keys`: name of the template → key of the field."""
    return parse({"type": "all", "rules": [_condition(ask, keys) for ask in view.asks]})


def _condition(ask: Ask, keys: Mapping[str, str]) -> dict[str, object]:
    values: list[object] = list(ask.values)
    if ask.choices:
        values = [choice.key for choice in catalogue.all_fields()[keys[ask.field]].choices if choice.label in ask.choices]
    fact = f"own.{keys[ask.field]}" if ask.field else ask.fact
    return {"type": "condition", "fact": fact, "test": {"type": ask.test, "op": ask.op, "values": values}}


def columns_of(view: TradeView, keys: Mapping[str, str]) -> tuple[str, ...]:
    """The columns of a view; a field that could not be made is left out."""
    named = (keys.get(column[1:], "") if column.startswith("@") else column for column in view.columns)
    return tuple(column for column in named if column)


def items_of(fates: Iterable[FieldFate], keys: Mapping[str, str]) -> list[Item]:
    """How new fields stand on the form."""
    return [
        Item(
            field=keys[one.field.name],
            wide=one.field.wide,
            required=bool(one.field.stages),
            stages=list(one.field.stages),
            show=_show(one.field, keys),
        )
        for one in fates
    ]


def _show(one: TradeField, keys: Mapping[str, str]) -> list[Condition]:
    """Nothing where the field that it looks at is not there, or has other choices here."""
    if one.show is None or one.show[0] not in keys:
        return []
    name, labels = one.show
    values = [choice.key for choice in catalogue.all_fields()[keys[name]].choices if choice.label in labels]
    return [Condition(field=keys[name], values=values)] if bool(values) == bool(labels) else []
