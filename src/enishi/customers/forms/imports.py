"""Input of the import's steps. What may be chosen comes from the file and its target; the actions decide."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import ConsentRecord
from enishi.customers.models.consent import Channel
from enishi.platform import time
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm

Choices = Sequence[tuple[str | int, object]]
ACCEPTED_NAMES = ".csv,.tsv,.txt,.xlsx"


class FileForm(ScreenForm):
    """ファイル."""

    target = forms.ChoiceField(label=_("何のファイルですか"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("ファイル"),
        error_messages={
            "required": _("ファイルを選んでください。"),
            "empty": _("ファイルが空です。もう一度書き出してから選び直してください。"),
        },
    )

    def __init__(self, *args: object, targets: Choices, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.offer("target", targets)


class ContentForm(ScreenForm):
    """内容の確認: how the file is read."""

    encoding = forms.ChoiceField(label=_("文字コード"), required=False)
    delimiter = forms.ChoiceField(label=_("区切り"), required=False)
    sheet = forms.ChoiceField(label=_("シート"), required=False)
    header_row = forms.TypedChoiceField(label=_("見出しの行"), coerce=int, empty_value=None)

    def __init__(
        self, *args: object, encodings: Choices, delimiters: Choices, sheets: Choices, header_rows: Choices, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("encoding", encodings), ("delimiter", delimiters), ("sheet", sheets), ("header_row", header_rows)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if sheets:
            del self.fields["encoding"], self.fields["delimiter"]
        else:
            del self.fields["sheet"]


class ConsentForm(ScreenForm):
    """同意の確認."""

    basis = forms.ChoiceField(
        label=_("この人たちに、ご案内を送ってよい根拠はどれですか"),
        widget=forms.RadioSelect,
        choices=[
            (ConsentRecord.Basis.CONSENT.value, _("同意あり — 申込書やフォームで、ご案内を送ることに同意をもらっている")),
            (ConsentRecord.Basis.RELATION.value, _("取引関係 — 購入や名刺交換など、取引のある人")),
            (ConsentRecord.Basis.UNKNOWN.value, _("不明 — 分からないので、配信不可として取り込む")),
        ],
    )
    channels = forms.MultipleChoiceField(
        label=_("対象"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(Channel.EMAIL.value, _("メール")), (Channel.POST.value, _("DM（郵送）")), (Channel.PHONE.value, _("電話"))],
        initial=[Channel.EMAIL.value],
    )
    place = forms.CharField(
        label=_("どこで同意を得ましたか"), max_length=200, required=False, help_text=_("例：店頭の入会申込書、自社ECの会員登録")
    )
    given_on = DayField(label=_("いつ"), required=False, help_text=_("分かるときだけ。"))
    wording = forms.CharField(
        label=_("示した文言"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("同意のときに見せた文章。"),
    )

    def clean_given_on(self) -> object:
        given = self.cleaned_data["given_on"]
        if given is not None and given > time.today():
            raise forms.ValidationError(_("未来の日付です。"))
        return given
