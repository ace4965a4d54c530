"""What every endpoint of the API shares: bearer tokens, strict input, one form of refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.security import HttpBearer
from pydantic import ConfigDict

from enishi.platform import denied, modules, rights, time
from enishi.platform.actions.tokens import TOUCHED_EVERY, touch_token
from enishi.platform.actor import Actor
from enishi.platform.api_words import words_of
from enishi.platform.client import ip_of
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.routes import app_of

API_NAMESPACE = "api"


class ApiRequest(HttpRequest):
    """A request that brought a valid token; `auth` is the actor behind it."""

    actor: Actor
    auth: Actor


class In(Schema):
    """Input: an unknown field is refused, so that a typing error is never a silent nothing."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Refused(Schema):
    code: str
    message: str
    fields: dict[str, list[str]]


class ErrorOut(Schema):
    error: Refused


REFUSALS = {400: ErrorOut, 401: ErrorOut, 403: ErrorOut, 404: ErrorOut, 409: ErrorOut, 422: ErrorOut}


class Description(OpenAPISchema):
    """The OpenAPI document without what belongs to a module that is off: neither its operations nor their schemas."""

    def methods(self, operations: list[Operation]) -> dict[str, Any]:
        return super().methods([operation for operation in operations if modules.runs(app_of(operation.view_func))])


class TokenAuth(HttpBearer):
    """`Authorization: Bearer enishi_…`. Sessions and cookies count for nothing here."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        bearer = rights.bearer_of(token, ip=ip_of(request))
        if bearer is None:
            return None
        actor, wall = bearer.actor, time.wall_clock()
        request.actor = actor  # type: ignore[attr-defined]
        if actor.token_id is not None and (bearer.used_at is None or wall - bearer.used_at >= TOUCHED_EVERY):
            touch_token(token_id=actor.token_id, wall=wall)
        return actor


def install_refusals(api: NinjaAPI) -> None:
    """One form for every refusal: `{"error": {"code", "message", "fields"}}`."""

    def answer(request: HttpRequest, status: int, code: str, message: str, fields: dict[str, list[str]] | None = None) -> HttpResponse:
        return api.create_response(request, {"error": {"code": code, "message": message, "fields": fields or {}}}, status=status)

    @api.exception_handler(ActionError)
    def refused(request: HttpRequest, error: ActionError) -> HttpResponse:
        denied.note(request, error)
        return answer(request, error.status, error.code, str(error), error.fields if isinstance(error, Invalid) else None)

    @api.exception_handler(ValidationError)
    def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return answer(request, 422, "invalid", _("入力内容を確認してください。"), _by_field(error.errors))

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = answer(request, 401, "not_authenticated", _("有効なAPIトークンを Authorization ヘッダーに付けてください。"))
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(HttpError)
    def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, error.status_code, "unreadable", _("本文がJSONとして読めません。"))


def _by_field(errors: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Where in the body, query or address something is wrong → what."""
    found: dict[str, list[str]] = {}
    for error in errors:
        place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header", "payload")]
        found.setdefault(".".join(place), []).append(words_of(error))
    return found
