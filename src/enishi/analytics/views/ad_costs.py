"""広告費台帳 and the list of 流入経路."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.analytics.actions.ad_costs import FIRST_MONTH, put_ad_costs
from enishi.analytics.actions.sources import add_source, merge_source, part_spelling
from enishi.analytics.forms.ad_costs import LedgerFileForm, entries_of_file, entries_of_grid, read_month
from enishi.analytics.queries.ad_costs import Ledger, ledger
from enishi.analytics.queries.sources import source_list
from enishi.analytics.sources import known_sources
from enishi.customers.importing.errors import UnreadableFile
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.rules.days import months_before

BLANK = 2  # rows for what is not in the ledger yet
SHOWN_ERRORS = 20
_NOTHING: Mapping[str, Any] = {}


@require_http_methods(["GET", "POST"])
@needs("cost", "read")
def ad_costs(request: ActorRequest) -> HttpResponse:
    """`until`: the last of the twelve months (2026-11)."""
    until = _until(request)
    wrong = _NOTHING
    if request.method == "POST":
        try:
            count = put_ad_costs(entries=entries_of_grid(request.POST), actor=request.actor, now=time.now())
        except Invalid as refusal:
            wrong = refusal.fields
        else:
            messages.success(request, _("%(n)d件の広告費を書き込みました。") % {"n": count} if count else _("変わったところはありません。"))
            return redirect(f"{reverse('analytics:ad-costs')}?until={until:%Y-%m}")
    return _ledger_page(request, until, LedgerFileForm(), wrong=wrong, typed=request.POST)


@require_POST
@needs("cost", "update")
def ad_costs_import(request: ActorRequest) -> HttpResponse:
    """A file into the ledger, all of it or nothing."""
    until, form = _until(request), LedgerFileForm(request.POST, request.FILES)
    lines: list[str] = []
    if form.is_valid():
        try:
            entries = entries_of_file(form.cleaned_data["file"], known_sources())
            count = put_ad_costs(entries=entries, actor=request.actor, now=time.now(), door="file")
        except (Invalid, UnreadableFile) as refusal:
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            lines = [_("%(line)s行目：%(words)s") % {"line": key, "words": texts[0]} for key, texts in fields.items()]
            form.add_error(
                "file", _("%(n)d行に直すところがあります。何も取り込んでいません。") % {"n": len(lines)} if lines else str(refusal)
            )
        else:
            messages.success(request, _("ファイルの%(rows)d行を確かめ、%(n)d件を書き込みました。") % {"rows": len(entries), "n": count})
            return redirect(f"{reverse('analytics:ad-costs')}?until={max(entry.month for entry in entries):%Y-%m}")
    return _ledger_page(request, until, form, lines=lines)


def _until(request: ActorRequest) -> date:
    today = time.today(time.now()).replace(day=1)
    return min(max(read_month(request.GET.get("until", "")) or today, months_before(FIRST_MONTH, -11)), today)


def _ledger_page(
    request: ActorRequest,
    until: date,
    form: LedgerFileForm,
    *,
    wrong: Mapping[str, Any] = _NOTHING,
    typed: Mapping[str, str] = _NOTHING,
    lines: Sequence[str] = (),
) -> HttpResponse:
    shown, this_month = ledger(request.actor, until=until), time.today(time.now()).replace(day=1)
    context = {
        "ledger": shown,
        "rows": _rows(shown, typed, wrong),
        "was": json.dumps(_was(shown)),
        "until": until,
        "earlier": months_before(until, 12),
        "later": months_before(until, -12) if until < this_month else None,
        "form": form,
        "lines": lines[:SHOWN_ERRORS],
        "more_lines": max(0, len(lines) - SHOWN_ERRORS),
        "wrong": [texts[0] for texts in wrong.values()],
    }
    return render(request, "analytics/ad_costs.html", context, status=422 if wrong or form.errors else 200)


def _was(shown: Ledger) -> dict[str, str]:
    """What stands in the cells that have something, by their names."""
    return {
        f"row-{nth}-{month:%Y-%m}": str(amount)
        for nth, line in enumerate(shown.lines)
        for month, amount in zip(shown.months, line.amounts, strict=True)
        if amount is not None
    }


def _rows(shown: Ledger, typed: Mapping[str, str], wrong: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of the grid, what somebody typed before in its place, and empty ones after them."""
    was, found = _was(shown), []
    for nth in range(len(shown.lines) + BLANK):
        line = shown.lines[nth] if nth < len(shown.lines) else None
        name = f"row-{nth}"
        cells = [
            (cell := f"{name}-{month:%Y-%m}", typed.get(cell, was.get(cell, "")), cell in wrong, f"{month:%Y/%m}") for month in shown.months
        ]
        chosen = typed.get(f"{name}-source", "")
        found.append(
            {
                "name": name,
                "line": line,
                "cells": cells,
                "medium": typed.get(f"{name}-medium", ""),
                "source": int(chosen) if chosen.isdecimal() else None,
                "source_wrong": f"{name}-source" in wrong,
            }
        )
    return found


@require_GET
@needs("cost", "read")
def sources(request: ActorRequest) -> HttpResponse:
    return _sources_page(request)


@require_POST
@needs("cost", "update")
def source_add(request: ActorRequest) -> HttpResponse:
    """`name`."""
    try:
        add_source(name=request.POST.get("name", ""), actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _sources_page(request, refusal, typed=request.POST.get("name", ""))
    messages.success(request, _("流入経路を一覧に加えました。"))
    return redirect("analytics:sources")


@require_POST
@needs("cost", "update")
def source_merge(request: ActorRequest) -> HttpResponse:
    """`text` is counted as `into` (a source's id) from now on; without one, by itself again."""
    text, into = request.POST.get("text", ""), request.POST.get("into", "")
    try:
        if into.isdecimal():
            merge_source(text=text, into_id=int(into), actor=request.actor, now=time.now())
            messages.success(request, _("「%(text)s」をまとめました。") % {"text": text})
        else:
            part_spelling(text=text, actor=request.actor, now=time.now())
            messages.success(request, _("「%(text)s」を元に戻しました。") % {"text": text})
    except (Invalid, NotFound) as refusal:
        return _sources_page(request, refusal)
    return redirect("analytics:sources")


def _sources_page(request: ActorRequest, refusal: ActionError | None = None, typed: str = "") -> HttpResponse:
    words = ""
    if refusal is not None:
        told = [texts[0] for texts in refusal.fields.values()] if isinstance(refusal, Invalid) and refusal.fields else []
        words = str(told[0]) if told else _("この流入経路は、いまはありません。画面を開き直してください。")
    context = {
        "shown": source_list(request.actor, today=time.today(time.now())),
        "refusal": words,
        "typed": typed,
        "here": reverse("analytics:sources"),
    }
    return render(request, "analytics/sources.html", context, status=422 if refusal is not None else 200)
