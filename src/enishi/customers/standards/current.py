"""The rules in use, and what they make of a customer's details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from enishi.customers.details import Details, changed_names, checked, checked_texts, written
from enishi.customers.fields import catalogue
from enishi.customers.models import StandardBook
from enishi.customers.standards.book import Book, Remark, Verdict
from enishi.customers.standards.rule import Rule, checks_of, label_of, read
from enishi.platform import once
from enishi.platform.errors import Invalid

_QUESTION = "input standards"


def current() -> Book:
    """The book in use: the newest that was published. One query, once a request; a second one where it has rules."""
    return once.once(_QUESTION, _ask)


def forget() -> None:
    once.forget(_QUESTION)


def _ask() -> Book:
    published = StandardBook.rows.filter(published_at__isnull=False).order_by("-published_at", "-pk")
    row = published.values_list("pk", "rules").first()
    return book_of(row[1], version=row[0]) if row else Book()


def book_of(stored: object, *, version: int = 0) -> Book:
    """Stored rules as a book, less those about fields that are gone."""
    rules = read(stored)
    return book(rules, version=version) if rules else Book(version)


def book(rules: tuple[Rule, ...], *, version: int = 0) -> Book:
    own = catalogue.fields_in_use()
    kept = tuple(rule for rule in rules if rule.check in checks_of(rule.field, own))
    return Book(version, kept, {key: own[key] for rule in kept if (key := rule.field) in own})


def judged(details: Details, lifecycle: str, *, before: Details | None = None) -> tuple[Details, Verdict]:
    """Checked details as the standards have them, and what they say of what was written. Of somebody known only of what changes
    (`before`)."""
    found = current()
    if not found.rules:
        return details, Verdict()
    only = None if before is None else changed_names(before, details)
    verdict = found.judge(written(details, lifecycle), only=only, before=None if before is None else written(before, lifecycle))
    return with_fixed(details, verdict), verdict


def with_fixed(details: Details, verdict: Verdict) -> Details:
    """The details with what was mended in their stored form."""
    if not verdict.fixed:
        return details
    own = {name: text for name, text in verdict.fixed.items() if name.startswith("cf_")}
    plain = {name: text for name, text in verdict.fixed.items() if name not in own}
    return checked(replace(details, **plain, custom={**details.custom, **own}), before=details)  # type: ignore[arg-type]


def obeyed(details: Details, lifecycle: str, *, before: Details | None = None) -> tuple[Details, tuple[Remark, ...]]:
    """Checked details, mended where the standards mend, and what they tell whoever wrote them. Raises Invalid, with what they refuse,
    field by field."""
    mended, verdict = judged(details, lifecycle, before=before)
    if verdict.refused:
        raise Invalid(fields=verdict.refused)
    return mended, verdict.told


def obeyed_texts(given: Mapping[str, str], kind: str) -> tuple[dict[str, str], tuple[Remark, ...]]:
    """Texts that stand beside the customer's own, by the names of the fields whose rules they obey (a further address: city, street …),
    in the same way. What is required is required of the customer's own alone. `kind`: of the customer. Raises Invalid."""
    found = current()
    if not found.rules:
        return dict(given), ()
    verdict = found.judge({**given, "kind": kind}, required=False)
    if verdict.refused:
        raise Invalid(fields=verdict.refused)
    mended, problems = checked_texts({**given, **verdict.fixed})
    if problems:
        raise Invalid(fields=problems)
    return mended, verdict.told


def sentences(remarks: Iterable[Remark]) -> list[str]:
    """What is told, with the field that each is about. One query, once a request, where anything is."""
    said = list(remarks)
    own = catalogue.all_fields() if said else {}
    return [_("%(field)s：%(words)s") % {"field": label_of(one.field, own), "words": one.words} for one in said]
