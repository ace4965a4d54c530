"""Reads a rule back as one plain sentence, and each condition as a phrase.

    購入回数が1回で、最終購入が30〜90日前で、メールを送れる人

Japanese inflects a condition by where it stands: before another one (…で、／…ていて、), before a noun (…の人／…る人),
or by itself. A `Phrase` knows its three forms; messages in other languages may ignore the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from enishi.rules.facts import Fact, Registry
from enishi.rules.operators import Window
from enishi.rules.python_eval import ClauseResult
from enishi.rules.tails import Part, joined, parts, plain, tail_of, value_text, window_text
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule
from enishi.rules.values import AnyTest, Kind, Trait


@dataclass(frozen=True, slots=True)
class Sentence:
    """`parts` for a page that sets values in bold; str() is the plain text."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of why somebody is in or out: 「購入回数 8回」, wanted 「2回以上」.

    `met`: this line lets the customer in. `excluding`: the condition stands in the part that is left out.
    """

    label: str
    actual: str
    wanted: str
    met: bool
    excluding: bool

    @property
    def sign(self) -> str:
        """What the tick or cross says to those who hear the page."""
        return _("当てはまる") if self.met else _("当てはまらない")


def sentence(rule: Rule, registry: Registry) -> Sentence:
    """The whole rule: who is meant, and who of them is left out. Raises RuleInvalid for unknown facts."""
    kept: list[Rule] = [rule]
    left_out: list[Rule] = []
    if isinstance(rule, AllOf):
        kept = [child for child in rule.rules if not isinstance(child, Not)]
        left_out = [child.rule for child in rule.rules if isinstance(child, Not)]
    elif isinstance(rule, Not):
        kept, left_out = [], [rule.rule]
    body = _phrase(AllOf(rules=tuple(kept)), registry).attributive if kept else _("すべての")
    people = _("%(body)s人") % {"body": body}
    if not left_out:
        return Sentence(parts(people))
    # 「AまたはBを除く」 reads best as a list of people.
    singly = [child for out in left_out for child in (out.rules if isinstance(out, AnyOf) else (out,))]
    others = _("と、").join(_("%(body)s人") % {"body": _phrase(child, registry).attributive} for child in singly)
    return Sentence(parts(_("%(people)s。ただし、%(others)sは除く。") % {"people": people, "others": others}))


def phrase(condition: Condition, registry: Registry) -> str:
    """One condition by itself: 「購入回数が1回」."""
    return plain(_condition(condition, registry).plain)


def reasons(results: Sequence[ClauseResult], registry: Registry) -> list[Reason]:
    """`python_eval.explain` in words, in the same order."""
    return [_reason(result, registry) for result in results]


def _reason(result: ClauseResult, registry: Registry) -> Reason:
    condition, fact = result.condition, registry.fact(result.condition.fact)
    wanted = _condition(condition, registry).plain if condition.test.op in fact.phrases else tail_of(condition.test, fact).text
    if condition.window is not None and condition.test.op not in fact.phrases:
        wanted = _("%(window)sに%(what)s") % {"window": window_text(condition.window), "what": wanted}
    actual = (_("ある") if result.actual else _("ない")) if fact.kind is Kind.FLAG else value_text(result.actual, fact)
    return Reason(str(fact.label), actual, plain(wanted), result.speaks_for, result.negated)


# ---- phrases ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A condition in words. `te` is its form before another condition; without one it ends in a noun."""

    plain: str
    te: str = ""

    @property
    def joining(self) -> str:
        """Before another condition: 「購入回数が1回で」."""
        return self.te or _("%(noun)sで") % {"noun": self.plain}

    @property
    def attributive(self) -> str:
        """Before a noun: 「購入回数が1回の」."""
        return self.plain if self.te else _("%(noun)sの") % {"noun": self.plain}


def _phrase(rule: Rule, registry: Registry) -> _Phrase:
    match rule:
        case Condition():
            return _condition(rule, registry)
        case Not():
            inner = {"rule": _phrase(rule.rule, registry).plain}
            return _Phrase(_("「%(rule)s」に当てはまらない") % inner, _("「%(rule)s」に当てはまらず") % inner)
        case AllOf(rules=()):
            return _Phrase(_("条件なし"))
        case AllOf():
            return _all([_phrase(child, registry) for child in rule.rules])
        case AnyOf():
            found = [_phrase(child, registry) for child in rule.rules]
            if len(found) == 1:
                return found[0]
            either = {"rules": _("か").join(_("「%(rule)s」") % {"rule": words.plain} for words in found)}
            return _Phrase(_("%(rules)sに当てはまる") % either, _("%(rules)sに当てはまり") % either)


def _all(phrases: Sequence[_Phrase]) -> _Phrase:
    before = [words.joining for words in phrases[:-1]]
    last = phrases[-1]
    return _Phrase(joined([*before, last.plain]), joined([*before, last.te]) if last.te else "")


def _condition(condition: Condition, registry: Registry) -> _Phrase:
    fact = registry.fact(condition.fact)
    properties = fact.properties()
    filters = [_test(where.test, properties[where.property]) for where in condition.where if where.property in properties]
    which = _all(filters).attributive if filters else ""
    own = fact.phrases.get(condition.test.op)
    if own is not None:
        return _Phrase(*(_when(_which(str(form), which), condition.window) for form in own))
    return _test(condition.test, fact, subject=_whose(fact, which, condition.window))


def _test(test: AnyTest, trait: Trait, *, subject: str = "") -> _Phrase:
    tail = tail_of(test, trait)
    what = {"what": subject or str(trait.label)}
    if not tail.te:
        return _Phrase(_("%(what)sが%(value)s") % (what | {"value": tail.text}))
    said = _("%(what)sに%(verb)s") if tail.place else _("%(what)sが%(verb)s")
    return _Phrase(said % (what | {"verb": tail.text}), said % (what | {"verb": tail.te}))


def _which(what: str, which: str) -> str:
    return _("%(which)s%(what)s") % {"which": which, "what": what} if which else what


def _when(what: str, window: Window | None) -> str:
    return what if window is None else _("%(window)sに%(what)s") % {"window": window_text(window), "what": what}


def _whose(fact: Fact, which: str, window: Window | None) -> str:
    if not fact.windowed_label:
        return _which(str(fact.label), which)
    period = _("全期間") if window is None else window_text(window)
    return _("%(window)sの%(what)s") % {"window": period, "what": _which(str(fact.windowed_label), which)}
