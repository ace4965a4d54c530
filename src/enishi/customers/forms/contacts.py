"""Input about one contact point: a mail address, a phone or a postal address."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.contact_points import COLUMNS, REASONS, Point
from enishi.customers.details import LONGEST
from enishi.customers.models import ContactPoint
from enishi.customers.models.contacts import LABELS
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm
from enishi.platform.japanese.address import PREFECTURES

_LABELS = dict(ContactPoint.Label.choices)
_REASONS = dict(ContactPoint.Reason.choices)


def _text(label: object, name: str, help_text: object = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        max_length=LONGEST[name],
        required=False,
        help_text=help_text,  # type: ignore[arg-type]
        widget=forms.TextInput(attrs={"autocomplete": "off"} | attrs),
    )


class ContactForm(ScreenForm):
    """Only the fields of `kind` are asked for; `is_new` leaves out whether it still works."""

    email = _text(_("メールアドレス"), "email", inputmode="email", autocapitalize="none")
    shares_address = forms.BooleanField(label=_("共有のアドレスとして登録する（家族で使っているなど）"), required=False)
    phone = _text(_("電話番号"), "phone", _("例：090-1234-5678"), inputmode="tel")
    postal_code = _text(_("郵便番号"), "postal_code", _("7桁を入れると住所が入ります。"), inputmode="numeric")
    prefecture = forms.ChoiceField(label=_("都道府県"), required=False, choices=[("", "―"), *((p, p) for p in PREFECTURES)])
    city = _text(_("市区町村"), "city")
    street = _text(_("町名・番地"), "street")
    building = _text(_("建物名・部屋番号"), "building")
    label = forms.ChoiceField(label=_("種類"), required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("メモ"),
        required=False,
        max_length=200,
        help_text=_("例：経理部 宛、平日の日中のみ"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        label=_("状態"), required=False, choices=ContactPoint.State.choices, widget=forms.RadioSelect, initial=ContactPoint.State.USABLE
    )
    reason = forms.ChoiceField(label=_("無効にした理由"), required=False)
    stopped_on = DayField(label=_("使わなくなった日"), required=False, help_text=_("空のままなら今日です。"))
    from_on = DayField(label=_("いつから"), required=False)
    until_on = DayField(label=_("いつまで"), required=False)

    def __init__(self, *args: Any, kind: str, is_new: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        for other, names in COLUMNS.items():
            for name in names if other != kind else ():
                self.fields.pop(name, None)
        if kind != ContactPoint.Kind.EMAIL:
            del self.fields["shares_address"]
        if is_new:
            for name in ("state", "reason", "stopped_on"):
                del self.fields[name]
        else:
            ended = [value for value in [ContactPoint.Reason.ENDED.value] if self.initial.get("reason") == value]
            self.offer("reason", [("", "―"), *((value, _REASONS[value]) for value in (*REASONS[kind], *ended))])
        self.offer("label", [*((value, _LABELS[value]) for value in LABELS[kind]), ("", _("指定しない"))])
        for name in COLUMNS[kind][:1] if kind != ContactPoint.Kind.ADDRESS else ():
            self.fields[name].required = True

    def point(self) -> Point:
        """What was typed."""
        given = {name: value for name, value in self.cleaned_data.items() if name in Point.__dataclass_fields__}
        given["state"] = given.get("state") or ContactPoint.State.USABLE.value
        return Point(kind=self.kind, **given)

    @property
    def is_detailed(self) -> bool:
        """Whether period or note are filled, or wrong: then they are not folded away."""
        return any(self[name].value() or self[name].errors for name in ("from_on", "until_on", "note"))

    @property
    def shares(self) -> bool:
        return bool(self.cleaned_data.get("shares_address"))

    @staticmethod
    def initial_of(point: Point) -> dict[str, object]:
        return asdict(point)
