"""Which browsers somebody has signed in with before: a signed cookie that lists its users, so that nothing is kept of it here.

A cookie that is lost, cleared or made up costs one mail too many, and opens nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_SALT = "enishi.device"
_DAYS = 400  # browsers keep no cookie for longer
_MOST = 20  # users of one browser, the last ones


def is_known(request: HttpRequest, user_id: int) -> bool:
    return user_id in _users(request)


def remember(request: HttpRequest, response: HttpResponse, user_id: int) -> None:
    """Say to the browser that this user has been here."""
    users = [*(one for one in _users(request) if one != user_id), user_id][-_MOST:]
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        ".".join(map(str, users)),
        salt=_SALT,
        max_age=_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


def _users(request: HttpRequest) -> list[int]:
    said = request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, default="", salt=_SALT, max_age=_DAYS * 86_400)
    return [int(word) for word in (said or "").split(".") if word]
