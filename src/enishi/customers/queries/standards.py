"""入力基準 as its screens and its printed rulebook show it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db.models import F, Max, Min, QuerySet
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.details import Details, details_of, written
from enishi.customers.fields import catalogue
from enishi.customers.models import Customer, StandardBook
from enishi.customers.standards import current
from enishi.customers.standards.book import Book
from enishi.customers.standards.rule import BUILT_IN, CHECKS, LABELS, Rule, Rules, checks_of, read
from enishi.customers.standards.words import RuleWords, always, rule_words
from enishi.platform import policy, time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.organisation import organisation
from enishi.platform.sql.one_of import OneOf

#: So many customers are looked at while a draft is tried.
SAMPLE = 1_000
_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class RuleRow:
    words: RuleWords
    hits: int  # of the sample, who break it
    percent: str
    numbers: tuple[str, ...]  # of three who do


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    at: str
    by: str
    note: str
    rules: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class StandardsPage:
    rows: list[RuleRow]
    is_draft: bool
    sample: int
    total: int
    published_on: str
    always: list[tuple[str, str]]
    versions: list[Version]
    can_fix: int  # published rules that mend


def edited_rules() -> tuple[Rules, bool]:
    """The draft, or what is published where there is none. Two queries."""
    draft = StandardBook.rows.filter(published_at=None).values_list("rules", flat=True).first()
    return (read(draft), True) if draft is not None else (current.current().rules, False)


def rule_named(key: str) -> Rule:
    """Raises NotFound."""
    rules, _is_draft = edited_rules()
    found = next((rule for rule in rules if rule.key == key), None)
    if found is None:
        raise NotFound
    return found


def standards_page(actor: Actor) -> StandardsPage:
    """The rules that are being written, tried on a thousand customers of the whole base; whom they are is told as far as the actor sees
    them, by their numbers alone. Eight queries. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    rules, is_draft = edited_rules()
    book = current.book(rules) if rules else Book()
    people, total = _sample()
    hits: Counter[str] = Counter()
    who: dict[str, list[int]] = {}
    for pk, details, lifecycle in people:
        for key in book.judge(written(details, lifecycle)).broken:
            hits[key] += 1
            who.setdefault(key, []).append(pk)
    shown = _numbers(actor, {pk for ids in who.values() for pk in ids[:3]})
    published = _versions()
    own = catalogue.all_fields()
    return StandardsPage(
        rows=[
            RuleRow(
                rule_words(rule, own),
                hits[rule.key],
                _percent(hits[rule.key], len(people)),
                tuple(shown[pk] for pk in who.get(rule.key, [])[:3] if pk in shown),
            )
            for rule in rules
        ],
        is_draft=is_draft,
        sample=len(people),
        total=total,
        published_on=published[0].at if published else "",
        always=always(),
        versions=published,
        can_fix=sum(rule.fixes for rule in current.current().rules),
    )


def _percent(hits: int, of: int) -> str:
    if not hits or not of:
        return "0%"
    return f"{100 * hits / of:.1f}%" if hits * 1000 >= of else _("0.1%未満")


def _sample() -> tuple[list[tuple[int, Details, str]], int]:
    """Customers from all over the base, the same ones each time; and how many there are about. Three queries."""
    alive = Customer.rows.filter(archived_at__isnull=True)
    ends = Customer.rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return [], 0
    span = ends["last"] - ends["first"] + 1
    rows: QuerySet[Customer] = alive
    if span > 3 * SAMPLE:
        ids = Random(7).sample(range(ends["first"], ends["last"] + 1), 3 * SAMPLE)  # noqa: S311  # a sample, no secret
        rows = alive.filter(OneOf(F("pk"), ids))
    found = list(rows.defer("name_grams", "contact_grams").order_by("pk")[:SAMPLE])
    return [(one.pk, details_of(one), one.lifecycle) for one in found], span


def _numbers(actor: Actor, ids: set[int]) -> dict[int, str]:
    return dict(access.visible_customers(actor).filter(pk__in=ids).values_list("pk", "number")) if ids else {}


def _versions() -> list[Version]:
    rows = StandardBook.rows.filter(published_at__isnull=False).select_related("published_by").order_by("-published_at", "-pk")[:_VERSIONS]
    return [
        Version(
            row.pk,
            f"{time.local(row.published_at):%Y/%m/%d %H:%M}" if row.published_at else "",
            row.published_by.display_name if row.published_by else _("システム"),
            row.note,
            len(row.rules),
            place == 0,
        )
        for place, row in enumerate(rows)
    ]


def field_choices() -> list[tuple[str, str]]:
    """Fields for which there may be rules. One query."""
    own = catalogue.fields_in_use()
    return [
        *((name, str(LABELS[name])) for name in BUILT_IN),
        *((key, field.label) for key, field in own.items() if checks_of(key, own)),
    ]


def offered_checks() -> dict[str, list[str]]:
    """Check → the fields that it suits, for the form. One query."""
    own = catalogue.fields_in_use()
    names = [*BUILT_IN, *own]
    return {check: [name for name in names if check in checks_of(name, own)] for check in CHECKS}


def rulebook(actor: Actor, *, now: datetime) -> dict[str, object]:
    """The data of `standards.typ`: the published rules, field by field, in words. Three queries."""
    own = catalogue.all_fields()
    book = current.current()
    groups: dict[str, list[RuleWords]] = {}
    for rule in book.rules:
        words = rule_words(rule, own)
        groups.setdefault(words.field, []).append(words)
    return {
        "title": _("入力基準"),
        "company": organisation().name,
        "footer": _("%(at)s %(by)s 印刷") % {"at": f"{time.local(now):%Y/%m/%d %H:%M}", "by": actor.name},
        "about": _("%(on)s 現在。登録・編集・取り込み・API・データ整備のどこでも、同じ基準が働きます。")
        % {"on": format_date(time.today(now))},
        "always_label": _("いつも整えること"),
        "always": [list(one) for one in always()],
        "heads": [_("基準"), _("入力の例"), _("どうなるか"), _("扱い")],
        "none": _("公開した基準は、まだありません。"),
        "groups": [{"label": label, "rules": [_printed(one) for one in rules]} for label, rules in groups.items()],
    }


def _printed(words: RuleWords) -> list[str]:
    asked = f"{words.sentence}（{words.who}）" if words.who else words.sentence
    return [f"{asked}\n{words.message}" if words.message else asked, words.before, words.after, words.mode]
