"""A rule while it is being built: lines of a form, as typed, complete or not.

The form holds one main group (すべて or どれか), groups inside it one level deep, and what is left out (除く). Rules of
another form (made through the API) are shown as a sentence and not edited here.

Fields: `join`; `group` = number:join, repeated; `line` = number@place, repeated, in order; and per line n `fact-n`,
`was-n`, `op-n`, `value-n`…, `window-n`, `within-n`…, `filter-n` = number, repeated, with `property-n-k`, `filter-op-n-k`,
`filter-value-n-k`…. Numbers are given by the server and only tell lines apart. `do` is the button that was pressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal, Protocol

from enishi.rules.builder import inputs
from enishi.rules.facts import Fact, Registry
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule, RuleTooLarge
from enishi.rules.values import Trait

MOST_LINES = 60
MOST_GROUPS = 20
MOST_FILTERS = 5

MAIN, LEFT_OUT = "main", "left_out"
Join = Literal["all", "any"]


class FormData(Protocol):
    """What a QueryDict offers of a posted form."""

    def get(self, key: str) -> str | None: ...

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class FilterLine:
    """Keeps only rows whose property passes."""

    number: int
    property: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One condition. `place` is MAIN, LEFT_OUT or the number of a group."""

    number: int
    place: str
    fact: str
    op: str
    values: tuple[str, ...] = ()
    window: str = ""
    within: tuple[str, ...] = ()
    filters: tuple[FilterLine, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupLine:
    number: int
    join: Join = "any"


@dataclass(frozen=True, slots=True)
class Draft:
    join: Join = "all"
    groups: tuple[GroupLine, ...] = ()
    lines: tuple[Line, ...] = ()

    def at(self, place: str) -> list[Line]:
        return [line for line in self.lines if line.place == place]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rule of the lines that are complete, and what is wrong with the others, by line number."""

    rule: Rule
    problems: Mapping[int, Sequence[inputs.Problem]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not self.problems


# ---- form → draft -----------------------------------------------------------------------------------------


def read(form: FormData, registry: Registry) -> Draft:
    """The draft that was posted, before the pressed button acts. Unknown facts, places and numbers are dropped.

    Raises RuleTooLarge.
    """
    groups: list[GroupLine] = []
    for entry in _some(form.getlist("group"), MOST_GROUPS):
        number, _colon, join = entry.partition(":")
        if number.isdecimal() and len(number) < 6:
            groups.append(GroupLine(int(number), "all" if join == "all" else "any"))
    places = {MAIN, LEFT_OUT, *(str(group.number) for group in groups)}
    lines: list[Line] = []
    for entry in _some(form.getlist("line"), MOST_LINES):
        number, _at, place = entry.partition("@")
        if number.isdecimal() and len(number) < 6 and place in places:
            found = _read_line(form, int(number), place, registry)
            lines += [found] if found else []
    return Draft("any" if form.get("join") == "any" else "all", tuple(groups), tuple(lines))


def _some(entries: list[str], most: int) -> list[str]:
    if len(entries) > most:
        raise RuleTooLarge
    return list(dict.fromkeys(entries))


def _read_line(form: FormData, number: int, place: str, registry: Registry) -> Line | None:
    key = form.get(f"fact-{number}") or ""
    if key not in registry:
        return None
    fact = registry.fact(key)
    if form.get(f"was-{number}") != key:
        return new_line(number, place, fact)
    op = _known_op(form.get(f"op-{number}"), fact)
    filters = [_read_filter(form, number, entry, fact) for entry in _some(form.getlist(f"filter-{number}"), MOST_FILTERS)]
    return Line(
        number,
        place,
        key,
        op,
        inputs.kept(form.getlist(f"value-{number}"), op, fact),
        window=(form.get(f"window-{number}") or "") if fact.takes_window else "",
        within=tuple(text.strip() for text in form.getlist(f"within-{number}")[:2]),
        filters=tuple(found for found in filters if found),
    )


def _read_filter(form: FormData, line: int, entry: str, fact: Fact) -> FilterLine | None:
    if not entry.isdecimal() or len(entry) > 2:
        return None
    trait = fact.properties().get(form.get(f"property-{line}-{entry}") or "")
    if trait is None:
        return None
    op = _known_op(form.get(f"filter-op-{line}-{entry}"), trait)
    return FilterLine(int(entry), trait.key, op, inputs.kept(form.getlist(f"filter-value-{line}-{entry}"), op, trait))


def _known_op(op: str | None, trait: Trait) -> str:
    return op if op in trait.allowed_operators() else trait.allowed_operators()[0]


def new_line(number: int, place: str, fact: Fact) -> Line:
    """A line with what is most often asked of such a fact."""
    op, first = inputs.usual(fact)
    window, within = inputs.window_fields(fact.default_window)
    return Line(number, place, fact.key, op, first, window, within)


# ---- buttons ----------------------------------------------------------------------------------------------


def press(draft: Draft, button: str | None, registry: Registry) -> Draft:
    """What a button of the builder does: add:PLACE:FACT, suggest:KEY, remove:LINE, group, ungroup:GROUP,
    join:main, join:GROUP, unpick:LINE:VALUE, filter:LINE:PROPERTY, unfilter:LINE:FILTER, unpick-filter:LINE:FILTER:VALUE.

    Anything else changes nothing. Raises RuleTooLarge.
    """
    verb, _colon, rest = (button or "").partition(":")
    subject, _colon, detail = rest.partition(":")
    match verb:
        case "add" if detail in registry and (subject in (MAIN, LEFT_OUT) or any(str(group.number) == subject for group in draft.groups)):
            changed = replace(draft, lines=(*draft.lines, new_line(_next(draft), subject, registry.fact(detail))))
        case "suggest" if suggestion := registry.suggestion(subject):
            changed = replace(draft, lines=(*draft.lines, line_of(_next(draft), MAIN, suggestion.condition)))
        case "group":
            numbers = [group.number for group in draft.groups]
            changed = replace(draft, groups=(*draft.groups, GroupLine(max(numbers, default=0) + 1)))
        case "ungroup":
            kept = tuple(group for group in draft.groups if str(group.number) != subject)
            changed = replace(draft, groups=kept, lines=tuple(line for line in draft.lines if line.place != subject))
        case "join":
            changed = _joined_otherwise(draft, subject)
        case "remove":
            changed = replace(draft, lines=tuple(line for line in draft.lines if str(line.number) != subject))
        case _:
            lines = [_pressed(line, verb, detail, registry) if str(line.number) == subject else line for line in draft.lines]
            changed = replace(draft, lines=tuple(lines))
    if len(changed.lines) > MOST_LINES or len(changed.groups) > MOST_GROUPS:
        raise RuleTooLarge
    return changed


def _next(draft: Draft) -> int:
    return max((line.number for line in draft.lines), default=0) + 1


def _other(join: Join) -> Join:
    return "any" if join == "all" else "all"


def _joined_otherwise(draft: Draft, subject: str) -> Draft:
    if subject == MAIN:
        return replace(draft, join=_other(draft.join))
    groups = [replace(group, join=_other(group.join)) if str(group.number) == subject else group for group in draft.groups]
    return replace(draft, groups=tuple(groups))


def _pressed(line: Line, verb: str, detail: str, registry: Registry) -> Line:
    fact = registry.fact(line.fact)
    match verb:
        case "unpick":
            return replace(line, values=tuple(value for value in line.values if value != detail))
        case "filter" if detail in fact.properties() and len(line.filters) < MOST_FILTERS:
            op, first = inputs.usual(fact.properties()[detail])
            number = next(number for number in count() if all(number != found.number for found in line.filters))
            return replace(line, filters=(*line.filters, FilterLine(number, detail, op, first)))
        case "unfilter":
            return replace(line, filters=tuple(found for found in line.filters if str(found.number) != detail))
        case "unpick-filter":
            chosen, _colon, value = detail.partition(":")
            return replace(line, filters=tuple(_without(found, value) if str(found.number) == chosen else found for found in line.filters))
        case _:
            return line


def _without(found: FilterLine, value: str) -> FilterLine:
    return replace(found, values=tuple(kept for kept in found.values if kept != value))


# ---- draft ↔ rule -----------------------------------------------------------------------------------------


def rule_of(draft: Draft, registry: Registry) -> Outcome:
    """The rule that the complete lines make, and the problems of the others."""
    problems: dict[int, Sequence[inputs.Problem]] = {}
    made: dict[str, list[Rule]] = {MAIN: [], LEFT_OUT: [], **{str(group.number): [] for group in draft.groups}}
    for line in draft.lines:
        condition, found = inputs.condition_of(line, registry.fact(line.fact))
        if condition is None:
            problems[line.number] = found
        else:
            made[line.place].append(condition)
    for group in draft.groups:
        if inside := tuple(made[str(group.number)]):
            made[MAIN].append(AnyOf(rules=inside) if group.join == "any" else AllOf(rules=inside))
    return Outcome(_with_exceptions(draft.join, tuple(made[MAIN]), tuple(made[LEFT_OUT])), problems)


def _with_exceptions(join: Join, kept: tuple[Rule, ...], left_out: tuple[Rule, ...]) -> Rule:
    main: tuple[Rule, ...] = (AnyOf(rules=kept),) if join == "any" and kept else kept
    if not left_out:
        return main[0] if join == "any" and kept else AllOf(rules=main)
    out = left_out[0] if len(left_out) == 1 else AnyOf(rules=left_out)
    return AllOf(rules=(*main, Not(rule=out)))


def draft_of(rule: Rule, registry: Registry) -> Draft | None:
    """The form of a saved rule; None where it is nested otherwise or asks what this registry does not hold."""
    kept, left_out = _sides(rule)
    join: Join = "all"
    if len(kept) == 1 and isinstance(kept[0], AnyOf):
        join, kept = "any", kept[0].rules
    groups: list[GroupLine] = []
    placed: list[tuple[str, Condition]] = []
    for child in kept:
        inside: Sequence[Rule] = (child,)
        place = MAIN
        if isinstance(child, AllOf | AnyOf):
            groups.append(GroupLine(len(groups) + 1, "any" if isinstance(child, AnyOf) else "all"))
            place, inside = str(len(groups)), child.rules
        if not _all_conditions(inside):
            return None
        placed += [(place, condition) for condition in inside if isinstance(condition, Condition)]
    if not _all_conditions(left_out):
        return None
    placed += [(LEFT_OUT, condition) for condition in left_out if isinstance(condition, Condition)]
    if any(condition.fact not in registry for _place, condition in placed) or len(placed) > MOST_LINES or len(groups) > MOST_GROUPS:
        return None
    lines = [line_of(number, place, condition) for number, (place, condition) in enumerate(placed, start=1)]
    return Draft(join, tuple(groups), tuple(lines))


def _sides(rule: Rule) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    children = rule.rules if isinstance(rule, AllOf) else (rule,)
    left_out: list[Rule] = []
    for child in children:
        if isinstance(child, Not):
            left_out += child.rule.rules if isinstance(child.rule, AnyOf) else (child.rule,)
    return tuple(child for child in children if not isinstance(child, Not)), tuple(left_out)


def _all_conditions(rules: Iterable[Rule]) -> bool:
    return all(isinstance(rule, Condition) for rule in rules)


def line_of(number: int, place: str, condition: Condition) -> Line:
    """A condition as a line of the form."""
    window, within = inputs.window_fields(condition.window)
    filters = [FilterLine(k, where.property, where.test.op, inputs.typed(where.test)) for k, where in enumerate(condition.where)]
    return Line(number, place, condition.fact, condition.test.op, inputs.typed(condition.test), window, within, tuple(filters))
