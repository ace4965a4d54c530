"""Input of a new password: changed, decided for the first time, or decided anew by a link."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, ResetPasswordKeyForm, SetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.platform.forms.base import Spoken

RULES = _("10文字以上。ほかで使っているもの、よく使われる言葉は避けてください。長い文でもかまいません。")
NOT_THE_SAME = _("パスワードが一致しません。もう一度入力してください。")


class _NewPassword(Spoken):
    """The library's form in the words of our screens."""

    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (("password1", _("新しいパスワード")), ("password2", _("新しいパスワード（確認）"))):
            self.fields[name].label = label
            self.fields[name].help_text = RULES if name == "password1" else ""
        if "oldpassword" in self.fields:
            self.fields["oldpassword"].label = _("いまのパスワード")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def clean(self) -> dict[str, Any]:
        data = forms.Form.clean(self) or {}  # type: ignore[arg-type]  # past the library, which has words of its own
        if "password1" in data and "password2" in data and data["password1"] != data["password2"]:
            self.add_error("password2", NOT_THE_SAME)  # type: ignore[attr-defined]
        return data


class ChangeForm(_NewPassword, ChangePasswordForm):
    """Another password, by whoever knows the one of today."""


class FirstForm(_NewPassword, SetPasswordForm):
    """A password for somebody who had none."""


class ByLinkForm(_NewPassword, ResetPasswordKeyForm):
    """A password by the link of a mail."""
