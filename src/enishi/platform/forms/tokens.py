"""Input of APIトークン, and of lists of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from enishi.platform import time
from enishi.platform.actions.tokens import Reach
from enishi.platform.errors import Invalid
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm
from enishi.platform.networks import read_networks
from enishi.platform.objects import OpenField


class NetworksField(forms.CharField):
    """Addresses and networks, one a line; given as a list in their plain form."""

    def __init__(self, **options: Any) -> None:
        attrs = {"rows": 3, "spellcheck": "false", "autocapitalize": "off", "placeholder": "203.0.113.0/24"}
        super().__init__(required=False, max_length=10_000, widget=forms.Textarea(attrs=attrs), **options)

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: object) -> list[str]:
        try:
            return read_networks(str(super().clean(value) or ""))
        except Invalid as refusal:
            raise ValidationError(refusal.fields[""]) from refusal


@dataclass(frozen=True, slots=True)
class Choosable:
    """One field that a token may show, as a check box."""

    key: str
    label: str
    meaning: str
    is_chosen: bool


class TokenForm(ScreenForm):
    name = forms.CharField(label=_("用途"), max_length=60, help_text=_("例：自社ECの会員連携。あとで見分けられる名前にします。"))
    reach = forms.ChoiceField(
        label=_("できること"),
        widget=forms.RadioSelect,
        initial="read",
        choices=[
            ("read", _("読み取りだけ")),
            ("all", _("読み書き（いつも、あなたの権限のすべて）")),
            ("chosen", _("選んだことだけ")),
        ],
        help_text=_("どれを選んでも、できることはいつもあなたの権限までです。"),
    )
    scopes = forms.MultipleChoiceField(label=_("選んだことだけ、のとき"), required=False, widget=forms.CheckboxSelectMultiple)
    shows = forms.ChoiceField(
        label=_("見せる項目"),
        widget=forms.RadioSelect,
        initial="all",
        choices=[("all", _("すべて（あなたの権限まで）")), ("chosen", _("選んだ項目だけ"))],
        help_text=_(
            "「選んだ項目だけ」にすると、ほかの項目は読むことも、書くことも、条件にして探すこともできません。あとから作った項目も、ここで選ぶまでは見えません。"
        ),
    )
    fields_shown = forms.MultipleChoiceField(label=_("見せる項目を選ぶ"), required=False, widget=forms.CheckboxSelectMultiple)
    expires_on = DayField(
        label=_("この日まで使える"), required=False, help_text=_("空にすると期限なし。期限を決めて、作り直すことをおすすめします。")
    )
    networks = NetworksField(label=_("使えるIPアドレス"), help_text=_("1行に1つ。空にすると、どこからでも使えます。"))

    def __init__(self, *args: Any, scopes: Sequence[tuple[str, str]], fields: Sequence[OpenField], **options: Any) -> None:
        options["initial"] = {"expires_on": time.today(time.wall_clock()) + timedelta(days=365)} | (options.get("initial") or {})
        super().__init__(*args, **options)
        self.offer("scopes", scopes)
        self.offer("fields_shown", [(one.key, one.label) for one in fields])
        self._open_fields = fields

    def place_of(self, name: str) -> str:
        return "fields_shown" if name == "fields" else name

    def field_groups(self) -> list[tuple[str, list[Choosable]]]:
        """What can be shown, under the headings of the screen."""
        chosen = set(self["fields_shown"].value() or ())
        found: dict[str, list[Choosable]] = {}
        for one in self._open_fields:
            box = Choosable(one.key, str(one.label), str(one.meaning), one.key in chosen)
            found.setdefault(str(one.group), []).append(box)
        return list(found.items())

    def said(self) -> Reach:
        """What was chosen. A day holds to its end."""
        until = self.cleaned_data["expires_on"]
        return Reach(
            read_only=self.cleaned_data["reach"] == "read",
            scopes=self.cleaned_data["scopes"] if self.cleaned_data["reach"] == "chosen" else None,
            fields=self.cleaned_data["fields_shown"] if self.cleaned_data["shows"] == "chosen" else None,
            expires_at=time.start_of_day(until + timedelta(days=1)) if until else None,
            networks=self.cleaned_data["networks"],
        )


class NetworkRulesForm(ScreenForm):
    """From where people may work: the company's list, and one for each role."""

    company = NetworksField(label=_("会社全体"), help_text=_("会社や店舗の回線のアドレスを、1行に1つ。空にすると、どこからでも使えます。"))

    def __init__(self, *args: Any, roles: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.role_names = [f"role_{pk}" for pk, _name in roles]
        for pk, name in roles:
            self.fields[f"role_{pk}"] = NetworksField(label=name)

    @property
    def of_roles(self) -> list[forms.BoundField]:
        return [self[name] for name in self.role_names]

    def by_role(self) -> dict[int, list[str]]:
        return {int(name.removeprefix("role_")): self.cleaned_data[name] for name in self.role_names}


class RecoveryForm(ScreenForm):
    code = forms.CharField(
        label=_("解除コード"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_("制限を保存したときに、一度だけ表示されたコードです。"),
    )
