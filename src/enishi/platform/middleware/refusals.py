"""Turns the refusals that a view did not show itself into answers: 400, 403, 404, 409, 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from enishi.platform import denied
from enishi.platform.errors import ActionError, Invalid

_API: Final = "/api/"
_SCIM: Final = "/scim/"


class ZeroLetter(ActionError):
    """A letter that no text of the base can hold: nobody types it, programs that probe do."""

    code = "unreadable"
    message = _("使えない文字（NUL）が含まれています。取り除いて、もう一度お試しください。")
    status = 400


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return _answer(request, ZeroLetter())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError | ValueError) and "0x00" in str(exception):  # the driver's word, or the server's
            return _answer(request, ZeroLetter())
        if not isinstance(exception, ActionError):
            return None
        denied.note(request, exception)
        return _answer(request, exception)


def _answer(request: HttpRequest, refusal: ActionError) -> HttpResponse:
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    if request.path_info.startswith(_SCIM):
        said = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(refusal.status), "detail": str(refusal)}
        return JsonResponse(said, status=refusal.status, content_type="application/scim+json")
    if request.path_info.startswith(_API):
        return JsonResponse({"error": {"code": refusal.code, "message": str(refusal), "fields": fields}}, status=refusal.status)
    return render(request, "platform/refused.html", {"refusal": refusal, "fields": fields}, status=refusal.status)
