"""Input of the screens on which a company defines its fields."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.fields import Definition
from enishi.customers.fields.field import Choice, Field, Json
from enishi.customers.fields.values import MOST_FILES
from enishi.customers.models import Customer, CustomField
from enishi.platform.forms.base import ScreenForm

#: Options of the kinds → their fields here.
_OPTIONS = {name: name for name in ("unit", "decimals", "least", "most", "digits")} | {"prefix": "number_prefix", "files": "most_files"}
_NUMBERS = ("decimals", "least", "most", "digits", "files")


class FieldForm(ScreenForm):
    """One field. What only some kinds ask for shows with the kind (`form-rules`)."""

    label = forms.CharField(label=_("項目名"), max_length=40, help_text=_("例：会員区分、来店のきっかけ"))
    kind = forms.ChoiceField(label=_("種類"), choices=CustomField.Kind.choices, help_text=_("あとから変えることはできません。"))
    for_kind = forms.ChoiceField(label=_("使う相手"), choices=[("", _("個人と法人")), *Customer.Kind.choices], required=False)
    privacy = forms.ChoiceField(
        label=_("情報の区分"),
        choices=CustomField.PrivacyClass.choices,
        help_text=_("区分ごとの権限がない人には、値を伏せるか見せません。"),
    )
    purpose = forms.CharField(
        label=_("利用目的"), max_length=200, required=False, help_text=_("個人情報・要配慮の情報では必須です。例：商品の提案のため")
    )
    is_unique = forms.BooleanField(
        label=_("同じ値を2人に使わない"), required=False, help_text=_("取り込みやAPIで、この値から顧客を見つけられます。")
    )
    depends_on = forms.ChoiceField(label=_("選択肢を絞り込む項目"), required=False)
    new_choices = forms.CharField(
        label=_("選択肢"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("1行に1つずつ入力します。"),
    )
    unit = forms.CharField(label=_("単位"), max_length=10, required=False, help_text=_("例：回、坪、kg"))
    decimals = forms.IntegerField(label=_("小数の桁数"), required=False, min_value=0, max_value=6)
    least = forms.DecimalField(label=_("最小"), required=False)
    most = forms.DecimalField(label=_("最大"), required=False)
    number_prefix = forms.CharField(label=_("番号の前に付ける文字"), max_length=10, required=False, help_text=_("例：K-"))
    digits = forms.IntegerField(label=_("番号の桁数"), required=False, min_value=1, max_value=12)
    most_files = forms.IntegerField(
        label=_("入れられるファイルの数"),
        required=False,
        min_value=1,
        max_value=MOST_FILES,
        help_text=_("1人の顧客につき20件まで、1件50MBまでです。"),
    )
    help_text = forms.CharField(label=_("入力の手がかり"), max_length=200, required=False, help_text=_("入力欄の下に表示します。"))
    example = forms.CharField(label=_("記入例"), max_length=100, required=False)
    meaning = forms.CharField(
        label=_("この項目の意味"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("だれが、いつ、何を見て入力する項目かを書いておくと、あとで困りません。"),
    )

    def __init__(self, *args: Any, narrowing: Sequence[tuple[str, str]], known: Field | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = known
        self.offer("depends_on", [("", _("絞り込まない")), *narrowing])
        if known is not None:
            self.fields["kind"].disabled = self.fields["is_unique"].disabled = True
            self.fields["new_choices"].label = _("加える選択肢")

    def definition(self, choices: Sequence[Choice]) -> Definition:
        """`choices`: the known ones as they were changed; those that were typed anew come behind."""
        said = self.cleaned_data
        options: dict[str, Json] = {name: _number(said[place]) if name in _NUMBERS else said[place] for name, place in _OPTIONS.items()}
        fresh = [Choice("", line) for line in said["new_choices"].splitlines() if line.strip()]
        return Definition(
            kind=self.known.kind if self.known else said["kind"],
            label=said["label"],
            for_kind=said["for_kind"],
            privacy=said["privacy"],
            options=options,
            choices=[*choices, *fresh],
            depends_on=said["depends_on"],
            is_unique=self.known.is_unique if self.known else said["is_unique"],
            help_text=said["help_text"],
            meaning=said["meaning"],
            example=said["example"],
            purpose=said["purpose"],
        )

    def place_of(self, name: str) -> str:
        return "new_choices" if name == "choices" else _OPTIONS.get(name, name)

    @staticmethod
    def initial_of(field: Field) -> dict[str, object]:
        said = {name: getattr(field, name) for name in ("label", "kind", "for_kind", "privacy", "purpose", "is_unique", "depends_on")}
        return (
            said
            | {name: getattr(field, name) for name in ("help_text", "example", "meaning")}
            | {_OPTIONS[name]: value for name, value in field.options.items()}
        )


def _number(value: Decimal | int | None) -> Json:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def changed_choices(known: Field, data: dict[str, list[str]]) -> list[Choice]:
    """The choices of a field as the screen sent them: words, order, whether they are in use, and beside which values of the
    narrowing field they are offered. `data`: name → values of the request."""

    def first(name: str, otherwise: str) -> str:
        return (data.get(name) or [otherwise])[0]

    found = [
        (
            first(f"place-{choice.key}", str(place)),
            place,
            Choice(
                choice.key,
                first(f"label-{choice.key}", choice.label)[:200],
                retired=f"label-{choice.key}" in data and f"used-{choice.key}" not in data,
                parents=tuple(data.get(f"parents-{choice.key}", ())),
            ),
        )
        for place, choice in enumerate(known.choices, start=1)
    ]
    return [choice for _place, _index, choice in sorted(found, key=lambda one: (int(one[0]) if one[0].isdecimal() else one[1], one[1]))]
