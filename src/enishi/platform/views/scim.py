"""設定 → ユーザーの自動連携（SCIM）: on and off, tokens, what groups give, and who is the same person."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import policy, time
from enishi.platform.actions import scim as actions
from enishi.platform.errors import ActionError
from enishi.platform.forms.scim import ScimForm, ScimGroupForm, ScimTokenForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.origins import app_url
from enishi.platform.queries import scim_page as queries
from enishi.platform.queries.people import role_choices, team_choices


@require_GET
@needs("user", "update")
def page(request: ActorRequest) -> HttpResponse:
    return _page(request)


def _page(request: ActorRequest, *, form: ScimForm | None = None, token: ScimTokenForm | None = None, fresh: str = "") -> HttpResponse:
    state = queries.scim_state(request.actor)
    can_configure = policy.allowed(request.actor, "user", "configure")
    context = {
        "state": state,
        "base_url": app_url(reverse("scim:root")).rstrip("/"),
        "can_configure": can_configure,
        "form": form or ScimForm(initial={"is_on": state.is_on, "first_sign_in": state.first_sign_in}),
        "token": token or ScimTokenForm(),
        "fresh": fresh,
        "tokens": queries.scim_tokens(request.actor, time.wall_clock()) if can_configure else [],
        "meetings": queries.scim_meetings(request.actor) if can_configure else [],
        "groups": queries.scim_groups(request.actor),
        "troubles": queries.scim_troubles(request.actor),
    }
    wrong = any(one is not None and one.errors for one in (form, token))
    return render(request, "platform/scim.html", context, status=422 if wrong else 200)


@require_POST
@needs("user", "configure")
@confirmed()
def save(request: ActorRequest) -> HttpResponse:
    form = ScimForm(request.POST)
    if form.is_valid():
        try:
            actions.set_scim(**form.cleaned_data, actor=request.actor, now=time.now())
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("自動連携の設定を保存しました。"))
            return redirect("platform:scim")
    return _page(request, form=form)


@require_POST
@needs("user", "configure")
@confirmed()
def token_new(request: ActorRequest) -> HttpResponse:
    """Make a token; only this answer shows it."""
    form = ScimTokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token=form)
    said = {"name": form.cleaned_data["name"], "expires_at": form.until(), "networks": form.cleaned_data["networks"]}
    try:
        made = actions.create_scim_token(**said, actor=request.actor, now=time.now())
    except ActionError as refusal:
        form.show(refusal)
        return _page(request, token=form)
    return _page(request, fresh=made.token)


@require_POST
@needs("user", "configure")
def token_revoke(request: ActorRequest, token_id: int) -> HttpResponse:
    actions.revoke_scim_token(token_id=token_id, actor=request.actor, now=time.now())
    messages.success(request, _("トークンを無効にしました。このトークンでの連携は、いまから断られます。"))
    here = reverse("platform:scim")
    return HttpResponse(status=204, headers={"HX-Redirect": here}) if request.htmx else redirect(here)


@require_http_methods(["GET", "POST"])
@needs("user", "update")
@confirmed()
def group(request: ActorRequest, scim_group_id: int) -> HttpResponse:
    """What a group gives. A role that exports, sends, configures or reveals is mapped only after its rights were shown (`sure`)."""
    found = queries.scim_group_page(request.actor, scim_group_id)
    initial = {"role_id": found.role_id, "team_id": found.team_id}
    form = ScimGroupForm(request.POST or None, initial=initial, roles=role_choices(), teams=team_choices())
    strong: list[str] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if said["role_id"] != found.role_id:
            strong = queries.strong_rights(said["role_id"])
        if not strong or request.POST.get("sure") == "yes":
            try:
                actions.map_group(group_id=scim_group_id, **said, actor=request.actor, now=time.now())
            except ActionError as refusal:
                form.show(refusal)
                strong = []
            else:
                messages.success(request, _("グループの割り当てを保存しました。所属する人に、次の操作から効きます。"))
                return redirect("platform:scim")
    context = {"group": found, "form": form, "strong": strong}
    return render(request, "platform/scim_group.html", context, status=422 if form.errors else 200)


@require_POST
@needs("user", "configure")
@confirmed()
def link(request: ActorRequest, meeting_id: int) -> HttpResponse:
    """It is the same person, or with `same=no` somebody else."""
    try:
        if request.POST.get("same") == "no":
            actions.dismiss_meeting(meeting_id=meeting_id, actor=request.actor, now=time.now())
            messages.success(request, _("一覧から外しました。連携元がもう一度送ると、また表示されます。"))
        else:
            actions.link_meeting(meeting_id=meeting_id, actor=request.actor, now=time.now())
            messages.success(request, _("同じ人として連携しました。次の連携から、氏名と停止が連携元に従います。"))
    except ActionError as refusal:
        if refusal.status == 404:
            raise
        messages.warning(request, str(refusal))
    return redirect("platform:scim")


@require_POST
@needs("user", "configure")
@confirmed()
def unlink(request: ActorRequest, user_id: int) -> HttpResponse:
    try:
        actions.unlink_user(user_id=user_id, actor=request.actor, now=time.now())
    except ActionError as refusal:
        if refusal.status == 404:
            raise
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("連携を外しました。グループで付いていたロールと部署は、なくなりました。"))
    return redirect("platform:user", user_id)
