"""設定 → 部署と店舗: the tree, one team with its people."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.platform import time
from enishi.platform.actions import teams as actions
from enishi.platform.actions.granting import HeldByGroup
from enishi.platform.errors import ActionError
from enishi.platform.forms.roles import TeamForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.platform.queries import roles as queries_roles


@require_http_methods(["GET", "POST"])
@needs("team", "configure")
@confirmed()
def teams(request: ActorRequest) -> HttpResponse:
    """The tree; POST makes a team."""
    rows = queries_roles.team_rows()
    form = TeamForm(request.POST or None, parents=_parents(rows))
    if request.method == "POST" and form.is_valid():
        try:
            actions.create_team(actor=request.actor, now=time.now(), **form.cleaned_data)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("部署を作りました。"))
            return redirect("platform:teams")
    return render(request, "platform/teams.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


def _parents(rows: list[queries_roles.TeamRow], *, besides: int = 0) -> list[tuple[str, str]]:
    return [(str(row.id), f"{'　' * row.depth}{row.name}") for row in rows if not row.archived and row.id != besides]


@require_http_methods(["GET", "POST"])
@needs("team", "configure")
@confirmed()
def team(request: ActorRequest, team_id: int) -> HttpResponse:
    """One team; POST calls it otherwise or moves it."""
    card = queries_roles.team_card(team_id)
    initial = {"name": card.name, "kind": card.kind, "parent_id": card.parent_id}
    form = TeamForm(request.POST or None, parents=_parents(queries_roles.team_rows(), besides=card.id), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_team(team_id=card.id, actor=request.actor, now=time.now(), **form.cleaned_data)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("部署を保存しました。"))
            return redirect("platform:team", team_id=card.id)
    return render(request, "platform/team.html", {"card": card, "form": form}, status=422 if form.errors else 200)


@require_POST
@needs("team", "configure")
@confirmed()
def member(request: ActorRequest, team_id: int) -> HttpResponse:
    """`user_id` joins the team, or with `on=no` leaves it."""
    user_id = request.POST.get("user_id", "")
    act = actions.leave_team if request.POST.get("on") == "no" else actions.join_team
    try:
        act(team_id=team_id, user_id=int(user_id) if user_id.isdecimal() and len(user_id) < 19 else 0, actor=request.actor, now=time.now())
    except HeldByGroup as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("部署に入れました。") if act is actions.join_team else _("部署から外しました。"))
    return redirect("platform:team", team_id=team_id)


@require_POST
@needs("team", "configure")
@confirmed()
def archive(request: ActorRequest, team_id: int) -> HttpResponse:
    """`on` is "yes" to archive, "no" to bring back."""
    act = actions.archive_team if request.POST.get("on") == "yes" else actions.restore_team
    try:
        act(team_id=team_id, actor=request.actor, now=time.now())
    except actions.TeamInUse as refusal:
        messages.error(request, str(refusal))
        return redirect("platform:team", team_id=team_id)
    messages.success(request, _("部署をしまいました。") if act is actions.archive_team else _("部署を元に戻しました。"))
    return redirect("platform:teams")
