"""The registry of facts: what the apps know about a customer and rules may ask.

Each app lists its facts in its `facts.py` and is named by the wire `FACTS` in `config/wiring.py`: dotted paths to
lists of `Fact` and `Suggestion`, or to functions that return such lists (custom fields, which people define).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from django.utils.translation import gettext_lazy as _

from enishi.platform import modules
from enishi.rules.operators import ChoiceTest, LabelsTest, NumberTest, Window
from enishi.rules.shapes import Derived, Measure, Property, Rows, Shape
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule, RuleInvalid, RuleTooLarge, refuse_outgrown, walk
from enishi.rules.values import TEST_OF_KIND, AnyTest, Choice, Trait, Words

MAX_COST = 400

type Choices = Callable[[], Sequence[Choice]]


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the palette."""

    key: str
    label: Words
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Trait):
    """One thing known about a customer. `key` is `app noun.attribute` and never changes: saved rules hold it."""

    group: Group
    shape: Shape
    windowed_label: Words = ""  # what follows 「30日以内の」; facts about rows whose sentence uses the label need one
    default_window: Window | None = None
    window_required: bool = False
    help: Words = ""

    def properties(self) -> Mapping[str, Property]:
        """The row properties that a condition on this fact may filter by."""
        return self.shape.source.properties if isinstance(self.shape, Rows) else {}

    @property
    def takes_window(self) -> bool:
        return isinstance(self.shape, Rows)

    @property
    def cost(self) -> int:
        """A rough price of asking, for the limit on whole rules."""
        if isinstance(self.shape, Rows):
            return 5 if self.shape.measure is Measure.EXISTS else 10
        return 4 if isinstance(self.shape, Derived) else 2


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ready-made condition, one click in the builder."""

    key: str
    label: Words
    condition: Condition
    icon: str = ""


class Registry:
    """The facts that can be asked about, by key. A narrower one (`readable`) holds what one actor may ask."""

    def __init__(self, entries: Iterable[Fact | Suggestion]) -> None:
        self._facts: dict[str, Fact] = {}
        self._suggestions: dict[str, Suggestion] = {}
        for entry in entries:
            if isinstance(entry, Fact):
                if entry.key in self._facts:
                    raise ValueError(f"the fact {entry.key!r} is registered twice")
                self._facts[entry.key] = entry
            else:
                self._suggestions[entry.key] = entry

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def entries(self) -> list[Fact | Suggestion]:
        """Everything in it, for a registry that holds more."""
        return [*self._facts.values(), *self._suggestions.values()]

    def __contains__(self, key: str) -> bool:
        return key in self._facts

    def fact(self, key: str) -> Fact:
        """Raises RuleInvalid for a key that is not registered."""
        try:
            return self._facts[key]
        except KeyError:
            raise RuleInvalid(fields={"fact": [str(_("この項目はありません。"))]}) from None

    def suggestions(self) -> list[Suggestion]:
        """Those whose fact is in this registry."""
        return [suggestion for suggestion in self._suggestions.values() if suggestion.condition.fact in self._facts]

    def suggestion(self, key: str) -> Suggestion | None:
        return next((suggestion for suggestion in self.suggestions() if suggestion.key == key), None)

    def groups(self) -> list[tuple[Group, list[Fact]]]:
        """The palette: facts under their headings, both in the order of registration."""
        found: dict[str, tuple[Group, list[Fact]]] = {}
        for fact in self:
            found.setdefault(fact.group.key, (fact.group, []))[1].append(fact)
        return list(found.values())

    def only(self, asked: Callable[[Trait], bool]) -> Registry:
        """The facts that `asked` lets through."""
        kept: list[Fact | Suggestion] = [fact for fact in self if asked(fact)]
        return Registry([*kept, *self._suggestions.values()])


def registry() -> Registry:
    """All facts of the modules that are on, as wired: one for each request or job. Cheap; choice lists are read when needed."""
    listed: Sequence[Sequence[Fact | Suggestion] | Callable[[], Sequence[Fact | Suggestion]]] = modules.wired("FACTS")
    asked_once: dict[Choices, Choices] = {}
    entries = [entry for source in listed for entry in (source() if callable(source) else source)]
    return Registry(_asking_once(entry, asked_once) if isinstance(entry, Fact) else entry for entry in entries)


def _asking_once(fact: Fact, asked: dict[Choices, Choices]) -> Fact:
    """The fact with choice lists that are read at most once in the life of this registry: a page shows each often."""

    def once[T: Trait](trait: T) -> T:
        return trait if trait.choices is None else replace(trait, choices=asked.setdefault(trait.choices, cache(trait.choices)))

    if isinstance(fact.shape, Rows):
        properties = {key: once(found) for key, found in fact.shape.source.properties.items()}
        fact = replace(fact, shape=replace(fact.shape, source=replace(fact.shape.source, properties=properties)))
    return once(fact)


# ---- checking a rule against the registry ---------------------------------------------------------------


def check(rule: Rule, registry: Registry) -> None:
    """Every fact exists, takes the test, window and filters that the rule gives it, and the whole is affordable.

    Raises RuleInvalid (`fields` by place in the tree) or RuleTooLarge. Evaluators begin with it.
    """
    refuse_outgrown(rule)
    problems: dict[str, list[Words]] = {}
    cost = 0
    for path, node in walk(rule):
        if isinstance(node, AllOf | AnyOf | Not):
            continue
        place = ".".join(str(index) for index in path)
        if node.fact not in registry:
            problems[place] = [_("この項目はありません。")]
            continue
        fact = registry.fact(node.fact)
        cost += fact.cost + 2 * len(node.where)
        if found := list(_problems(node, fact)):
            problems[place] = found
    if problems:
        raise RuleInvalid(fields=problems)
    if cost > MAX_COST:
        raise RuleTooLarge


def _problems(condition: Condition, fact: Fact) -> Iterator[Words]:
    yield from problems_of_test(condition.test, fact)
    if condition.window is not None and not fact.takes_window:
        yield _("この項目に期間は付けられません。")
    if condition.window is None and fact.window_required:
        yield _("期間を決めてください。")
    for where in condition.where:
        trait = fact.properties().get(where.property)
        if trait is None:
            yield _("この絞り込みはありません。")
        else:
            yield from problems_of_test(where.test, trait)


def problems_of_test(test: AnyTest, trait: Trait) -> Iterator[Words]:
    """Why the test does not fit the fact or property; nothing where it does."""
    if not isinstance(test, TEST_OF_KIND[trait.kind]):
        yield _("この項目には使えない種類です。")
    elif test.op not in trait.allowed_operators():
        yield _("この項目には使えない比べ方です。")
    elif isinstance(test, NumberTest) and not trait.fractions and not all(isinstance(value, int) for value in test.values):
        yield _("小数のない数字で入れてください。")
    elif isinstance(test, ChoiceTest | LabelsTest) and trait.numbered and not all(is_row_id(value) for value in test.values):
        yield _("選択肢を選び直してください。")


def is_row_id(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 18


def decoded(test: ChoiceTest | LabelsTest, trait: Trait) -> list[str | int]:
    """The test's keys as the column holds them."""
    return [int(value) for value in test.values] if trait.numbered else list(test.values)


# ---- what a condition touches ----------------------------------------------------------------------------


def traits_of(condition: Condition, registry: Registry) -> list[Trait]:
    """The fact and each property that is filtered by."""
    fact = registry.fact(condition.fact)
    properties = fact.properties()
    return [fact, *(properties[where.property] for where in condition.where if where.property in properties)]
