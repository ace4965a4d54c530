"""設定 → ユーザー: the list and one user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import policy, time
from enishi.platform.actions import people as actions
from enishi.platform.actions.granting import LastAdministrator, RightsBeyondOwn
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.people import PersonForm, PlacesForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_GET, require_POST
from enishi.platform.queries import people as queries
from enishi.platform.queries.scim_page import origin_of
from enishi.platform.queries.signin import second_factors_of, sessions_of

SHOWN = ("active", "stopped", "invited")


@require_GET
@needs("user", "read")
def user_list(request: ActorRequest) -> HttpResponse:
    """Users, those who were switched off, or open invitations (`show`), narrowed by `q`."""
    wall, text = time.wall_clock(), request.GET.get("q", "").strip()[:60]
    show = request.GET.get("show", "active")
    show = show if show in SHOWN else "active"
    counts, here = queries.counts(request.actor, wall), reverse("platform:users")
    labels = {"active": _("使用中"), "stopped": _("停止中"), "invited": _("招待中")}
    context = {
        "tabs": [{"label": labels[key], "url": f"{here}?show={key}", "count": counts[key], "current": key == show} for key in SHOWN],
        "show": show,
        "text": text,
        "users": [] if show == "invited" else queries.users(request.actor, active=show == "active", text=text),
        "invitations": queries.invitations(request.actor, wall) if show == "invited" else [],
        "can_invite": policy.allowed(request.actor, "user", "create"),
    }
    return render(request, "platform/users/list.html", context)


# ---- one user -----------------------------------------------------------------------------------------------------


@require_GET
@needs("user", "read")
def user_page(request: ActorRequest, user_id: int) -> HttpResponse:
    return _page(request, user_id)


def _page(request: ActorRequest, user_id: int, *, person: PersonForm | None = None, places: PlacesForm | None = None) -> HttpResponse:
    user = queries.user_page(request.actor, user_id)
    can_change = policy.allowed(request.actor, "user", "update")
    initial = {"display_name": user.display_name, "title": user.title, "email": user.email, "language": user.language}
    chosen = {"role_ids": list(user.roles), "team_ids": list(user.teams)}
    context = {
        "user": user,
        "person": person or PersonForm(initial=initial),
        "places": places or PlacesForm(initial=chosen, roles=queries.role_choices(), teams=queries.team_choices()),
        "origin": origin_of(request.actor, user_id),
        "factors": second_factors_of(user_id),
        "sessions": sessions_of(user_id),
        "can_change": can_change,
        "can_switch": policy.allowed(request.actor, "user", "archive"),
        "can_manage": policy.allowed(request.actor, "user", "configure"),
    }
    wrong = any(form is not None and form.errors for form in (person, places))
    return render(request, "platform/users/user.html", context, status=422 if wrong else 200)


@require_POST
@needs("user", "update")
@confirmed()
def change(request: ActorRequest, user_id: int) -> HttpResponse:
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            actions.change_user(user_id=user_id, **form.cleaned_data, actor=request.actor, now=time.now())
        except (Invalid, RightsBeyondOwn) as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("保存しました。"))
            return redirect("platform:user", user_id)
    return _page(request, user_id, person=form)


@require_POST
@needs("user", "update")
@confirmed()
def give_roles(request: ActorRequest, user_id: int) -> HttpResponse:
    form = PlacesForm(request.POST, roles=queries.role_choices(), teams=queries.team_choices())
    if form.is_valid():
        try:
            actions.give_roles(user_id=user_id, **form.places(), actor=request.actor, now=time.now())
        except (RightsBeyondOwn, LastAdministrator) as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("ロールと部署を変えました。次の操作から効きます。"))
            return redirect("platform:user", user_id)
    return _page(request, user_id, places=form)


def _done(request: ActorRequest, user_id: int, act: Callable[[], object], words: str) -> HttpResponse:
    """Do it and say so on the user's page; a refusal is said there too."""
    try:
        act()
    except ActionError as refusal:
        if refusal.status == 404:
            raise
        messages.warning(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("platform:user", user_id)


@require_POST
@needs("user", "archive")
@confirmed()
def deactivate(request: ActorRequest, user_id: int) -> HttpResponse:
    act = partial(actions.deactivate_user, user_id=user_id, actor=request.actor, now=time.now())
    return _done(request, user_id, act, _("停止しました。ログインは次の操作で終わり、APIトークンは使えなくなりました。"))


@require_POST
@needs("user", "archive")
@confirmed()
def reactivate(request: ActorRequest, user_id: int) -> HttpResponse:
    act = partial(actions.reactivate_user, user_id=user_id, actor=request.actor, now=time.now())
    return _done(request, user_id, act, _("再開しました。前と同じロールで、ログインできます。"))


@require_POST
@needs("user", "configure")
def sign_out(request: ActorRequest, user_id: int) -> HttpResponse:
    act = partial(actions.sign_user_out, user_id=user_id, actor=request.actor, now=time.now())
    return _done(request, user_id, act, _("この人のログインを、すべて終わらせました。"))


@require_POST
@needs("user", "configure")
@confirmed()
def take_second_factors_off(request: ActorRequest, user_id: int) -> HttpResponse:
    act = partial(actions.take_second_factors_off, user_id=user_id, actor=request.actor, now=time.now())
    return _done(request, user_id, act, _("2段階認証を外しました。本人に、登録し直してもらってください。"))
