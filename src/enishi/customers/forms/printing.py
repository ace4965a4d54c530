"""Input of the dialog of labels. The action decides."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.printing import LabelWishes
from enishi.customers.queries.printing import SHEETS


class LabelForm(forms.Form):
    reason = forms.CharField(label=_("何に使うか"), max_length=200, help_text=_("書き出しの記録に残ります。例：秋のDMの発送"))
    sheet = forms.ChoiceField(label=_("用紙"), choices=[(sheet.key, sheet.label) for sheet in SHEETS.values()])
    first = forms.IntegerField(
        label=_("始める位置"),
        min_value=1,
        max_value=24,
        initial=1,
        help_text=_("使いかけの用紙は、左上から数えて何枚目から始めるかを入れます。"),
    )
    order = forms.ChoiceField(label=_("並び順"), choices=[("kana", _("五十音順")), ("postal", _("郵便番号順"))])
    right_mm = forms.DecimalField(label=_("右へずらす（mm）"), min_value=-20, max_value=20, decimal_places=1, initial=0)
    down_mm = forms.DecimalField(label=_("下へずらす（mm）"), min_value=-20, max_value=20, decimal_places=1, initial=0)
    leave_out_refused = forms.BooleanField(label=_("DMを望まない人を除く"), required=False, initial=True)

    def wishes(self) -> LabelWishes:
        data = self.cleaned_data
        return LabelWishes(
            sheet=data["sheet"],
            order=data["order"],
            leave_out_refused=data["leave_out_refused"],
            first=data["first"],
            right_mm=float(data["right_mm"]),
            down_mm=float(data["down_mm"]),
        )
