"""会社のアカウント: the way to the company's provider and back, linking and unlinking, and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

from enishi.platform import confirmation, time
from enishi.platform.actions import company as actions
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.company import CompanyForm, DirectoryForm, SamlForm
from enishi.platform.guards import confirmed, needs, public, signed_in
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.platform.oidc import CompanyOAuth2Adapter, provider
from enishi.platform.queries.company import CompanyAccounts, company_accounts
from enishi.platform.views import company_entering, company_saml


@require_POST
@public("the way to the company's own sign-in page; whoever comes back from there is let in by issuer and subject alone")
def login(request: ActorRequest, provider_id: str) -> HttpResponseBase:
    """`process=connect` links the account that one signs in with there to one's own, and needs a fresh proof."""
    linking = request.POST.get("process") == "connect"
    if linking and request.actor.kind != "staff":
        raise Http404
    if linking and not confirmation.is_recent(request):
        return confirmation.ask(request)
    row = provider()
    if row is None or row.provider_id != provider_id:
        raise Http404
    if row.kind == row.Kind.SAML:
        return company_saml.leave(request, row, company_entering.CONNECT if linking else company_entering.LOGIN)
    if row.kind == row.Kind.LDAP:
        then = {"next": company_entering.own_path(request.POST.get("next", "")), "process": "connect" if linking else ""}
        return redirect(f"{reverse('company_directory')}?{urlencode({key: value for key, value in then.items() if value})}")
    answer = _by_library(request, OAuth2LoginView, provider_id)
    if isinstance(answer, HttpResponseRedirect) and urlsplit(answer.url).netloc:
        return render(request, "socialaccount/leaving.html", {"url": answer.url})
    return answer


@require_http_methods(["GET"])
@public("where the company's provider sends people back to; a state of one's own session is asked for")
def callback(request: ActorRequest, provider_id: str) -> HttpResponseBase:
    return _by_library(request, OAuth2CallbackView, provider_id)


def _by_library(request: HttpRequest, view: type[OAuth2LoginView | OAuth2CallbackView], provider_id: str) -> HttpResponseBase:
    try:
        answer: HttpResponseBase = view.adapter_view(CompanyOAuth2Adapter(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (RequestException, OAuth2Error, ActionError, KeyError, ValueError) as trouble:
        told = str(trouble) if isinstance(trouble, ActionError) else ""
        return render(request, "socialaccount/authentication_error.html", {"told": told}, status=502)
    return answer


@require_POST
@signed_in
@confirmed()
def unlink(request: ActorRequest) -> HttpResponse:
    try:
        actions.unlink_company(actor=request.actor, now=time.now())
    except actions.OnlyWayIn as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("会社のアカウントとの結び付けを外しました。"))
    return redirect("platform:security")


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
@confirmed()
def settings_page(request: ActorRequest) -> HttpResponse:
    """One way in at a time: the form of the one that is looked at, be it in use or only thought of (`?kind=`)."""
    accounts = company_accounts(request.actor)
    kind = request.GET.get("kind", "")
    kind = kind if kind in FORMS else accounts.kind or "oidc"
    form_class, save = FORMS[kind]
    initial = (
        accounts.initial
        if kind == accounts.kind
        else {"is_on": kind == "oidc" and not accounts.kind, "subject_rule": "persistent"} | DirectoryForm.USUAL
    )
    form = form_class(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if "try" in request.POST and isinstance(form, DirectoryForm):
                return _page(request, form, accounts, kind, tried=actions.try_directory(**form.asked(), actor=request.actor))
            save(**form.said(), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("会社のアカウントの設定を保存しました。"))
            return redirect("platform:company")
    return _page(request, form, accounts, kind)


def _page(
    request: ActorRequest, form: AnyForm, accounts: CompanyAccounts, kind: str, *, tried: actions.Tried | None = None
) -> HttpResponse:
    page = reverse("platform:company")
    tabs = [{"url": f"{page}?kind={key}", "label": label, "current": key == kind, "count": ""} for key, label in KINDS.items()]
    context = {
        "form": form,
        "accounts": accounts,
        "kind": kind,
        "tabs": tabs,
        "replaces": accounts.kind and kind != accounts.kind,
        "tried": tried,
    }
    return render(request, "platform/company.html", context, status=422 if form.errors else 200)


type AnyForm = CompanyForm | SamlForm | DirectoryForm

FORMS: Mapping[str, tuple[type[CompanyForm] | type[SamlForm] | type[DirectoryForm], Callable[..., None]]] = {
    "oidc": (CompanyForm, actions.save_company),
    "saml": (SamlForm, actions.save_saml),
    "ldap": (DirectoryForm, actions.save_directory),
}
KINDS = {"oidc": "OpenID Connect", "saml": "SAML", "ldap": "LDAP・Active Directory"}
