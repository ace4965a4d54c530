"""Form fields for what a company adds to its customers: one class, whose widget and reading follow the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from enishi.customers.fields import values
from enishi.customers.fields.field import Field, Json

_INPUT_MODES: Mapping[str, str] = {
    "number": "decimal",
    "percent": "decimal",
    "money": "numeric",
    "auto_number": "numeric",
    "corporate_no": "numeric",
    "email": "email",
    "phone": "tel",
    "url": "url",
    "date": "numeric",
}
_EXAMPLES: Mapping[str, str] = {
    "date": "2026/4/1",
    "moment": "2026/4/1 13:30",
    "duration": "1:30",
    "link": "C-000042",
    "url": "https://",
    "corporate_no": "7000012050002",
}
_LONG = 240  # letters of a text that no line holds
YES, NO = "true", "false"


class _NarrowedSelect(forms.Select):
    """A list whose options say beside which values of another field they are offered."""

    def __init__(self, field: Field, attrs: dict[str, str]) -> None:
        super().__init__(attrs)
        self._parents = {choice.key: " ".join(choice.parents) for choice in field.choices if choice.parents}

    def create_option(self, name: str, value: Any, *rest: Any, **options: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *rest, **options)
        if parents := self._parents.get(str(value)):
            option["attrs"]["data-parents"] = parents
        return option


class OwnField(forms.Field):
    """One custom field on a form; gives the stored value, None for nothing. `kept`: what the customer has now."""

    def __init__(self, field: Field, *, required: bool = False, kept: Json = None) -> None:
        self.own, self.kept = field, kept
        example = _("例：%(example)s") % {"example": field.example} if field.example else ""
        super().__init__(label=field.label, required=required, help_text=field.help_text or example, widget=_widget(field))
        if field.kind in values.CHOOSING or field.kind in ("flag", "rating"):
            self.choices = self.widget.choices = _choices(field, kept)

    def clean(self, value: object) -> Json:
        try:
            found = self._read(value)
        except values.Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        if found is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return found

    def _read(self, value: object) -> Json:
        if self.own.kind in values.CHOOSING:
            keys = [str(key) for key in value] if isinstance(value, list) else [str(value)] if value else []
            stays = self.kept if isinstance(self.kept, list) else [self.kept]
            if keys == [str(key) for key in stays]:
                return self.kept  # a choice that was retired stays with whoever has it
            return values.take(self.own, keys if self.own.kind in values.SEVERAL else next(iter(keys), None))
        if self.own.kind in values.FILES:
            return self._files(value)
        if self.own.kind == "flag":
            return {YES: True, NO: False}.get(str(value))
        return values.read(self.own, str(value or ""))

    def _files(self, value: object) -> Json:
        """The files by the ids that the form sent; a file that the customer has stays as it is."""
        ids = values.ids_in(value) if isinstance(value, list) else []
        stay = ids == [one["id"] for one in values.files_of(self.kept)]
        return self.kept if stay else values.take(self.own, ids)


def initial(field: Field, value: Json) -> object:
    """What the form shows of a stored value."""
    if field.kind in values.CHOOSING:
        return value
    if field.kind == "flag":
        return None if value is None else YES if value is True else NO
    if field.kind in values.FILES:
        return [one["id"] for one in values.files_of(value)]
    return values.text(field, value)


def _widget(field: Field) -> forms.Widget:
    attrs = {"autocomplete": "off"}
    if mode := _INPUT_MODES.get(field.kind):
        attrs["inputmode"] = mode
    if example := _EXAMPLES.get(field.kind):
        attrs["placeholder"] = example
    match field.kind:
        case "long_text" | "json":
            return forms.Textarea(attrs={"rows": "3" if field.kind == "long_text" else "4"})
        case "choices" | "checklist":
            return forms.CheckboxSelectMultiple()
        case "choice":
            return _NarrowedSelect(field, {"data-narrowed-by": field.depends_on} if field.depends_on else {})
        case "flag" | "rating":
            return forms.Select()
        case "file" | "image":
            return forms.MultipleHiddenInput()
        case _:
            return forms.TextInput(attrs=attrs)


def _choices(field: Field, kept: Json) -> list[tuple[str, str]]:
    held = {str(key) for key in (kept if isinstance(kept, list) else [kept])}
    if field.kind == "flag":
        return [("", "―"), (YES, _("はい")), (NO, _("いいえ"))]
    if field.kind == "rating":
        return [("", "―"), *((str(n), values.words(field, n)) for n in range(1, values.stars(field) + 1))]
    offered = [
        (choice.key, _("%(label)s（使用停止）") % {"label": choice.label} if choice.retired else choice.label)
        for choice in field.choices
        if not choice.retired or choice.key in held
    ]
    return offered if field.kind in values.SEVERAL else [("", "―"), *offered]
