"""Random rules over any registry, for tests that compare evaluators."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from enishi.rules.facts import Fact, Registry
from enishi.rules.operators import (
    Between,
    ChoiceTest,
    ConsentTest,
    DateTest,
    DaysAgo,
    FlagTest,
    LabelsTest,
    LastDays,
    LastMonths,
    NumberTest,
    TextTest,
)
from enishi.rules.shapes import Rows
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Where
from enishi.rules.values import Kind, Trait


class Rules:
    """Strategies over a registry. `keys`: the choice keys of each fact and property, read from the base beforehand;
    `texts`: fragments that occur in it; `today`: the day around which dates are drawn."""

    def __init__(self, registry: Registry, *, keys: Mapping[str, Sequence[str]], texts: Sequence[str], today: date) -> None:
        self.registry, self.keys, self.texts, self.today = registry, keys, texts, today

    def rules(self, *, most_conditions: int = 8):
        def groups(inner):
            several = st.lists(inner, min_size=0, max_size=4).map(tuple)
            return st.one_of(
                several.map(lambda rules: AllOf(rules=rules)),
                several.filter(bool).map(lambda rules: AnyOf(rules=rules)),
                inner.map(lambda rule: Not(rule=rule)),
            )

        return st.recursive(self.conditions(), groups, max_leaves=most_conditions)

    def conditions(self):
        return st.sampled_from(list(self.registry)).flatmap(self.condition)

    def condition(self, fact: Fact):
        windows, wheres = st.none(), st.just(())
        if isinstance(fact.shape, Rows):
            windows = self.windows() if fact.window_required else st.one_of(st.none(), self.windows())
            if fact.properties():
                wheres = st.lists(st.sampled_from(list(fact.properties().values())).flatmap(self.where), max_size=2).map(tuple)
        return st.builds(Condition, fact=st.just(fact.key), test=self.test(fact), window=windows, where=wheres)

    def where(self, trait: Trait):
        return st.builds(Where, property=st.just(trait.key), test=self.test(trait))

    def test(self, trait: Trait):
        return st.sampled_from(trait.allowed_operators()).flatmap(lambda op: self.test_with(trait, op))

    def test_with(self, trait: Trait, op: str):
        match trait.kind:
            case Kind.TEXT:
                fragments = st.one_of(st.sampled_from(self.texts), st.text("aA%_\\あアｱ１ ", min_size=1, max_size=3))
                return st.builds(TextTest, op=st.just(op), values=self.values(TextTest, op, fragments))
            case Kind.NUMBER | Kind.MONEY:
                numbers = st.one_of(st.integers(-1, 6), st.sampled_from([20, 30, 40, 1000, 2500, 5000, 10**14]))
                if trait.fractions:
                    numbers = st.one_of(numbers, st.sampled_from([Decimal("0.5"), Decimal("1.25"), Decimal("2.5")]))
                return st.builds(NumberTest, op=st.just(op), values=self.values(NumberTest, op, numbers))
            case Kind.DATE:
                return st.builds(DateTest, op=st.just(op), values=self.values(DateTest, op, self.date_values(op)))
            case Kind.CHOICE:
                return st.builds(ChoiceTest, op=st.just(op), values=self.values(ChoiceTest, op, st.sampled_from(self.keys[trait.key])))
            case Kind.LABELS:
                return st.builds(LabelsTest, op=st.just(op), values=self.values(LabelsTest, op, st.sampled_from(self.keys[trait.key])))
            case Kind.FLAG:
                return st.builds(FlagTest, op=st.just(op))
            case Kind.CONSENT:
                return st.builds(ConsentTest, op=st.just(op))

    def values(self, kind, op: str, one):
        least, most = kind.ARITY[op]
        unique = kind in (ChoiceTest, LabelsTest) or op == "month_is"
        lists = st.lists(one, min_size=least, max_size=min(most, 4), unique=unique)
        return lists.map(sorted).map(tuple) if least == 2 else lists.map(tuple)

    def date_values(self, op: str):
        match op:
            case "on_or_after" | "before" | "on" | "between":
                return self.dates()
            case "month_is":
                return st.integers(1, 12)
            case "fiscal_years_ago":
                return st.integers(0, 2)
            case "month_from_now":
                return st.integers(0, 11)
            case _:
                return st.integers(0, 130)

    def dates(self):
        near = st.integers(-130, 5).map(lambda days: self.today + timedelta(days=days))
        return st.one_of(near, st.dates(date(1940, 1, 1), date(2030, 12, 31)))

    def windows(self):
        return st.one_of(
            st.builds(LastDays, days=st.integers(0, 130)),
            st.builds(LastMonths, months=st.integers(1, 30)),
            st.tuples(st.integers(0, 60), st.integers(0, 90)).map(lambda pair: DaysAgo(nearest=pair[0], farthest=pair[0] + pair[1])),
            st.tuples(self.dates(), self.dates()).map(lambda pair: Between(since=min(pair), until=max(pair))),
        )
