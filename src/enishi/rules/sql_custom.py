"""Values of custom fields out of the customer's JSON column, typed, and NULL where the JSON holds another type."""

from __future__ import annotations

from django.db.models import BooleanField, DateField, DateTimeField, DecimalField, F, Func, Q, TextField, Value
from django.db.models.expressions import Case, Combinable, When
from django.db.models.fields.json import HasAnyKeys, HasKeys, KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, Regex

from enishi.rules.operators import LabelsOp, LabelsTest
from enishi.rules.shapes import CustomField
from enishi.rules.values import Kind

DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOMENT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+]00:00$"


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
        case Kind.DATE if shape.instant:
            is_moment = Q(Exact(holds, Value("string"))) & Q(Regex(text, MOMENT_PATTERN)) & Q(_ReadsAs(text, Value("timestamptz")))
            return Case(When(is_moment, then=Cast(text, DateTimeField())), output_field=DateTimeField())
        case Kind.DATE:
            is_day = Q(Exact(holds, Value("string"))) & Q(Regex(text, DAY_PATTERN)) & Q(_ReadsAs(text, Value("date")))
            return Case(When(is_day, then=Cast(text, DateField())), output_field=DateField())
        case Kind.FLAG:
            return Case(When(Q(Exact(holds, Value("boolean"))), then=Cast(text, BooleanField())), output_field=BooleanField())
        case Kind.TEXT | Kind.CHOICE:
            return Case(When(Q(Exact(holds, Value("string"))), then=text), output_field=TextField())
        case Kind.LABELS | Kind.CONSENT:
            raise TypeError(f"a custom field of kind {kind} has no single value")


def holds_labels(shape: CustomField, test: LabelsTest, *, negated: bool) -> Q:
    """Whether the list of keys in the field passes; what is no list has no labels."""
    held = KeyTransform(shape.name, F("custom"))
    match test.op:
        case LabelsOp.ANY_OF | LabelsOp.NONE_OF:
            within = Q(HasAnyKeys(held, list(test.values)))
        case LabelsOp.ALL_OF:
            within = Q(HasKeys(held, list(test.values)))
        case LabelsOp.IS_EMPTY | LabelsOp.IS_FILLED:
            within = ~Q(Exact(Func(held, function="jsonb_array_length"), Value(0)))
    is_list = Q(Exact(_TypeOf(held), Value("array")))
    found = Case(
        When(is_list, then=Case(When(within, then=Value(True)), default=Value(False))), default=Value(False), output_field=BooleanField()
    )
    positive = test.op not in (LabelsOp.NONE_OF, LabelsOp.IS_EMPTY)
    return Q(Exact(found, Value(positive is not negated)))
