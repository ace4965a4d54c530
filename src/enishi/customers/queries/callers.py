"""Who calls: the customers whom a telephone number, or its last figures, leads to."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.customers.search import narrowed
from enishi.platform.actor import Actor
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.japanese.normalise import digits
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.policy import present_many, shown

FEWEST_FIGURES = 4
SHOWN = 6
LOOKED_AT = 300  # hits that are looked at again, figure by figure


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    number: str
    kind: str
    name: str | None
    phone: str | None
    lifecycle: str
    owner: str | None = shown("owner__display_name")
    kana: str | None = shown("kana", format=to_hiragana)


@dataclass(frozen=True, slots=True)
class CallerLine:
    id: int
    name: str
    ruby: str
    honorific: str
    about: str  # number, telephone, stage, owner
    leads: str  # the customer's number


@dataclass(frozen=True, slots=True)
class Callers:
    lines: list[CallerLine]
    asked: bool  # whether there were figures enough to look
    is_whole: bool  # a whole telephone number
    may_register: bool


def callers(actor: Actor, phone: str) -> Callers:
    """Those about whom the actor may write down a call. Whoever does not read names finds somebody by the whole number alone.
    Five queries at most, and one view-log row."""
    whole, may = parse_phone(phone) is not None, access.may(actor, "create")
    if len(digits(phone)) < FEWEST_FIGURES or not (whole or access.reads_names(actor)):
        return Callers([], False, whole, may)
    theirs = access.recordable_customers(actor)
    found = narrowed(actor, theirs, digits(phone) if not whole else phone, few=LOOKED_AT)
    rows = found.rows if found.ids is None else theirs.filter(pk__in=found.ids)
    stages = dict(Customer.Lifecycle.choices)
    lines = [_line(row, str(stages.get(row.lifecycle, ""))) for row in present_many(_Row, actor, rows.order_by("sort_kana", "id")[:SHOWN])]
    return Callers(lines, True, whole, may)


def _line(row: _Row, stage: str) -> CallerLine:
    is_person = row.kind == Customer.Kind.PERSON
    return CallerLine(
        id=row.id,
        name=row.name or _("（氏名は表示できません）"),
        ruby=(row.kana or "") if is_person and row.name and "＊" not in row.name else "",
        honorific=pgettext("after a name", "様") if is_person else pgettext("after a name", "御中"),
        about="・".join(filter(None, (row.number, row.phone, stage, row.owner))),
        leads=row.number,
    )
