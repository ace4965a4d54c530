"""What staff are told by mail of their own account: links and changes. Written in the language that they chose."""

from __future__ import annotations

import logging

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform.errors import ActionError
from enishi.platform.japanese.dates import format_date
from enishi.platform.languages import speaking_to
from enishi.platform.models import Event, User
from enishi.platform.origins import app_url
from enishi.platform.staff_mail import StaffMail, send
from enishi.platform.time import local

logger = logging.getLogger(__name__)


def mail_notice(event_id: int) -> None:
    event = Event.rows.filter(pk=event_id).first()
    user = _reachable(event.subject_id) if event is not None else None
    if event is None or user is None:
        return
    wall = local(event.at)
    when = f"{format_date(wall.date())} {wall:%H:%M}"
    with speaking_to(user.pk):
        if event.kind == "user.device_met":
            _try(_new_device(event, user, when))
            return
        text = _(
            "%(name)s さん\n\n%(when)s に、あなたのアカウントで次の変更がありました。\n\n　%(what)s\n\n"
            "心当たりがないときは、すぐに管理者に知らせて、パスワードを変えてください。\n%(url)s\n"
        ) % {
            "name": user.display_name,
            "when": when,
            "what": _what(event),
            "url": app_url(reverse("platform:security")),
        }
        _try(StaffMail(user.email, _("アカウントの変更のお知らせ（Enishi）"), text))


def _new_device(event: Event, user: User, when: str) -> StaffMail:
    text = _(
        "%(name)s さん\n\n初めての端末から、あなたのアカウントにログインがありました。\n\n　日時　　　　%(when)s\n　端末　　　　%(device)s\n　IPアドレス　%(ip)s\n\n"
        "あなたなら、することはありません。\n心当たりがないときは、次のページでその端末のログインを終わらせ、パスワードを変えて、管理者に知らせてください。\n%(url)s\n"
    ) % {
        "name": user.display_name,
        "when": when,
        "device": event.data["device"] or _("不明な端末"),
        "ip": event.data["ip"],
        "url": app_url(reverse("platform:security")),
    }
    return StaffMail(user.email, _("初めての端末でログインがありました（Enishi）"), text)


def _what(event: Event) -> str:
    method = {"totp": _("認証アプリ"), "webauthn": _("パスキー")}.get(str(event.data.get("method")), "")
    return {
        "user.second_factor_added": _("%(method)sを登録しました。") % {"method": method},
        "user.second_factor_removed": _("%(method)sを外しました。") % {"method": method or _("2段階認証")},
        "user.recovery_codes_renewed": _("リカバリーコードを作り直しました。"),
        "user.password_changed": _("パスワードを変えました。"),
        "user.password_reset": _("パスワードを決め直しました。"),
        "user.login_linked": _("会社のアカウントでのログインを結びました。"),
        "user.login_unlinked": _("会社のアカウントでのログインを外しました。"),
    }[event.kind]


def mail_reset_link(user_id: int) -> None:
    user = _reachable(user_id)
    if user is None:
        return
    with speaking_to(user.pk):
        text = _(
            "%(name)s さん（ログイン名 %(login)s）\n\nパスワードを決め直すには、次のページを開いてください。リンクは一度だけ、2時間のあいだ使えます。\n\n%(url)s\n\n"
            "頼んだ覚えがないときは、このメールを消してください。パスワードは変わりません。\n"
        ) % {"name": user.display_name, "login": user.username, "url": _password_link(user)}
        _try(StaffMail(user.email, _("パスワードの決め直し（Enishi）"), text))


def mail_first_sign_in(user_id: int) -> None:
    """To somebody whom a directory made and who has neither come in nor chosen a password."""
    user = _reachable(user_id)
    if user is None or user.has_signed_in or user.has_usable_password():
        return
    with speaking_to(user.pk):
        text = _(
            "%(name)s さん（ログイン名 %(login)s）\n\nEnishi のアカウントができました。次のページでパスワードを決めると、使い始められます。"
            "リンクは一度だけ、2時間のあいだ使えます。\n\n%(url)s\n\n"
            "2時間を過ぎたときは、ログイン画面の「パスワードを忘れたとき」に、このメールアドレスを入力してください。新しいリンクが届きます。\n%(sign_in)s\n"
        ) % {
            "name": user.display_name,
            "login": user.username,
            "url": _password_link(user),
            "sign_in": app_url(reverse("account_login")),
        }
        _try(StaffMail(user.email, _("アカウントができました（Enishi）"), text))


def _password_link(user: User) -> str:
    key = f"{user_pk_to_url_str(user)}-{PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"
    return app_url(reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key))


def _reachable(user_id: int) -> User | None:
    return User.rows.filter(pk=user_id, is_active=True).exclude(email="").first()


def _try(mail: StaffMail) -> None:
    """A mail that cannot leave is told to the log; nobody waits for this one."""
    try:
        send(mail)
    except ActionError as refusal:
        logger.warning("a mail to staff could not leave: %s", refusal.code)
