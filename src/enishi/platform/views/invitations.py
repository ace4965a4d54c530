"""設定 → ユーザー → 招待, and the pages behind a link: whoever holds one makes their account, or comes in by the command line."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import signin, staff_mail, time
from enishi.platform.actions import invitations as actions
from enishi.platform.actions import sign_in_links
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.people import AcceptForm, InviteForm
from enishi.platform.guards import confirmed, needs, public
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.platform.languages import speaking
from enishi.platform.oidc import INVITATION
from enishi.platform.origins import app_url
from enishi.platform.queries import people as queries
from enishi.platform.words import name_and_words


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


# ---- the pages behind a link ---------------------------------------------------------------------------------------


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
        user_id = sign_in_links.use_sign_in_link(token=token, now=time.now(), wall=wall) if request.method == "POST" else None
    except sign_in_links.LinkIsOver:
        user_id = None
    if user_id is None:
        return render(request, "platform/users/link_over.html", {"refusal": sign_in_links.LinkIsOver()}, status=404)
    signin.enter(request, user_id, method="link")
    return redirect("platform:home")
