"""What the composer offers: whom the next action may be given to, and the day that it proposes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from enishi.customers import access
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.holidays import add_business_days


@dataclass(frozen=True, slots=True)
class Composer:
    people: dict[int, str]  # who may be given the next action
    due_on: date  # the next business day
    me: int | None


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str


def composer(actor: Actor, customer_id: int, *, now: datetime) -> Composer:
    """For the form on one customer's page. Raises NotFound. Two queries."""
    customer = access.readable_customers(actor).filter(pk=customer_id).only("owner_id", "team_id").first()
    if customer is None:
        raise NotFound
    return Composer(access.doers(customer), _proposed(now), actor.user_id)


def first_composer(actor: Actor, *, now: datetime) -> Composer:
    """For a customer who is not known yet: the next action is the actor's own."""
    return Composer({actor.user_id: actor.name} if actor.user_id else {}, _proposed(now), actor.user_id)


def readers(actor: Actor, customer_id: int) -> list[Colleague]:
    """Colleagues who may be called by @ in what is written about a customer. Raises NotFound. Two queries."""
    customer = access.readable_customers(actor).filter(pk=customer_id).only("owner_id", "team_id").first()
    if customer is None:
        raise NotFound
    return [Colleague(pk, name) for pk, name in access.readers(customer).items() if pk != actor.user_id]


def _proposed(now: datetime) -> date:
    return add_business_days(time.today(now), 1)
