"""The rows of the customers' list. What repeats a hundred times a page is put together in Python: as nodes of a template the
cells alone took a third of the page's processor time."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from enishi.customers.queries.listing import CustomerRow, RowCell

register = template.Library()

_NOTHING = "―"
_CHECK = '<td data-col="check"><input class="check" type="checkbox" name="ids" value="{}" aria-label="{} {}"></td>'
_BEFORE = (
    '<td data-col="name"><div class="cell-name"><button class="star" type="button" aria-pressed="{}" hx-post="{}{}/" hx-swap="outerHTML"'
    ' aria-label="{} {}">{}</button><a class="opens" href="{}" title="{}">'
)
_AFTER = "</a><small>{}</small></div></td>"
_NAME, _NAMED = f"{_BEFORE}{{}}{_AFTER}", f"{_BEFORE}<ruby>{{}}<rt>{{}}</rt></ruby>{_AFTER}"
_STAGE = '<td><span class="stage" data-stage="{}">{}</span></td>'
_TAG = '<span class="tag">{}</span> '
_SMALL = "<small>{}</small>"
#: By whether a figure stands in it.
_EMPTY = {
    False: f'<td data-phone="hide"><span class="none">{_NOTHING}</span></td>',
    True: f'<td class="num" data-phone="hide"><span class="none">{_NOTHING}</span></td>',
}
#: By that, and by whether a phone shows it, with its label before it.
_VALUE = {
    (False, False): '<td data-phone="hide">{}',
    (False, True): '<td data-label="{}">{}',
    (True, False): '<td class="num" data-phone="hide">{}',
    (True, True): '<td class="num" data-label="{}">{}',
}


@register.simple_tag
def rows(found: Iterable[CustomerRow], can_choose: bool, star: SafeString) -> SafeString:
    """The `<tr>`s of the list, every value escaped; `star`: the icon of お気に入り."""
    choose, starred = _("選ぶ"), _("お気に入り")
    values: list[object] = []
    pattern = []
    for row in found:
        pattern.append("<tr>")
        if can_choose:
            pattern.append(_CHECK)
            values += row.id, row.name, choose
        pressed, verb = ("true", "unstar") if row.is_starred else ("false", "star")
        values += pressed, row.url, verb, row.name, starred, star, row.url, row.name, row.name
        if row.ruby:
            values.append(row.ruby)
        values.append(row.number)
        pattern += _NAMED if row.ruby else _NAME, *[_cell(cell, values) for cell in row.cells], "</tr>"
    return format_html("{}" + "".join(pattern), "", *values)


def _cell(cell: RowCell, values: list[object]) -> str:
    """The pattern of one cell; what is to stand in it is put behind the other values."""
    if cell.stage:
        values += cell.stage, cell.text
        return _STAGE
    if cell.tags:
        values += cell.tags
        return f"<td>{_TAG * len(cell.tags)}{_small(cell.more_tags, values)}</td>"
    if not cell.text:
        return _EMPTY[cell.number]
    values += (cell.phone_label, cell.text) if cell.phone_label else (cell.text,)
    return f"{_VALUE[cell.number, bool(cell.phone_label)]}{_small(cell.note, values, ' ')}</td>"


def _small(text: str, values: list[object], before: str = "") -> str:
    if not text:
        return ""
    values.append(text)
    return before + _SMALL
