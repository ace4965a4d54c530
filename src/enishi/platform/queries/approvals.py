"""承認 as its screens show it: what waits for the reader, what they asked for, how it was decided; deputies; the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from enishi.platform import approvals, policy, time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import ApprovalRequest, ApprovalRule, ApprovalRuleStep, ApprovalStep, Deputy, Role, User

PAGE = 50
State = ApprovalRequest.State
_TONES = {State.WAITING: "wait", State.APPROVED: "good", State.REJECTED: "bad"}


@dataclass(frozen=True, slots=True)
class RequestLine:
    id: int
    title: str
    reason: str
    requester: str
    created_at: datetime
    expires_at: datetime
    state: str
    state_label: str
    tone: str
    is_mine: bool  # the reader asked for it
    is_my_turn: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    who: str  # the role or the person whose turn it is
    is_now: bool
    decision: str  # 承認, 却下; "" while it is open
    tone: str
    by: str
    at: datetime | None
    comment: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    line: RequestLine
    facts: list[tuple[str, str]]
    steps: list[StepLine]
    kind_label: str
    can_decide: bool
    lacks_right: bool  # it is the reader's turn, and they could not do themselves what they would allow
    stands_in_for: str


def lines(actor: Actor, part: str, *, now: datetime) -> list[RequestLine]:
    """`part`: turn (what waits for the reader), own, done (what they decided). Four queries."""
    mine = set(approvals.turns_of(actor.user_id or 0, time.today(now)).values_list("request_id", flat=True))
    rows = ApprovalRequest.rows.select_related("requester")
    if part == "own":
        rows = rows.filter(requester_id=actor.user_id or 0)
    elif part == "done":
        rows = rows.filter(pk__in=ApprovalStep.rows.filter(decided_by_id=actor.user_id or 0).values("request_id"))
    else:
        rows = rows.filter(pk__in=mine)
    return [_line(row, actor, mine) for row in rows.order_by("-pk")[:PAGE]]


def _line(row: ApprovalRequest, actor: Actor, mine: set[int]) -> RequestLine:
    return RequestLine(
        id=row.pk,
        title=row.title,
        reason=row.reason,
        requester=row.requester.display_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=row.state,
        state_label=str(State(row.state).label),
        tone=_TONES.get(State(row.state), ""),
        is_mine=row.requester_id == actor.user_id,
        is_my_turn=row.pk in mine,
    )


def request_page(actor: Actor, request_id: int, *, now: datetime) -> RequestPage:
    """For its requester, whoever decides or decided a step, and who reads the audit. Raises NotFound. About ten queries."""
    today = time.today(now)
    row = ApprovalRequest.rows.select_related("requester").filter(pk=request_id).first()
    if row is None or not _may_see(actor, row, today):
        raise NotFound
    mine = set(approvals.turns_of(actor.user_id or 0, today).filter(request_id=request_id).values_list("request_id", flat=True))
    line = _line(row, actor, mine)
    steps = list(ApprovalStep.rows.filter(request=row).select_related("role", "person", "decided_by", "stands_in_for").order_by("place"))
    has_right = line.is_my_turn and approvals.subject(row.subject).may_decide(actor, row.subject_id)
    now_step = next((step for step in steps if step.place == row.step), None)
    stead = _stead(now_step, actor, today) if line.is_my_turn and now_step is not None else ""
    return RequestPage(
        line=line,
        facts=[(label, value) for label, value in row.facts],
        steps=[_step(step, row) for step in steps],
        kind_label=str(approvals.kinds()[row.kind].label) if row.kind in approvals.kinds() else row.kind,
        can_decide=line.is_my_turn and row.expires_at > now,
        lacks_right=line.is_my_turn and not has_right,
        stands_in_for=stead,
    )


def _may_see(actor: Actor, row: ApprovalRequest, today: date) -> bool:
    if row.requester_id == actor.user_id or policy.allowed(actor, "audit", "read"):
        return True
    steps: QuerySet[ApprovalStep] = ApprovalStep.rows.filter(request=row)
    decided = steps.filter(Q(decided_by_id=actor.user_id or 0) | Q(stands_in_for_id=actor.user_id or 0)).exists()
    return decided or approvals.turns_of(actor.user_id or 0, today).filter(request=row).exists()


def _stead(step: ApprovalStep, actor: Actor, today: date) -> str:
    """Whose turn it is where the reader stands in; "" where it is their own."""
    if actor.user_id is None or approvals.falls_to(step, actor.user_id):
        return ""
    others = [pk for pk in approvals.stood_in_for(actor.user_id, today) if approvals.falls_to(step, pk)]
    return User.rows.filter(pk__in=others).values_list("display_name", flat=True).first() or ""


def _step(step: ApprovalStep, row: ApprovalRequest) -> StepLine:
    who = step.role.name if step.role else step.person.display_name if step.person else _("不明")
    by = step.decided_by.display_name if step.decided_by else ""
    if step.stands_in_for is not None:
        by = _("%(by)s（%(other)sの代理）") % {"by": by, "other": step.stands_in_for.display_name}
    return StepLine(
        who=who,
        is_now=row.state == State.WAITING and step.place == row.step,
        decision=str(ApprovalStep.Decision(step.decision).label) if step.decision else "",
        tone={"approved": "good", "rejected": "bad"}.get(step.decision, ""),
        by=by,
        at=step.decided_at,
        comment=step.comment,
    )


# ---- deputies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeputyLine:
    id: int
    user: str
    deputy: str
    from_on: date
    until_on: date
    is_now: bool


def deputies(actor: Actor, *, now: datetime) -> list[DeputyLine]:
    """Those of the reader, and everybody's for who configures users; those that are over left out. One query."""
    today = time.today(now)
    rows = Deputy.rows.filter(until_on__gte=today, ended_at=None).select_related("user", "deputy").order_by("from_on", "pk")
    if not policy.allowed(actor, "user", "configure"):
        rows = rows.filter(Q(user_id=actor.user_id or 0) | Q(deputy_id=actor.user_id or 0))
    return [DeputyLine(r.pk, r.user.display_name, r.deputy.display_name, r.from_on, r.until_on, r.from_on <= today) for r in rows[:PAGE]]


def colleagues(actor: Actor) -> list[tuple[int, str]]:
    """Whom one may name as a deputy. One query."""
    return list(User.rows.filter(is_active=True).exclude(pk=actor.user_id or 0).order_by("display_name").values_list("pk", "display_name"))


# ---- rules ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RulePage:
    kind: str
    label: str
    about: str
    on: bool
    threshold: int
    days: int
    steps: list[str]  # "role:3", "person:7"


def rules() -> list[RulePage]:
    """Every kind with its rule; where there is none yet, what is proposed. Two queries."""
    rows = {row.kind: row for row in ApprovalRule.rows.all()}
    steps: dict[int, list[str]] = {}
    for step in ApprovalRuleStep.rows.order_by("place"):
        steps.setdefault(step.rule_id, []).append(f"role:{step.role_id}" if step.role_id else f"person:{step.person_id}")
    found = []
    for key, kind in approvals.kinds().items():
        row = rows.get(key) or ApprovalRule(kind=key)
        found.append(RulePage(key, str(kind.label), str(kind.about), row.on, row.threshold, row.days, steps.get(row.pk or 0, [])))
    return found


def approvers() -> Sequence[tuple[str, str]]:
    """Roles and people whom a step may name. Two queries."""
    roles = [(f"role:{pk}", _("ロール：%(name)s") % {"name": name}) for pk, name in Role.rows.order_by("name").values_list("pk", "name")]
    people = User.rows.filter(is_active=True).order_by("display_name").values_list("pk", "display_name")
    return [*roles, *((f"person:{pk}", name) for pk, name in people)]
