"""会社のアカウント by LDAP: a page of its own asks for the name and the password of the company's directory.

A password of ours never goes to the directory, and one of the directory is never compared with ours.
"""

from __future__ import annotations

import unicodedata

from allauth.core.internal import ratelimit
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import confirmation, ldap, oidc, time
from enishi.platform.actions import signin as signin_actions
from enishi.platform.actions.company import directory_of
from enishi.platform.client import ip_of
from enishi.platform.errors import ActionError
from enishi.platform.forms.company import DirectorySignInForm
from enishi.platform.guards import public
from enishi.platform.http import ActorRequest, require_http_methods
from enishi.platform.models import IdentityProvider
from enishi.platform.views import company_entering
from enishi.platform.views.company_entering import CONNECT, LOGIN

OUT_OF_REACH = gettext_lazy(
    "いま会社のディレクトリに確かめられません。しばらくしてからお試しください。Enishi のパスワードかパスキーがあれば、ログイン画面から入れます。"
)


@require_http_methods(["GET", "POST"])
@public("whoever proves to the company's directory who they are comes in, if they are linked; as often as passwords may be tried")
def page(request: ActorRequest) -> HttpResponse:
    """`process=connect` links whoever is named there to the one who is signed in, and needs a fresh proof."""
    row = oidc.directory_provider()
    process = CONNECT if request.GET.get("process") == CONNECT else LOGIN
    if row is None or (process == CONNECT and request.actor.kind != "staff"):
        raise Http404
    if process == CONNECT and not confirmation.is_recent(request):
        return confirmation.ask(request)
    form = DirectorySignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = _proved(request, row, form.cleaned_data["login"], form.cleaned_data["password"])
        except ActionError as refusal:
            _note(request, refusal.code)
            form.add_error(None, str(refusal) if isinstance(refusal, ldap.TooManyGuesses) else str(OUT_OF_REACH))
        else:
            if person is not None:
                said = {"subject": person.subject, "name": person.name, "login": person.login, "issuer": row.issuer}
                return company_entering.enter(request, said, process=process, then=company_entering.own_path(request.GET.get("next", "")))
            _note(request, "ldap.password")
            form.add_error(None, _("ログイン名かパスワードが違うか、会社のアカウントが止まっています。"))
    context = {"form": form, "name": row.name, "linking": process == CONNECT}
    return render(request, "platform/company_directory.html", context, status=422 if form.errors else 200)


def _proved(request: ActorRequest, row: IdentityProvider, login: str, password: str) -> ldap.Person | None:
    """Raises ActionError. Guesses count against whoever they are about, however their name is written, and the address."""
    if not ratelimit.consume(request, app="allauth.account", action="login"):
        raise ldap.TooManyGuesses
    used: list[ratelimit.RateLimitUsage] = []

    def may_try(about: str) -> bool:
        key = "directory:" + " ".join(unicodedata.normalize("NFKC", about).casefold().split())
        usage = ratelimit.consume(request, app="allauth.account", action="login_failed", key=key)
        used.extend([usage] if usage else [])
        return usage is not None

    person = ldap.prove(directory_of(row), login, password, may_try=may_try)
    if person is not None:
        for usage in used:
            usage.rollback()
    return person


def _note(request: ActorRequest, step: str) -> None:
    signin_actions.note_failure(user_id=None, step=step, ip=ip_of(request), now=time.now())
