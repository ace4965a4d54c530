"""保存したビュー: keeping what the list shows, naming, sharing, ordering and removing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import views as actions
from enishi.customers.actions.views import Named, Shown
from enishi.customers.queries.views import KEY, resolved, saved_tab
from enishi.customers.views.customers import asked_by
from enishi.customers.views.undo import told, undone_by
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("customer", "read")
def new(request: ActorRequest) -> HttpResponse:
    """The dialog that keeps the list as the address asks for it; POST keeps it."""
    title = _("ビューとして保存する")
    if request.method == "GET":
        return _dialog(request, title, Named(""))
    try:
        view_id = actions.save_view(named=_typed(request), shown=_shown(request), actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _dialog(request, title, _typed(request), refusal)
    messages.success(request, _("ビューを保存しました。"))
    return _to(view_id)


@require_http_methods(["GET", "POST"])
@needs("customer", "read")
def edit(request: ActorRequest, view_id: int) -> HttpResponse:
    """The dialog for name, sharing and what the list begins with; POST changes them."""
    title = _("ビューの名前と共有")
    if request.method == "GET":
        tab = saved_tab(request.actor, view_id)
        return _dialog(request, title, Named(tab.name, tab.is_shared, tab.opens_list))
    try:
        actions.change_view(view_id=view_id, named=_typed(request), actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _dialog(request, title, _typed(request), refusal)
    messages.success(request, _("ビューを変えました。"))
    return _to(view_id)


@require_POST
@needs("customer", "read")
def overwrite(request: ActorRequest, view_id: int) -> HttpResponse:
    actions.overwrite_view(view_id=view_id, shown=_shown(request), actor=request.actor, now=time.now())
    messages.success(request, _("いまの条件・並び順・列を上書き保存しました。"))
    return redirect(_url(view_id))


@require_POST
@needs("customer", "read")
def move(request: ActorRequest, view_id: int) -> HttpResponse:
    actions.move_view(view_id=view_id, forward=request.POST.get("to") == "left", actor=request.actor)
    return redirect(_url(view_id))


@require_POST
@needs("customer", "read")
def archive(request: ActorRequest, view_id: int) -> HttpResponse:
    actions.archive_view(view_id=view_id, actor=request.actor, now=time.now())
    undone_by(request, _("ビューを削除しました。顧客は何も変わっていません。"), reverse("customers:view-restore", args=[view_id]))
    return redirect("customers:list")


@require_POST
@needs("customer", "read")
def restore(request: ActorRequest, view_id: int) -> HttpResponse:
    """htmx: the undo of `archive`, on to the view; a toast where it is refused."""
    try:
        actions.restore_view(view_id=view_id, actor=request.actor, now=time.now())
    except Invalid as refusal:
        return told(request, _problem(refusal))
    messages.success(request, _("ビューを元に戻しました。"))
    return _to(view_id)


@require_POST
@needs("customer", "read")
def take_over(request: ActorRequest, view_id: int) -> HttpResponse:
    """Make a shared view of somebody who has left one's own."""
    try:
        actions.take_over_view(view_id=view_id, actor=request.actor, now=time.now())
    except Invalid as refusal:
        messages.warning(request, _problem(refusal))
    else:
        messages.success(request, _("ビューを引き継ぎました。共有はそのまま続きます。"))
    return redirect(_url(view_id))


def _typed(request: ActorRequest) -> Named:
    given = request.POST
    return Named(given.get("name", ""), "is_shared" in given, "opens_list" in given)


def _shown(request: ActorRequest) -> Shown:
    asked = resolved(request.actor, asked_by(request.GET))
    return Shown(asked.view, asked.rule, asked.sort, asked.backwards, asked.columns, asked.board)


def _dialog(request: ActorRequest, title: str, named: Named, refusal: Invalid | None = None) -> HttpResponse:
    context = {"title": title, "action": request.get_full_path(), "named": named, "problem": _problem(refusal) if refusal else ""}
    return render(request, "customers/view_dialog.html", context, status=422 if refusal else 200)


def _problem(refusal: Invalid) -> str:
    return next((text for texts in refusal.fields.values() for text in texts), str(refusal))


def _url(view_id: int) -> str:
    return f"{reverse('customers:list')}?view={KEY}{view_id}"


def _to(view_id: int) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": _url(view_id)})
