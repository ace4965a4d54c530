"""What the components need of Python: icons, form controls, figures and the geometry of intervals.

Everything here turns values that are already allowed to be shown into markup or short words; nothing asks the
database. The tags are cheap enough for a row loop, unlike components and includes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.forms.boundfield import BoundWidget
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_vite.core.asset_loader import DjangoViteAssetLoader

from enishi.platform import money, time
from enishi.platform.japanese.dates import format_date
from enishi.platform.words import own

register = template.Library()
register.filter("own", own)

_MINUS = "−"


# ---- icons ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _sprite_url() -> str:
    return str(DjangoViteAssetLoader.instance().generate_vite_asset_url("frontend/icons.json", app="default"))


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """One drawing of `frontend/icons.json`. Silent to a screen reader unless it has a `label`."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    measure = format_html(' data-size="{}"', size) if size else ""
    return format_html('<svg class="icon"{} {}><use href="{}#{}"/></svg>', measure, spoken, _sprite_url(), name)


# ---- toasts ---------------------------------------------------------------------------------------------------

UNDO = "undo:"  # in the extra tags of a message, before the address that takes back what it tells


@register.filter
def undo_url(message: Message) -> str:
    """Where the button 「元に戻す」 of a message posts to; empty where it has none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


# ---- forms ----------------------------------------------------------------------------------------------------


def _is_group(field: BoundField) -> bool:
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def control_kind(field: BoundField) -> str:
    """One check box is a "check", radios and several check boxes are a "group", all else is an "input"."""
    if _is_group(field):
        return "group"
    return "check" if isinstance(field.field.widget, CheckboxInput) else "input"


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a bound field with the design system's class; Django adds the aria attributes."""
    kind = "check" if control_kind(field) == "check" else "input"
    given = str(field.field.widget.attrs.get("class", ""))
    return field.as_widget(attrs={"class": f"{kind} {given}".strip()})


@register.filter
def choices_of(field: BoundField) -> list[BoundWidget]:
    """The single radios or check boxes of a group, each with `.tag`, `.choice_label` and `.id_for_label`."""
    attrs: dict[str, str | bool] = {"class": "check"}
    if field.auto_id:
        attrs["id"] = field.auto_id
    widgets = field.field.widget.subwidgets(field.html_name, field.value(), attrs=field.build_widget_attrs(attrs))
    return [BoundWidget(field.field.widget, data, field.form.renderer) for data in widgets]


# ---- figures --------------------------------------------------------------------------------------------------


@register.filter
def figure(value: float | str | None, places: int = 0) -> str:
    """1234567 -> "1,234,567"; a real minus sign; "―" for nothing. What is words already stays."""
    if value is None or isinstance(value, str):
        return value or "―"
    words = f"{abs(value):,.{places}f}"
    return f"{_MINUS}{words}" if value < 0 and float(words.replace(",", "")) != 0 else words


@register.filter
def difference(value: float | str | None, places: int = 0) -> str:
    """Like `figure`, and a plus is written: differences always carry their sign."""
    words = figure(value, places)
    return f"+{words}" if isinstance(value, float | int) and value > 0 else words


@register.filter
def capped(count: int | None, cap: int = 10_000) -> str:
    """A count that was stopped at the cap says so: "10,000+"."""
    if count is None:
        return "―"
    return f"{cap:,}+" if count > cap else f"{count:,}"


@register.filter
def share(part: float | None, whole: float | None) -> str:
    """`part` of `whole` as "62%", below a tenth as "3.1%"; "―" where there is no whole."""
    if part is None or not whole:
        return "―"
    percent = part * 100 / whole
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"


@register.filter
def yen(amount_jpy: int | None) -> str:
    """¥1,234,567, "―" for nothing."""
    return money.yen(amount_jpy) if amount_jpy is not None else "―"


@register.filter
def yen_short(amount_jpy: int | None) -> str:
    """¥5,153万 in a cell that must stay narrow, "―" for nothing."""
    return money.yen_short(amount_jpy) if amount_jpy is not None else "―"


@register.filter
def day(value: date | None) -> str:
    """2026/11/22(日), "―" for nothing."""
    return format_date(value) if value is not None else "―"


@register.filter
def moment(value: datetime | None) -> str:
    """2026/11/22(日) 10:11 on the business zone's clock, "―" for nothing."""
    if value is None:
        return "―"
    wall = time.local(value)
    return f"{format_date(wall.date())} {wall:%H:%M}"


@register.filter
def as_json(value: object) -> str:
    """For a data attribute that an island reads; the template's own escaping makes it safe there."""
    return json.dumps(value, ensure_ascii=False, default=str)


# ---- a point and its interval on a zero line -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntervalGeometry:
    """Where the marks stand, in pixels from the left edge, and what the interval says."""

    width: int
    zero: float
    low: float
    point: float
    high: float
    reading: str  # "up": the interval lies above zero; "down": below; "open": it spans zero
    ticks: tuple[tuple[float, str, str], ...] = ()  # x, words, text-anchor


def interval_geometry(
    low: float, point: float, high: float, scale_min: float, scale_max: float, width: int, unit: str = ""
) -> IntervalGeometry:
    """Lay an interval out on the scale `scale_min`…`scale_max`; marks beyond the scale stop at its ends."""
    span = (scale_max - scale_min) or 1

    def place(value: float) -> float:
        return round((min(max(value, scale_min), scale_max) - scale_min) * width / span, 1)

    reading = "up" if low > 0 else "down" if high < 0 else "open"
    return IntervalGeometry(width, place(0), place(low), place(point), place(high), reading, _ticks(scale_min, scale_max, place, unit))


def _ticks(scale_min: float, scale_max: float, place: Callable[[float], float], unit: str) -> tuple[tuple[float, str, str], ...]:
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, float("inf")) if (scale_max - scale_min) / s <= 6)
    first = -(-scale_min // step) * step
    values = [round(first + i * step, 6) for i in range(8) if first + i * step <= scale_max + 1e-9]
    marks = []
    for index, value in enumerate(values):
        last = index == len(values) - 1
        anchor = "start" if place(value) < 8 else "end" if last else "middle"
        words = figure(0) if value == 0 else difference(value, 0 if step >= 1 else 1)
        marks.append((place(value), words + (unit if last else ""), anchor))
    return tuple(marks)


@register.simple_tag
def interval_marks(
    low: float, point: float, high: float, scale_min: float, scale_max: float, width: int = 120, unit: str = ""
) -> IntervalGeometry:
    """The geometry for `<c-interval>`: `{% interval_marks low point high -2 8 440 as marks %}`."""
    return interval_geometry(float(low), float(point), float(high), float(scale_min), float(scale_max), int(width), unit)


_INTERVAL = (
    '<svg class="interval" data-reading="{reading}" width="{width}" height="20" viewBox="0 0 {width} 20" role="img" aria-label="{label}">'
    '<line class="zero" x1="{zero}" x2="{zero}" y1="1" y2="19"/>'
    '<line class="span" x1="{low}" x2="{high}" y1="10" y2="10"/>'
    '<line class="end" x1="{low}" x2="{low}" y1="6" y2="14"/><line class="end" x1="{high}" x2="{high}" y1="6" y2="14"/>'
    '<circle class="point" cx="{point}" cy="10" r="4"/></svg>'
)


@register.simple_tag
def interval(low: float, point: float, high: float, scale_min: float, scale_max: float, width: int = 120, label: str = "") -> SafeString:
    """The small drawing for a table row. `label` is what a screen reader says: the figures in words."""
    g = interval_geometry(float(low), float(point), float(high), float(scale_min), float(scale_max), int(width))
    return format_html(_INTERVAL, reading=g.reading, width=g.width, zero=g.zero, low=g.low, high=g.high, point=g.point, label=label)


@register.filter
def at_index(values: list[object], index: int) -> object:
    """The value at a place of a list; None beyond its end."""
    return values[index] if index < len(values) else None
