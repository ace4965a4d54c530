"""Values of custom fields in words, as one actor may see them: in clear, masked, or not at all."""

from __future__ import annotations

from enishi.customers.fields import catalogue, values
from enishi.customers.fields.field import Json
from enishi.platform.policy import Keyed

MASK = "＊＊＊"


def in_words(custom: Keyed, *, kind: str) -> dict[str, tuple[Json, str]]:
    """Key → (value, words) of the fields that customers of this kind have, in their order; None and a mask for what the
    viewer may not read, None and nothing for what is empty. A retired field is there while something stands in it."""
    fields = catalogue.all_fields().items()
    held = {*custom.clear, *custom.masked}
    return {
        key: (None, MASK) if key in custom.masked else (custom.clear.get(key), values.words(field, custom.clear.get(key)))
        for key, field in fields
        if field.suits(kind) and (not field.retired or key in held)
    }
