"""分析: every analysis on a page, and each of its tables as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.analytics.queries.asked import LAPSES, MONTHS, NTH, Asked
from enishi.analytics.queries.asking import Shown
from enishi.analytics.queries.outcomes import attributes
from enishi.analytics.queries.screens import SCREENS, Figures, NotMirrored, figures, segment_choices
from enishi.analytics.report import Table, file_rows, shown_lines
from enishi.analytics.views.asked import asked_in
from enishi.platform import policy, time
from enishi.platform.errors import NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET
from enishi.platform.sheets.delimited import Delimited
from enishi.platform.words import own
from enishi.rules.rights import RuleRefused


@require_GET
@needs("order", "read")
def home(request: ActorRequest) -> HttpResponse:
    """The first analysis."""
    return redirect("analytics:rfm")


@require_GET
@needs("order", "read")
def analysis(request: ActorRequest, key: str) -> HttpResponse:
    """`as_of`, `versus` (an earlier day) or `segment` to compare with, `cell` for who is in a part; `months`, `nth`, `by`, `show` where
    the analysis takes them."""
    screen, asked = SCREENS[key], _asked(request, key)
    shown, refusal = _figures(request, key, asked)
    context = {
        "key": key,
        "screen": {"label": own(screen.label), "about": own(screen.about), "definition": own(screen.definition)},
        "tabs": [{"label": own(one.label), "url": reverse(f"analytics:{name}"), "current": name == key} for name, one in SCREENS.items()],
        "asked": asked,
        "months": MONTHS if "months" in screen.takes else (),
        "nths": NTH if "nth" in screen.takes else (),
        "lapses": LAPSES if "lapse" in screen.takes else (),
        "levels": {"product": pgettext("singular", "商品"), "category": _("カテゴリ")}.items() if "level" in screen.takes else (),
        "attributes": attributes(request.actor).items() if "attribute" in screen.takes else (),
        "segments": segment_choices(request.actor),
        "refusal": refusal,
        "shown": shown,
        "tables": [_told(key, asked, table) for table in shown.figures.report.tables if table.on_page] if shown.figures else [],
        "here": request.get_full_path(),
        "close_query": asked.query(cell=None),
        "may_segment": policy.allowed(request.actor, "segment", "create"),
    }
    return render(request, f"analytics/{'rfm' if key == 'rfm' else 'analysis'}.html", context | _switches(asked, screen.takes))


def _asked(request: ActorRequest, key: str) -> Asked:
    return asked_in(request.GET.dict(), time.today(time.now()), SCREENS[key].takes)


def _figures(request: ActorRequest, key: str, asked: Asked) -> tuple[Shown[Figures], str]:
    """The figures; without what they were to be compared with where that is refused, and why."""
    try:
        return figures(request.actor, key, asked), ""
    except (NotMirrored, RuleRefused) as refusal:
        return figures(request.actor, key, replace(asked, segment=None)), str(refusal)
    except NotFound:
        return figures(request.actor, key, replace(asked, segment=None)), _("そのセグメントは見つかりません。")


def _told(key: str, asked: Asked, table: Table) -> dict[str, Any]:
    """One table as the page writes it."""
    lines = shown_lines(table, by_change=asked.segment is None)
    return {
        "table": table,
        "lines": [
            {
                "line": line,
                "query": asked.query(cell=line.cell) if line.cell else "",
                "is_chosen": bool(line.cell) and line.cell == asked.cell,
            }
            for line in lines
        ],
        "file": f"{reverse(f'analytics:{key}-file', args=[table.key])}?{asked.query(cell=None)}",
    }


def _switches(asked: Asked, takes: frozenset[str]) -> dict[str, object]:
    if "by" not in takes:
        return {}

    def links(name: str, current: str, words: dict[str, str], **without: None) -> list[dict[str, object]]:
        return [
            {"label": label, "url": f"?{asked.query(**{name: value}, **without)}", "current": value == current}
            for value, label in words.items()
        ]

    return {
        "shows": links("show", asked.figure, {"people": _("人数"), "revenue": _("売上")}),
        "limits": links("by", asked.by, {"limits": _("日数と回数"), "quintiles": _("5等分")}, cell=None),
    }


@require_GET
@needs("order", "read")
def file(request: ActorRequest, key: str, table_key: str) -> HttpResponse:
    """One table of an analysis as CSV, as the page shows it; back to the page where the figures are still being counted."""
    asked = replace(_asked(request, key), cell="")
    shown, _refusal = _figures(request, key, asked)
    if shown.figures is None:
        messages.warning(request, _("まだ計算しています。表が出てから、もう一度押してください。"))
        return redirect(f"{reverse(f'analytics:{key}')}?{asked.query()}")
    table = next((table for table in shown.figures.report.tables if table.key == table_key), None)
    if table is None:
        raise Http404
    heads, rows = file_rows(table, shown.figures.other)
    made = Delimited("utf-8")
    name = f"{own(SCREENS[key].label)}_{table.title}_{asked.as_of:%Y%m%d}.csv"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return HttpResponse(made.head(heads).data + made.rows(rows, 2).data, content_type="text/csv; charset=utf-8", headers=headers)
