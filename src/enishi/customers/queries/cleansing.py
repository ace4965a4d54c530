"""データ整備 as its screens show it: what can be mended, what a trial would change, and what was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.bulk.cleansing_contacts import further_addresses, mended_texts
from enishi.customers.bulk.mending import book_of, mending
from enishi.customers.details import column_of
from enishi.customers.fields import catalogue
from enishi.customers.models import BulkRow, BulkRun
from enishi.customers.models.contacts import ADDRESS
from enishi.customers.queries.views import saved_tabs
from enishi.customers.standards import current
from enishi.customers.standards.book import Book
from enishi.customers.standards.rule import label_of, read
from enishi.customers.standards.words import RuleWords, rule_words
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.policy import present_many

_RUNS = 30
_SHOWN = 10  # at each end of a trial's list
Verb, State = BulkRun.Verb, BulkRun.State


@dataclass(frozen=True, slots=True)
class PastRun:
    url: str
    at: str
    title: str
    rules: str
    state: str
    changed: int
    is_trial: bool


@dataclass(frozen=True, slots=True)
class CleansingPage:
    rules: list[RuleWords]
    targets: list[tuple[str, str]]
    runs: list[PastRun]


def cleansing_page(actor: Actor) -> CleansingPage:
    """The rules that can mend, whom they can be used on, and the actor's own runs. Five queries. Raises NotAllowed."""
    access.require(actor, "bulk")
    own = catalogue.all_fields()
    views = [(tab.key, _("ビュー：%(name)s") % {"name": tab.name}) for tab in saved_tabs(actor)]
    runs = BulkRun.rows.filter(owner_id=actor.user_id or 0, verb__in=[Verb.TRY, Verb.CLEANSE]).order_by("-pk")[:_RUNS]
    return CleansingPage(
        [rule_words(rule, own) for rule in mending(current.current().rules, actor).rules],
        [("", _("見られる顧客のすべて")), ("mine", _("自分が担当する顧客")), *views],
        [_past(run) for run in runs],
    )


def _past(run: BulkRun) -> PastRun:
    undo = run.undoes_id is not None
    return PastRun(
        url=reverse("customers:bulk-run", args=[run.pk]),
        at=f"{time.local(run.created_at):%Y/%m/%d %H:%M}",
        title=_("元に戻す") if undo else str(Verb(run.verb).label),
        rules="・".join(rule_labels(run)),
        state=str(State(run.state).label),
        changed=run.changed_count,
        is_trial=run.verb == Verb.TRY,
    )


def rule_labels(run: BulkRun) -> list[str]:
    """The fields that a run writes, each once."""
    own = catalogue.all_fields()
    return list(dict.fromkeys(label_of(rule.field, own) for rule in read(run.wishes.get("rules", []))))


@dataclass(frozen=True, slots=True)
class _Texts:
    """What the rules may look at, as far as the actor reads it."""

    id: int
    number: str
    kind: str
    lifecycle: str
    name: str | None
    family_name: str | None
    given_name: str | None
    kana: str | None
    former_name: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None
    acquisition_source: str | None
    birthday_on: date | None
    custom: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    url: str
    number: str
    name: str
    changes: list[tuple[str, str, str]]  # field, before, after


@dataclass(frozen=True, slots=True)
class _Address:
    """A further address, as far as the actor reads it."""

    customer_id: int
    customer__kind: str
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None


def _beside(actor: Actor, book: Book, ids: Collection[int]) -> dict[int, list[tuple[str, str, str]]]:
    """The differences of further addresses, by customer. One query, none for rules of other fields."""
    found: dict[int, list[tuple[str, str, str]]] = {}
    if not book.fields.intersection(ADDRESS):
        return found
    rows = further_addresses(ids).filter(customer__in=access.visible_customers(actor))
    for row in present_many(_Address, actor, rows):
        texts = {name: getattr(row, name) or "" for name in ADDRESS}
        for name, text in mended_texts(book, row.customer__kind, texts).items():
            label = _("ほかの住所の%(field)s") % {"field": label_of(name, {})}
            found.setdefault(row.customer_id, []).append((label, texts[name], text))
    return found


def differences(actor: Actor, run: BulkRun) -> list[Difference]:
    """Of a trial, what it would change of the first ten and the last ten, as things stand now. Four queries and a row in the view log."""
    hit = BulkRow.rows.filter(run=run, outcome=BulkRow.Outcome.CHANGED)
    ids = {
        *hit.order_by("position").values_list("customer_id", flat=True)[:_SHOWN],
        *hit.order_by("-position").values_list("customer_id", flat=True)[:_SHOWN],
    }
    if not ids:
        return []
    own, book, base = catalogue.all_fields(), book_of(run, actor), reverse("customers:list")
    beside = _beside(actor, book, ids)
    found = []
    for row in present_many(_Texts, actor, access.visible_customers(actor).filter(pk__in=ids).order_by("pk")):
        said: dict[str, object] = {column_of(name): getattr(row, name) for name in row.__dataclass_fields__ if name != "custom"}
        said |= dict(row.custom)
        fixed = book.judge(said, required=False).fixed
        changes = [(label_of(name, own), str(said[name]), text) for name, text in fixed.items()]
        changes += beside.get(row.id, [])
        if changes:
            found.append(Difference(f"{base}{row.number}/", row.number, row.name or row.number, changes))
    return found
