"""A custom field as the rest of the product knows it: plain data that can go to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from enishi.platform.privacy import Privacy

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that may be chosen. A retired one stays on customers who have it and is offered no more.

    `parents`: keys of the choices of the narrowing field beside which this one is offered; none: beside all of them.
    """

    key: str
    label: str
    retired: bool = False
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One custom field. Its value stands under `key` in `Customer.custom`; see `customers.fields.values` for the forms."""

    id: int
    kind: str  # of CustomField.Kind
    label: str
    for_kind: str = ""  # person, company, or both
    privacy: Privacy = Privacy.INTERNAL
    options: Mapping[str, Json] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    depends_on: str = ""  # key of the field that narrows the choices
    is_unique: bool = False
    help_text: str = ""
    meaning: str = ""
    example: str = ""
    purpose: str = ""
    position: int = 0
    retired: bool = False

    @property
    def key(self) -> str:
        return f"cf_{self.id:d}"

    @property
    def unit(self) -> str:
        return str(self.options.get("unit") or "")

    def number(self, option: str) -> float | None:
        """The option as a number; None where it is not set."""
        value = self.options.get(option)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def files(self) -> int:
        """How many files one customer may have in it; 0 of other kinds."""
        return int(self.number("files") or 0)

    def suits(self, customer_kind: str) -> bool:
        """Whether customers of this kind have it."""
        return self.for_kind in ("", customer_kind)

    def label_of(self, key: object) -> str:
        """The words of a choice; the key itself for one that is not there."""
        return next((choice.label for choice in self.choices if choice.key == key), str(key))
