"""Signing in by django-allauth: nobody signs up by themselves; accounts are made by an administrator."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from enishi.platform import time
from enishi.platform.actions import signin as actions
from enishi.platform.client import ip_of
from enishi.platform.errors import NotFound
from enishi.platform.models import User
from enishi.platform.rights import actor_of
from enishi.platform.rules_of_users import active_user
from enishi.platform.second_factor import METHOD

# Keys of the session: its row in the list, and why the one before it ended.
SID, ENDED = "sid", "signed_out_because"


class ClosedAccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("このアカウントは止まっています。管理者に相談してください。"),
        "email_password_mismatch": _("ログイン名かパスワードが違います。"),
        "username_password_mismatch": _("ログイン名かパスワードが違います。"),
        "invalid_login": _("ログイン名かパスワードが違います。"),
        "incorrect_password": _("パスワードが違います。"),
        "enter_current_password": _("いまのパスワードが違います。"),
        "incorrect_code": _("確認コードが違うか、もう使われています。新しいコードを入力してください。"),
        "too_many_login_attempts": _("続けて間違えたため、しばらく試せません。5分ほどたってから、もう一度お試しください。"),
        "rate_limited": _("回数が多すぎます。しばらくたってから、もう一度お試しください。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/accounts/login/"

    def get_client_ip(self, request: HttpRequest) -> str:
        return ip_of(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("platform:security")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Guesses count against the account, whichever of its names was typed."""
        named = _named(credentials)
        key: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"user:{named.pk}" if named else key

    # ---- what is told to the event log ----------------------------------------------------------------------

    def post_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse:
        method = method_of(get_authentication_records(request, user))
        request.session[METHOD] = method
        request.session.pop(ENDED, None)
        actions.note_sign_in(actor=actor_of(user), method=method, ip=ip_of(request), now=time.now())
        response: HttpResponse = super().post_login(request, user, **hooks)
        return response

    def logout(self, request: HttpRequest) -> None:
        actions.note_sign_out(actor=actor_of(request.user), now=time.now())  # type: ignore[arg-type]  # the library asks for users only
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        named = _named(credentials)
        actions.note_failure(user_id=named.pk if named else None, step="password", ip=ip_of(request), now=time.now())

    def send_notification_mail(self, template_prefix: str, user: User, context: Any = None, email: Any = None) -> None:
        """What the library would mail of: an event, and a notice to the user's address by our own mailer. Of two things it
        speaks only after they are done; our views tell of them in the same transaction."""
        what = template_prefix.rpartition("/")[2]
        if what not in ("totp_activated", "recovery_codes_generated"):
            note_security(self.request, what, user)


def note_security(request: HttpRequest, what: str, user: User | None = None) -> None:
    """Tell of a change to the account of `user`, else of who asks; `what` as in `actions_signin`."""
    actor = actor_of(user or request.user)  # type: ignore[arg-type]  # somebody is signed in where such changes are made
    actions.note_security(what=what, actor=actor, own_session=request.session.get(SID), now=time.now())


def method_of(records: list[dict[str, Any]]) -> str:
    """By what somebody came in, of what the library has written down on the way: the last step tells the most."""
    steps = [str(record.get("type") or record.get("method")) for record in records]
    return steps[-1] if steps else ""


def _named(credentials: dict[str, Any]) -> User | None:
    """The one user whom what was typed names: a login, or a mail address that is nobody else's too."""
    login = credentials.get("username") or credentials.get("email") or ""
    found: User | None = get_user_by_username(login)
    if found is None and "@" in login:
        by_mail = filter_users_by_email(login, for_login=True)
        found = by_mail[0] if len(by_mail) == 1 else None
    return found


class ActiveUserBackend(AuthenticationBackend):
    """Loads the user of a session; one who was switched off is signed out at the next request."""

    def get_user(self, user_id: int) -> User | None:
        return active_user(user_id)

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """One password is hashed for whatever was typed, so that the time it takes tells nobody who has an account."""
        found: User | None = self._check_password(_named(credentials), credentials.get("password") or "")
        return found


def display_name(user: User) -> str:
    return user.display_name


def enter(request: HttpRequest, user_id: int, *, method: str) -> None:
    """Sign somebody in who has just proved by a link of ours who they are. Raises NotFound where they were switched off."""
    user = ActiveUserBackend().get_user(user_id)
    if user is None:
        raise NotFound
    login(request, user, backend="enishi.platform.signin.ActiveUserBackend")
    request.session[METHOD] = method
    actions.note_sign_in(actor=actor_of(user), method=method, ip=ip_of(request), now=time.now())
