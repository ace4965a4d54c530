"""The builder as a page shows it: plain values for `rules/builder.html`, nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from enishi.rules.builder import inputs
from enishi.rules.builder.draft import LEFT_OUT, MAIN, Draft, FilterLine, Line, Outcome, rule_of
from enishi.rules.builder.words import FISCAL_YEARS, JOINS, MONTHS_FROM_NOW, WINDOWS, operator_words
from enishi.rules.facts import Registry, Suggestion
from enishi.rules.operators import DateOp
from enishi.rules.readback import Sentence, sentence
from enishi.rules.tails import month_from_now, month_text
from enishi.rules.tree import Rule
from enishi.rules.values import Kind, Trait

#: Above this many choices a list to type in takes the place of a list to open.
LONG_LIST = 120
MOST_SUGGESTED = 1_000

type Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen value with the button that takes it away."""

    key: str
    label: str
    button: str


@dataclass(frozen=True, slots=True)
class Control:
    """One input. `options` of a select; `picks` beside a list that may be used again and again."""

    kind: Literal["figure", "amount", "text", "date", "select", "pick", "search"]
    name: str
    id: str
    label: str
    value: str = ""
    before: str = ""
    unit: str = ""
    options: Options = ()
    picks: Sequence[Pick] = ()


@dataclass(frozen=True, slots=True)
class FilterView:
    number: int
    property: str
    label: str
    op_id: str
    op_name: str
    op: str
    operators: Options
    controls: Sequence[Control]


@dataclass(frozen=True, slots=True)
class LineView:
    """One condition of the form. `matched` is the caller's to fill: how many this condition alone keeps."""

    number: int
    place: str
    fact: str
    label: str
    help: str
    op_id: str
    op: str
    operators: Options
    controls: Sequence[Control]
    window: str | None
    windows: Options
    window_controls: Sequence[Control]
    filters: Sequence[FilterView]
    properties: Options
    error: str
    matched: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A group with its lines, as the page frames it."""

    place: str
    kind: Literal["main", "group", "except"]
    join: str
    join_label: str
    other_label: str
    lines: Sequence[LineView]
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class PaletteGroup:
    label: str
    icon: str
    facts: Options


@dataclass(frozen=True, slots=True)
class BuilderPage:
    """Everything `rules/builder.html` needs. `rule` is made of the complete lines: what a live count counts."""

    url: str
    join: str
    main: Block
    left_out: Block
    palette: Sequence[PaletteGroup]
    suggestions: Sequence[Suggestion]
    rule: Rule
    complete: bool
    sentence: Sentence
    line_count: int = 0
    errors: Mapping[int, str] = field(default_factory=dict)
    focus: str = ""  # id of the control where one goes on: in the line that a press has just added


def builder_page(
    draft: Draft,
    registry: Registry,
    *,
    url: str,
    strict: bool = False,
    matched: Mapping[int, str] | None = None,
    pressed: str | None = None,
) -> BuilderPage:
    """The page of a draft. `url` takes the form back and answers with the builder again.

    `strict`: also lines where nothing was typed yet are marked as wrong (after an attempt to save). `registry`: what
    the actor may ask (`rights.readable`). `matched`: line number → 「14,902人」. `pressed`: the button that led here.
    """
    outcome = rule_of(draft, registry)
    errors = _errors(outcome, strict=strict)
    views = {line.number: _line(line, registry, errors.get(line.number, ""), (matched or {}).get(line.number, "")) for line in draft.lines}

    def block(place: str, kind: Literal["main", "group", "except"], join: Literal["all", "any"], blocks: Sequence[Block] = ()) -> Block:
        label, other = JOINS[join], JOINS["any" if join == "all" else "all"]
        return Block(place, kind, join, str(label), str(other), [views[line.number] for line in draft.at(place)], blocks)

    groups = [block(str(group.number), "group", group.join) for group in draft.groups]
    asked = {line.fact for line in draft.lines}
    return BuilderPage(
        url=url,
        join=draft.join,
        main=block(MAIN, "main", draft.join, groups),
        left_out=block(LEFT_OUT, "except", "any"),
        palette=[PaletteGroup(str(g.label), g.icon, [(fact.key, str(fact.label)) for fact in facts]) for g, facts in registry.groups()],
        suggestions=[found for found in registry.suggestions() if found.condition.fact not in asked],
        rule=outcome.rule,
        complete=outcome.complete,
        sentence=sentence(outcome.rule, registry),
        line_count=len(draft.lines),
        errors=errors,
        focus=_focus(pressed or "", views),
    )


def _focus(pressed: str, views: Mapping[int, LineView]) -> str:
    """The first control of the condition, or of the narrowing of one, that a button has added; empty after any other."""
    verb, _colon, rest = pressed.partition(":")
    if verb == "add" and views:
        newest = views[max(views)]
        return newest.controls[0].id if newest.controls else newest.op_id
    line = views.get(int(number)) if verb == "filter" and (number := rest.partition(":")[0]).isdecimal() else None
    if line is None or not line.filters:
        return ""
    narrowing = line.filters[-1]
    return narrowing.controls[0].id if narrowing.controls else narrowing.op_id


def _errors(outcome: Outcome, *, strict: bool) -> dict[int, str]:
    shown: dict[int, str] = {}
    for number, problems in outcome.problems.items():
        if words := [problem.words for problem in problems if strict or not problem.missing]:
            shown[number] = " ".join(words)
    return shown


def _line(line: Line, registry: Registry, error: str, matched: str) -> LineView:
    fact = registry.fact(line.fact)
    stem = f"{line.number}-{fact.key}"
    controls = _controls(line.op, line.values, fact, name=f"value-{line.number}", stem=f"value-{stem}", unpick=f"unpick:{line.number}")
    return LineView(
        number=line.number,
        place=line.place,
        fact=fact.key,
        label=str(fact.label),
        help=str(fact.help),
        op_id=f"op-{stem}",
        op=line.op,
        operators=[(op, str(operator_words(op, fact))) for op in fact.allowed_operators()],
        controls=controls,
        window=line.window if fact.takes_window else None,
        windows=[(key, str(words)) for key, words in WINDOWS if key or not fact.window_required],
        window_controls=_window_controls(line, stem) if fact.takes_window else (),
        filters=[_filter(line, found, fact.properties()[found.property]) for found in line.filters],
        properties=[(trait.key, str(trait.label)) for trait in fact.properties().values()],
        error=error,
        matched=matched,
    )


def _filter(line: Line, found: FilterLine, trait: Trait) -> FilterView:
    stem = f"{line.number}-{found.number}"
    return FilterView(
        number=found.number,
        property=found.property,
        label=str(trait.label),
        op_id=f"filter-{stem}-op",
        op_name=f"filter-op-{stem}",
        op=found.op,
        operators=[(op, str(operator_words(op, trait))) for op in trait.allowed_operators()],
        controls=_controls(
            found.op,
            found.values,
            trait,
            name=f"filter-value-{stem}",
            stem=f"filter-value-{stem}",
            unpick=f"unpick-filter:{line.number}:{found.number}",
        ),
    )


# ---- controls ---------------------------------------------------------------------------------------------


def _controls(op: str, values: Sequence[str], trait: Trait, *, name: str, stem: str, unpick: str) -> Sequence[Control]:
    most = inputs.most_values(op, trait)
    if most == 0:
        return ()
    if trait.kind in (Kind.CHOICE, Kind.LABELS) or op == DateOp.MONTH_IS:
        return [_pick_list(op, values, trait, name=name, stem=stem, unpick=unpick)]
    if op in (DateOp.MONTH_FROM_NOW, DateOp.FISCAL_YEARS_AGO):
        near = MONTHS_FROM_NOW if op == DateOp.MONTH_FROM_NOW else FISCAL_YEARS
        options = [(key, str(words)) for key, words in near]
        options += [(key, month_from_now(int(key))) for key in inputs.ONE_OF_A_FEW[op][len(near) :]]
        return [Control("select", name, f"{stem}-{op}", str(trait.label), _at(values, 0), options=options)]
    controls = []
    for index in range(most):
        kind, unit = _kind_of_input(op, trait)
        before = _("〜") if index else ""
        label = _("%(fact)sの値") % {"fact": trait.label} if index == 0 else _("%(fact)sの値（ここまで）") % {"fact": trait.label}
        controls.append(Control(kind, name, f"{stem}-{op}-{index}", label, _at(values, index), before, unit if index == most - 1 else ""))
    return controls


def _at(values: Sequence[str], index: int) -> str:
    return values[index] if index < len(values) else ""


def _kind_of_input(op: str, trait: Trait) -> tuple[Literal["figure", "amount", "text", "date"], str]:
    match trait.kind:
        case Kind.MONEY:
            return "amount", str(trait.unit)
        case Kind.NUMBER:
            return "figure", str(trait.unit)
        case Kind.DATE if op in inputs.CALENDAR:
            return "date", ""
        case Kind.DATE:
            return "figure", {"within_last_days": _("日以内"), "days_ago_between": _("日前"), "more_than_days_ago": _("日より前")}.get(
                op, ""
            )
        case _:
            return "text", ""


def _pick_list(op: str, values: Sequence[str], trait: Trait, *, name: str, stem: str, unpick: str) -> Control:
    if op == DateOp.MONTH_IS:
        options = [(str(month), month_text(month)) for month in range(1, 13)]
    else:
        options = [(choice.key, str(choice.label)) for choice in trait.choice_list()]
    names = dict(options)
    picks = [Pick(key, names.get(key, _("なくなった選択肢")), f"{unpick}:{key}") for key in values]
    left = [(key, label) for key, label in options if key not in values]
    long = len(options) > LONG_LIST
    # A new id for each pick: the list begins empty again wherever the browser keeps what was chosen in the old one.
    return Control(
        "search" if long else "pick", name, f"{stem}-{op}-{len(picks)}", str(trait.label), options=left[:MOST_SUGGESTED], picks=picks
    )


def _window_controls(line: Line, stem: str) -> Sequence[Control]:
    figure = {"last_days": [_("日以内")], "last_months": [_("か月以内")], "days_ago": ["", _("日前")]}.get(line.window)
    kind: Literal["figure", "date"] = "figure"
    if line.window == "between":
        figure, kind = ["", ""], "date"
    return [
        Control(
            kind,
            f"within-{line.number}",
            f"within-{stem}-{line.window}-{index}",
            _("期間"),
            _at(line.within, index),
            _("〜") if index else "",
            unit,
        )
        for index, unit in enumerate(figure or ())
    ]
