"""What is asked in 漏えい時支援."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.customers.breach import Leak
from enishi.platform import time
from enishi.platform.forms.base import ScreenForm
from enishi.platform.queries.people import everybody
from enishi.platform.queries.tokens import all_tokens

_INPUT = "%Y-%m-%dT%H:%M"


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_INPUT)


class LeakForm(ScreenForm):
    since = forms.DateTimeField(label=_("開始日時"), input_formats=[_INPUT], widget=_moment())
    until = forms.DateTimeField(
        label=_("終了日時"), input_formats=[_INPUT], widget=_moment(), help_text=_("この時刻の直前までを調べます。")
    )
    actor_id = forms.TypedChoiceField(
        label=_("ユーザー"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("アカウントを乗っ取られた人や、持ち出した疑いのある人。"),
    )
    token_id = forms.TypedChoiceField(
        label=_("APIトークン"), coerce=int, empty_value=None, required=False, help_text=_("漏れたトークンが分かっているとき。")
    )

    def __init__(self, data: Mapping[str, Any] | None, *, now: datetime) -> None:
        start = time.local(now) - timedelta(days=1)
        super().__init__(data, initial={"since": start, "until": time.local(now)})
        self.offer("actor_id", [("", gettext("全員")), *everybody()])
        self.offer("token_id", [("", gettext("指定しない")), *all_tokens()])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] <= data["since"]:
            self.add_error("until", gettext("開始日時より後の日時を入力してください。"))
        return data

    def leak(self) -> Leak:
        return Leak(**self.cleaned_data)
