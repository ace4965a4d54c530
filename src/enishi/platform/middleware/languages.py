"""Decides in which language a request is answered."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware:
    """Users are answered in the language they chose; before sign-in a browser gets what it asks for, Japanese where in doubt.

    The pages behind mailed links belong to the mails, which are Japanese, whatever the customer's browser asks for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _chosen(request)
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):  # and not a moment longer: what the thread does next has no reader yet
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not chosen:
            patch_vary_headers(response, ("Accept-Language",))
        return response


def _chosen(request: HttpRequest) -> str:
    """The language that is fixed without asking the browser; empty where it decides."""
    if getattr(request, "urlconf", "") == settings.TRACK_URLCONF:
        return settings.LANGUAGE_CODE
    user = getattr(request, "user", None)
    return user.language if user is not None and user.is_authenticated else ""
