"""Turns the refusals that a view did not show itself into pages: 404, 403, 422, 409."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from enishi.platform.errors import ActionError, Invalid


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ActionError):
            return None
        fields = exception.fields if isinstance(exception, Invalid) else {}
        return render(request, "platform/refused.html", {"refusal": exception, "fields": fields}, status=exception.status)
