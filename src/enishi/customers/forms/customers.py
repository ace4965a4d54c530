"""Input of the screens about one customer. Forms clean; what is allowed is decided by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.customers.actions.consent import Statement
from enishi.customers.details import FIELDS, LONGEST, Details
from enishi.customers.models import ConsentRecord, Customer
from enishi.customers.models.consent import Channel
from enishi.platform import time
from enishi.platform.form_fields import BIRTHDAY, DayField
from enishi.platform.forms import ScreenForm
from enishi.platform.japanese.address import PREFECTURES

Choices = Sequence[tuple[str, str]]
_BASES = [
    (ConsentRecord.Basis.CONSENT.value, _("同意あり（申込書・フォームなど）")),
    (ConsentRecord.Basis.RELATION.value, _("取引関係（名刺交換・購入など）")),
]


def _text(label: object, *, name: str, required: bool = False, help_text: object = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        max_length=LONGEST[name],
        required=required,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.TextInput(attrs={"autocomplete": "off"} | attrs),
    )


class CustomerForm(ScreenForm):
    """顧客を登録・編集. `owners` and `teams` are (id, name) pairs; without them the actor may not choose."""

    kind = forms.ChoiceField(label=_("区分"), choices=Customer.Kind.choices, widget=forms.RadioSelect, initial=Customer.Kind.PERSON)
    name = _text(_("会社・団体の名称"), name="name")
    family_name = _text(_("姓"), name="family_name")
    given_name = _text(_("名"), name="given_name")
    kana = _text(_("フリガナ"), name="kana")
    family_kana = _text(_("フリガナ（姓）"), name="family_name")
    given_kana = _text(_("フリガナ（名）"), name="given_name")
    email = _text(_("メールアドレス"), name="email", inputmode="email", autocapitalize="none")
    phone = _text(_("電話番号"), name="phone", inputmode="tel", help_text=_("例：090-1234-5678"))
    postal_code = _text(_("郵便番号"), name="postal_code", inputmode="numeric", help_text=_("7桁を入れると住所が入ります。"))
    prefecture = forms.ChoiceField(label=_("都道府県"), required=False, choices=[("", "―"), *((p, p) for p in PREFECTURES)])
    city = _text(_("市区町村"), name="city")
    street = _text(_("町名・番地"), name="street")
    building = _text(_("建物名・部屋番号"), name="building")
    birthday_on = DayField(
        label=_("生年月日"), required=False, help_text=_("1985/4/1、S60.4.1 のどちらでも入力できます。"), examples=BIRTHDAY
    )
    gender = forms.ChoiceField(label=_("性別"), required=False, choices=[("", "―"), *Customer.Gender.choices])
    acquisition_source = _text(
        _("流入経路"), name="acquisition_source", list="sources", help_text=_("最初に知ったきっかけです。例：紹介、店頭QR")
    )
    leave_alone = forms.BooleanField(label=_("話しかけない（ご本人の希望）"), required=False)
    owner_id = forms.TypedChoiceField(label=_("担当"), required=False, coerce=int, empty_value=None)
    team_id = forms.TypedChoiceField(label=_("部署・店舗"), required=False, coerce=int, empty_value=None)
    shares_address = forms.BooleanField(label=_("別の人として登録する（家族で同じアドレスを使っているなど）"), required=False)

    def __init__(self, *args: object, owners: Choices = (), teams: Choices = (), **options: object) -> None:
        super().__init__(*args, **options)
        kind = self.data.get("kind") if self.is_bound else None
        self.fields["name"].required = kind in (None, Customer.Kind.COMPANY)  # unbound: the mark, whichever is chosen
        self.fields["family_name"].required = kind in (None, Customer.Kind.PERSON)
        for field, pairs in (("owner_id", owners), ("team_id", teams)):
            if pairs:
                self.fields[field].choices = [("", "―"), *pairs]  # type: ignore[attr-defined]
            else:
                del self.fields[field]

    def details(self, *, before: Details | None = None) -> Details:
        """What was typed; fields that were not on the form keep what they said."""
        kept = {name: getattr(before, name) for name in FIELDS} if before else {}
        typed = {name: value for name, value in self.cleaned_data.items() if name in FIELDS}
        if self.cleaned_data["kind"] == Customer.Kind.PERSON:
            typed["kana"] = f"{self.cleaned_data['family_kana']} {self.cleaned_data['given_kana']}".strip()
        return Details(**(kept | typed))

    def place_of(self, name: str) -> str:
        is_person = self.cleaned_data.get("kind") == Customer.Kind.PERSON
        return "family_kana" if name == "kana" and is_person else name

    @staticmethod
    def initial_of(details: Details) -> dict[str, object]:
        """What the form shows of a customer: the reading in its two parts."""
        family, _space, given = details.kana.partition(" ")
        return asdict(details) | {"family_kana": family, "given_kana": given}


class ConsentForm(ScreenForm):
    """One channel's consent, with the grounds for a yes."""

    state = forms.ChoiceField(
        label=pgettext_lazy("consent", "配信"),
        choices=[("allowed", _("配信可")), ("denied", _("配信不可（本人の希望）"))],
        widget=forms.RadioSelect,
    )
    basis = forms.ChoiceField(label=_("根拠"), choices=[("", "―"), *_BASES], required=False, help_text=_("配信可にするときに必要です。"))
    given_on = DayField(label=_("いつ"), required=False)
    place = forms.CharField(label=_("どこで"), max_length=200, required=False, help_text=_("例：谷中本店の会員申込書"))
    wording = forms.CharField(
        label=_("示した文言"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("申込書やフォームに書かれていた文です。"),
    )

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        given_on = data.get("given_on")
        if isinstance(given_on, date) and given_on > time.today():
            self.add_error("given_on", _("今日より後の日付です。"))
        if data.get("state") == "allowed" and not data.get("basis"):
            self.add_error("basis", _("配信可にするには、根拠を選んでください。"))
        return data

    def statement(self, *, customer_id: int, channel: str) -> Statement:
        data = self.cleaned_data
        allowed = data["state"] == "allowed"
        return Statement(
            customer_id=customer_id,
            channel=channel,
            allowed=allowed,
            basis=data["basis"] if allowed else ConsentRecord.Basis.REFUSED,
            source=ConsentRecord.Source.SCREEN,
            place=data["place"],
            given_on=data["given_on"],
            wording=data["wording"],
        )


class FirstConsentForm(ConsentForm):
    """The consent to mailings, asked while registering: 未取得 is an answer too, and writes nothing."""

    state = forms.ChoiceField(
        label=_("メールでのご案内"),
        choices=[("unknown", _("未取得")), ("allowed", _("配信可")), ("denied", _("配信不可（本人の希望）"))],
        widget=forms.RadioSelect,
        initial="unknown",
    )

    def statements(self) -> list[Statement]:
        return [] if self.cleaned_data["state"] == "unknown" else [self.statement(customer_id=0, channel=Channel.EMAIL)]


class TagForm(ScreenForm):
    name = forms.CharField(label=_("タグの名前"), max_length=40)
