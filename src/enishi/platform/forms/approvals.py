"""Input of the screens of approvals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform.actions.approvals import MOST_STEPS, RuleWish
from enishi.platform.forms.base import ScreenForm


class RuleForm(ScreenForm):
    on = forms.BooleanField(label=_("承認を求める"), required=False)
    threshold = forms.IntegerField(
        label=_("承認が要る件数"),
        min_value=0,
        max_value=1_000_000_000,
        help_text=_("この件数を超えるときに、ほかの人の承認が要ります。標準は1,000件です。"),
    )
    days = forms.IntegerField(
        label=_("申請の期限（日）"), min_value=1, max_value=90, help_text=_("期限までに決まらない申請は、自動で終わります。")
    )

    def __init__(self, *args: Any, approvers: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        for place in range(1, MOST_STEPS + 1):
            label = gettext("%(n)d人目の承認者") % {"n": place}
            self.fields[f"step_{place}"] = forms.ChoiceField(label=label, required=False, choices=[("", gettext("なし")), *approvers])

    def wish(self, kind: str) -> RuleWish:
        data = self.cleaned_data
        said = [data[f"step_{place}"] for place in range(1, MOST_STEPS + 1) if data[f"step_{place}"]]
        steps = tuple((way, int(pk)) for way, _colon, pk in (one.partition(":") for one in said))
        return RuleWish(kind, data["on"], data["threshold"], data["days"], steps)


class DeputyForm(ScreenForm):
    deputy_id = forms.TypedChoiceField(label=_("代理の人"), coerce=int)
    from_on = forms.DateField(label=_("開始日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until_on = forms.DateField(label=_("終了日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("deputy_id", [("", gettext("選んでください")), *people])


class DecisionForm(ScreenForm):
    comment = forms.CharField(
        label=_("コメント"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("却下するときは必ず入力します。"),
    )
