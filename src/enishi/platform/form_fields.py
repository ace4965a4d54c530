"""Form fields that read what people in Japan write."""

from __future__ import annotations

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.platform.japanese.dates import DateProblem, read_date

_WORDS: dict[DateProblem, str | Promise] = {
    DateProblem.NOT_A_DATE: _("日付として読めません。例：%(examples)s"),
    DateProblem.NO_SUCH_DAY: _("この日は暦にありません。"),
    DateProblem.OUTSIDE_ERA: _("この元号に、その年はありません。"),
    DateProblem.SHORT_YEAR: _("西暦の4桁か、元号を付けて入力してください。例：%(examples)s"),
    DateProblem.NO_DAY: _("年・月・日をすべて入力してください。"),
}
#: A day of these years, and a birthday, as people may write them.
OF_LATE = _("2026/4/1、R8.4.1、令和8年4月1日")
BIRTHDAY = _("1985/4/1、S60.4.1、昭和60年4月1日")


def _refusal(problem: DateProblem, examples: str | Promise) -> str:
    return str(_WORDS[problem]) % {"examples": examples}


class DayField(forms.CharField):
    """A day in any usual style, also 和暦; shown again as 1985/04/01. `examples` are those that a refusal gives."""

    def __init__(
        self, *, label: str | Promise, required: bool = True, help_text: str | Promise = "", examples: str | Promise = OF_LATE
    ) -> None:
        super().__init__(max_length=30, label=label, required=required, help_text=help_text)  # type: ignore[arg-type]
        self.examples = examples

    def prepare_value(self, value: object) -> object:
        return value.strftime("%Y/%m/%d") if isinstance(value, date) else value

    def clean(self, value: object) -> date | None:
        text = str(super().clean(value) or "")
        if not text:
            return None
        found = read_date(text)
        if isinstance(found, DateProblem):
            raise ValidationError(_refusal(found, self.examples), code=found)
        return found


class DaysField(forms.CharField):
    """Days, one a line; given back sorted, each once."""

    def __init__(self, *, label: str | Promise, help_text: str | Promise = "", most: int = 200) -> None:
        super().__init__(label=label, required=False, help_text=help_text, max_length=20 * most, widget=forms.Textarea(attrs={"rows": 4}))  # type: ignore[arg-type]

    def prepare_value(self, value: object) -> object:
        return "\n".join(day.strftime("%Y/%m/%d") for day in value) if isinstance(value, list) else value

    def clean(self, value: object) -> list[date]:
        found, problems = set(), []
        for line in str(super().clean(value) or "").splitlines():
            day = read_date(line.strip()) if line.strip() else None
            if isinstance(day, DateProblem):
                problems.append(f"「{line.strip()[:30]}」: {_refusal(day, OF_LATE)}")
            elif day is not None:
                found.add(day)
        if problems:
            raise ValidationError(problems)
        return sorted(found)
