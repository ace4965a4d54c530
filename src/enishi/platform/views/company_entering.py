"""How somebody comes in whom the company's provider has named, whichever way it did."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.socialaccount.helpers import complete_social_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from enishi.platform.oidc import CompanyAdapter
from enishi.platform.provider import CompanyProvider

LOGIN, CONNECT = "login", "connect"  # the library's words of what for


def enter(request: HttpRequest, said: Mapping[str, str], *, process: str, then: str) -> HttpResponse:
    """By the library's own way: whom the link is of, the second step, who was switched off, who is nobody yet. `said`: subject,
    name, login and issuer."""
    app = CompanyAdapter(request).get_app(request, provider=CompanyProvider.id)
    found = CompanyProvider(request, app).sociallogin_from_response(request, said)
    found.state = {"process": process, "next": then} if then else {"process": process}
    response: HttpResponse = complete_social_login(request, found)
    return response


def own_path(wanted: str) -> str:
    """A page of ours, or none: nobody is led away by what they came with."""
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""
