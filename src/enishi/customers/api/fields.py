"""/api/v1/fields: which fields customers have beside the built-in ones."""

from typing import Any, Literal

from ninja import Router, Schema
from pydantic import Field

from enishi.customers.fields import catalogue
from enishi.platform.api import REFUSALS, ApiRequest
from enishi.platform.guards import needs

router = Router()


class ChoiceOut(Schema):
    key: str
    label: str
    retired: bool


class FieldOut(Schema):
    """A field that the company added. Its value stands in `custom` of a customer under `key`."""

    key: str
    label: str
    kind: str
    for_kind: Literal["", "person", "company"] = Field(description="The customers who have it; empty: all.")
    privacy: str
    unit: str
    is_unique: bool
    retired: bool
    meaning: str
    purpose: str
    files: int = Field(description="How many files one customer may have in it; 0 of other kinds.")
    choices: list[ChoiceOut]


class FieldsOut(Schema):
    items: list[FieldOut]


@router.get("", response={200: FieldsOut, **REFUSALS}, operation_id="list_fields")
@needs("customer", "read", parts=())
def list_fields(request: ApiRequest) -> Any:
    """The fields whose values the token's owner reads in clear, in their order, the retired ones too."""
    return {"items": [field for field in catalogue.all_fields().values() if catalogue.readable(request.auth, field)]}
