"""A delivery before it is sent: its plan, whom it would reach, and the people to look at it as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from enishi.campaigns.models import Audience
from enishi.campaigns.statistics import FEWEST_FOR_CONTROL, detectable_difference
from enishi.commerce.models import Order
from enishi.customers.access import reads_names
from enishi.customers.models import ConsentState, Customer
from enishi.customers.queries.consent_proof import purpose_names, purposes_in_use
from enishi.customers.queries.recipients import mail_is_stopped
from enishi.messaging.access import visible_accounts
from enishi.messaging.models import Delivery
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.rules.tree import parse
from enishi.segments.access import segment_for
from enishi.segments.queries.members import visible_members
from enishi.segments.queries.screens import segment_rows

SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Draft:
    id: int
    number: str
    name: str
    state: str
    subject: str
    preheader: str
    blocks: list[dict[str, object]]
    account_id: int | None
    segment_id: int | None
    control_percent: int
    hypothesis: str
    purpose: str


def draft(actor: Actor, delivery_id: int) -> Draft:
    """The plan of a delivery that the actor may change. Raises NotFound, NotAllowed. Two queries."""
    row = policy.get(actor, Delivery, "update", delivery_id, lock=False)
    audience = Audience.rows.filter(pk=delivery_id).first()
    if audience is None:
        raise NotFound
    return Draft(
        row.pk,
        row.number,
        row.name,
        row.state,
        row.subject,
        row.preheader,
        row.blocks,
        row.account_id,
        audience.segment_id,
        audience.control_percent,
        audience.hypothesis,
        row.purpose,
    )


def purpose_choices(of: Draft) -> list[tuple[str, str]]:
    """The company's purposes of use, and the one of this draft where it is retired by now. Two queries at most."""
    found = purposes_in_use()
    if of.purpose in dict(found) or of.purpose == Delivery.TRANSACTIONAL:
        return found
    return [*found, (of.purpose, purpose_names().get(of.purpose, of.purpose))]


def segment_choices(actor: Actor) -> list[tuple[int, str]]:
    """Segments whose facts the actor may all read, by name. One query."""
    return [(row.id, row.name) for row in segment_rows(actor)]


def account_choices(actor: Actor) -> list[tuple[int, str]]:
    rows = visible_accounts(actor).order_by("id").values_list("id", "name", "from_email")
    return [(pk, f"{name}（{address}）") for pk, name, address in rows]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a segment reaches by mail, now. The list of suppressed addresses is read when sending."""

    people: int
    writable: int
    no_address: int
    refused: int
    never_asked: int
    buyers_of_week: int
    rate_of_all: float = 0.0

    @property
    def base_rate(self) -> float:
        """Share that bought within the last seven days: what the control group will roughly do.

        A rule like "bought 30 to 90 days ago" leaves nobody who bought this week; then the share of all customers is a better guess.
        """
        own = self.buyers_of_week / self.people if self.people else 0.0
        return max(own, self.rate_of_all)

    @property
    def too_few_to_compare(self) -> bool:
        return self.writable < FEWEST_FOR_CONTROL

    def recipients(self, percent: int) -> int:
        """About how many get the mail when `percent` are held back."""
        return self.writable - self.writable * percent // 100

    def detectable(self, percent: int) -> float | None:
        """The difference that a control group of `percent` could show, as a share."""
        control = self.people * percent // 100
        return detectable_difference(self.people - control, control, self.base_rate)


def reach(actor: Actor, segment_id: int, *, purpose: str, now: datetime) -> Reach:
    """By the consents to this purpose. Raises NotFound, RuleRefused. Four queries."""
    rule = parse(segment_for(actor, segment_id).rule)
    people = visible_members(actor, rule, now=now).annotate(
        says_yes=_said(purpose, allowed=True), says_no=_said(purpose, allowed=False), stopped=mail_is_stopped()
    )
    week = Order.rows.filter(counts=True, ordered_at__gte=now - timedelta(days=7), ordered_at__lt=now)
    bought = Exists(week.filter(customer=OuterRef("pk")))
    has_address = ~Q(email="") & Q(stopped=False)
    counted = people.annotate(bought=bought).aggregate(
        people=Count("pk"),
        writable=Count("pk", filter=has_address & Q(says_yes=True)),
        no_address=Count("pk", filter=~has_address),
        refused=Count("pk", filter=has_address & Q(says_no=True)),
        never_asked=Count("pk", filter=has_address & Q(says_yes=False, says_no=False)),
        buyers_of_week=Count("pk", filter=Q(bought=True)),
    )
    everybody = policy.scope(actor, Customer, "read").filter(archived_at=None)
    buyers = week.filter(customer__in=everybody.order_by().values("pk")).values("customer").distinct().count()
    count = everybody.count()
    return Reach(**counted, rate_of_all=buyers / count if count else 0.0)


def _said(purpose: str, *, allowed: bool) -> Exists:
    """Whether the customer allowed mails of this purpose, or refused them."""
    return Exists(ConsentState.rows.filter(customer=OuterRef("pk"), channel="email", purpose=purpose, allowed=allowed))


@dataclass(frozen=True, slots=True)
class Sample:
    id: int
    name: str | None = policy.shown("name")


def samples(actor: Actor, segment_id: int | None, *, purpose: str, now: datetime) -> list[Sample]:
    """Some real people of the segment who may be written to, newest first, to look at the mail as; nobody for whoever may not read names in clear.

    Raises NotFound, RuleRefused. Two queries.
    """
    if segment_id is None or not reads_names(actor):
        return []
    rule = parse(segment_for(actor, segment_id).rule)
    rows = (
        visible_members(actor, rule, now=now)
        .filter(_said(purpose, allowed=True), ~mail_is_stopped())
        .exclude(email="")
        .order_by("-id")[:SAMPLES]
    )
    return policy.present_many(Sample, actor, rows)


def require_sample(actor: Actor, customer_id: int) -> None:
    """A mail shows its reader's name: only a customer that the actor may read in clear. Raises NotFound, NotAllowed."""
    policy.get(actor, Customer, "read", customer_id, lock=False)
    if not reads_names(actor):
        raise NotAllowed
