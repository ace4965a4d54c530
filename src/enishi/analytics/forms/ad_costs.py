"""Input of 広告費台帳: its grid, and a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import BinaryIO, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.actions.ad_costs import Entry
from enishi.analytics.sources import spelling_key
from enishi.customers.importing.figures import yen
from enishi.customers.importing.reading import Table
from enishi.customers.importing.sniff import sniff
from enishi.customers.importing.vocabulary import heading_key
from enishi.platform.errors import Invalid
from enishi.platform.forms.base import ScreenForm
from enishi.platform.japanese.normalise import clean, narrow

MOST_ROWS = 5_000  # of a file
MOST_BYTES = 2_000_000
_MONTH: Final = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})(?:\s*[-/.月]\s*(?:\d{1,2}日?)?)?")
_HEADINGS: Final = {
    "month": ("月", "年月", "対象月", "month"),
    "source": ("流入経路", "経路", "source"),
    "medium": ("媒体", "メディア", "medium"),
    "amount": ("金額", "広告費", "費用", "金額(円)", "広告費(円)", "amount", "cost"),
}


def read_month(text: str) -> date | None:
    """2026/11, 2026-11, 2026年11月, 202611, and days of it."""
    found = _MONTH.fullmatch(narrow(text).strip())
    if found is None or not 1 <= int(found[2]) <= 12 or not int(found[1]) >= 1:
        return None
    return date(int(found[1]), int(found[2]), 1)


def entries_of_grid(data: Mapping[str, str]) -> list[Entry]:
    """The cells that somebody changed: `row-N-source`, `row-N-medium` and `row-N-2026-11`, beside what the page showed (`was`, JSON by
    the names of cells). Raises Invalid (by the names of cells)."""
    try:
        was = json.loads(data.get("was", "{}"))
    except ValueError:
        was = {}
    found, wrong = [], {}
    for name in data:
        cell = re.fullmatch(r"row-(\w+)-(\d{4}-\d{2})", name)
        text = clean(data[name])
        if cell is None or text == (was.get(name, "") if isinstance(was, dict) else ""):
            continue
        source = data.get(f"row-{cell[1]}-source", "")
        told = yen(text) if text else None
        if told is not None and not isinstance(told.value, int):
            wrong[name] = [_("金額として読めません。数字で入れてください。")]
        elif not source.isdecimal():
            wrong[f"row-{cell[1]}-source"] = [_("流入経路を選んでください。")]
        else:
            amount = told.value if told is not None and isinstance(told.value, int) else None
            found.append(Entry(name, date.fromisoformat(f"{cell[2]}-01"), int(source), data.get(f"row-{cell[1]}-medium", ""), amount))
    if wrong:
        raise Invalid(fields=wrong)
    return found


class LedgerFileForm(ScreenForm):
    file = forms.FileField(
        label=gettext_lazy("CSVかExcelのファイル"),
        help_text=gettext_lazy(
            "見出しは「月・流入経路・媒体・金額」。月は2026/11のように書きます。同じ月・経路・媒体の金額は、ファイルの金額に置き換わります。"
        ),
    )


def entries_of_file(source: BinaryIO, known: Mapping[str, int]) -> list[Entry]:
    """The rows of a file as cells, keyed by their line. `known`: ids of sources by `spelling_key`. Raises Invalid (with every line that
    cannot be), UnreadableFile."""
    content = source.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid(_("ファイルが大きすぎます。2MBまでです。"))
    opened = BytesIO(content)
    table = Table(opened, sniff(opened))
    columns = _columns(table.header)
    found: dict[tuple[date, int, str], Entry] = {}
    wrong: dict[str, list[str]] = {}
    for count, row in enumerate(table.rows()):
        if count >= MOST_ROWS:
            raise Invalid(_("1回に取り込めるのは%(n)s行までです。") % {"n": f"{MOST_ROWS:,}"})
        key = str(row.number)
        cells = {name: clean(row.cells[place]) for name, place in columns.items()}
        month, amount = read_month(cells["month"]), yen(cells["amount"]).value
        source_id = known.get(spelling_key(cells["source"]))
        if month is None:
            wrong[key] = [_("月として読めません（%(text)s）。例：2026/11") % {"text": cells["month"]}]
        elif source_id is None:
            wrong[key] = [
                _("流入経路「%(name)s」は一覧にありません。先に流入経路の一覧に加えるか、表記をまとめてください。")
                % {"name": cells["source"]}
            ]
        elif not isinstance(amount, int):
            wrong[key] = [_("金額として読めません（%(text)s）。") % {"text": cells["amount"]}]
        elif (cell := (month, source_id, cells.get("medium", ""))) in found:
            wrong[key] = [_("%(line)s行目と同じ月・流入経路・媒体です。") % {"line": found[cell].key}]
        else:
            found[cell] = Entry(key, *cell, amount)
    if wrong:
        raise Invalid(fields=wrong)
    if not found:
        raise Invalid(_("取り込む行がありません。"))
    return list(found.values())


def _columns(header: tuple[str, ...]) -> dict[str, int]:
    """Raises Invalid where a heading is missing."""
    places = {heading_key(name): place for place, name in reversed(list(enumerate(header)))}
    found = {
        name: next((places[heading_key(word)] for word in words if heading_key(word) in places), None) for name, words in _HEADINGS.items()
    }
    missing = [_HEADINGS[name][0] for name in ("month", "source", "amount") if found[name] is None]
    if missing:
        raise Invalid(
            _("見出し「%(names)s」が見つかりません。1行目に「月・流入経路・媒体・金額」と書いてください。") % {"names": "・".join(missing)}
        )
    return {name: place for name, place in found.items() if place is not None}
