"""How long one stays signed in: three hours without a request, twelve hours in all; and where one is signed in.

The two limits are read from the session itself, which is loaded anyway; the row in the list of devices is written when a
session begins and every five minutes while it is used. A page that asks by itself does not count as use.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from enishi.platform import devices, time
from enishi.platform.actions import signin as actions
from enishi.platform.client import agent_of, ip_of
from enishi.platform.confirmation import SINCE
from enishi.platform.http import user_of
from enishi.platform.second_factor import METHOD
from enishi.platform.signin import ENDED, SID

IDLE, ABSOLUTE = timedelta(hours=3), timedelta(hours=12)
TOUCHED_EVERY = timedelta(minutes=5)
SEEN = "seen"  # key of the session
BY_ITSELF = frozenset({"platform:tray"})


class SessionLimitsMiddleware:
    """Behind authentication, before anything that looks at the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session: SessionBase = request.session
        if request.user.is_authenticated and (reason := _over(session, time.wall_clock())):
            _leave(request, reason)
        begins = request.user.is_authenticated and SINCE not in session
        if begins:
            _begin(request)
        row, key = session.get(SID), session.session_key
        user_id = user_of(request).pk if begins else 0  # now: the view may sign them out again
        response = self.get_response(request)
        if begins:
            devices.remember(request, response, user_id)
        if row is not None:
            _follow(session, row, key)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        session = request.session
        if SINCE not in session or (request.resolver_match and request.resolver_match.view_name in BY_ITSELF):
            return
        wall = time.wall_clock()
        if wall.timestamp() - session[SEEN] >= TOUCHED_EVERY.total_seconds():
            session[SEEN] = int(wall.timestamp())
            actions.touch_session(session_id=session[SID], ip=ip_of(request), wall=wall)


def _over(session: SessionBase, wall: datetime) -> str:
    """Why the session may not go on: "idle" or "age"; "" where it may."""
    if SINCE not in session:
        return ""
    if wall.timestamp() - session[SINCE] > ABSOLUTE.total_seconds():
        return "age"
    return "idle" if wall.timestamp() - session[SEEN] > IDLE.total_seconds() else ""


def _leave(request: HttpRequest, reason: str) -> None:
    actions.forget_session(session_id=request.session[SID])
    logout(request)
    request.session[ENDED] = reason


def _begin(request: HttpRequest) -> None:
    session, wall, user = request.session, time.wall_clock(), user_of(request)
    if not session.session_key:
        session.create()
    session[SINCE] = session[SEEN] = int(wall.timestamp())
    session[SID] = actions.begin_session(
        user_id=user.pk,
        session_key=session.session_key or "",
        ip=ip_of(request),
        agent=agent_of(request),
        method=session.get(METHOD, ""),
        on_known_device=devices.is_known(request, user.pk),
        now=time.now(),
        wall=wall,
    )


def _follow(session: SessionBase, row: int, key: str | None) -> None:
    """A view may have ended the session, or given it another key."""
    if session.get(SID) != row:
        actions.forget_session(session_id=row)
    elif session.session_key and session.session_key != key:
        actions.rename_session(session_id=row, session_key=session.session_key)
