"""The steps of an import between its file and its run. Each may be taken again until the run has begun."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from enishi.customers.actions import imports as actions
from enishi.customers.forms.imports import ConsentForm, ContentForm
from enishi.customers.queries import imports as queries
from enishi.customers.views.imports_frame import frame_of
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST

_OPEN = (queries.State.MAPPING, queries.State.READY)


def _moved_on(request: ActorRequest, run_id: int) -> tuple[queries.ImportRecord, HttpResponse | None]:
    """The run, and where to go if its steps can no longer be taken."""
    record = queries.import_record(request.actor, run_id)
    return record, None if record.state in _OPEN else redirect("imports:run", run_id=run_id)


@require_http_methods(["GET", "POST"])
@needs("import", "update")
def content(request: ActorRequest, run_id: int) -> HttpResponse:
    """内容の確認: encoding, headings and first rows, to be corrected by eye."""
    record, elsewhere = _moved_on(request, run_id)
    if elsewhere:
        return elsewhere
    shown = queries.content(request.actor, run_id)
    now = {"encoding": shown.encoding, "delimiter": shown.delimiter, "sheet": shown.sheet, "header_row": shown.header_row}
    form = ContentForm(
        request.POST or None,
        initial=now,
        encodings=shown.encodings,
        delimiters=shown.delimiters,
        sheets=shown.sheets,
        header_rows=shown.header_rows,
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_shape(
                run_id=run_id,
                encoding=form.cleaned_data.get("encoding", ""),
                delimiter=form.cleaned_data.get("delimiter", ""),
                sheet=form.cleaned_data.get("sheet", ""),
                header_row=form.cleaned_data["header_row"] if form.cleaned_data["header_row"] != shown.header_row else None,
                actor=request.actor,
            )
            return redirect("imports:run", run_id=run_id)
        except Invalid as refusal:
            form.show(refusal)
    context = frame_of(request, record, "content") | {"content": shown, "form": form}
    return render(request, "customers/imports/content.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("import", "update")
def columns(request: ActorRequest, run_id: int) -> HttpResponse:
    """列の対応: what each column becomes. What was chosen stays chosen when something is missing."""
    record, elsewhere = _moved_on(request, run_id)
    if elsewhere:
        return elsewhere
    problems: list[str] = []
    found, fields, options = queries.columns(request.actor, run_id)
    if request.method == "POST":
        chosen = _chosen(request.POST, len(found))
        answers = {option.key: request.POST.get(f"option-{option.key}", "") for option, _answer in options}
        try:
            actions.map_columns(run_id=run_id, mapping=chosen, options=answers, actor=request.actor)
            return redirect(_after_columns(request, run_id), run_id=run_id)
        except Invalid as refusal:
            problems = refusal.fields.get("", [str(refusal)])
            found = [queries.with_field(column, chosen.get(column.index, "")) for column in found]
            options = [(option, answers[option.key] or answer) for option, answer in options]
    context = frame_of(request, record, "columns") | {"columns": found, "fields": fields, "options": options, "problems": problems}
    return render(request, "customers/imports/columns.html", context, status=422 if problems else 200)


def _chosen(posted: QueryDict, width: int) -> dict[int, str]:
    return {index: posted.get(f"column-{index}", "") for index in range(width)}


def _after_columns(request: ActorRequest, run_id: int) -> str:
    return "imports:findings" if queries.findings(request.actor, run_id) else _after_findings(request, run_id)


def _after_findings(request: ActorRequest, run_id: int) -> str:
    return "imports:consent" if queries.asks_consent(request.actor, run_id) else "imports:check"


@require_http_methods(["GET", "POST"])
@needs("import", "update")
def findings(request: ActorRequest, run_id: int) -> HttpResponse:
    """気づいたこと: what seems to have happened to the file, and proposed repairs."""
    record, elsewhere = _moved_on(request, run_id)
    if elsewhere:
        return elsewhere
    refusal: ActionError | None = None
    if request.method == "POST":
        try:
            actions.accept_repairs(run_id=run_id, keys=request.POST.getlist("repairs"), actor=request.actor)
            return redirect(_after_findings(request, run_id), run_id=run_id)
        except actions.StoppingFindings as error:
            refusal = error
    context = frame_of(request, record, "findings") | {"findings": queries.findings(request.actor, run_id), "refusal": refusal}
    return render(request, "customers/imports/findings.html", context, status=409 if refusal else 200)


@require_http_methods(["GET", "POST"])
@needs("import", "update")
def consent(request: ActorRequest, run_id: int) -> HttpResponse:
    """同意の確認: on what basis these people may be written to."""
    record, elsewhere = _moved_on(request, run_id)
    if elsewhere:
        return elsewhere
    form = ConsentForm(request.POST or None, initial=queries.consent_answer(request.actor, run_id))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["given_on"]
        try:
            actions.answer_consent(
                run_id=run_id,
                basis=form.cleaned_data["basis"],
                channels=form.cleaned_data["channels"],
                place=form.cleaned_data["place"],
                given_on=given.isoformat() if given else "",
                wording=form.cleaned_data["wording"],
                actor=request.actor,
            )
            return redirect("imports:check", run_id=run_id)
        except Invalid as refusal:
            form.show(refusal)
    asks = queries.asks_consent(request.actor, run_id)
    context = frame_of(request, record, "consent") | {"form": form, "asks": asks}
    return render(request, "customers/imports/consent.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("import", "update")
def check(request: ActorRequest, run_id: int) -> HttpResponse:
    """試し取り込み: what the import would do, without doing it."""
    if request.method == "POST":
        return _ordered(request, run_id)
    record = queries.import_record(request.actor, run_id)
    state = queries.State(record.state)
    if state not in (*_OPEN, queries.State.CHECKING):
        return redirect("imports:run", run_id=run_id)
    context = frame_of(request, record, "check") | {"outcome": None}
    if state == queries.State.READY:
        context["outcome"] = queries.outcome(request.actor, run_id, checked=True)
    return render(request, "customers/imports/check.html", context)


def _ordered(request: ActorRequest, run_id: int) -> HttpResponse:
    try:
        actions.check_import(run_id=run_id, actor=request.actor)
    except actions.StoppingFindings as refusal:
        messages.warning(request, str(refusal))
        return redirect("imports:findings", run_id=run_id)
    except actions.ConsentNotAnswered as refusal:
        messages.warning(request, str(refusal))
        return redirect("imports:consent", run_id=run_id)
    except (Invalid, actions.ImportIsBusy) as refusal:
        messages.warning(request, str(refusal))
        return redirect("imports:run", run_id=run_id)
    return redirect("imports:check", run_id=run_id)


@require_POST
@needs("import", "update")
def start(request: ActorRequest, run_id: int) -> HttpResponse:
    """取り込む."""
    try:
        actions.run_import(run_id=run_id, actor=request.actor, now=time.now())
    except (Invalid, actions.ImportIsBusy, actions.StoppingFindings, actions.ConsentNotAnswered) as refusal:
        messages.warning(request, str(refusal))
    return redirect("imports:run", run_id=run_id)
