"""The filters a user's template may use: Liquid's own with bounded sizes, and a few that Japanese mail needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial, wraps

from liquid import Environment
from liquid.exceptions import FilterError, LiquidValueError, ResourceLimitError
from liquid.filter import string_filter

MAX_VALUE = 20_000  # characters of a string, before and after a filter
MAX_ITEMS = 1_000  # members of a list or a range
MAX_NUMBER = 10**18

_WEEKDAYS = "日月火水木金土"
_FILTERS = (
    *("abs", "at_most", "at_least", "ceil", "divided_by", "floor", "minus", "plus", "round", "times", "modulo"),
    *("append", "capitalize", "downcase", "upcase", "prepend", "remove", "remove_first", "remove_last"),
    *("replace", "replace_first", "replace_last", "slice", "split", "strip", "lstrip", "rstrip", "squish"),
    *("strip_html", "strip_newlines", "newline_to_br", "truncate", "truncatewords", "escape", "escape_once"),
    *("url_encode", "url_decode", "base64_encode", "base64_decode", "base64_url_safe_encode", "base64_url_safe_decode"),
    *("compact", "concat", "find", "find_index", "first", "has", "join", "last", "map", "reject", "reverse", "size"),
    *("sort", "sort_natural", "sum", "uniq", "where", "default"),
)


def offered(library: Mapping[str, Callable[..., object]], environment: Environment) -> dict[str, Callable[..., object]]:
    """The filters by name, made from the library's, for one environment."""
    own = {"date": _date(library["date"]), "honorific": _honorific, "number": _number}
    return {name: _bounded(name, _bound(own.get(name) or library[name], environment)) for name in (*_FILTERS, *own)}


def _bound(library_filter: Callable[..., object], environment: Environment) -> Callable[..., object]:
    """A filter that asks for its environment gets it once, here, instead of at each call."""
    return partial(library_filter, environment=environment) if getattr(library_filter, "with_environment", False) else library_filter


def _check_size(value: object) -> None:
    """Raise where a value is too large to be worked on, or to be handed on."""
    if isinstance(value, str):
        if len(value) <= MAX_VALUE:
            return
        fits = False
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

    grows = name in ("replace", "join")

    def bounded(value: object, *args: object, **kwargs: object) -> object:
        for each in (value, *args):
            _check_size(each)
        if grows:
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


def _date(library_date: Callable[..., object]) -> Callable[..., object]:
    """Liquid's `date`, with Japanese weekdays for %a (日) and %A (日曜日), and without a clock."""

    @wraps(library_date)
    def date(value: object, form: object, **kwargs: object) -> object:
        if value in ("now", "today"):
            raise LiquidValueError("a template cannot ask for the time", token=None)
        if isinstance(value, str) and len(value) > 64:
            return value
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(_business_zone())
        if isinstance(form, str) and len(form) <= 200 and ("%a" in form or "%A" in form):
            weekday = str(library_date(value, "%w", **kwargs))
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
