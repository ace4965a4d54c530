"""The mail providers that shops in Japan use: where to connect, how many at a time, and what to mind.

Limits are the providers' published ones where they publish them; `per_second` stays a little below.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.messaging.mail.smtp_connection import Security


@dataclass(frozen=True, slots=True)
class Preset:
    """`host` is empty, or holds a place to fill in, where it differs from customer to customer.

    `connections`: how many may be open at once. `per_second`: messages, as a starting value.
    """

    key: str
    label: str | Promise
    host: str
    port: int
    security: Security
    username_hint: str | Promise
    advice: str | Promise
    connections: int
    per_second: int


_ALL = (
    Preset(
        key="google",
        label=_("Google Workspace"),
        host="smtp.gmail.com",
        port=587,
        security=Security.STARTTLS,
        username_hint=_("メールアドレス全体"),
        advice=_(
            "パスワードには、2段階認証を有効にして作る「アプリ パスワード」を使います。送れるのは1人1日2,000通までです。"
            "それより多いときは、管理コンソールで SMTP リレーを設定し、サーバー名を smtp-relay.gmail.com に変えてください。"
        ),
        connections=5,
        per_second=5,
    ),
    Preset(
        key="microsoft",
        label=_("Microsoft 365"),
        host="smtp.office365.com",
        port=587,
        security=Security.STARTTLS,
        username_hint=_("メールアドレス全体"),
        advice=_(
            "管理センターで、このメールボックスの SMTP AUTH を許可してください。1分に30通、1日に10,000宛先までで、"
            "一斉配信には向きません。まとまった数を送るときは Amazon SES などをお使いください。"
        ),
        connections=3,
        per_second=1,
    ),
    Preset(
        key="sakura",
        label=_("さくらのレンタルサーバ"),
        host="",
        port=587,
        security=Security.STARTTLS,
        username_hint=_("メールアドレス全体"),
        advice=_(
            "送信サーバーは「初期ドメイン（例: example.sakura.ne.jp）」です。独自ドメインを書くと証明書のエラーになります。"
            "共用サーバーには送信数の制限があるので、1秒あたりの上限を小さくしてください。"
        ),
        connections=2,
        per_second=1,
    ),
    Preset(
        key="xserver",
        label=_("Xserver（エックスサーバー）"),
        host="",
        port=465,
        security=Security.TLS,
        username_hint=_("メールアドレス全体"),
        advice=_("送信サーバーは、サーバーパネルに出ているホスト名（例: sv0000.xserver.jp）です。1時間に1,500通、1日に15,000通までです。"),
        connections=2,
        per_second=1,
    ),
    Preset(
        key="ses",
        label=_("Amazon SES"),
        host="email-smtp.ap-northeast-1.amazonaws.com",
        port=587,
        security=Security.STARTTLS,
        username_hint=_("SMTP 認証情報のユーザー名（AWS のアクセスキーとは別です）"),
        advice=_(
            "SES の画面で「SMTP 認証情報」を作り、差出人のドメインを検証してください。東京以外のリージョンではサーバー名が変わります。"
            "はじめはサンドボックスなので、本番の利用申請が要ります。1秒あたりの上限は SES の画面の「送信レート」に合わせます。"
        ),
        connections=8,
        per_second=14,
    ),
    Preset(
        key="other",
        label=_("そのほかのサーバー"),
        host="",
        port=587,
        security=Security.STARTTLS,
        username_hint=_("メールアドレス全体のことが多いです"),
        advice=_("メールの提供元の案内にある「送信（SMTP）サーバー」の設定を入力してください。"),
        connections=2,
        per_second=2,
    ),
)

PRESETS = {preset.key: preset for preset in _ALL}
