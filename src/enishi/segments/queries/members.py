"""Who is in a rule: for the system whole, for a viewer only within what they may see."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from enishi.customers.access import visible_customers
from enishi.customers.models import Customer
from enishi.platform.actor import SYSTEM, Actor
from enishi.rules.facts import registry
from enishi.rules.rights import refuse_unreadable
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import Rule, parse


def members_of_rule(rule: object, *, now: datetime) -> QuerySet[Customer]:
    """Every living customer in a stored rule. For jobs, never for a screen. Raises RuleInvalid."""
    return to_queryset(parse(rule), visible_customers(SYSTEM), now=now, registry=registry())


def visible_members(actor: Actor, rule: Rule, *, now: datetime) -> QuerySet[Customer]:
    """The members that the actor may see. Raises RuleRefused where a fact of the rule is not theirs to read."""
    refuse_unreadable(rule, registry(), actor)
    return to_queryset(rule, visible_customers(actor), now=now, registry=registry())


def require_readable(actor: Actor, rule: object) -> None:
    """Raises RuleRefused where the actor cannot read every fact class of a stored rule in clear."""
    refuse_unreadable(parse(rule), registry(), actor)
