"""How python-liquid is made safe for text that users write. `platform.liquid` is the door; nobody else imports this.

What differs from the library as it comes:

- tags and filters are a closed list: nothing that loads a file (`include`, `render`) or marks text as safe (`safe`);
- string literals inside a template are plain text, so `{{ "<b>" }}` is escaped like any value;
- the clock is out of reach: no `now`, no `today`;
- every block, loop step and filter is charged to one budget, every written character to another, and what a
  filter may return has a size. The library's own limits count nested loops but not one loop after another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from io import StringIO
from typing import Any, ClassVar, TextIO, cast
from urllib.parse import quote

from liquid import Environment, RenderContext, Undefined
from liquid.ast import BlockNode, Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import FilteredExpression, Path
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
from liquid.exceptions import ResourceLimitError, UnknownFilterError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.undefined import FalsyStrictUndefined
from liquid.utils import ReadOnlyChainMap
from markupsafe import escape

from enishi.platform.liquid_filters import MAX_ITEMS, offered

MAX_STEPS = 20_000  # nodes, loop steps and filters run by one rendering: at most some tenths of a second
MAX_WRITTEN = 400_000  # characters written by one rendering, captured ones included
MAX_NESTING = 20

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
        elif _is_field(node):
            node.__class__ = FieldNode
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


class MeteredBuffer:
    """Collects output; every buffer of one rendering, captures included, writes against the same meter."""

    __slots__ = ("_meter", "_pieces")

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._pieces: list[str] = []

    def write(self, text: str) -> int:
        meter = self._meter
        meter.written += len(text)
        if meter.written > MAX_WRITTEN:
            raise ResourceLimitError("output too long", token=None)
        self._pieces.append(text)
        return len(text)

    def getvalue(self) -> str:
        return "".join(self._pieces)


class Names(ReadOnlyChainMap):
    """The library's chain of namespaces, asking before it looks instead of catching the miss."""

    def __getitem__(self, key: str) -> object:
        for names in self._maps:
            if key in names:
                return names[key]
        raise KeyError(key)


class PlainContext(RenderContext):
    """Looks up names in plain data only, and counts."""

    __slots__ = ("kept", "meter")

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.scope = Names(self.locals, self.globals, self.counters)  # the library's has a clock in it
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
        try:
            return self.env.filters[name]
        except KeyError:
            raise UnknownFilterError(name, token=token) from None

    def get_buffer(self, buf: object = None) -> StringIO:
        return cast("StringIO", MeteredBuffer(self.meter))

    def assign(self, key: str, val: object) -> None:
        self.kept += _weight(val) - _weight(self.locals.get(key))
        if self.kept > MAX_WRITTEN:
            raise ResourceLimitError("too much kept in variables", token=None)
        self.locals[key] = val

    def get(self, path: list[object], *, token: Any, default: object = None) -> object:
        """The value at a path of names; an undefined one carries the path as it was written, for the message."""
        root, *rest = path
        try:
            found = self.scope[cast("str", root)]
            for segment in rest:
                found = found[segment] if type(found) is dict and segment in found else self.get_item(found, segment)
        except (KeyError, TypeError, IndexError):
            return self.env.undefined(".".join(str(part) for part in path), token=token)
        return found


class MissingValue(FalsyStrictUndefined):
    """A name the data does not have: may be tested and given a default, but not shown."""

    __slots__ = ()
    force_liquid_default = True

    def __init__(self, name: str, *, token: Any, obj: object = None, hint: str | None = None) -> None:
        super().__init__(name, token=token, hint=name)


class FieldNode(output.OutputNode):
    """Shows one field as it is, which most tags of a mail do: a text is written at once, the rest goes the library's way."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        found = context.get(self.expression.left.path, token=self.token)  # type: ignore[attr-defined]
        if type(found) is str:
            return buffer.write(escape(found) if context.autoescape else found)
        return super().render_to_output(context, buffer)


def _is_field(node: Node) -> bool:
    """A path of names, and no filter behind it."""
    if type(node) is not output.OutputNode or not isinstance(node.expression, FilteredExpression) or node.expression.filters:
        return False
    path = node.expression.left
    return isinstance(path, Path) and all(type(part) is str for part in path.path)


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
        self.filters.update(offered(Environment().filters, self))


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
