"""Segments as their screens show them: the list, a live count, and the people within the viewer's scope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from enishi.customers.access import visible_customers
from enishi.customers.queries.consent import can_be_mailed
from enishi.platform import policy, time
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.listing import Slice, Window, page_of_ids
from enishi.platform.policy import shown
from enishi.rules.facts import Registry, registry
from enishi.rules.readback import sentence
from enishi.rules.rights import RuleRefused, readable, refuse_unreadable
from enishi.rules.tree import Rule, RuleInvalid, parse
from enishi.segments.access import sees_everybody, segment_for, visible_segments
from enishi.segments.analyses import RuleParams, is_for_the_mirror
from enishi.segments.queries.members import visible_members
from enishi.warehouse.access import reach_of
from enishi.warehouse.engine.client import ask


@dataclass(frozen=True, slots=True)
class SegmentRow:
    id: int
    number: str
    name: str
    rule: object
    last_count: int | None
    counted_at: datetime | None
    owner_name: str | None = shown("owner__display_name")

    @property
    def words(self) -> str:
        """The rule, read back."""
        try:
            return str(sentence(parse(self.rule), registry()))
        except RuleInvalid:
            return _("いまは使えない項目が条件にあります。")


def segment_rows(actor: Actor) -> list[SegmentRow]:
    """Segments that the actor may see, by name: those whose facts they may all read. The count that somebody saw of
    everybody is for those who see everybody. One query.
    """
    rows = policy.present_many(SegmentRow, actor, visible_segments(actor).order_by("name", "id"))
    known = registry()
    rows = [row for row in rows if _reads_facts(actor, row.rule, known)]
    return rows if sees_everybody(actor) else [replace(row, last_count=None, counted_at=None) for row in rows]


def _reads_facts(actor: Actor, rule: object, known: Registry) -> bool:
    try:
        refuse_unreadable(parse(rule), known, actor)
    except RuleRefused:
        return False
    except RuleInvalid:  # a fact of a module that is off: it says nothing of anybody
        return True
    return True


@dataclass(frozen=True, slots=True)
class SegmentCard:
    id: int
    number: str
    name: str
    rule: Rule


def segment_card(actor: Actor, segment_id: int) -> SegmentCard:
    """One segment whose facts the actor may read. Raises NotFound, RuleRefused."""
    row = segment_for(actor, segment_id)
    rule = parse(row.rule)
    refuse_unreadable(rule, registry(), actor)
    return SegmentCard(row.pk, row.number, row.name, rule)


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many of the people that the actor sees are in the rule, of how many, and as of when."""

    members: int
    everybody: int
    at: datetime


def headcount(actor: Actor, rule: Rule, *, now: datetime) -> Headcount | None:
    """None: it is being counted; ask again soon. Raises RuleRefused. Two queries, or none where the mirror is asked."""
    people = visible_members(actor, rule, now=now)
    if is_for_the_mirror(rule, registry()):
        answer = ask("rule_count", RuleParams(rule=rule, today=time.today(now)), reach_of(actor, ("customer",)))
        if answer.state == "done" and answer.at:
            [counted] = answer.tables["count"].records()
            return Headcount(counted["members"], counted["everybody"], answer.at)
        if answer.state in ("running", "busy"):
            return None
    members = people.aggregate(n=Count("pk"))["n"]
    return Headcount(members, visible_customers(actor).aggregate(n=Count("pk"))["n"], now)


@dataclass(frozen=True, slots=True)
class Member:
    id: int
    number: str
    lifecycle: str
    name: str | None = shown("name")
    kana: str | None = shown("kana")
    prefecture: str | None = shown("prefecture")
    created_at: date | None = shown("created_at")


@dataclass(frozen=True, slots=True)
class MemberPage:
    rows: list[Member]
    slice: Slice
    mailable: dict[int, str]  # id → "" or why not


def members(actor: Actor, rule: Rule, window: Window, *, now: datetime) -> MemberPage:
    """One page of the people in a rule, newest first, each with whether a mailing may go there. Raises RuleRefused."""
    people = visible_members(actor, rule, now=now)
    found = page_of_ids(people, [], window, descending=True, along=visible_customers(SYSTEM))
    rows = {row.id: row for row in policy.present_many(Member, actor, people.filter(pk__in=found.ids))}
    mailable = {pk: state.reason for pk, state in can_be_mailed(found.ids).items()}
    return MemberPage([rows[pk] for pk in found.ids if pk in rows], found, mailable)


def palette(actor: Actor) -> object:
    """What the actor may ask about."""
    return readable(registry(), actor)
