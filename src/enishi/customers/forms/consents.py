"""Input of the screens about consent: purposes, and the suppression list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.platform.forms.base import ScreenForm


class PurposeForm(ScreenForm):
    name = forms.CharField(label=_("名前"), max_length=40, help_text=_("例：ご案内・販促、アフターサービス、催しのお知らせ"))
    text = forms.CharField(
        label=_("利用目的の文"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("プライバシーポリシーなどで本人に示している文を、そのまま入力します。"),
    )


class AddressForm(ScreenForm):
    address = forms.CharField(
        label=_("メールアドレス"),
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("大文字と小文字、全角と半角、日本語ドメインの書き方が違っても、同じ宛先として調べます。"),
    )
