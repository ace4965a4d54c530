"""設定 → ユーザー: the list, invitations, one user; and the public page behind an invitation's link."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import policy, signin, staff_mail, time
from enishi.platform.actions import people as actions
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.people import AcceptForm, InviteForm, PersonForm, PlacesForm
from enishi.platform.guards import confirmed, needs, public
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.languages import speaking
from enishi.platform.oidc import INVITATION
from enishi.platform.origins import app_url
from enishi.platform.queries import people as queries
from enishi.platform.queries.signin import second_factors_of, sessions_of
from enishi.platform.words import name_and_words

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


@require_http_methods(["GET", "POST"])
@needs("user", "create")
@confirmed()
def invite(request: ActorRequest) -> HttpResponse:
    """The form; after it the link, shown this once, and sent where there is an address and a server."""
    form = InviteForm(request.POST or None, roles=queries.role_choices(), teams=queries.team_choices())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            link = actions.invite(
                email=said["email"],
                display_name=said["display_name"],
                title=said["title"],
                language=said["language"],
                role_ids=said["role_ids"],
                team_ids=said.get("team_ids", []),
                actor=request.actor,
                now=time.now(),
                wall=time.wall_clock(),
            )
        except ActionError as refusal:
            form.show(refusal)
        else:
            return _show_link(request, link)
    return render(request, "platform/users/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@needs("user", "create")
@confirmed()
def renew(request: ActorRequest, invitation_id: int) -> HttpResponse:
    """Another link for the same invitation, shown and sent as the first."""
    try:
        link = actions.renew_invitation(invitation_id=invitation_id, actor=request.actor, now=time.now(), wall=time.wall_clock())
    except actions.InvitationIsOver as refusal:
        messages.warning(request, str(refusal))
        return redirect(f"{reverse('platform:users')}?show=invited")
    return _show_link(request, link)


def _show_link(request: ActorRequest, link: actions.NewLink) -> HttpResponse:
    """Try to send the link; either way it can be copied here, and nowhere again."""
    url, email, problem = app_url(reverse("platform:invitation", args=[link.token])), queries.address_of(request.actor, link.id), ""
    if email:
        try:
            _mail(link.token, url, email)
        except ActionError as refusal:
            problem = str(refusal)
        else:
            actions.mark_mailed(invitation_id=link.id, actor=request.actor, now=time.now())
    return render(request, "platform/users/invited.html", {"url": url, "email": email, "problem": problem})


def _mail(token: str, url: str, email: str) -> None:
    invitation = queries.invitation_of(token, time.wall_clock())
    if invitation is None:
        return
    company = name_and_words()[0]
    with speaking(invitation.language):
        text = _(
            "%(name)s さん\n\n%(company)sの Enishi に招待されました。次のページで、ログイン名とパスワードを決めてください。\n\n%(url)s\n\n"
            "リンクは7日のあいだ、一度だけ使えます。心当たりがないときは、このメールを消してください。\n"
        ) % {"name": invitation.display_name, "company": company, "url": url}
        subject = _("%(company)s：Enishi への招待") % {"company": company}
    staff_mail.send(staff_mail.StaffMail(email, subject, text))


@require_POST
@needs("user", "create")
def withdraw(request: ActorRequest, invitation_id: int) -> HttpResponse:
    try:
        actions.withdraw_invitation(invitation_id=invitation_id, actor=request.actor, now=time.now())
    except actions.InvitationIsOver as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("招待を取り消しました。リンクはもう使えません。"))
    return redirect(f"{reverse('platform:users')}?show=invited")


# ---- one user -----------------------------------------------------------------------------------------------------


@require_GET
@needs("user", "read")
def user_page(request: ActorRequest, user_id: int) -> HttpResponse:
    return _page(request, user_id)


def _page(request: ActorRequest, user_id: int, *, person: PersonForm | None = None, places: PlacesForm | None = None) -> HttpResponse:
    user = queries.user_page(request.actor, user_id)
    can_change = policy.allowed(request.actor, "user", "update")
    initial = {"display_name": user.display_name, "title": user.title, "email": user.email, "language": user.language}
    chosen = {"role_ids": user.role_ids, "team_ids": user.team_ids}
    context = {
        "user": user,
        "person": person or PersonForm(initial=initial),
        "places": places or PlacesForm(initial=chosen, roles=queries.role_choices(), teams=queries.team_choices()),
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
        except (Invalid, actions.RightsBeyondOwn) as refusal:
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
        except (actions.RightsBeyondOwn, actions.LastAdministrator) as refusal:
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


# ---- the page behind a link ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@public("whoever holds the link of an invitation makes their own account, once; any other link shows nothing")
def invitation(request: ActorRequest, token: str) -> HttpResponse:
    wall = time.wall_clock()
    found = queries.invitation_of(token, wall)
    if found is None:
        return render(request, "platform/users/link_over.html", {"refusal": actions.LinkIsOver()}, status=404)
    request.session[INVITATION] = token  # for whoever goes on by the company's account
    initial = {"display_name": found.display_name, "language": found.language, "username": _proposed_login(found.email)}
    form = AcceptForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            user_id = actions.accept_invitation(token=token, **form.account(), now=time.now(), wall=wall)
        except Invalid as refusal:
            form.show(refusal)
        else:
            request.session.pop(INVITATION, None)
            signin.enter(request, user_id, method="link")
            messages.success(request, _("ようこそ。アカウントができました。"))
            return redirect("platform:home")
    context = {"form": form, "company": name_and_words()[0]}
    return render(request, "platform/users/accept.html", context, status=422 if form.errors else 200)


def _proposed_login(email: str) -> str:
    return "".join(letter for letter in email.partition("@")[0].lower() if letter.isascii() and (letter.isalnum() or letter in "._-"))[:60]


@require_http_methods(["GET", "POST"])
@public("whoever holds a link of the server's command line comes in by it, once, within fifteen minutes")
def sign_in_link(request: ActorRequest, token: str) -> HttpResponse:
    """GET only shows the button, so that no scanner of mails or chats uses the link up."""
    wall = time.wall_clock()
    if request.method == "GET" and queries.is_sign_in_link(token, wall):
        return render(request, "platform/users/sign_in_link.html")
    try:
        user_id = actions.use_sign_in_link(token=token, now=time.now(), wall=wall) if request.method == "POST" else None
    except actions.LinkIsOver:
        user_id = None
    if user_id is None:
        refusal = _("このリンクは使えません。使い終わったか、期限が過ぎています。")
        return render(request, "platform/users/link_over.html", {"refusal": refusal}, status=404)
    signin.enter(request, user_id, method="link")
    return redirect("platform:home")
