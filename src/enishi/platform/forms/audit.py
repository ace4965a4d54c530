"""Input of the audit's screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform.forms.base import ScreenForm
from enishi.platform.models import AuditFile
from enishi.platform.queries.audit import GROUPS
from enishi.platform.queries.audit_rows import Wanted
from enishi.platform.queries.audit_words import DOORS
from enishi.platform.queries.people import everybody


class AuditForm(ScreenForm):
    """What of the log is wanted; every field may stay as it is."""

    text = forms.CharField(
        label=_("対象"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": _("顧客の名前・番号、ユーザー、注文番号")}),
    )
    actor_id = forms.TypedChoiceField(label=_("だれが"), coerce=int, empty_value=None, required=False)
    group = forms.ChoiceField(label=_("種類"), required=False)
    door = forms.ChoiceField(label=_("入口"), required=False)
    since = forms.DateField(label=_("開始日"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("終了日"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Mapping[str, Any] | None, *, usual: Wanted) -> None:
        said = dict(data.items()) if data is not None else {}
        for name in ("since", "until"):
            said[name] = said.get(name) or getattr(usual, name).isoformat()
        super().__init__(said)
        self.offer("actor_id", [("", gettext("全員")), *everybody()])
        self.offer("group", [("", gettext("すべて")), *((key, str(label)) for key, label in GROUPS.items())])
        self.offer("door", [("", gettext("すべて")), *((key, str(label)) for key, label in DOORS.items())])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", gettext("開始日以降の日を入力してください。"))
        return data

    def wanted(self, usual: Wanted) -> Wanted:
        """What was asked for; what is usual while something is wrong."""
        return Wanted(**self.cleaned_data) if self.is_valid() else usual


class AuditFileForm(ScreenForm):
    """Why a file is taken out, and in which form."""

    format = forms.ChoiceField(label=_("形式"), choices=AuditFile.Format)
    reason = forms.CharField(
        label=_("書き出す理由"),
        max_length=200,
        help_text=_("だれが・いつ・何を書き出したかと一緒に、記録に残ります。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("例：内部監査（2026年度上期）")}),
    )
