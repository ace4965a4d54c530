"""Input about sharing a customer, and about opening what is masked."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.shares import LONGEST_REASON
from enishi.customers.queries.shares import Receivers
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm
from enishi.platform.models import Share


class RevealForm(ScreenForm):
    """Why what is masked must be seen."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("例：取り置きの期限が今日までなので、電話で知らせる"),
    )


class ShareForm(ScreenForm):
    """With whom, what they may do, until when and why."""

    receiver = forms.ChoiceField(label=_("だれに"))
    level = forms.ChoiceField(label=_("できること"), choices=Share.Level, initial=Share.Level.READ, widget=forms.RadioSelect)
    until_on = DayField(
        label=_("いつまで"), required=False, help_text=_("この日が終わると、自動で見えなくなります。空にすると、取り消すまで続きます。")
    )
    reason = forms.CharField(
        label=_("理由"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("例：12月の受注会を一緒に担当するため"),
    )

    def __init__(self, *args: object, receivers: Receivers, may_give_writing: bool, **options: object) -> None:
        super().__init__(*args, **options)
        groups = [(_("人"), receivers.people), (_("部署・店舗（下の部署を含む）"), receivers.teams)]
        self.offer("receiver", [("", "―"), *((label, pairs) for label, pairs in groups if pairs)])
        if not may_give_writing:
            self.offer("level", [(Share.Level.READ, Share.Level.READ.label)])

    @property
    def user_id(self) -> int | None:
        return self._id("u")

    @property
    def team_id(self) -> int | None:
        return self._id("t")

    def _id(self, letter: str) -> int | None:
        value = self.cleaned_data["receiver"]
        return int(value[1:]) if value.startswith(letter) else None
