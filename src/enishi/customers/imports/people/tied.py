"""Relations in customer files: which columns name another customer, by what, and what a row says of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from django.utils import translation
from django.utils.translation import gettext as _

from enishi.customers.fields import catalogue, own_keys, values
from enishi.customers.fields.field import Field
from enishi.customers.importing.cleaned import Value
from enishi.customers.importing.texts import is_customer_number
from enishi.customers.importing.vocabulary import TargetField
from enishi.customers.imports.people.rows import Key, Tie
from enishi.customers.imports.target import Message
from enishi.customers.models import Identity
from enishi.customers.ties import GROUP, HOUSEHOLD, REFERRED, WORKS_FOR, RelationKind, relation_kinds
from enishi.platform.japanese.company import company_key
from enishi.platform.japanese.mail import MailProblem, read_mail
from enishi.platform.japanese.normalise import clean, fold, narrow
from enishi.platform.japanese.phone import parse_phone

#: Under which `extras` has the `Ways` of a file.
WAYS = "ties"
#: A file may say kind and customer in two columns, or have a column for a kind.
OTHER, KIND = "tie_other", "tie_kind"
_BUILT_IN: Mapping[str, tuple[str, bool]] = {f"tie_{kind}": (kind, True) for kind in (WORKS_FOR, HOUSEHOLD, GROUP, REFERRED)}
_LONGEST = 80

type Way = tuple[str, bool]  # kind, and whether the row's customer is its source


@dataclass(frozen=True, slots=True)
class Ways:
    """What the columns of one file can say. Plain data: it goes to the preparing process."""

    columns: Mapping[str, Way]
    words: Mapping[str, Way]  # what may stand in the column of kinds, folded → the way
    labels: Mapping[str, str]  # columns of kinds of the company's own → label
    kinds: Sequence[str]  # what to write into the column of kinds
    keys: Mapping[str, Field]  # fields of the company's own of which each customer has another value


def is_tie(key: str) -> bool:
    """Whether a field of the file names another customer."""
    return key.startswith("tie_") and key not in (KIND, "tie_from_on", "tie_until_on")


def target_fields() -> tuple[TargetField, ...]:
    """Columns for the kinds of the company's own. One query."""
    return tuple(TargetField(key, label, synonyms=words) for key, label, _way, words in _own(relation_kinds().values()))


def _own(kinds: Collection[RelationKind]) -> Iterator[tuple[str, str, Way, tuple[str, ...]]]:
    """Key, label, way and headings of both ends; of the first alone where they are called the same."""
    for kind in kinds:
        if kind.is_retired or not kind.code.startswith("own_"):
            continue
        name = str(kind.name)
        yield f"tie_{kind.code}", str(kind.target_label), (kind.code, True), (name,) if name != kind.target_label else ()
        if str(kind.source_label) != str(kind.target_label):
            yield f"tie_{kind.code}:in", str(kind.source_label), (kind.code, False), ()


def ways(keys: Collection[str]) -> dict[str, Ways]:
    """For `extras`. Two queries, none where no column names another customer."""
    if not any(map(is_tie, keys)):
        return {}
    kinds = relation_kinds()
    own = list(_own(kinds.values()))
    return {
        WAYS: Ways(
            columns={**_BUILT_IN} | {key: way for key, _label, way, _words in own},
            words=_words(kinds.values()),
            labels={key: label for key, label, _way, _words in own},
            kinds=[str(kind.name) for kind in kinds.values() if not kind.is_retired],
            keys={key: field for key, field in catalogue.fields_in_use().items() if own_keys.is_key(field)},
        )
    }


def _words(kinds: Collection[RelationKind]) -> dict[str, Way]:
    """A kind by its name or by what the target is to the source; the other way round by what the source is to the target."""
    found: dict[str, Way] = {}
    for language in ("ja", "en"):
        with translation.override(language):
            going_on = [kind for kind in kinds if not kind.is_retired]
            for kind in going_on:
                for word in (kind.code, kind.name, kind.target_label):
                    found.setdefault(fold(str(word)), (kind.code, True))
            for kind in going_on:
                found.setdefault(fold(str(kind.source_label)), (kind.code, False))
    return found


def said(row: Mapping[str, Value], ways: Ways, errors: list[Message]) -> tuple[Tie, ...]:
    """The relations that a row names; what is wrong with them is added to the errors."""
    from_on, until_on = cast("date | None", row.get("tie_from_on")), cast("date | None", row.get("tie_until_on"))
    if from_on and until_on and until_on < from_on:
        errors.append(Message("tie_until_on", _("「関係の開始日」より前の日です。")))
    found = [(key, way, str(row[key])) for key, way in ways.columns.items() if key in row]
    if OTHER in row:
        way = _way(row, ways, errors)
        if way is not None:
            found.append((OTHER, way, str(row[OTHER])))
    return tuple(_tie(key, way, whom, row, ways, from_on, until_on, errors) for key, way, whom in found)


def _way(row: Mapping[str, Value], ways: Ways, errors: list[Message]) -> Way | None:
    word = str(row.get(KIND, ""))
    way = ways.words.get(fold(word))
    if way is None:
        kinds = "・".join(ways.kinds)
        errors.append(
            Message(KIND, _("関係の種類として読めません（%(text)s）。%(kinds)sのどれかで入れてください。") % {"text": word, "kinds": kinds})
            if word
            else Message(KIND, _("関係の種類がありません。%(kinds)sのどれかを入れてください。") % {"kinds": kinds})
        )
    return way


def _tie(
    column: str,
    way: Way,
    whom: str,
    row: Mapping[str, Value],
    ways: Ways,
    from_on: date | None,
    until_on: date | None,
    errors: list[Message],
) -> Tie:
    kind, outward = way
    department, title = _post(kind, column, row, errors)
    plain = narrow(clean(whom))
    return Tie(
        column=column,
        kind=kind,
        outward=outward,
        whom=clean(whom),
        number=plain.upper() if is_customer_number(plain) else "",
        keys=_keys(whom, plain, ways),
        name_key=company_key(whom),
        department=department,
        title=title,
        from_on=from_on,
        until_on=until_on,
    )


def _post(kind: str, column: str, row: Mapping[str, Value], errors: list[Message]) -> tuple[str, str]:
    """Department and title: those of the employment in its column, 続柄 in that of the household, all in a file of relations."""
    names = {WORKS_FOR: ("department", "title"), HOUSEHOLD: ("", "kinship")}.get(kind, ("", ""))
    if column == OTHER:
        names = ("department", "title" if "title" in row else "kinship")
    texts = [str(row.get(name, "")) for name in names]
    for name, text in zip(names, texts, strict=True):
        if len(text) > _LONGEST:
            errors.append(Message(name, _("%(n)d文字以内で入力してください。") % {"n": _LONGEST}))
    return texts[0], texts[1]


def _keys(text: str, plain: str, ways: Ways) -> tuple[Key, ...]:
    """Everything by which a customer may be meant: 会員番号, shop's id, mail address, phone, unique fields of one's own."""
    found: list[Key] = [(Identity.Kind.MEMBER.value, plain), (Identity.Kind.SHOP.value, plain)]
    mail, phone = read_mail(text), parse_phone(text)
    if not isinstance(mail, MailProblem):
        found.append((Identity.Kind.EMAIL.value, mail))
    if phone is not None:
        found.append((Identity.Kind.PHONE.value, phone.e164))
    for key, field in ways.keys.items():
        try:
            found.append((key, own_keys.key_of(field, values.read(field, text))))
        except values.Refused:
            continue
    return tuple((kind, value[:254]) for kind, value in found if value)
