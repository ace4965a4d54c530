"""Input of the platform's own screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import BaseValidator, MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import ActionError, Invalid
from enishi.platform.form_fields import DaysField
from enishi.platform.words import LONGEST_STAGE, STAGES, TERMS, Chosen


def _closing_days() -> list[tuple[int, str]]:
    """Asked for each form anew, so that it speaks the reader's language."""
    return [*((day, str(_("%(day)d日") % {"day": day})) for day in range(1, 29)), (31, str(_("末日")))]


def _months() -> list[tuple[int, str]]:
    return [(month, date_format(date(2000, month, 1), "F")) for month in range(1, 13)]


_LIMITS: Mapping[type[BaseValidator], Any] = {  # lazy: a validator is shared by all requests, whatever they speak
    MinValueValidator: _("%(limit_value)s以上で入力してください。"),
    MaxValueValidator: _("%(limit_value)s以下で入力してください。"),
    MaxLengthValidator: _("%(limit_value)d文字以内で入力してください（いまは%(show_value)d文字です）。"),
}


class Spoken:
    """Before a form, also one of a library: it asks for what is missing in the words of our screens."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            _speak(field)


class ScreenForm(Spoken, forms.Form):
    """A form of our screens: it says what the action refused beside the fields it is about."""

    def offer(self, name: str, choices: Iterable[Any]) -> None:
        """What may be chosen in a field, where that is known only now."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # of fields of choices alone

    def show(self, refusal: ActionError) -> None:
        """Write a refusal beside its fields; what is about none of them, above them all."""
        about = refusal.fields if isinstance(refusal, Invalid) and refusal.fields else {"": [str(refusal)]}
        for name, texts in about.items():
            place = self.place_of(name)
            for text in texts:
                self.add_error(place if place in self.fields else None, text)

    def place_of(self, name: str) -> str:
        """The field of this form that an action calls `name`."""
        return name


def _speak(field: forms.Field) -> None:
    """Django's own words made those of our screens; words of the field itself stay."""
    if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
        chosen = isinstance(field, forms.ChoiceField | forms.FileField)
        field.error_messages["required"] = str(_("選んでください。") if chosen else _("入力してください。"))
    for validator in field.validators:
        if isinstance(validator, BaseValidator) and type(validator) in _LIMITS:
            validator.message = _LIMITS[type(validator)]


class OrganisationForm(ScreenForm):
    name = forms.CharField(label=_("会社名"), max_length=120)
    address = forms.CharField(label=_("住所"), max_length=200, help_text=_("配信メールの末尾に表示されます（特定電子メール法の表示）。"))
    contact = forms.CharField(
        label=_("問い合わせ先"), max_length=200, help_text=_("電話番号・メールアドレス・URLのいずれか。配信メールの末尾に表示されます。")
    )
    send_wait_minutes = forms.IntegerField(
        label=_("送信待ちの時間（分）"), min_value=0, max_value=120, help_text=_("この間は配信を取り消せます。標準は5分です。")
    )
    holdout_percent = forms.IntegerField(
        label=_("比較用に配信しない人の割合（%）"), min_value=0, max_value=50, help_text=_("配信の効果を測るために残す人の割合です。")
    )
    fiscal_year_start_month = forms.TypedChoiceField(label=_("年度の始まりの月"), coerce=int, choices=_months)
    closing_day = forms.TypedChoiceField(
        label=_("締め日"),
        coerce=int,
        choices=_closing_days,
        help_text=_("請求や集計の区切りの日です。"),
    )
    extra_holidays = DaysField(label=_("会社の休業日"), help_text=_("土日と祝日のほかに休む日を、1行に1日ずつ入力します。例：2026/12/30"))


class WordsForm(ScreenForm):
    """呼び方: for each noun its word in Japanese, and in English for one and for many; for each stage its label in both."""

    customer_ja = forms.CharField(label=_("「顧客」の呼び方"), max_length=20, required=False, help_text=_("例：取引先、お客様、会員"))
    customer_en = forms.CharField(label=_("英語の画面で（1つのとき）"), max_length=20, required=False, help_text=_("例：account"))
    customer_en_plural = forms.CharField(
        label=_("英語の画面で（2つ以上のとき）"), max_length=20, required=False, help_text=_("例：accounts")
    )
    owner_ja = forms.CharField(label=_("「担当」の呼び方"), max_length=20, required=False, help_text=_("例：営業担当、担当スタッフ"))
    owner_en = forms.CharField(label=_("英語の画面で（1つのとき）"), max_length=20, required=False, help_text=_("例：sales rep"))
    owner_en_plural = forms.CharField(
        label=_("英語の画面で（2つ以上のとき）"), max_length=20, required=False, help_text=_("例：sales reps")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_japanese = (get_language() or "ja").startswith("ja")
        for key, term in STAGES.items():
            ours = {"word": term.ja if is_japanese else term.en}
            labels = {"ja": gettext("「%(word)s」の呼び方") % ours, "en": gettext("「%(word)s」の英語での呼び方") % ours}
            for part, label in labels.items():
                self.fields[f"{key}_{part}"] = forms.CharField(label=label, max_length=LONGEST_STAGE[part], required=False)

    @property
    def stages(self) -> list[forms.BoundField]:
        return [self[f"{key}_{part}"] for key, term in STAGES.items() for part in term.words()]

    def chosen(self) -> dict[str, dict[str, str]]:
        return {key: {part: self.cleaned_data[f"{key}_{part}"] for part in term.words()} for key, term in TERMS.items()}

    @staticmethod
    def initial_of(chosen: Chosen) -> dict[str, str]:
        return {f"{key}_{part}": word for key, words in chosen.items() for part, word in words.items()}


class SetUpForm(ScreenForm):
    organisation_name = forms.CharField(label=_("会社名"), max_length=120)
    address = forms.CharField(
        label=_("住所"), max_length=200, required=False, help_text=_("配信メールの末尾に表示します。あとで設定できます。")
    )
    contact = forms.CharField(label=_("問い合わせ先"), max_length=200, required=False, help_text=_("あとで設定できます。"))
    display_name = forms.CharField(label=_("あなたの氏名"), max_length=60)
    username = forms.RegexField(
        r"^[a-z0-9._-]+\Z",
        label=_("ログイン名"),
        max_length=60,
        help_text=_("半角の英小文字・数字・記号（. _ -）で入力してください。"),
        error_messages={"invalid": _("半角の英小文字・数字・記号（. _ -）だけで入力してください。")},
    )
    password = forms.CharField(
        label=_("パスワード"), widget=forms.PasswordInput, strip=False, help_text=_("10文字以上。よく使われる言葉は避けてください。")
    )
    password_again = forms.CharField(label=_("パスワード（確認）"), widget=forms.PasswordInput, strip=False)

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if "password" in data and "password_again" in data and data["password"] != data["password_again"]:
            self.add_error("password_again", _("パスワードが一致しません。もう一度入力してください。"))
        return data
