"""Why a mail server cannot be used at the moment, in words for the settings screen: what happened and what to do."""

from __future__ import annotations

import smtplib
import ssl

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.platform.egress import EgressRefused, NameNotFound
from enishi.platform.errors import ActionError


class SmtpTrouble(ActionError):
    """No mail left. `advice` is for a person; `detail` holds the server's or the system's own words.

    `passing`: it may well work in a minute without anybody doing anything.
    """

    code = "smtp.trouble"
    message: str | Promise = _("メールサーバーとのやりとりに失敗しました。")
    advice: str | Promise = _("しばらく待ってから、もう一度お試しください。続くときはメールの提供元に確認してください。")
    passing = True

    def __init__(self, detail: str = "", *, message: str | Promise | None = None) -> None:
        super().__init__(message)
        self.detail = " ".join(detail.split())[:300]


class ServerNotFound(SmtpTrouble):
    code = "smtp.not_found"
    message = _("送信サーバーの名前が見つかりません。")
    advice = _("送信サーバー名のつづりを確かめてください。合っているときは、この機械のネットワークと DNS を確かめてください。")
    passing = False


class ServerNotAllowed(SmtpTrouble):
    code = "smtp.not_allowed"
    message = _("この送信サーバーには接続できません。")
    advice = _("社内のサーバーを使うときは、管理者が ENISHI_EGRESS_ALLOW に加えてください。")
    passing = False


class ConnectionRefused(SmtpTrouble):
    code = "smtp.refused"
    message = _("送信サーバーが接続を受け付けません。")
    advice = _("ポート番号を確かめてください。STARTTLS は 587、TLS は 465 が普通です。")


class ServerSilent(SmtpTrouble):
    code = "smtp.silent"
    message = _("送信サーバーから時間内に返事がありません。")
    advice = _(
        "ポート番号と暗号化の組み合わせを確かめてください（587 は STARTTLS、465 は TLS）。"
        "25 番ポートはプロバイダーに止められていることがあります。"
    )


class CertificateRefused(SmtpTrouble):
    code = "smtp.certificate"
    message = _("送信サーバーの証明書を信用できません。")
    advice = _("送信サーバー名が提供元の案内と同じか確かめてください。独自ドメインではなく、提供元のサーバー名を使うことがあります。")
    passing = False


class EncryptionMismatch(SmtpTrouble):
    code = "smtp.encryption"
    message = _("暗号化の方式が送信サーバーと合いません。")
    advice = _("587 番ポートは STARTTLS、465 番ポートは TLS を選んでください。")
    passing = False


class EncryptionNotOffered(SmtpTrouble):
    code = "smtp.no_starttls"
    message = _("送信サーバーが STARTTLS に対応していません。")
    advice = _("465 番ポートの TLS を試してください。暗号化しない送信は、同じ機械の中のサーバーだけに使えます。")
    passing = False


class PlaintextNotAllowed(SmtpTrouble):
    code = "smtp.plaintext"
    message = _("暗号化なしで外部のサーバーに送ることはできません。")
    advice = _("暗号化に STARTTLS か TLS を選んでください。")
    passing = False


class LoginRefused(SmtpTrouble):
    code = "smtp.login"
    message = _("ユーザー名かパスワードが受け付けられませんでした。")
    advice = _(
        "ユーザー名はメールアドレス全体のことが多いです。Google ではアプリ パスワード、"
        "Amazon SES では SMTP 認証情報を使います。Microsoft 365 では SMTP AUTH の許可が必要です。"
    )
    passing = False


class LoginNotOffered(SmtpTrouble):
    code = "smtp.no_login"
    message = _("送信サーバーがこの接続でのログインに対応していません。")
    advice = _("ポート番号と暗号化を確かめてください。ログインの要らないサーバーでは、ユーザー名を空にします。")
    passing = False


class ServerNotReady(SmtpTrouble):
    code = "smtp.not_ready"
    message = _("送信サーバーが、いまは受け付けられないと答えました。")


class NotAMailServer(SmtpTrouble):
    code = "smtp.not_smtp"
    message = _("接続先がメールの送信サーバーとして答えません。")
    advice = _("送信サーバー名とポート番号を確かめてください。受信（IMAP・POP）のサーバーを書いていませんか。")
    passing = False


def trouble(error: Exception) -> SmtpTrouble:
    """What went wrong while connecting, greeting, encrypting or logging in."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        words = _reply(error)
        return ServerNotReady(words) if 400 <= error.smtp_code < 500 else LoginRefused(words)
    if isinstance(error, smtplib.SMTPResponseException):
        made_up = type(error) is smtplib.SMTPResponseException  # smtplib's own "line too long", no server's reply
        return ServerNotReady(_reply(error)) if error.smtp_code >= 400 and not made_up else NotAMailServer(_reply(error))
    if isinstance(error, smtplib.SMTPException):
        # A timeout reaches smtplib's callers as a lost connection; the cause is what people need to know.
        cause = error.__cause__ or error.__context__
        return trouble(cause) if isinstance(cause, OSError) and not isinstance(cause, smtplib.SMTPException) else NotAMailServer(str(error))
    if isinstance(error, EgressRefused):
        return ServerNotFound() if isinstance(error, NameNotFound) else ServerNotAllowed(message=error.message)
    return _system_trouble(error)


def _system_trouble(error: Exception) -> SmtpTrouble:
    words = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return CertificateRefused(error.verify_message or words)
    if isinstance(error, ssl.SSLError):
        return EncryptionMismatch(words)
    if isinstance(error, TimeoutError):
        return ServerSilent(words)
    if isinstance(error, ConnectionRefusedError):
        return ConnectionRefused(words)
    return SmtpTrouble(words)


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
