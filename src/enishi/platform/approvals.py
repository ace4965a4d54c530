"""What can wait for somebody's yes, as the apps offer it by the wires APPROVAL_KINDS and APPROVAL_SUBJECTS, and whose turn it is.

An act that may need approval asks once, inside its own action, with `actions_approvals.ask`; it is told when it may go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise

from enishi.platform import time, wiring
from enishi.platform.actor import Actor
from enishi.platform.models import ApprovalRequest, ApprovalRule, ApprovalRuleStep, ApprovalStep, Deputy, Organisation, User, UserRole

type Outcome = Literal["approved", "rejected", "expired", "cancelled"]


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """A kind of act that a rule is about. `about`: what the number of the rule counts."""

    label: str | Promise
    about: str | Promise


@dataclass(frozen=True, slots=True)
class ApprovalSubject:
    """A table of what may wait. `may_decide(actor, id)`: whether who says yes holds the right over all that it concerns
    themselves. `decided(id, outcome, comment, now)`: go on, or do not; called once, inside the deciding action."""

    may_decide: Callable[[Actor, int], bool]
    decided: Callable[[int, Outcome, str, datetime], None]


def kinds() -> Mapping[str, ApprovalKind]:
    wired: dict[str, dict[str, str]] = wiring.load("APPROVAL_KINDS")
    return {key: ApprovalKind(**said) for key, said in wired.items()}


def subject(label: str) -> ApprovalSubject:
    found: ApprovalSubject = wiring.load("APPROVAL_SUBJECTS")[label]
    return found


def rule_for(kind: str, count: int) -> ApprovalRule | None:
    """The rule by which `count` rows of this kind take somebody else's yes; None where they do not. Nobody can be asked where one
    person alone works. Two queries at most."""
    rule = ApprovalRule.rows.filter(kind=kind, on=True, threshold__lt=count).first()
    return rule if rule is not None and not works_alone() else None


def works_alone() -> bool:
    """Whether the installation has one user. One query."""
    return User.rows.filter(is_active=True).count() < 2


# ---- whose turn it is -------------------------------------------------------------------------------------------------


def stood_in_for(user_id: int, today: date) -> list[int]:
    """For whom a user decides today. One query."""
    return sorted(set(_deputies(user_id, today).values_list("user_id", flat=True)))


def turns_of(user_id: int, today: date) -> QuerySet[ApprovalStep]:
    """The steps whose turn it is and that this user may decide: their own, and those of people they stand in for; never one of
    their own request, nor of anybody's whom they stand in for there."""
    stead = _deputies(user_id, today).exclude(user_id=OuterRef("request__requester_id"))
    holders = UserRole.rows.filter(role_id=OuterRef(OuterRef("role_id"))).values("user_id")
    mine = Q(person_id=user_id) | Q(role_id__in=UserRole.rows.filter(user_id=user_id).values("role_id"))
    theirs = Exists(stead.filter(user_id=OuterRef("person_id"))) | Exists(stead.filter(user_id__in=holders))
    rows = ApprovalStep.rows.filter(request__state=ApprovalRequest.State.WAITING, place=F("request__step"))
    return rows.filter(mine | theirs).exclude(request__requester_id=user_id)


def _deputies(user_id: int, today: date) -> QuerySet[Deputy]:
    return Deputy.rows.filter(deputy_id=user_id, from_on__lte=today, until_on__gte=today, ended_at=None, user__is_active=True)


def falls_to(step: ApprovalStep, user_id: int) -> bool:
    """Whether a step is this user's own to decide. One query at most."""
    if step.person_id is not None:
        return step.person_id == user_id
    return UserRole.rows.filter(user_id=user_id, role_id=step.role_id or 0).exists()


def menu_count(actor: Actor) -> int | None:
    """What the menu says: how many wait for the actor; None where approvals are no matter here. Stands on every page: one small query,
    and a second one only while something waits for somebody."""
    if actor.kind != "staff" or actor.user_id is None:
        return None
    requests = ApprovalRequest.rows.all()
    waits = Exists(requests.filter(state=ApprovalRequest.State.WAITING))
    in_use = Exists(ApprovalRule.rows.filter(on=True)) | Exists(requests)
    told = Organisation.rows.annotate(in_use=in_use, waits=waits).values_list("in_use", "waits").first()
    is_in_use, is_waiting = told or (False, False)
    if not is_in_use:
        return None
    return turns_of(actor.user_id, time.today()).count() if is_waiting else 0


def can_anybody(step: ApprovalRuleStep, requester_id: int | None) -> bool:
    """Whether somebody else could decide such a step. One query."""
    people = User.rows.filter(is_active=True).exclude(pk=requester_id or 0)
    if step.person_id is not None:
        return people.filter(pk=step.person_id).exists()
    return people.filter(pk__in=UserRole.rows.filter(role_id=step.role_id or 0).values("user_id")).exists()
