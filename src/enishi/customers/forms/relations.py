"""Input about relations between customers, and about the kinds of relation."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.relations import Naming, Terms
from enishi.customers.models import Customer
from enishi.customers.queries.relations import Tie, Way
from enishi.platform.form_fields import DayField
from enishi.platform.forms.base import ScreenForm

_KINDS = [("", _("個人・法人のどちらでも")), *Customer.Kind.choices]


class RelationForm(ScreenForm):
    """What is written about a relation."""

    department = forms.CharField(label=_("部署"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    title = forms.CharField(
        label=_("役職・続柄"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("例：課長、女将、夫"),
    )
    from_on = DayField(label=_("いつから"), required=False)
    until_on = DayField(label=_("いつまで"), required=False, help_text=_("続いている間は空のままにします。"))
    is_primary = forms.BooleanField(label=_("主な関係にする"), required=False)

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in Terms.__dataclass_fields__})

    @staticmethod
    def initial_of(tie: Tie) -> dict[str, object]:
        return {name: getattr(tie, name) for name in Terms.__dataclass_fields__}


class NewRelationForm(RelationForm):
    """Who is tied to whom, and how. `ways` are those that the customer's kind allows."""

    way = forms.ChoiceField(label=_("関係"))
    other = forms.IntegerField(label=_("相手"), min_value=1, max_value=2**63 - 1, error_messages={"required": _("相手を選んでください。")})

    def __init__(self, *args: object, ways: Sequence[Way], **options: object) -> None:
        super().__init__(*args, **options)
        self.ways = {way.value: way for way in ways}
        self.offer("way", [(way.value, way.label) for way in ways])

    @property
    def chosen(self) -> Way:
        """The way that is chosen, or the first one while none is."""
        ways = self.ways
        return ways.get(self.data.get("way", "") or self.initial.get("way", ""), next(iter(ways.values())))


class RelationTypeForm(ScreenForm):
    """関係の種類 of the company's own."""

    name = forms.CharField(label=_("関係の名前"), max_length=20, help_text=_("例：顧問"))
    target_label = forms.CharField(label=_("相手の呼び方"), max_length=20, help_text=_("登録した顧客から見た相手です。例：顧問先"))
    source_label = forms.CharField(label=_("相手から見た呼び方"), max_length=20, help_text=_("例：顧問"))
    source_kind = forms.ChoiceField(label=_("登録できる顧客"), choices=_KINDS, required=False)
    target_kind = forms.ChoiceField(label=_("選べる相手"), choices=_KINDS, required=False)

    def naming(self) -> Naming:
        return Naming(**self.cleaned_data)
