"""会社のアカウント by SAML: to the company's provider, back from there by way of its browser, and what it must know of us."""

from __future__ import annotations

import base64
import binascii

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt

from enishi.platform import confirmation, oidc, policy, saml, saml_metadata, time
from enishi.platform.actions import company_answers
from enishi.platform.actions import signin as signin_actions
from enishi.platform.client import ip_of
from enishi.platform.errors import ActionError
from enishi.platform.guards import confirmed, needs, public
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.platform.models import IdentityProvider
from enishi.platform.saml_xml import LONGEST, SamlRefused
from enishi.platform.views import company_entering
from enishi.platform.views.company_entering import CONNECT

ASKED = "saml_asked"  # key of the session: questions that are out → [what for, where to then, when]
_HOLDS_FOR, _MOST = 600, 5  # seconds; questions at once, the oldest give way
TRY = "try"


def leave(request: HttpRequest, row: IdentityProvider, process: str) -> HttpResponse:
    """On to the provider's page, with a question that only this session knows."""
    question, wall = saml.new_question(), time.wall_clock()
    asked = _asked(request)
    asked[question] = [process, company_entering.own_path(request.POST.get("next", "")), int(wall.timestamp())]
    request.session[ASKED] = dict(sorted(asked.items(), key=lambda each: each[1][2])[-_MOST:])
    return render(request, "socialaccount/leaving.html", {"url": saml.question_url(row, question=question, wall=wall)})


def _asked(request: HttpRequest) -> dict[str, list[str | int]]:
    oldest = time.wall_clock().timestamp() - _HOLDS_FOR
    return {key: said for key, said in request.session.get(ASKED, {}).items() if said[2] > oldest}


@csrf_exempt
@require_POST
@public("where the company's provider has answers posted to; only what it signed, for us, once, is taken, and signs nobody in yet")
def answer(request: ActorRequest) -> HttpResponse:
    """Look at an answer. The browser comes from another site, without its session: it is sent on to where it has one."""
    row, wall = oidc.saml_provider(), time.wall_clock()
    if row is None:
        raise Http404
    try:
        identity = saml.identity_of(_document(request.POST.get("SAMLResponse", "")), row, wall=wall)
        ticket = company_answers.keep_answer(identity=identity, issuer=row.issuer, wall=wall)
    except SamlRefused as refusal:
        return _refuse(request, refusal)
    return HttpResponseRedirect(f"{reverse('company_saml_finish')}?{urlencode({'ticket': ticket})}", status=303)


def _document(posted: str) -> bytes:
    if len(posted) > LONGEST * 3 // 2:
        raise SamlRefused
    try:
        return base64.b64decode("".join(posted.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SamlRefused from error


def _refuse(request: HttpRequest, refusal: ActionError) -> HttpResponse:
    signin_actions.note_failure(user_id=None, step=refusal.code, ip=ip_of(request), now=time.now())
    return render(request, "socialaccount/authentication_error.html", {"told": str(refusal)}, status=refusal.status)


@require_http_methods(["GET"])
@public("where a browser comes for the answer that it brought: it must have asked the question itself, in the session it has")
def finish(request: ActorRequest) -> HttpResponse:
    row = oidc.saml_provider()
    if row is None:
        raise Http404
    try:
        said = company_answers.take_answer(ticket=request.GET.get("ticket", ""), wall=time.wall_clock())
        asked = _asked(request)
        process, then, _at = asked.pop(said.pop("in_response_to"), ("", "", 0))
        request.session[ASKED] = asked
        if not process:
            raise saml.NotAsked
        if said["issuer"] != row.issuer:
            raise saml.OtherIssuer
    except ActionError as refusal:
        return _refuse(request, refusal)
    if process == TRY:
        policy.require(request.actor, "settings", "configure")
        return render(request, "platform/company_tried.html", {"said": said})
    if process == CONNECT and (request.actor.kind != "staff" or not confirmation.is_recent(request)):
        raise Http404
    if not row.is_on:
        raise Http404
    return company_entering.enter(request, said, process=str(process), then=str(then))


@require_http_methods(["GET"])
@public("who we are and where answers go, as the administrator of the company's provider reads it in; it holds no secret")
def metadata(request: ActorRequest) -> HttpResponse:
    named = {"Content-Disposition": 'attachment; filename="enishi-saml-metadata.xml"'}
    return HttpResponse(saml_metadata.ours(), content_type="application/samlmetadata+xml", headers=named)


@require_POST
@needs("settings", "configure")
@confirmed()
def attempt(request: ActorRequest) -> HttpResponse:
    """試す: sign in there once, also while the provider is off; what came back is shown, and nobody is signed in by it."""
    row = oidc.saml_provider()
    if row is None:
        raise Http404
    return leave(request, row, TRY)
