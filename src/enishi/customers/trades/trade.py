"""What a template of a trade is made of. Everything names fields by the template's own names; keys are made when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from enishi.customers.fields.field import Json
from enishi.platform.privacy import Privacy
from enishi.platform.words import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeField:
    """A custom field, and how it stands on the form. `show`: another field and its choices (none: any) beside which it shows;
    `stages`: customer stages in which it must be filled."""

    name: str
    section: str
    label: str
    kind: str
    meaning: str
    for_kind: str = ""
    privacy: Privacy = Privacy.INTERNAL
    purpose: str = ""
    help_text: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    options: Mapping[str, Json] = field(default_factory=dict)
    wide: bool = False
    is_unique: bool = False
    stages: tuple[str, ...] = ()
    show: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class TradeSection:
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class TradeTerm:
    """What the trade calls a term of `platform.words`."""

    term: str
    ja: str
    en: str
    en_plural: str = ""  # of a noun; a label has none

    def words(self) -> dict[str, str]:
        return Term(self.ja, self.en, self.en_plural).words()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One condition: of a field of the template (`field`, with the words of its choices) or of a fact of the product (`fact`,
    with its values)."""

    test: str  # type of the test, as rules have them
    op: str
    field: str = ""
    fact: str = ""
    choices: tuple[str, ...] = ()
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class TradeView:
    """A shared view of the list: all of `asks` hold. `columns`: of the product, or "@name" of a field."""

    name: str
    about: str
    asks: tuple[Ask, ...]
    columns: tuple[str, ...]

    def fields(self) -> tuple[str, ...]:
        """The fields that it asks about."""
        return tuple(ask.field for ask in self.asks if ask.field)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One template."""

    key: str
    title: str | Promise
    about: str | Promise
    icon: str
    sections: tuple[TradeSection, ...]
    fields: tuple[TradeField, ...]
    terms: tuple[TradeTerm, ...]
    views: tuple[TradeView, ...]
