"""An open cell of the list: one field of the customer's form, or the two of a name."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from enishi.customers.fields.values import offered_choices
from enishi.customers.forms.customers import CustomerForm
from enishi.customers.forms.own_fields import OwnField
from enishi.customers.queries.cells import OpenCell
from enishi.platform.forms.base import ScreenForm


class CellForm(ScreenForm):
    """The fields of the cell as the customer's form has them: their widgets, choices, words and what must be filled."""

    def __init__(self, data: Mapping[str, object] | None, *, cell: OpenCell) -> None:
        whole = CustomerForm(
            owners=cell.offered.owners,
            teams=cell.offered.teams,
            layout=cell.shape.layout,
            own=cell.shape.own,
            lifecycle=cell.lifecycle,
            kept=cell.details.custom,
        )
        super().__init__(data, initial=CustomerForm.initial_of(cell.details, cell.shape.own), auto_id="cell_%s")
        for name in cell.names:
            self.fields[name] = whole.fields[name]
            self._narrow(self.fields[name], cell)

    @staticmethod
    def _narrow(field: forms.Field, cell: OpenCell) -> None:
        """Of choices that another field narrows, those that go with what stands there."""
        if not isinstance(field, OwnField) or not field.own.depends_on:
            return
        fitting = {choice.key for choice in offered_choices(field.own, cell.details.custom)} | {"", field.kept}
        field.choices = field.widget.choices = [(key, label) for key, label in field.choices if key in fitting]
        field.widget.attrs.pop("data-narrowed-by", None)

    def values(self) -> dict[str, object]:
        """Detail → value."""
        return dict(self.cleaned_data)
