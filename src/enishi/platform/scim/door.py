"""The door of SCIM 2.0 (RFC 7644) under /scim/v2/: who comes in, how much and how often; the protocol itself is scim2-server's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from scim2_models import (
    ForbiddenException,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from enishi.platform import time
from enishi.platform.actions.scim import note_trouble
from enishi.platform.actor import Actor
from enishi.platform.client import ip_of
from enishi.platform.errors import ActionError
from enishi.platform.origins import app_url
from enishi.platform.queries.scim import name_of
from enishi.platform.scim.bearers import directory_of
from enishi.platform.scim.schema import number, provider
from enishi.platform.scim.storage import DatabaseStorage

LARGEST_BODY = 2_000_000  # bytes: a group of 20,000 members
MOST_CALLS_A_MINUTE = 3_000  # of one token; Entra ID asks for 25 a second
MOST_STRANGERS_A_MINUTE = 60  # calls without a valid token, from one address
TRIES = 5
TOLD_STATUSES = frozenset({400, 403, 409, 412, 413, 500, 501})
SCIM_NAMESPACE = "scim"

service = ScimService(provider())


class Handler(ScimHandler):
    """Two changes of one resource at once: who named no version meant the newest, and is carried out on that."""

    def patch_resource(self, resource_type: ResourceType, resource_id: str, patch_op: Any, conditions: Conditions) -> Resource[Any]:
        call = super().patch_resource
        return _on_the_newest(lambda: call(resource_type, resource_id, patch_op, conditions), conditions)

    def replace_resource(
        self, resource_type: ResourceType, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any]:
        call, resource_id = super().replace_resource, str(current.id)

        def again() -> Resource[Any]:
            newest = self.storage.get(resource_type, resource_id)
            return call(resource_type, newest, replacement.model_copy(deep=True), conditions)

        return _on_the_newest(again, conditions)

    def delete_resource(self, resource_type: ResourceType, resource_id: str, conditions: Conditions) -> None:
        call = super().delete_resource
        _on_the_newest(lambda: call(resource_type, resource_id, conditions), conditions)


def _on_the_newest[R](act: Callable[[], R], conditions: Conditions) -> R:
    for _try in range(TRIES - 1):
        try:
            return act()
        except PreconditionFailedException:
            if conditions.if_match is not None or conditions.if_none_match is not None:
                raise
    return act()


class TooManyCalls(SCIMException):
    status = 429
    _default_detail = "Too many requests"


def door(*methods: str) -> Callable[..., HttpResponse]:
    """The view of an address that answers these methods; to others the protocol says 405 itself."""

    @csrf_exempt
    def view(request: HttpRequest, **_parts: str) -> HttpResponse:
        return answer(request)

    view.guard = ("directory", "scim")  # type: ignore[attr-defined]
    view.methods = methods  # type: ignore[attr-defined]
    return view


def answer(request: HttpRequest) -> HttpResponse:
    """What a directory is told. Cookies and sessions count for nothing here."""
    ip = ip_of(request)
    directory = directory_of(request.headers.get("Authorization", ""), ip=ip)
    if directory is None:
        too_many = _calls(f"stranger:{ip}") > MOST_STRANGERS_A_MINUTE
        words = _("有効なSCIMのトークンを Authorization ヘッダーに付けてください。")
        return _response(service.error_response(_too_many() if too_many else UnauthorizedException(detail=words)))
    actor = directory.actor
    request.actor = actor  # type: ignore[attr-defined]
    try:
        if _calls(f"token:{actor.scim_token_id}") > MOST_CALLS_A_MINUTE:
            raise _too_many()
        if not directory.is_on:
            raise ForbiddenException(detail=_("自動連携はオフになっています。管理者に確認してください。"))
        return _response(Handler(service, DatabaseStorage(actor)).handle(_read(request)))
    except SCIMException as refusal:
        if refusal.status in TOLD_STATUSES:
            _note(request, actor, refusal)
        return _response(service.error_response(refusal))


def _too_many() -> TooManyCalls:
    return TooManyCalls(detail=_("回数が多すぎます。1分ほどたってから、もう一度お試しください。"))


def _calls(whose: str) -> int:
    """How many there were in this minute, this one among them."""
    key = f"scim:{whose}:{time.wall_clock():%Y%m%d%H%M}"
    cache.add(key, 0, 120)
    try:
        return int(cache.incr(key))
    except ValueError:  # it went out in between
        return 1


def _read(request: HttpRequest) -> ScimRequest:
    """Raises PayloadTooLargeException."""
    root = reverse(f"{SCIM_NAMESPACE}:root")
    return ScimRequest(
        method=request.method or "GET",
        base_url=app_url(root).rstrip("/"),
        path="/" + request.path_info.removeprefix(root),
        query=request.GET.dict(),
        headers=dict(request.headers.items()),
        body=_body(request),
    )


def _body(request: HttpRequest) -> bytes:
    told = request.headers.get("Content-Length", "0")
    try:
        body = b"" if told.isdecimal() and int(told) > LARGEST_BODY else request.body
    except RequestDataTooBig:
        told = str(LARGEST_BODY + 1)
        body = b""
    if len(body) > LARGEST_BODY or (told.isdecimal() and int(told) > LARGEST_BODY):
        raise PayloadTooLargeException(detail=f"The body exceeds {LARGEST_BODY} bytes")
    return body


def _response(said: ScimResponse) -> HttpResponse:
    body = b"" if said.body is None else json.dumps(said.body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/scim+json", **said.headers, "Cache-Control": "no-store"}
    if said.status == TooManyCalls.status:
        headers["Retry-After"] = "60"
    return HttpResponse(body, status=int(said.status), headers=headers)


def _note(request: HttpRequest, actor: Actor, refusal: SCIMException) -> None:
    """What administrators are shown of a call that was refused."""
    kind, _slash, resource_id = request.path_info.removeprefix(reverse(f"{SCIM_NAMESPACE}:root")).partition("/")
    cause = refusal.__cause__
    code = cause.code if isinstance(cause, ActionError) else str(refusal.scim_type or refusal.status)
    note_trouble(
        route=f"{request.method} {kind}", about=_about(request, actor, kind, resource_id), code=code, status=refusal.status, now=time.now()
    )


def _about(request: HttpRequest, actor: Actor, kind: str, resource_id: str) -> str:
    """Whom a call was about, as the directory calls them; "" where it does not say."""
    pk = number(resource_id)
    if pk is not None and kind in ("Users", "Groups"):
        return name_of(actor, kind, pk)
    try:
        said = json.loads(request.body)
    except (ValueError, RequestDataTooBig):
        return ""
    name = (said.get("userName") or said.get("displayName")) if isinstance(said, dict) else ""
    return name.replace("\0", "") if isinstance(name, str) else ""
