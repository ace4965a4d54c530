"""Input of 設定 → ユーザー and of the page behind an invitation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from enishi.platform.form_fields import DayField
from enishi.platform.forms import passwords
from enishi.platform.forms.base import ScreenForm
from enishi.platform.models import User

LANGUAGES = User.Language.choices


def _places(label: Any, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(label=label, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text)


class PlacesForm(ScreenForm):
    """Which roles somebody has, and to which teams they belong."""

    role_ids = _places(_("ロール"), _("いくつでも選べます。できることは足し合わさります。"))
    team_ids = _places(_("部署"), _("「部署」までのロールは、ここで選んだ部署とその下の部署に効きます。"))

    def __init__(self, *args: Any, roles: Sequence[tuple[int, str]], teams: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("role_ids", roles)
        self.offer("team_ids", teams)
        if not teams:
            del self.fields["team_ids"]

    def places(self) -> dict[str, list[int]]:
        return {"role_ids": self.cleaned_data["role_ids"], "team_ids": self.cleaned_data.get("team_ids", [])}


class PersonForm(ScreenForm):
    display_name = forms.CharField(label=_("氏名"), max_length=60)
    email = forms.EmailField(
        label=_("メールアドレス"), max_length=254, required=False, help_text=_("ログイン、パスワードの決め直し、お知らせに使います。")
    )
    title = forms.CharField(label=_("肩書き"), max_length=60, required=False)
    language = forms.ChoiceField(label=_("画面の言語"), choices=LANGUAGES, initial=User.Language.JAPANESE)


class InviteForm(PersonForm, PlacesForm):
    field_order = ["display_name", "email", "title", "language", "role_ids", "team_ids"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].help_text = _("このアドレスに招待のリンクを送ります。空にすると、リンクをコピーして渡せます。")


class AcceptForm(ScreenForm):
    """The person makes their own account."""

    display_name = forms.CharField(label=_("氏名"), max_length=60)
    username = forms.RegexField(
        r"^[a-z0-9._-]+\Z",
        label=_("ログイン名"),
        max_length=60,
        help_text=_("半角の英小文字・数字・記号（. _ -）で入力してください。"),
        error_messages={"invalid": _("半角の英小文字・数字・記号（. _ -）だけで入力してください。")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("画面の言語"), choices=LANGUAGES)
    password = forms.CharField(
        label=_("パスワード"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=passwords.RULES,
    )
    password_again = forms.CharField(
        label=_("パスワード（確認）"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data and "password_again" in data and data["password"] != data["password_again"]:
            self.add_error("password_again", passwords.NOT_THE_SAME)
        return data

    def clean_password(self) -> str:
        """Said together with what else is wrong, and not only by the action, once all else is right."""
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.data.get("username", ""), display_name=self.data.get("display_name", "")))
        return password

    def account(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name != "password_again"}


class SignInRulesForm(ScreenForm):
    """ログインの決まり: from which day on some need a second factor."""

    second_factor = forms.ChoiceField(
        label=_("2段階認証"),
        widget=forms.RadioSelect,
        choices=[
            ("off", _("求めない（パスワードだけでログインできる）")),
            ("on", _("書き出し・配信・設定・開示の権限がある人に求める")),
        ],
    )
    second_factor_from = DayField(
        label=_("この日から必須にする"),
        required=False,
        help_text=_("それまでは、未登録の人の画面に期限を表示します。準備に2週間ほど取ってください。例：2026/12/14"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("second_factor") == "on" and not data.get("second_factor_from") and "second_factor_from" not in self.errors:
            self.add_error("second_factor_from", _("いつから必須にするかを入力してください。"))
        if data.get("second_factor") == "off":
            data["second_factor_from"] = None
        return data
