"""設定 → ロールと権限: the list, the matrix with what a change means before it is saved, who holds a role, and looking as one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import objects, policy, time
from enishi.platform.actions import roles as actions
from enishi.platform.actions.granting import HeldByGroup, RightsBeyondOwn
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.roles import NewRoleForm, RoleForm, field_lines, level_lines, sections, shape_of
from enishi.platform.guards import confirmed, needs, signed_in
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.looking import SESSION_KEY
from enishi.platform.queries import roles as queries_roles
from enishi.platform.roles import Shape, beyond, differences, is_bound
from enishi.platform.secrets import keyed_hash
from enishi.platform.templatetags.ui import UNDO


@require_GET
@needs("role", "read")
def roles(request: ActorRequest) -> HttpResponse:
    return _list(request, NewRoleForm(starts=queries_roles.starting_points()))


def _list(request: ActorRequest, form: NewRoleForm, *, refusal: ActionError | None = None) -> HttpResponse:
    may = policy.allowed(request.actor, "role", "configure")
    context = {"page": queries_roles.role_page(), "form": form, "may_configure": may, "refusal": refusal}
    return render(request, "platform/roles.html", context, status=refusal.status if refusal else 422 if form.errors else 200)


@require_POST
@needs("role", "configure")
@confirmed()
def new(request: ActorRequest) -> HttpResponse:
    form = NewRoleForm(request.POST, starts=queries_roles.starting_points())
    if form.is_valid():
        try:
            role_id = actions.create_role(actor=request.actor, now=time.now(), **form.cleaned_data)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("ロールを作りました。できることを決めてください。"))
            return redirect("platform:role", role_id=role_id)
    return _list(request, form)


@require_http_methods(["GET", "POST"])
@needs("role", "read")
@confirmed()
def role(request: ActorRequest, role_id: int) -> HttpResponse:
    """One role. With `step=look` it shows what was chosen, what that means and what it would change; POST saves it."""
    card = queries_roles.role_card(role_id)
    said = {"name": card.name, "description": card.description}
    if request.method == "GET":
        if request.GET.get("step") != "look":
            return _role(request, card, card.shape, RoleForm(initial=said))
        return _role(request, card, shape_of(request.GET, card.shape, objects.field_rights()), RoleForm(initial=request.GET.dict()))
    policy.require(request.actor, "role", "configure")
    form = RoleForm(request.POST)
    shape = shape_of(request.POST, card.shape, objects.field_rights())
    if not form.is_valid():
        return _role(request, card, shape, form)
    if request.POST.get("seen") != fingerprint(card.shape):
        return _role(request, card, shape, form, refusal=actions.RoleChangedMeanwhile())
    try:
        deed = actions.change_role(role_id=card.id, shape=shape, seen=card.shape, actor=request.actor, now=time.now(), **form.cleaned_data)
    except ActionError as refusal:
        form.show(refusal)
        return _role(request, card, shape, form, refusal=refusal)
    if deed is not None:
        messages.success(request, _("ロールを保存しました。"), extra_tags=f"{UNDO}{reverse('platform:role-undo', args=[deed])}")
    return redirect("platform:role", role_id=card.id)


def fingerprint(shape: Shape) -> str:
    """Equal while nobody changes the role."""
    return keyed_hash(repr(shape.as_json()), purpose="fingerprint").hex()[:32]


def _role(
    request: ActorRequest, card: queries_roles.RoleCard, shape: Shape, form: RoleForm, *, refusal: ActionError | None = None
) -> HttpResponse:
    fields = objects.field_rights()
    changed = shape.as_json() != card.shape.as_json()
    context: dict[str, Any] = {
        "card": card,
        "form": form,
        "seen": fingerprint(card.shape),
        "sections": sections(shape),
        "levels": level_lines(shape),
        "fields": field_lines(shape, fields),
        "has_own_levels": bool(shape.fields),
        "changed": changed,
        "differences": differences(card.name, card.shape, shape, queries_roles.holders(card.id), fields) if changed else [],
        "may_configure": policy.allowed(request.actor, "role", "configure"),
        "is_bound": is_bound(request.actor),
        "beyond": beyond(request.actor, shape, card.shape) if changed else [],
        "refusal": refusal,
    }
    part = "#matrix" if request.htmx and request.method == "GET" and "step" in request.GET else ""
    return render(request, f"platform/role.html{part}", context, status=refusal.status if refusal else 422 if form.errors else 200)


@require_POST
@needs("role", "configure")
@confirmed()
def undo(request: ActorRequest, change_set_id: int) -> HttpResponse:
    role_id = actions.undo_role_change(change_set_id=change_set_id, actor=request.actor, now=time.now())
    messages.success(request, _("ロールを前の内容に戻しました。"))
    here = reverse("platform:role", args=[role_id])
    return HttpResponse(status=204, headers={"HX-Redirect": here}) if request.htmx else redirect(here)


@require_POST
@needs("role", "configure")
@confirmed()
def archive(request: ActorRequest, role_id: int) -> HttpResponse:
    """`on` is "yes" to archive, "no" to bring back."""
    act = actions.archive_role if request.POST.get("on") == "yes" else actions.restore_role
    try:
        act(role_id=role_id, actor=request.actor, now=time.now())
    except actions.RoleIsHeld as refusal:
        return _list(request, NewRoleForm(starts=queries_roles.starting_points()), refusal=refusal)
    messages.success(request, _("ロールをしまいました。") if act is actions.archive_role else _("ロールを元に戻しました。"))
    return redirect("platform:roles")


@require_POST
@needs("role", "configure")
@confirmed()
def hold(request: ActorRequest, role_id: int) -> HttpResponse:
    """`user_id` gets the role, or with `on=no` loses it."""
    user_id = request.POST.get("user_id", "")
    act = actions.take_role if request.POST.get("on") == "no" else actions.give_role
    try:
        act(role_id=role_id, user_id=int(user_id) if user_id.isdecimal() and len(user_id) < 19 else 0, actor=request.actor, now=time.now())
    except (actions.NobodyLeft, HeldByGroup, RightsBeyondOwn, Invalid) as refusal:
        card = queries_roles.role_card(role_id)
        return _role(request, card, card.shape, RoleForm(initial={"name": card.name, "description": card.description}), refusal=refusal)
    messages.success(request, _("ロールを付けました。") if act is actions.give_role else _("ロールを外しました。"))
    return redirect("platform:role", role_id=role_id)


@require_POST
@needs("role", "configure")
@confirmed()
def wall(request: ActorRequest) -> HttpResponse:
    """システム管理者に個人情報を見せない: `on` is "yes" or "no"."""
    on = request.POST.get("on") == "yes"
    actions.keep_people_from_admins(on=on, actor=request.actor, now=time.now())
    messages.success(
        request,
        _("ロールを変えられる人には、個人情報を伏せて表示します。") if on else _("個人情報の見え方を、ロールのとおりに戻しました。"),
    )
    return redirect("platform:roles")


# ---- この役割で見る -------------------------------------------------------------------------------------------------


@require_POST
@needs("role", "read")
def look(request: ActorRequest, role_id: int) -> HttpResponse:
    actions.begin_looking(role_id=role_id, actor=request.actor, now=time.now())
    request.session[SESSION_KEY] = role_id
    return redirect("platform:home")


@require_POST
@signed_in
def look_end(request: ActorRequest) -> HttpResponse:
    role_id = request.session.pop(SESSION_KEY, None)
    return redirect("platform:role", role_id=role_id) if isinstance(role_id, int) else redirect("platform:roles")
