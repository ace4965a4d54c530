"""The rows of the customers' list. What repeats a hundred times a page is put together in Python: as nodes of a template the
cells alone took a third of the page's processor time."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from enishi.customers.queries.listing import CustomerRow, RowCell

register = template.Library()

_NOTHING = "―"
_STAGE = '<td><span class="stage" data-stage="{}">{}</span></td>'
_TAGS = "<td>{}{}</td>"
#: By whether a figure stands in it.
_EMPTY = {
    False: '<td data-phone="hide"><span class="none">{}</span></td>',
    True: '<td class="num" data-phone="hide"><span class="none">{}</span></td>',
}
#: By that, and by whether a phone shows it, with its label before it.
_VALUE = {
    (False, False): '<td data-phone="hide">{1}{2}</td>',
    (False, True): '<td data-label="{0}">{1}{2}</td>',
    (True, False): '<td class="num" data-phone="hide">{1}{2}</td>',
    (True, True): '<td class="num" data-label="{0}">{1}{2}</td>',
}


@register.simple_tag
def cells(row: CustomerRow) -> SafeString:
    """The `<td>`s of a row behind its name, every value escaped."""
    return format_html_join("", "{}", [(_cell(cell),) for cell in row.cells])


def _cell(cell: RowCell) -> SafeString:
    if cell.stage:
        return format_html(_STAGE, cell.stage, cell.text)
    if cell.tags:
        tags = format_html_join("", '<span class="tag">{}</span> ', [(tag,) for tag in cell.tags])
        return format_html(_TAGS, tags, _small(cell.more_tags))
    if not cell.text:
        return format_html(_EMPTY[cell.number], _NOTHING)
    return format_html(_VALUE[cell.number, bool(cell.phone_label)], cell.phone_label, cell.text, _small(cell.note, " "))


def _small(text: str, before: str = "") -> SafeString | str:
    return format_html("{}<small>{}</small>", before, text) if text else ""
