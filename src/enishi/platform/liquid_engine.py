"""How python-liquid is made safe for text that users write. `platform.liquid` is the door; nobody else imports this.

What differs from the library as it comes:

- tags and filters are a closed list: nothing that loads a file (`include`, `render`) or marks text as safe (`safe`);
- string literals inside a template are plain text, so `{{ "<b>" }}` is escaped like any value;
- the clock is out of reach: no `now`, no `today`;
- every block, loop step and filter is charged to one budget, every written character to another, and what a
  filter may return has a size. The library's own limits count nested loops but not one loop after another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache, wraps
from io import StringIO
from typing import Any, ClassVar, TextIO, cast
from urllib.parse import quote

from liquid import Environment, RenderContext, Undefined
from liquid.ast import BlockNode, Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions.primitive import RangeLiteral, StringLiteral
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    decrement_tag,
    doc_tag,
    echo_tag,
    for_tag,
    if_tag,
    ifchanged_tag,
    increment_tag,
    inline_comment_tag,
    liquid_tag,
    tablerow_tag,
    unless_tag,
)
from liquid.exceptions import FilterError, LiquidValueError, ResourceLimitError
from liquid.expression import Expression
from liquid.filter import string_filter
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.undefined import FalsyStrictUndefined
from liquid.utils import ReadOnlyChainMap

MAX_STEPS = 20_000  # nodes, loop steps and filters run by one rendering: at most some tenths of a second
MAX_WRITTEN = 400_000  # characters written by one rendering, captured ones included
MAX_VALUE = 20_000  # characters of a string, before and after a filter
MAX_ITEMS = 1_000  # members of a list or a range
MAX_NUMBER = 10**18
MAX_NESTING = 20

_WEEKDAYS = "日月火水木金土"

_TAGS = (
    content.Literal,
    illegal.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    assign_tag.AssignTag,
    liquid_tag.LiquidTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
    doc_tag.DocTag,
)
# These write or keep text that is already escaped for HTML; for a URL they would escape twice or not at all.
_TEXT_TAGS = (
    output.Output,
    echo_tag.EchoTag,
    capture_tag.CaptureTag,
    cycle_tag.CycleTag,
    increment_tag.IncrementTag,
    decrement_tag.DecrementTag,
    ifchanged_tag.IfChangedTag,
    tablerow_tag.TablerowTag,
)
_FILTERS = (
    *("abs", "at_most", "at_least", "ceil", "divided_by", "floor", "minus", "plus", "round", "times", "modulo"),
    *("append", "capitalize", "downcase", "upcase", "prepend", "remove", "remove_first", "remove_last"),
    *("replace", "replace_first", "replace_last", "slice", "split", "strip", "lstrip", "rstrip", "squish"),
    *("strip_html", "strip_newlines", "newline_to_br", "truncate", "truncatewords", "escape", "escape_once"),
    *("url_encode", "url_decode", "base64_encode", "base64_decode", "base64_url_safe_encode", "base64_url_safe_decode"),
    *("compact", "concat", "find", "find_index", "first", "has", "join", "last", "map", "reject", "reverse", "size"),
    *("sort", "sort_natural", "sum", "uniq", "where", "default", "date"),
)


class PlainString(StringLiteral):
    """A string literal that is a value like any other; the library trusts it as markup."""

    __slots__ = ()

    def evaluate(self, _context: RenderContext) -> str:
        return self.value


class ShortRange(RangeLiteral):
    """A range that is refused before anybody walks along it when it is too long."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> range:
        found = super().evaluate(context)
        if found.stop - found.start > MAX_ITEMS:
            raise ResourceLimitError("range too long", token=self.token)
        return found


class ChargedBlock(BlockNode):
    """A block that pays for its nodes each time it runs; so every turn of a loop is counted."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        cast("PlainContext", context).charge(1 + len(self.nodes))
        return super().render_to_output(context, buffer)


def harden(nodes: list[Node], static_context: RenderContext) -> None:
    """Give every literal, range and block of a parsed template its careful class, in place.

    The library builds its syntax tree with fixed classes; the careful ones add no field, so that a node may change
    its class after parsing. A test walks whole trees and finds none that was missed.
    """
    for node in nodes:
        if type(node) is BlockNode:
            node.__class__ = ChargedBlock
        for expression in node.expressions():
            _harden_expression(expression)
        harden(list(node.children(static_context)), static_context)


def _harden_expression(expression: Expression) -> None:
    if type(expression) is StringLiteral:
        expression.__class__ = PlainString
    elif type(expression) is RangeLiteral:
        expression.__class__ = ShortRange
    for child in expression.children():
        _harden_expression(child)


class Meter:
    """What one rendering has used up so far."""

    __slots__ = ("steps", "written")

    def __init__(self) -> None:
        self.steps = 0
        self.written = 0


class MeteredBuffer(StringIO):
    """Collects output; every buffer of one rendering, captures included, writes against the same meter."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def write(self, text: str) -> int:
        self._meter.written += len(text)
        if self._meter.written > MAX_WRITTEN:
            raise ResourceLimitError("output too long", token=None)
        return super().write(text)


class PlainContext(RenderContext):
    """Looks up names in plain data only, and counts."""

    __slots__ = ("kept", "meter")

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)  # the library's has a clock in it
        self.meter = Meter()
        self.kept = 0

    def charge(self, steps: int) -> None:
        self.meter.steps += steps
        if self.meter.steps > MAX_STEPS:
            raise ResourceLimitError("too many steps", token=None)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.charge(length)

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        self.charge(1)
        return super().filter(name, token)

    def get_buffer(self, buf: object = None) -> MeteredBuffer:
        return MeteredBuffer(self.meter)

    def assign(self, key: str, val: object) -> None:
        self.kept += _weight(val) - _weight(self.locals.get(key))
        if self.kept > MAX_WRITTEN:
            raise ResourceLimitError("too much kept in variables", token=None)
        self.locals[key] = val

    def get(self, path: list[object], *, token: Any, default: object = None) -> object:
        """The value at a path of names; an undefined one carries the path as it was written, for the message."""
        found: object = self.scope
        for segment in path:
            try:
                found = self.get_item(found, segment) if found is not self.scope else self.scope[segment]  # type: ignore[index]
            except (KeyError, TypeError, IndexError):
                return self.env.undefined(".".join(str(part) for part in path), token=token)
        return found


class MissingValue(FalsyStrictUndefined):
    """A name the data does not have: may be tested and given a default, but not shown."""

    __slots__ = ()
    force_liquid_default = True

    def __init__(self, name: str, *, token: Any, obj: object = None, hint: str | None = None) -> None:
        super().__init__(name, token=token, hint=name)


class UrlOutputNode(output.OutputNode):
    """Writes a value percent-encoded, as one component of a URL."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        text = to_liquid_string(self.expression.evaluate(context), autoescape=False)
        return buffer.write(quote(text, safe=""))


class UrlOutput(output.Output):
    node_class = UrlOutputNode


class PlainTemplate(BoundTemplate):
    context_class = PlainContext


class PlainEnvironment(Environment):
    """Environments are made once by `environment()` and shared; they hold no state of a rendering."""

    block_nesting_limit: ClassVar[int] = MAX_NESTING
    context_depth_limit: ClassVar[int] = MAX_NESTING + 5
    template_class = PlainTemplate

    def __init__(self, *, url: bool, escape: bool, undefined: type[Undefined]) -> None:
        self._url = url
        super().__init__(autoescape=escape, undefined=undefined)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (*_TAGS, UrlOutput) if self._url else (*_TAGS, *_TEXT_TAGS):
            self.add_tag(tag)
        library = Environment().filters
        for name in _FILTERS:
            self.add_filter(name, _bounded(name, library[name]))
        self.add_filter("date", _bounded("date", _date(library["date"])))
        self.add_filter("honorific", _bounded("honorific", _honorific))
        self.add_filter("number", _bounded("number", _number))


@lru_cache
def environment(output_type: str, *, blank: bool) -> PlainEnvironment:
    """The shared environment for an output type ("text", "html", "url"); `blank`: a missing name is shown as nothing."""
    return PlainEnvironment(url=output_type == "url", escape=output_type == "html", undefined=Undefined if blank else MissingValue)


def new_context(template: BoundTemplate, data: Mapping[str, object]) -> PlainContext:
    return PlainContext(template, globals=data)


def _weight(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return len(value) if isinstance(value, list) else 1


def _check_size(value: object) -> None:
    """Raise where a value is too large to be worked on, or to be handed on."""
    if isinstance(value, str):
        fits = len(value) <= MAX_VALUE
    elif isinstance(value, (list, tuple, range, dict)):
        fits = len(value) <= MAX_ITEMS
    elif isinstance(value, int):
        fits = -MAX_NUMBER < value < MAX_NUMBER
    elif isinstance(value, Decimal):
        fits = value.is_finite() and value.adjusted() <= 18
    elif isinstance(value, float):
        fits = -MAX_NUMBER < value < MAX_NUMBER  # false for nan, too
    else:
        fits = True
    if not fits:
        raise ResourceLimitError("value too large", token=None)


def _bounded(name: str, library_filter: Callable[..., object]) -> Callable[..., object]:
    """The filter with sizes checked on both sides, and with every failure turned into the library's own error."""

    @wraps(library_filter)
    def bounded(value: object, *args: object, **kwargs: object) -> object:
        for each in (value, *args):
            _check_size(each)
        _check_growth(name, value, args)
        try:
            result = library_filter(value, *args, **kwargs)
        except (ArithmeticError, AttributeError, IndexError, LookupError, ValueError) as error:
            raise FilterError(f"{name}: {error}", token=None) from error
        _check_size(result)
        return result

    return bounded


def _check_growth(name: str, value: object, args: tuple[object, ...]) -> None:
    """The two filters whose result can be the product of their arguments are refused before they build it."""
    if name == "replace" and len(args) > 1:
        grown = str(value).count(str(args[0])) * len(str(args[1]))
    elif name == "join" and args and isinstance(value, (list, tuple, range)):
        grown = len(value) * len(str(args[0]))
    else:
        return
    if grown > MAX_VALUE:
        raise ResourceLimitError("value too large", token=None)


def _date(library_date: Callable[..., str]) -> Callable[..., str]:
    """Liquid's `date`, with Japanese weekdays for %a (日) and %A (日曜日), and without a clock."""

    @wraps(library_date)
    def date(value: object, form: object, **kwargs: object) -> str:
        if value in ("now", "today"):
            raise LiquidValueError("a template cannot ask for the time", token=None)
        if isinstance(value, str) and len(value) > 64:
            return value
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(_business_zone())
        if isinstance(form, str) and len(form) <= 200 and ("%a" in form or "%A" in form):
            weekday = library_date(value, "%w", **kwargs)
            if weekday.isdigit() and len(weekday) == 1:
                form = "".join(_weekday(part, int(weekday)) for part in _directives(form))
        return library_date(value, form, **kwargs)

    return date


def _directives(form: str) -> Iterator[str]:
    """The pieces of a strftime form: "%" with its letter, or one character."""
    pieces = iter(form)
    for piece in pieces:
        yield piece + next(pieces, "") if piece == "%" else piece


def _weekday(directive: str, weekday: int) -> str:
    if directive == "%a":
        return _WEEKDAYS[weekday]
    return f"{_WEEKDAYS[weekday]}曜日" if directive == "%A" else directive


def _business_zone() -> dt.tzinfo:
    from enishi.platform.time import business_zone

    return business_zone()


@string_filter
def _honorific(name: str, title: str = "様") -> str:
    """様 (or another title) after a name; nothing after nothing, and never twice."""
    bare = name.rstrip()
    if not bare or bare.endswith(("様", "さま", "さん", "殿", "御中", "各位", "先生")):
        return bare
    return bare + str(title)


@string_filter
def _number(value: str) -> str:
    """1234567 → 1,234,567; what is no number comes back as it is."""
    try:
        return f"{Decimal(value):,}"
    except ArithmeticError:
        return value
