"""Input of ユーザーの自動連携（SCIM）."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.platform import time
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm
from enishi.platform.forms.tokens import NetworksField
from enishi.platform.models import ScimSettings


class ScimForm(ScreenForm):
    is_on = forms.BooleanField(label=_("自動連携を使う"), required=False, help_text=_("オフの間、連携元からの変更はすべて断られます。"))
    first_sign_in = forms.ChoiceField(
        label=_("連携で加わった人の、はじめてのログイン"),
        required=False,
        choices=ScimSettings.FirstSignIn.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "会社のアカウントを選ぶと、加わったときに利用者IDで結び付き、パスワードなしで入れます。メールアドレスでは結び付きません。どの属性が同じかは、連携元の説明で確かめてください。"
        ),
    )


class ScimTokenForm(ScreenForm):
    name = forms.CharField(label=_("連携元"), max_length=60, help_text=_("例：Microsoft Entra ID。あとで見分けられる名前にします。"))
    expires_on = DayField(
        label=_("この日まで使える"), required=False, help_text=_("期限が来る前に、新しいトークンに替えてください。空にすると期限なし。")
    )
    networks = NetworksField(
        label=_("使えるIPアドレス"),
        help_text=_("1行に1つ。連携元が公開しているアドレスがあれば入力します。空にすると、どこからでも使えます。"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"expires_on": time.today(time.wall_clock()) + timedelta(days=365)} | (options.get("initial") or {})
        super().__init__(*args, **options)

    def until(self) -> datetime | None:
        """A day holds to its end."""
        day = self.cleaned_data["expires_on"]
        return time.start_of_day(day + timedelta(days=1)) if day else None


class ScimGroupForm(ScreenForm):
    role_id = forms.TypedChoiceField(label=_("ロール"), coerce=int, empty_value=None, required=False)
    team_id = forms.TypedChoiceField(label=_("部署"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, roles: Sequence[tuple[int, str]], teams: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("role_id", [("", _("付けない")), *roles])
        self.offer("team_id", [("", _("入れない")), *teams])
