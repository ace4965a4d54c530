"""Input of the composer, of tasks and of the telephone note. The actions decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.activities import LONGEST, NEXT, NextAction
from enishi.customers.actions.tasks import LONGEST as LONGEST_TITLE
from enishi.customers.models import Activity
from enishi.platform.forms.base import ScreenForm

TASK = "task"  # the composer's last tab: nothing was done yet


def _day() -> forms.DateField:
    """A day by the browser's own picker."""
    return forms.DateField(label=_("期限"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class ActivityForm(ScreenForm):
    """メモ・電話・来店・訪問・メール・タスク, and what is to follow. `people`: who may be given the next action."""

    kind = forms.ChoiceField(choices=[*Activity.Kind.choices, (TASK, _("タスク"))], initial=Activity.Kind.NOTE)
    text = forms.CharField(label=_("内容"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}))
    next_title = forms.CharField(label=_("次にすること"), required=False, max_length=LONGEST_TITLE)
    next_due_on = _day()
    next_assignee_id = forms.TypedChoiceField(label=_("担当"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, object] | None = None, *, people: Mapping[int, str], due_on: date, me: int | None) -> None:
        super().__init__(data, initial={"next_due_on": due_on, "next_assignee_id": me})
        self.offer("next_assignee_id", people.items())

    @property
    def is_task(self) -> bool:
        return bool(self.cleaned_data["kind"] == TASK)

    def next_action(self) -> NextAction | None:
        """What was typed as the next action; None where nothing was."""
        data = self.cleaned_data
        if not data["next_title"].strip() and not self.is_task:
            return None
        return NextAction(data["next_title"], data["next_due_on"], data["next_assignee_id"])

    def place_of(self, name: str) -> str:
        """A task is planned in the fields of the next action, whether it follows from something or stands alone."""
        planned = f"next_{name.removeprefix(NEXT)}"
        return planned if planned in self.fields else name

    @property
    def problems(self) -> list[str]:
        """Every refusal, in the order of the fields: what stands under the composer."""
        return [str(text) for name in [*self.fields, "__all__"] for text in self.errors.get(name, [])]


class DueForm(ScreenForm):
    due_on = _day()
