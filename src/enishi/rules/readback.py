"""Reads a rule back as one plain sentence, and each condition as a phrase.

    購入回数が1回で、最終購入が30〜90日前で、メールを送れる人
    Customers whose purchase count is 1, whose last purchase is 30–90 days ago and who can be emailed

A condition changes with its place. Japanese inflects its end: before another one (…で、／…ていて、), before a noun (…の人／
…る人), or by itself. English begins it with "whose" or "who" after a noun. A `_Phrase` knows every form, and the order of
words is the messages' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.rules.facts import Fact, Registry
from enishi.rules.operators import Window
from enishi.rules.python_eval import ClauseResult
from enishi.rules.tails import Part, joined, label_text, parts, plain, tail_of, value_text, window_text
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
    body = _phrase(AllOf(rules=tuple(kept)), registry).of_people
    people = pgettext("begins a sentence", "%(body)s人") % {"body": body} if kept else _("すべての人")
    if not left_out:
        return Sentence(parts(people))
    # 「AまたはBを除く」 reads best as a list of people.
    singly = [child for out in left_out for child in (out.rules if isinstance(out, AnyOf) else (out,))]
    others = [pgettext("those left out", "%(body)s人") % {"body": _phrase(child, registry).of_people} for child in singly]
    return Sentence(parts(_("%(people)s。ただし、%(others)sは除く。") % {"people": people, "others": _("と、").join(others)}))


def phrase(condition: Condition, registry: Registry) -> str:
    """One condition by itself: 「購入回数が1回」."""
    return plain(_condition(condition, registry).alone)


def reasons(results: Sequence[ClauseResult], registry: Registry) -> list[Reason]:
    """`python_eval.explain` in words, in the same order."""
    return [_reason(result, registry) for result in results]


def _reason(result: ClauseResult, registry: Registry) -> Reason:
    condition, fact = result.condition, registry.fact(result.condition.fact)
    wanted = _condition(condition, registry).alone if condition.test.op in fact.phrases else tail_of(condition.test, fact).text
    if condition.window is not None and condition.test.op not in fact.phrases:
        wanted = _("%(window)sに%(what)s") % {"window": window_text(condition.window), "what": wanted}
    actual = value_text(result.actual, fact)
    if fact.kind is Kind.FLAG:
        actual = pgettext("beside a fact", "ある") if result.actual else pgettext("beside a fact", "ない")
    return Reason(str(fact.label), actual, plain(wanted), result.speaks_for, result.negated)


# ---- phrases ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A condition in words, by itself and before 人, each also as it stands before a further condition."""

    alone: str
    alone_joining: str
    of_people: str
    of_people_joining: str


def _is(noun: str) -> _Phrase:
    """「購入回数が1回」: ends in a noun. "whose purchase count is 1"."""
    text = {"noun": noun}
    joining = pgettext("by itself", "%(noun)sで") % text
    return _Phrase(noun, joining, pgettext("of people", "%(noun)sの") % text, pgettext("of people", "%(noun)sで") % text)


def _has(plain_form: str, te: str) -> _Phrase:
    """「氏名に「谷」を含む」: a verb whose subject is something of theirs. "whose name contains “谷”"."""
    of_people = [pgettext("of what is theirs", "%(verb)s") % {"verb": form} for form in (plain_form, te)]
    return _Phrase(plain_form, te, *of_people)


def _do(plain_form: str, te: str) -> _Phrase:
    """「メールを開いた」: a verb whose subject are the people themselves. "who opened an email"."""
    of_people = [pgettext("of people", "%(verb)s") % {"verb": form} for form in (plain_form, te)]
    return _Phrase(plain_form, te, *of_people)


def _phrase(rule: Rule, registry: Registry) -> _Phrase:
    match rule:
        case Condition():
            return _condition(rule, registry)
        case Not():
            inner = {"rule": _phrase(rule.rule, registry).alone}
            return _do(_("「%(rule)s」に当てはまらない") % inner, _("「%(rule)s」に当てはまらず") % inner)
        case AllOf(rules=()):
            return _Phrase(_("条件なし"), _("条件なしで"), _("条件なしの"), _("条件なしで"))
        case AllOf():
            return _all([_phrase(child, registry) for child in rule.rules])
        case AnyOf():
            found = [_phrase(child, registry) for child in rule.rules]
            if len(found) == 1:
                return found[0]
            either = {"rules": _("か").join(_("「%(rule)s」") % {"rule": words.alone} for words in found)}
            return _do(_("%(rules)sに当てはまる") % either, _("%(rules)sに当てはまり") % either)


def _all(phrases: Sequence[_Phrase]) -> _Phrase:
    alone = [words.alone_joining for words in phrases]
    of_people = [words.of_people_joining for words in phrases]
    last = phrases[-1]
    return _Phrase(joined([*alone[:-1], last.alone]), joined(alone), joined([*of_people[:-1], last.of_people]), joined(of_people))


def _condition(condition: Condition, registry: Registry) -> _Phrase:
    fact = registry.fact(condition.fact)
    properties = fact.properties()
    filters = [_test(where.test, properties[where.property]) for where in condition.where if where.property in properties]
    which = _all(filters).of_people if filters else ""
    own = fact.phrases.get(condition.test.op)
    if own is not None:
        plain_form, te = (_when(_which(str(form), which), condition.window) for form in own)
        return _do(plain_form, te)
    return _test(condition.test, fact, subject=_whose(fact, which, condition.window))


def _test(test: AnyTest, trait: Trait, *, subject: str = "") -> _Phrase:
    tail = tail_of(test, trait)
    what = {"what": subject or label_text(trait.label)}
    if not tail.te:
        return _is(_("%(what)sが%(value)s") % (what | {"value": tail.text}))
    said = _("%(what)sに%(verb)s") if tail.place else _("%(what)sが%(verb)s")
    return _has(said % (what | {"verb": tail.text}), said % (what | {"verb": tail.te}))


def _which(what: str, which: str) -> str:
    return _("%(which)s%(what)s") % {"which": which, "what": what} if which else what


def _when(what: str, window: Window | None) -> str:
    return what if window is None else _("%(window)sに%(what)s") % {"window": window_text(window), "what": what}


def _whose(fact: Fact, which: str, window: Window | None) -> str:
    if not fact.windowed_label:
        return _which(label_text(fact.label), which)
    period = pgettext("in a sentence", "全期間") if window is None else window_text(window)
    said = {"window": period, "what": label_text(fact.windowed_label), "which": which}
    return (_("%(window)sの%(which)s%(what)s") if which else _("%(window)sの%(what)s")) % said
