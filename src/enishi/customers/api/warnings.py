"""What the API tells of values that were taken: what the input standards mended, and what they find odd."""

from collections.abc import Iterable

from ninja import Schema
from pydantic import Field

from enishi.customers.standards.book import Remark


class WarningOut(Schema):
    """What the company's input standards tell of a value that was taken. What they refuse is an error (422)."""

    field: str = Field(description="A field of the customer, or the key of one of the company's own.")
    code: str = Field(description="`mended`: it was written otherwise. Else the check that objects: lookalikes, forbidden, pattern, …")
    message: str = Field(description="For whoever typed it, in the language of the token's owner.")
    text: str = Field(
        description="What stands there now, where it was mended; else a writing that would be right, empty where none is known."
    )


def told(remarks: Iterable[Remark]) -> list[dict[str, object]]:
    """Remarks as `WarningOut` has them."""
    return [{"field": one.field, "code": one.code, "message": one.words, "text": one.text} for one in remarks]
