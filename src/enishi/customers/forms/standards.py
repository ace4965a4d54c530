"""Input of the screens of the input standards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import Customer
from enishi.customers.standards.rule import CHECKS, CHOICES, MODES, MOST_WORDS, Rule
from enishi.platform.forms.base import ScreenForm


class RuleForm(ScreenForm):
    """One rule. What only some checks ask for shows with the check (`form-rules`)."""

    field = forms.ChoiceField(label=_("項目"))
    check = forms.ChoiceField(label=_("基準"), choices=[*CHECKS.items()])
    choice_width = forms.ChoiceField(label=_("書き方"), choices=[*CHOICES["width"].items()], required=False)
    choice_spaces = forms.ChoiceField(label=_("書き方"), choices=[*CHOICES["spaces"].items()], required=False)
    choice_hyphens = forms.ChoiceField(label=_("書き方"), choices=[*CHOICES["hyphens"].items()], required=False)
    choice_kana = forms.ChoiceField(label=_("書き方"), choices=[*CHOICES["kana"].items()], required=False)
    choice_case = forms.ChoiceField(label=_("書き方"), choices=[*CHOICES["case"].items()], required=False)
    choice_company_form = forms.ChoiceField(
        label=_("書き方"),
        choices=[*CHOICES["company_form"].items()],
        required=False,
        help_text=_("前株・後株は登記された名前の一部なので、位置は自動では直しません。"),
    )
    words = forms.CharField(
        label=_("使えない言葉・文字"),
        required=False,
        max_length=MOST_WORDS * 61,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("1行に1つずつ入力します。例：様、不明、テスト"),
    )
    pattern = forms.CharField(
        label=_("決まった形"),
        required=False,
        max_length=120,
        help_text=_("正規表現で書きます。例：[A-Z]{2}-[0-9]{4} は AB-0123 のような形"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    most = forms.IntegerField(label=_("何文字まで"), required=False, min_value=1, max_value=4000)
    for_kind = forms.ChoiceField(label=_("対象"), choices=[("", _("個人と法人")), *Customer.Kind.choices], required=False)
    stages = forms.MultipleChoiceField(
        label=_("必須にする顧客ステージ"),
        choices=Customer.Lifecycle.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("1つも選ばなければ、すべてのステージで必須です。"),
    )
    mode = forms.ChoiceField(
        label=_("基準に合わないとき"),
        choices=[*MODES.items()],
        widget=forms.RadioSelect,
        initial="warn",
        help_text=_("自動で直せるのは、全角・半角、空白、ハイフン、かな、大文字・小文字、法人格の略し方だけです。漢字は変えません。"),
    )
    example = forms.CharField(label=_("入力の例"), max_length=100, required=False, help_text=_("入力した人が迷いやすい書き方を1つ。"))
    message = forms.CharField(
        label=_("入力した人への言葉"), max_length=200, required=False, help_text=_("空欄なら、決まった言葉を表示します。")
    )

    def __init__(self, *args: Any, fields: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("field", fields)

    def rule(self, key: str) -> Rule:
        data = self.cleaned_data
        check = data["check"]
        return Rule(
            key=key,
            field=data["field"],
            check=check,
            mode=data["mode"],
            choice=data.get(f"choice_{check}") or "" if check in CHOICES else "",
            words=tuple(dict.fromkeys(word for line in data["words"].splitlines() if (word := line.strip()[:60])))[:MOST_WORDS]
            if check == "forbidden"
            else (),
            pattern=data["pattern"] if check == "pattern" else "",
            most=data["most"] or 0 if check == "longest" else 0,
            stages=tuple(data["stages"]) if check == "required" else (),
            for_kind=data["for_kind"],
            message=data["message"],
            example=data["example"],
        )

    def place_of(self, name: str) -> str:
        return f"choice_{self.cleaned_data.get('check')}" if name == "choice" else name

    @staticmethod
    def initial_of(rule: Rule) -> Mapping[str, object]:
        return rule.model_dump() | {f"choice_{rule.check}": rule.choice, "words": "\n".join(rule.words), "most": rule.most or None}
