"""Input of the telephone note: a number, a person, and three fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.activities import LONGEST
from enishi.customers.actions.calls import Caller
from enishi.customers.forms.activities import ActivityForm

NEW = "new"


class CallForm(ActivityForm):
    phone = forms.CharField(
        label=_("電話番号"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "autofocus": True}),
    )
    customer_id = forms.RegexField(rf"^([0-9]{{1,18}}|{NEW})\Z", required=False)
    family_name = forms.CharField(label=_("姓"), required=False, max_length=60)
    given_name = forms.CharField(label=_("名"), required=False, max_length=60)
    text = forms.CharField(label=_("用件"), strip=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST}))
    field_order = ["phone", "customer_id", "family_name", "given_name", "text", "next_title", "next_due_on"]

    def __init__(self, data: Mapping[str, object] | None = None, *, people: Mapping[int, str], due_on: date, me: int | None) -> None:
        super().__init__(data, people=people, due_on=due_on, me=me)
        self.fields["kind"].required = False  # a call is a call

    def clean_customer_id(self) -> str:
        chosen = str(self.cleaned_data["customer_id"])
        if not chosen:
            raise forms.ValidationError(_("電話番号を入力して、相手を選んでください。"))
        return chosen

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("customer_id") == NEW and not str(data.get("family_name") or "").strip():
            self.add_error("family_name", _("姓を入力してください。"))
        return data

    @property
    def is_task(self) -> bool:
        return False

    def caller(self) -> Caller:
        data = self.cleaned_data
        if data["customer_id"] != NEW:
            return Caller(int(data["customer_id"]))
        return Caller(None, data["phone"], data["family_name"], data["given_name"])

    @property
    def who_problems(self) -> list[str]:
        """Refusals about the person, beside whom they stand."""
        return [str(text) for name in ("customer_id", "family_name", "given_name", "phone") for text in self.errors.get(name, [])]
