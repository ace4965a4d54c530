"""The typed rule tree, and the only way from JSON to it.

A rule is a group (`all`, `any`), a `not`, or a condition: a registered fact, a test of that fact's type and, for
facts that look at rows, a window of time and filters on the rows' properties.

    {"type": "all", "rules": [
        {"type": "condition", "fact": "purchase.count", "test": {"type": "number", "op": "eq", "values": [1]}},
        {"type": "not", "rule": {"type": "condition", "fact": "customer.tags",
                                 "test": {"type": "labels", "op": "any_of", "values": ["3"]}}}]}

Names in it are looked up in the registry (`facts.Registry`), never given to the ORM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import pydantic_core
from django.utils.translation import gettext_lazy as _
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from enishi.platform.errors import Invalid
from enishi.rules.operators import Part, Test, Window

MAX_DEPTH = 8
MAX_NODES = 200
_MAX_BYTES = 200_000
_MAX_RAW_DEPTH = 4 * MAX_DEPTH  # a node is at most two levels of JSON, its test and values three more
_MAX_RAW_VALUES = 20_000

FactKey = Annotated[str, StringConstraints(strict=True, max_length=60, pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]


class RuleInvalid(Invalid):
    """The rule is no rule; `fields` maps a place in the tree (`rules.0.test`) to what is wrong there."""

    code = "rule.invalid"
    message = _("条件の内容を確認してください。")


class RuleTooLarge(RuleInvalid):
    code = "rule.too_large"
    message = _("条件が多すぎるか、入れ子が深すぎます。条件を分けてください。")


class Where(Part):
    """Keeps only the rows whose property passes the test."""

    property: FactKey
    test: Test


class Condition(Part):
    type: Literal["condition"] = "condition"
    fact: FactKey
    test: Test
    window: Window | None = None
    where: Annotated[tuple[Where, ...], Field(max_length=5)] = ()


class AllOf(Part):
    """True when every rule is; an empty one says nothing and is true for everyone."""

    type: Literal["all"] = "all"
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_NODES)] = ()


class AnyOf(Part):
    """True when at least one rule is."""

    type: Literal["any"] = "any"
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MAX_NODES)]


class Not(Part):
    type: Literal["not"] = "not"
    rule: Rule


type Rule = Annotated[AllOf | AnyOf | Not | Condition, Field(discriminator="type")]

AllOf.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()
_ADAPTER: TypeAdapter[Rule] = TypeAdapter(Rule)

EVERYONE = AllOf()


def parse_json(text: str | bytes) -> Rule:
    """A rule from JSON text of any origin; linear in its size, however deep. Raises RuleInvalid, RuleTooLarge."""
    if len(text) > _MAX_BYTES:
        raise RuleTooLarge
    try:
        raw = pydantic_core.from_json(text)  # has its own depth limit, unlike json.loads
    except ValueError as error:
        raise RuleTooLarge if "recursion limit" in str(error) else RuleInvalid from None
    return parse(raw)


def parse(raw: object) -> Rule:
    """A rule from decoded JSON, such as a stored column. Raises RuleInvalid, RuleTooLarge."""
    _refuse_outsize(raw)
    try:
        rule = _ADAPTER.validate_python(raw)
    except ValidationError as error:
        raise RuleInvalid(fields=_places(error)) from None
    refuse_outgrown(rule)
    return rule


def dump(rule: Rule) -> dict[str, object]:
    """The rule as JSON values, for storing; `parse` reads it back equal."""
    dumped: dict[str, object] = _ADAPTER.dump_python(rule, mode="json")
    return dumped


def refuse_outgrown(rule: Rule) -> None:
    """Depth and node limits for a rule made in code (the builder). Raises RuleTooLarge."""
    for count, (path, _node) in enumerate(walk(rule), start=1):
        if count > MAX_NODES or len(path) >= MAX_DEPTH:
            raise RuleTooLarge


def walk(rule: Rule) -> Iterator[tuple[tuple[int, ...], Rule]]:
    """Every node with its path (positions among siblings; () is the root), parents before children."""
    waiting: list[tuple[tuple[int, ...], Rule]] = [((), rule)]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        if len(path) <= MAX_DEPTH:
            waiting.extend(reversed([((*path, index), child) for index, child in enumerate(children(node))]))


def children(node: Rule) -> tuple[Rule, ...]:
    match node:
        case AllOf() | AnyOf():
            return node.rules
        case Not():
            return (node.rule,)
        case Condition():
            return ()


def conditions(rule: Rule) -> list[Condition]:
    """The leaves, in reading order."""
    return [node for _path, node in walk(rule) if isinstance(node, Condition)]


def _refuse_outsize(raw: object) -> None:
    """Before anything recurses: how deep and how large the decoded JSON is, by a plain loop."""
    level: list[object] = [raw]
    seen = 0
    for _depth in range(_MAX_RAW_DEPTH):
        seen += len(level)
        if seen > _MAX_RAW_VALUES:
            raise RuleTooLarge
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list | tuple):
                below.extend(value)
        if not below:
            return
        level = below
    raise RuleTooLarge


_WORDS = {
    "missing": _("必要な項目がありません。"),
    "extra_forbidden": _("使えない項目です。"),
    "union_tag_invalid": _("使えない種類です。"),
    "union_tag_not_found": _("種類がありません。"),
    "enum": _("使えない比べ方です。"),
    "number_of_values": _("値の数が合いません。"),
    "range_reversed": _("範囲の小さいほうを先に入れてください。"),
    "value_of_another_kind": _("値の種類が合いません。"),
    "day_out_of_range": _("日付を確認してください。"),
    "control_character": _("使えない文字が入っています。"),
    "too_short": _("条件が1つもありません。"),
    "too_long": _("数が多すぎます。"),
    "string_too_long": _("長すぎます。200文字以内にしてください。"),
}


_PARTS = frozenset({"rules", "rule", "fact", "test", "op", "values", "window", "where", "property"}) | {
    "days",
    "months",
    "nearest",
    "farthest",
    "since",
    "until",
}


def words_of(error: ValidationError) -> str:
    """The first thing that is wrong, in words for people."""
    return str(_WORDS.get(error.errors(include_url=False, include_input=False)[0]["type"], _("値を確認してください。")))


def _places(error: ValidationError) -> dict[str, list[str]]:
    """pydantic's errors by place, in words for people; never the value itself."""
    places: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        unknown = item["loc"][-1:] if item["type"] == "extra_forbidden" else ()
        known = [part for part in item["loc"][:24] if isinstance(part, int) or part in _PARTS]
        place = ".".join(str(part)[:60] for part in [*known, *unknown])
        words = str(_WORDS.get(item["type"], _("値を確認してください。")))
        if words not in places.setdefault(place, []):
            places[place].append(words)
        if len(places) >= 20:
            break
    return places
