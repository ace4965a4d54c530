"""Absolute addresses, built from settings and never from the Host header of a request."""

from __future__ import annotations

from django.conf import settings


def _origin(host: str) -> str:
    return f"{settings.BASE_SCHEME}://{host}" + (f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else "")


def app_url(path: str = "/") -> str:
    return _origin(settings.APP_HOST) + path


def track_url(path: str = "/") -> str:
    """For links and pixels in mails."""
    return _origin(settings.TRACK_HOST) + path


def files_url(path: str = "/") -> str:
    """For content that others wrote; shares no cookie with the app."""
    return _origin(settings.FILES_HOST) + path
