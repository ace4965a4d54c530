"""Verbs of signing in: sessions, and what the event log is told of who came in, who failed and what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _

from enishi.platform import events, jobs
from enishi.platform.action import action
from enishi.platform.actor import ANONYMOUS, Actor
from enishi.platform.client import device_name
from enishi.platform.errors import ActionError, NotFound
from enishi.platform.models import User, UserSession

# What the library tells of, by the name of its mail → our event, and what it was about.
_SECURITY = {
    "totp_activated": ("user.second_factor_added", "totp"),
    "totp_deactivated": ("user.second_factor_removed", "totp"),
    "webauthn_added": ("user.second_factor_added", "webauthn"),
    "webauthn_removed": ("user.second_factor_removed", "webauthn"),
    "recovery_codes_generated": ("user.recovery_codes_renewed", "recovery_codes"),
    "password_changed": ("user.password_changed", "password"),
    "password_set": ("user.password_changed", "password"),
    "password_reset": ("user.password_reset", "password"),
    "account_connected": ("user.login_linked", "company"),
    "account_disconnected": ("user.login_unlinked", "company"),
}


class OwnSession(ActionError):
    """The session one acts from ends by signing out, not from the list."""

    code = "session.own"
    message = _("いま使っている端末です。終えるには、ログアウトしてください。")


# ---- what happened ---------------------------------------------------------------------------------------------


@action
def note_sign_in(*, actor: Actor, method: str, ip: str, now: datetime) -> None:
    """Somebody came in. Records `user.signed_in`."""
    _record("user.signed_in", actor, now, method=method, ip=ip)


@action
def note_sign_out(*, actor: Actor, now: datetime) -> None:
    """Somebody left. Records `user.signed_out`."""
    _record("user.signed_out", actor, now)


@action
def note_failure(*, user_id: int | None, step: str, ip: str, now: datetime) -> None:
    """Somebody did not come in: the password, the second step. Never what was typed. Records `user.sign_in_failed`."""
    events.record("user.sign_in_failed", subject=user_id or 0, customer=None, actor=ANONYMOUS, at=now, data={"step": step, "ip": ip})


@action
def note_security(*, what: str, actor: Actor, own_session: int | None, now: datetime) -> None:
    """A password or a second factor was changed, by the library's own name of it; its user is told by mail. After a new
    password no session goes on but `own_session`. Records `user.second_factor_added`, `user.second_factor_removed`, `user.recovery_codes_renewed`,
    `user.password_changed`, `user.password_reset`, `user.login_linked` or `user.login_unlinked`."""
    kind, method = _SECURITY[what]
    event_id = _record(kind, actor, now, method=method)
    if method == "password" and actor.user_id is not None:
        end_sessions_of(user_id=actor.user_id, but=own_session, actor=actor, now=now)
    jobs.enqueue("platform.mail_notice", event_id=event_id)


@action
def ask_for_reset(*, user_ids: Sequence[int]) -> None:
    """Have links mailed by which these users choose a new password; also for none a job is put down, so that the answer
    takes as long."""
    for user_id in list(user_ids)[:20] or [0]:
        jobs.enqueue("platform.mail_reset_link", user_id=user_id)


def _record(kind: str, actor: Actor, now: datetime, **data: str) -> int:
    return events.record(kind, subject=actor.user_id or 0, customer=None, actor=actor, at=now, data=data)


# ---- sessions ---------------------------------------------------------------------------------------------------


@action
def begin_session(
    *, user_id: int, session_key: str, ip: str, agent: str, method: str, on_known_device: bool, now: datetime, wall: datetime
) -> int:
    """Write down a session that has just begun; gives its id. On a device that is new, its user is told by mail, but not
    at their first sign-in ever. Records `user.device_met`."""
    if not on_known_device:
        _meet_device(user_id, ip, agent, now)
    row, _made = UserSession.rows.update_or_create(
        session_key=session_key,
        defaults={"user_id": user_id, "started_at": wall, "seen_at": wall, "ip": ip, "agent": agent, "method": method},
    )
    return row.pk


def _meet_device(user_id: int, ip: str, agent: str, now: datetime) -> None:
    user = User.rows.select_for_update(no_key=True).get(pk=user_id)
    who = Actor(kind="staff", name=user.display_name, user_id=user_id)
    data = {"ip": ip, "device": device_name(agent)}
    event_id = events.record("user.device_met", subject=user_id, customer=None, actor=who, at=now, data=data)
    if user.has_signed_in:
        jobs.enqueue("platform.mail_notice", event_id=event_id)
    else:
        User.rows.filter(pk=user_id).update(has_signed_in=True)


@action
def touch_session(*, session_id: int, ip: str, wall: datetime) -> None:
    """The session was used just now, from there."""
    UserSession.rows.filter(pk=session_id).update(seen_at=wall, ip=ip)


@action
def rename_session(*, session_id: int, session_key: str) -> None:
    """The session goes on under a new key."""
    UserSession.rows.filter(pk=session_id).update(session_key=session_key)


@action
def forget_session(*, session_id: int) -> None:
    """The session is over: its user signed out, or it was ended by its age."""
    UserSession.rows.filter(pk=session_id).delete()


@action
def end_session(*, session_id: int, own_id: int, actor: Actor, now: datetime) -> None:
    """End one of the actor's other sessions, at its next request. Records `user.session_ended`. Raises NotFound, OwnSession."""
    if session_id == own_id:
        raise OwnSession
    row = UserSession.rows.select_for_update().filter(pk=session_id, user_id__in=[actor.user_id]).first()
    if row is None or actor.kind != "staff":
        raise NotFound
    _end([row])
    _record("user.session_ended", actor, now)


@action
def end_other_sessions(*, own_id: int, actor: Actor, now: datetime) -> int:
    """End all of the actor's sessions but the one they act from; how many. Records `user.session_ended` for each."""
    if actor.kind != "staff" or actor.user_id is None:
        raise NotFound
    return end_sessions_of(user_id=actor.user_id, but=own_id, actor=actor, now=now)


def end_sessions_of(*, user_id: int, but: int | None, actor: Actor, now: datetime) -> int:
    """Inside of an action: end the sessions of a user, all or all `but` one; how many. Records `user.session_ended` for each."""
    rows = list(UserSession.rows.select_for_update().filter(user_id=user_id).exclude(pk=but or 0).order_by("pk"))
    _end(rows)
    ended = [events.NewEvent("user.session_ended", user_id, None, now, {}) for _row in rows]
    events.record_many(ended, actor=actor)
    return len(rows)


def _end(rows: list[UserSession]) -> None:
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    UserSession.rows.filter(pk__in=[row.pk for row in rows]).delete()


@action
def sweep_sessions(*, wall: datetime) -> int:
    """Drop what is left of sessions that are over; how many rows."""
    Session.objects.filter(expire_date__lt=wall).delete()
    over = UserSession.rows.exclude(session_key__in=Session.objects.values("session_key"))
    return over.delete()[0]
