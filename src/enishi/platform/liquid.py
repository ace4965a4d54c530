"""The one renderer of templates that users write: mail, LINE, PDF, chat. Nothing else may expand user text.

Liquid over plain data: a template sees dicts, lists, strings, whole numbers, decimals, dates and nothing else, so that
there is no object to walk through. It is parsed once and rendered in one pass: what a value holds is a leaf and is
never expanded again. Values are escaped for the kind of output; steps, sizes and nesting are bounded.

    greeting = compile_template("{{ customer.family_name | default: 'お客様' | honorific }}", output="html")
    greeting.render({"customer": {"family_name": "山田"}})  # 山田様

Beside Liquid's own filters there are `honorific` (様, never twice), `number` (1,234) and, in `date`, %a and %A as 日 and 日曜日.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from liquid import exceptions as library
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.echo_tag import EchoNode
from liquid.static_analysis import TemplateAnalysis
from liquid.template import BoundTemplate

from enishi.platform import liquid_engine as engine
from enishi.platform.errors import ActionError

type OutputType = Literal["text", "html", "url"]
type Plain = bool | int | str | Decimal | dt.date | dt.datetime | list[Plain] | dict[str, Plain] | None

MAX_SOURCE = 300_000  # characters of a template
MAX_TAG = 2_000  # characters between {{ and }}
MAX_TAGS = 3_000

_LEAVES = frozenset({type(None), bool, int, str, Decimal, dt.date, dt.datetime})
_OPENING = re.compile(r"\{\{|\{%")
_SECTION = re.compile(r"\{%-?\s*(raw|doc)\s*-?%\}")
_SECTION_END = {kind: re.compile(rf"\{{%-?\s*end{kind}\s*-?%\}}") for kind in ("raw", "doc")}


class LiquidError(ActionError):
    """A template cannot be used, or cannot be rendered for these data. `line` counts from 1, where it is known."""

    code = "template.invalid"
    message = gettext_lazy("テンプレートの書き方に誤りがあります。")
    status = 422

    def __init__(self, message: str | Promise | None = None, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class TemplateSyntax(LiquidError):
    """The text is not Liquid, or uses a tag or filter that is not offered."""

    code = "template.syntax"


class MissingField(LiquidError):
    """The template shows a field that the data do not have. `field` is its name as it was written."""

    code = "template.missing_field"

    def __init__(self, field: str, *, line: int | None = None) -> None:
        super().__init__(_("差し込み項目「%(field)s」はありません。") % {"field": field}, line=line)
        self.field = field


class TemplateTooHeavy(LiquidError):
    """A limit of steps, size or nesting was reached."""

    code = "template.too_heavy"
    message = gettext_lazy("テンプレートの処理が多すぎます。繰り返しや文章を減らしてください。")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. It holds no state of a rendering and may be shared by threads.

    `fields` are the merge fields it uses, in the order of their first use; `bare_fields` those it shows without a
    `default`, which leave a hole for people who have no value.
    """

    fields: tuple[str, ...]
    bare_fields: tuple[str, ...]
    parsed: BoundTemplate

    def render(self, data: Mapping[str, Plain]) -> str:
        """The text for these data. Raises MissingField, TemplateTooHeavy, LiquidError; TypeError for data that are not plain."""
        return render_all([self], data)[0]

    def empty_fields(self, data: Mapping[str, Plain]) -> list[str]:
        """Those of `bare_fields` that have no value, or an empty one, in these data."""
        return empty_among(self.bare_fields, data)


def compile_template(source: str, output: OutputType = "html", *, missing: Literal["refuse", "blank"] = "refuse") -> Template:
    """Parse a template for one kind of output.

    "html": the source is markup and every value is escaped; "text": nothing is escaped; "url": every value is
    percent-encoded as one component. `missing`: a field that the data lack raises MissingField, or is shown as nothing.
    Raises TemplateSyntax, TemplateTooHeavy.
    """
    _check_source(source)
    try:
        parsed = engine.environment(output, blank=missing == "blank").from_string(source)
        engine.harden(parsed.nodes, engine.new_context(parsed, {}))
        found = parsed.analyze(include_partials=False)
        _refuse_unknown_filters(found, parsed.env.filters, source)
        fields = tuple(dict.fromkeys(str(variable) for variables in found.globals.values() for variable in variables))
        return Template(fields, tuple(_bare_fields(parsed, frozenset(fields))), parsed)
    except library.LiquidError as error:
        raise _refusal(error, TemplateSyntax) from error
    except RecursionError as error:
        raise TemplateTooHeavy from error


def render_all(templates: Sequence[Template], data: Mapping[str, Plain]) -> list[str]:
    """Several templates over the same data, which are looked at once. Raises as `Template.render`."""
    assert_plain(data)
    return [_render(template.parsed, data) for template in templates]


def _render(parsed: BoundTemplate, data: Mapping[str, Plain]) -> str:
    context = engine.new_context(parsed, data)
    buffer = context.get_buffer()
    try:
        context.charge(len(parsed.nodes))
        parsed.render_with_context(context, buffer)
    except library.LiquidError as error:
        raise _refusal(error) from error
    except (RecursionError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError) as error:
        # The library turns most, not all, of its own surprises into its error class.
        raise LiquidError from error
    return buffer.getvalue()


def empty_among(names: Iterable[str], data: Mapping[str, Plain]) -> list[str]:
    """Those of the fields that have no value, or an empty one, in these data."""
    return [name for name in names if _value_at(data, name) in (None, "", [])]


def fields_used(source: str) -> list[str]:
    """The merge fields of a template, as `customer.family_name`, each once, in order. Raises TemplateSyntax."""
    return list(compile_template(source, output="text").fields)


def is_literal(source: str) -> bool:
    """Has this text no Liquid in it?"""
    return _OPENING.search(source) is None


def html_from_text(source: str) -> str:
    """A template for text output as one for HTML output: what stands between the tags is escaped, line ends become <br>."""
    return _between_tags(source, lambda text: html.escape(text).replace("\r\n", "\n").replace("\n", "<br>\n"))


def attribute_from_text(source: str) -> str:
    """As `html_from_text`, for the value of an attribute."""
    return _between_tags(source, html.escape)


def assert_plain(data: object) -> None:
    """Raise TypeError unless the value is made of plain data all through. Subclasses (models, lazy or safe strings) are refused."""
    kind = type(data)
    if kind in _LEAVES:
        return
    if kind is dict:
        for key, value in data.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise TypeError(f"a template's data need names as keys, not {type(key).__name__}")
            if type(value) not in _LEAVES:
                assert_plain(value)
    elif kind is list:
        for value in data:  # type: ignore[attr-defined]
            assert_plain(value)
    else:
        raise TypeError(f"a template may not see {kind.__name__}; give it plain data")


def _between_tags(source: str, change: Callable[[str], str]) -> str:
    """Apply a change to the text outside of Liquid's tags; a raw section's inside is text, too."""
    return "".join(piece if is_tag else change(piece) for is_tag, piece in _pieces(source))


def _check_source(source: str) -> None:
    """Refuse, in one straight walk, what the library's lexer would look for again and again."""
    if len(source) > MAX_SOURCE or source.count("{{") + source.count("{%") > MAX_TAGS:
        raise TemplateTooHeavy
    for _piece in _pieces(source):
        pass


def _pieces(source: str) -> Iterator[tuple[bool, str]]:
    """The source cut into text (False) and tags (True), in time that grows with its length. Raises TemplateSyntax."""
    position = 0
    while opening := _OPENING.search(source, position):
        start = opening.start()
        yield False, source[position:start]
        if section := _SECTION.match(source, start):
            closing = _SECTION_END[section[1]].search(source, section.end())
            if closing is None:
                raise TemplateSyntax(_("「%(tag)s」が閉じられていません。") % {"tag": section[1]}, line=_line(source, start))
            yield True, section.group()
            yield section[1] == "doc", source[section.end() : closing.start()]
            yield True, closing.group()
            position = closing.end()
        else:
            end = source.find("}}" if opening.group() == "{{" else "%}", opening.end(), opening.end() + MAX_TAG)
            if end < 0:
                raise TemplateSyntax(_("「{{」または「{%」が閉じられていません。"), line=_line(source, start))
            position = end + 2
            yield True, source[start:position]
    yield False, source[position:]


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, index) + 1


def _refusal(error: library.LiquidError, default: type[LiquidError] = LiquidError) -> LiquidError:
    """The library's error in our words."""
    token = error.token
    line = _line(token.source, token.start_index) if token is not None and token.start_index >= 0 else None
    if isinstance(error, library.UndefinedError):
        return MissingField(str(error.message), line=line)
    if isinstance(error, (library.ResourceLimitError, library.BlockNestingError)):
        return TemplateTooHeavy(line=line)
    return default(_("テンプレートの書き方に誤りがあります（%(detail)s）。") % {"detail": error.message}, line=line)


def _refuse_unknown_filters(found: TemplateAnalysis, offered: Mapping[str, object], source: str) -> None:
    """The library would say so only when the filter is reached, for some people and not for others."""
    for name, spans in found.filters.items():
        if name not in offered:
            raise TemplateSyntax(_("「%(name)s」というフィルターはありません。") % {"name": name}, line=_line(source, spans[0].index))


def _bare_fields(parsed: BoundTemplate, fields: frozenset[str]) -> Iterator[str]:
    """Fields in `{{ … }}` without `default`, that no `if` around them has asked for."""
    context = engine.new_context(parsed, {})
    seen: set[str] = set()

    def visit(nodes: list[Node], asked: frozenset[str]) -> Iterator[str]:
        for node in nodes:
            own = frozenset(_paths(node))
            if isinstance(node, (OutputNode, EchoNode)):
                yield from (name for name in own if _shown_bare(node) and name not in asked)
            yield from visit(list(node.children(context)), asked | own)

    for name in visit(parsed.nodes, frozenset()):
        if name in fields and name not in seen:
            seen.add(name)
            yield name


def _shown_bare(node: OutputNode | EchoNode) -> bool:
    expression = node.expression
    return isinstance(expression, FilteredExpression) and "default" not in (each.name for each in expression.filters or ())


def _paths(node: Node) -> Iterator[str]:
    waiting = list(node.expressions())
    while waiting:
        expression = waiting.pop()
        if isinstance(expression, Path):
            yield str(expression)
        waiting.extend(expression.children())


def _value_at(data: Mapping[str, Plain], name: str) -> Plain:
    found: object = data
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found  # type: ignore[return-value]
