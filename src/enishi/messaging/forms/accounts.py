"""Input of 送信設定."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.messaging.models import MailAccount
from enishi.platform.forms.base import ScreenForm


class AccountForm(ScreenForm):
    preset = forms.CharField(max_length=20, widget=forms.HiddenInput)
    name = forms.CharField(label=_("この設定の名前"), max_length=80, help_text=_("配信を作るときに選ぶ名前です。例：縁日堂オンライン"))
    from_name = forms.CharField(label=_("差出人名"), max_length=80, help_text=_("受け取った人に見える名前です。"))
    from_email = forms.CharField(label=_("差出人メールアドレス"), max_length=254, widget=forms.EmailInput)
    reply_to = forms.CharField(
        label=_("返信先"),
        max_length=254,
        required=False,
        widget=forms.EmailInput,
        help_text=_("空なら、差出人メールアドレスに返信が届きます。"),
    )
    host = forms.CharField(label=_("送信サーバー"), max_length=253)
    port = forms.IntegerField(label=_("ポート"), min_value=1, max_value=65535)
    security = forms.ChoiceField(label=_("暗号化"), choices=MailAccount.Security.choices)
    username = forms.CharField(label=_("ユーザー名"), max_length=254, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(
        label=_("パスワード"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    per_second = forms.IntegerField(
        label=_("1秒あたりの上限（通）"), min_value=1, max_value=5000, initial=50, help_text=_("送信サーバーの決まりに合わせます。")
    )


class ProveForm(ScreenForm):
    to = forms.CharField(
        label=_("宛先"), max_length=254, widget=forms.EmailInput, help_text=_("あなたのメールアドレスを入力してください。")
    )
