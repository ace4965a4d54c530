"""Custom fields in customer files: columns named by their labels, read by the rules of the form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from django.utils.translation import gettext as _

from enishi.customers.details import Details, written
from enishi.customers.fields import catalogue, layout, own_keys, values
from enishi.customers.fields.field import Field
from enishi.customers.importing import tables
from enishi.customers.importing.cleaned import FORMULA_ERRORS, Cleaned, Value
from enishi.customers.importing.vocabulary import TargetField
from enishi.customers.imports.people.rows import Key, PersonRow
from enishi.customers.imports.target import Message
from enishi.customers.standards import current
from enishi.platform.actor import Actor

#: The kind of a target field whose cells a custom field reads itself. It has no shape by which a column could be guessed.
KIND = "own"

type Columns = Mapping[str, object]
#: What is wrong with a customer of whom this would be written; `before`: what is written now, None for a new one.
type Objections = Callable[[Columns, Columns | None], dict[str, str]]


def target_fields() -> tuple[TargetField, ...]:
    """The fields in use, as columns may become them; not those of files, of which a table holds the names alone. One query."""
    fields = (field for field in catalogue.fields_in_use().values() if field.kind not in values.FILES)
    return tuple(TargetField(field.key, field.label, kinds=(KIND,), synonyms=(field.key, *_headings(field.kind))) for field in fields)


def _headings(kind: str) -> tuple[str, ...]:
    """What columns of a kind are called in files, whatever a company calls its field; nothing of most kinds."""
    return tables.load("headings.txt").get(f"own.{kind}", ())


def mapped(keys: Iterable[str]) -> dict[str, Field]:
    """Those of the fields that columns were mapped to. One query, none where no key is one of theirs."""
    wanted = [key for key in keys if key.startswith("cf_")]
    fields = catalogue.fields_in_use() if wanted else {}
    return {key: fields[key] for key in wanted if key in fields}


def reader(field: Field) -> Callable[[str, str], Cleaned]:
    """Reads a cell of the field as the form would."""

    def read(_kind: str, text: str) -> Cleaned:
        text = text.removeprefix("'")
        if text.strip() in FORMULA_ERRORS:
            return Cleaned(error=_("Excel の計算エラー（%(text)s）です。元の表で直してください。") % {"text": text.strip()})
        try:
            return Cleaned(cast("Value", values.read(field, text)))
        except values.Refused as refusal:
            return Cleaned(error=str(refusal))

    return read


def keys_of(fields: Mapping[str, Field], found: Columns) -> tuple[Key, ...]:
    """The identities that a row's unique values are."""
    return tuple((key, own_keys.key_of(field, found[key])) for key, field in fields.items() if key in found and own_keys.is_key(field))


def drop_unwritable(rows: Sequence[PersonRow], actor: Actor) -> None:
    """Values of fields that the importer may not write are left out, and that is told."""
    kept = {key for key, field in catalogue.all_fields().items() if catalogue.writable(actor, field)}
    for row in rows:
        refused = [key for key in row.own if key not in kept]
        for key in refused:
            del row.columns[key]
            row.keys = [one for one in row.keys if one[0] != key]
            row.messages.append(Message(key, _("この項目を書く権限がないため、取り込みません。")))
        if refused:
            row.own = [key for key in row.own if key in kept]


def objections() -> Objections:
    """What the form would say of a row's custom values together with what is known, and what the input standards miss. Three
    queries, for a chunk."""
    fields, required, book = catalogue.all_fields(), layout.required(layout.current()), current.current()
    if not fields and not required and not book.rules:
        return lambda _columns, _before: {}
    empty = written(Details(), "prospect")

    def object_to(columns: Columns, before: Columns | None) -> dict[str, str]:
        custom = _own(columns) if fields else {}
        problems = values.checked(fields, custom, before=_own(before or {}))[1] if custom else {}
        if required:
            problems |= layout.missing(required, empty | dict(columns), before=None if before is None else empty | dict(before))
        if book.rules:
            now, then = empty | dict(columns), None if before is None else empty | dict(before)
            problems = {**book.judge(now, only=(), before=then).refused, **problems}
        return {key: texts[0] for key, texts in problems.items()}

    return object_to


def key_in_use() -> Callable[[str, object], str]:
    """What the value of a unique field is as an identity; "" for any other field."""
    fields = {key: field for key, field in catalogue.fields_in_use().items() if own_keys.is_key(field)}
    return lambda name, value: own_keys.key_of(fields[name], value) if name in fields else ""


def _own(columns: Columns) -> dict[str, object]:
    return {key: value for key, value in columns.items() if key.startswith("cf_")}
