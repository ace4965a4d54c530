"""Pages for what went wrong before a view could answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from enishi.platform.guards import public


@public("an error page tells nothing but the error")
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


@public("an error page tells nothing but the error")
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


@public("an error page tells nothing but the error")
def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


@public("an error page tells nothing but the error")
def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "429.html", status=429)
