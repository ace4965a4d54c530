"""Input of the files of a customer. The actions decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from enishi.customers.actions.files import LONGEST_NAME, LONGEST_NOTE
from enishi.platform.errors import Invalid


class FileForm(forms.Form):
    """The name and the note of one file."""

    name = forms.CharField(label=_("ファイル名"), max_length=LONGEST_NAME)
    note = forms.CharField(label=_("メモ"), max_length=LONGEST_NOTE, required=False)

    def show(self, refusal: Invalid) -> None:
        """Write the action's refusal beside the fields it is about."""
        for name, texts in refusal.fields.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)
