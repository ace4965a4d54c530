"""Input of 会社のアカウント."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.platform.forms.base import ScreenForm


class CompanyForm(ScreenForm):
    name = forms.CharField(label=_("ボタンに出す名前"), max_length=40, help_text=_("例：Google Workspace、Microsoft、社員アカウント"))
    issuer = forms.CharField(label=_("発行者（issuer）"), max_length=300, help_text=_("例：https://accounts.google.com"))
    client_id = forms.CharField(label=_("クライアントID"), max_length=191)
    secret = forms.CharField(
        label=_("クライアントの秘密鍵"),
        max_length=191,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("暗号化して保存し、二度と表示しません。空のままなら、いまの鍵を使い続けます。"),
    )
    is_on = forms.BooleanField(label=_("ログイン画面に出す"), required=False)
    makes_users = forms.BooleanField(
        label=_("招待していない人も、ユーザーにする"),
        required=False,
        help_text=_("ロールのない、何も見えないユーザーになります。普段はオフのまま、招待してください。"),
    )
    trusts_second_factor = forms.BooleanField(
        label=_("この提供元の二要素認証を信頼する"),
        required=False,
        help_text=_(
            "会社のアカウントで入った人には、2段階認証の登録を求めません。提供元が全員に二要素認証を求めているときだけ、オンにしてください。"
        ),
    )
