"""What the input standards make of a customer in a data cleansing: asked by its trial, its deed and its screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from enishi.customers.details import LONGEST, Details, may_write, written
from enishi.customers.models import BulkRun
from enishi.customers.standards import current
from enishi.customers.standards.book import Book
from enishi.customers.standards.rule import Rule, read
from enishi.platform.actor import Actor
from enishi.platform.japanese.names import full_name
from enishi.platform.japanese.normalise import clean

_LONGEST_OWN = 255


def mending(rules: Sequence[Rule], actor: Actor) -> Book:
    """Of these rules those that mend, in fields that the actor may write. A unique value is somebody's key: it is left alone."""
    found = current.book(tuple(rule for rule in rules if rule.fixes))
    kept = tuple(
        rule for rule in found.rules if may_write(actor, rule.field) and not (rule.field in found.own and found.own[rule.field].is_unique)
    )
    return replace(found, rules=kept)


def book_of(run: BulkRun, actor: Actor) -> Book:
    """What a run was ordered to do: its own copy of the rules, whatever was published since."""
    return mending(read(run.wishes.get("rules", [])), actor)


def mended(book: Book, before: Details, lifecycle: str) -> Details:
    """The details as the book writes them; what would not fit into its field stays."""
    fixed = {name: clean(text) for name, text in book.judge(written(before, lifecycle), required=False).fixed.items()}
    plain: dict[str, Any] = {name: text for name, text in fixed.items() if text and len(text) <= LONGEST.get(name, -1)}
    own = {name: text for name, text in fixed.items() if name.startswith("cf_") and len(text) <= _LONGEST_OWN}
    after = replace(before, **plain, custom={**before.custom, **own})
    return _named(after) if {"family_name", "given_name"} & plain.keys() else after


def _named(details: Details) -> Details:
    return replace(details, name=full_name(details.family_name, details.given_name))
