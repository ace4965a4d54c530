"""Values of custom fields out of the customer's JSON column, typed, and NULL where the JSON holds another type."""

from __future__ import annotations

from django.db.models import BooleanField, DateField, DecimalField, F, Func, Q, TextField, Value
from django.db.models.expressions import Case, Combinable, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, Regex

from enishi.rules.shapes import CustomField
from enishi.rules.values import Kind

DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class _TypeOf(Func):
    function = "jsonb_typeof"
    output_field = TextField()


class _ReadsAs(Func):
    """Whether a text is valid input of a type: the cast beside it cannot fail."""

    function = "pg_input_is_valid"
    output_field = BooleanField()


def custom_value(shape: CustomField, kind: Kind) -> Combinable:
    """The field's value as text, number, date or flag."""
    source = F("custom")
    text = KeyTextTransform(shape.name, source)
    holds = _TypeOf(KeyTransform(shape.name, source))
    match kind:
        case Kind.NUMBER | Kind.MONEY:
            number = Cast(text, DecimalField(max_digits=30, decimal_places=10))
            return Case(When(Q(Exact(holds, Value("number"))), then=number), output_field=number.output_field)
        case Kind.DATE:
            is_day = Q(Exact(holds, Value("string"))) & Q(Regex(text, DAY_PATTERN)) & Q(_ReadsAs(text, Value("date")))
            return Case(When(is_day, then=Cast(text, DateField())), output_field=DateField())
        case Kind.FLAG:
            return Case(When(Q(Exact(holds, Value("boolean"))), then=Cast(text, BooleanField())), output_field=BooleanField())
        case Kind.TEXT | Kind.CHOICE:
            return Case(When(Q(Exact(holds, Value("string"))), then=text), output_field=TextField())
        case Kind.LABELS | Kind.CONSENT:
            raise TypeError(f"a custom field is not of kind {kind}")
