"""Input about requests to be shown a customer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import AccessRequest
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm

_LONGEST = AccessRequest.LONGEST


class AskForm(ScreenForm):
    """`proof`: what the hint gave to ask with."""

    proof = forms.CharField(max_length=200, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("見たい理由"),
        max_length=_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("例：ご来店中で、購入歴を確かめたい"),
    )


class GrantForm(ScreenForm):
    until_on = DayField(label=_("いつまで"), help_text=_("この日が終わると、自動で見えなくなります。"))


class DeclineForm(ScreenForm):
    answer = forms.CharField(
        label=_("断る理由"),
        max_length=_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("依頼した人に表示されます。例：こちらからご連絡します"),
    )
