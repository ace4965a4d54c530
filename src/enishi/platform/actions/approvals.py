"""Verbs of approvals: asking, deciding step by step, taking back, letting expire; deputies; the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import approvals, changes, events, policy, time
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.approvals import Outcome
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import ApprovalRequest, ApprovalRule, ApprovalRuleStep, ApprovalStep, Deputy, Role, User

State, Decision = ApprovalRequest.State, ApprovalStep.Decision
MOST_STEPS = 3
LONGEST_DEPUTY = timedelta(days=366)


class ApprovalIsOver(ActionError):
    code = "approval.over"
    message = gettext_lazy("この申請はすでに決まっているか、取り下げられています。画面を開き直してください。")


class OwnRequest(ActionError):
    """Nobody decides what they asked for, nor does whoever stands in for them."""

    code = "approval.own_request"
    message = gettext_lazy("自分の申請は承認できません。ほかの承認者に頼んでください。")


class ApproverLacksRight(ActionError):
    """Who says yes must be able to do it themselves."""

    code = "approval.right_missing"
    message = gettext_lazy("対象のデータすべてに対する権限があなたにないため、承認できません。権限のある承認者に頼んでください。")


class NobodyApproves(ActionError):
    code = "approval.nobody"
    message = gettext_lazy("この操作には承認が必要ですが、承認できる人がほかにいません。管理者に承認のきまりを確かめてもらってください。")


# ---- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """An act that may need somebody's yes. `facts`: label and value, without personal data."""

    kind: str
    subject: str  # model label, lower case
    subject_id: int
    title: str
    count: int
    reason: str = ""
    facts: Sequence[tuple[str, str]] = ()


@action
def ask(*, about: Ask, requester_id: int, now: datetime) -> bool:
    """Whether the act may go on at once: no rule is about it, or it was approved for as many rows. Otherwise a request waits
    from now on, once, and the subject is told when it is decided. Records `approval.requested`. Raises NobodyApproves."""
    rule = approvals.rule_for(about.kind, about.count)
    if rule is None:
        return True
    mine = ApprovalRequest.rows.filter(subject=about.subject, subject_id=about.subject_id)
    if mine.filter(state=State.APPROVED, count__gte=about.count).exists():
        return True
    if mine.filter(state=State.WAITING).exists():
        return False
    steps = list(ApprovalRuleStep.rows.filter(rule=rule).order_by("place"))
    if not steps or not all(approvals.can_anybody(step, requester_id) for step in steps):
        raise NobodyApproves
    request = ApprovalRequest.rows.create(
        kind=about.kind,
        subject=about.subject,
        subject_id=about.subject_id,
        title=about.title[:200],
        reason=about.reason,
        facts=[list(pair) for pair in about.facts],
        count=about.count,
        requester_id=requester_id,
        created_at=now,
        expires_at=now + timedelta(days=rule.days),
    )
    ApprovalStep.rows.bulk_create(
        [ApprovalStep(request=request, place=place, role_id=s.role_id, person_id=s.person_id) for place, s in enumerate(steps, start=1)]
    )
    _record("approval.requested", request, _asker(requester_id), now, rows=about.count)
    return False


def _asker(user_id: int) -> Actor:
    return Actor(kind="staff", name="", user_id=user_id)


@action
def withdraw(*, subject: str, subject_id: int, actor: Actor, now: datetime) -> None:
    """What waited will not be done: its request is taken back, where there is one. Records `approval.cancelled`."""
    request = ApprovalRequest.rows.select_for_update().filter(subject=subject, subject_id=subject_id, state=State.WAITING).first()
    if request is not None:
        _close(request, State.CANCELLED, now)
        _record("approval.cancelled", request, actor, now)


@action
def cancel_request(*, request_id: int, actor: Actor, now: datetime) -> None:
    """The requester takes a request back; what waits is told. Records `approval.cancelled`. Raises NotFound, ApprovalIsOver."""
    request = ApprovalRequest.rows.select_for_update().filter(pk=request_id, requester_id=actor.user_id or 0).first()
    if request is None:
        raise NotFound
    if request.state != State.WAITING:
        raise ApprovalIsOver
    _finish(request, State.CANCELLED, "", now)
    _record("approval.cancelled", request, actor, now)


# ---- deciding ---------------------------------------------------------------------------------------------------------


@action
def decide(*, request_id: int, approve: bool, comment: str, actor: Actor, now: datetime) -> None:
    """Say yes or no in the step whose turn it is; the last yes lets the act go on, any no ends it. Records `approval.approved`
    or `approval.rejected`. Raises NotFound, NotAllowed (not this actor's turn), OwnRequest, ApprovalIsOver, ApproverLacksRight,
    Invalid (a no without a word)."""
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    request = ApprovalRequest.rows.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NotFound
    if request.state != State.WAITING or request.expires_at <= now:
        raise ApprovalIsOver
    if request.requester_id == actor.user_id:
        raise OwnRequest
    step = ApprovalStep.rows.select_for_update().get(request=request, place=request.step)
    stands_in_for = _turn(request, step, actor.user_id, time.today(now))
    comment = clean(comment)
    if len(comment) > 500:
        raise Invalid(fields={"comment": [_("500文字以内で入力してください。")]})
    if not approve and not comment:
        raise Invalid(fields={"comment": [_("却下するときは、理由を入力してください。")]})
    if approve and not approvals.subject(request.subject).may_decide(actor, request.subject_id):
        raise ApproverLacksRight
    step.decision = Decision.APPROVED if approve else Decision.REJECTED
    step.decided_by_id, step.stands_in_for_id, step.comment, step.decided_at = actor.user_id, stands_in_for, comment, now
    step.save(update_fields=["decision", "decided_by", "stands_in_for", "comment", "decided_at"])
    is_last = not ApprovalStep.rows.filter(request=request, place__gt=request.step).exists()
    if not approve:
        _finish(request, State.REJECTED, comment, now)
    elif is_last:
        _finish(request, State.APPROVED, comment, now)
    else:
        request.step += 1
        request.save(update_fields=["step"])
    _record("approval.approved" if approve else "approval.rejected", request, actor, now, step=step.place, last=is_last)


def _turn(request: ApprovalRequest, step: ApprovalStep, user_id: int, today: date) -> int | None:
    """In whose stead the user decides; None where in their own. Raises NotAllowed, OwnRequest."""
    if approvals.falls_to(step, user_id):
        return None
    others = [other for other in approvals.stood_in_for(user_id, today) if approvals.falls_to(step, other)]
    meant = next((other for other in others if other != request.requester_id), None)
    if meant is None:
        raise OwnRequest if others else NotAllowed
    return meant


@action
def expire_requests(*, now: datetime) -> int:
    """End the requests that nobody decided in time; how many. Records `approval.expired`."""
    due = ApprovalRequest.rows.filter(state=State.WAITING, expires_at__lte=now).order_by("pk")[:100]
    requests = list(due.select_for_update(skip_locked=True))
    for request in requests:
        _finish(request, State.EXPIRED, "", now)
        _record("approval.expired", request, SYSTEM, now)
    return len(requests)


def _finish(request: ApprovalRequest, state: ApprovalRequest.State, comment: str, now: datetime) -> None:
    _close(request, state, now)
    approvals.subject(request.subject).decided(request.subject_id, _OUTCOMES[state], comment, now)


_OUTCOMES: Mapping[ApprovalRequest.State, Outcome] = {
    ApprovalRequest.State.APPROVED: "approved",
    ApprovalRequest.State.REJECTED: "rejected",
    ApprovalRequest.State.CANCELLED: "cancelled",
    ApprovalRequest.State.EXPIRED: "expired",
}


def _close(request: ApprovalRequest, state: ApprovalRequest.State, now: datetime) -> None:
    request.state, request.decided_at = state, now
    request.save(update_fields=["state", "decided_at"])


def _record(kind: str, request: ApprovalRequest, actor: Actor, now: datetime, **data: events.Primitive) -> None:
    events.record(kind, subject=request.pk, customer=None, actor=actor, at=now, data={"kind": request.kind, **data})


# ---- deputies ---------------------------------------------------------------------------------------------------------


@action
def appoint_deputy(*, user_id: int, deputy_id: int, from_on: date, until_on: date, actor: Actor, now: datetime) -> int:
    """Let somebody decide in another's stead for some days; for oneself, or for others who may configure users. The deputy needs
    the rights of their own all the same. Records `deputy.appointed`. Raises NotAllowed, Invalid."""
    if actor.kind != "staff" or (user_id != actor.user_id and not policy.allowed(actor, "user", "configure")):
        raise NotAllowed
    people = set(User.rows.filter(pk__in=[user_id, deputy_id], is_active=True).values_list("pk", flat=True))
    problems: dict[str, list[str]] = {}
    if deputy_id == user_id or deputy_id not in people or user_id not in people:
        problems["deputy_id"] = [_("ほかのユーザーを選んでください。")]
    if until_on < from_on:
        problems["until_on"] = [_("開始日以降の日を入力してください。")]
    elif until_on < time.today(now) or until_on - from_on > LONGEST_DEPUTY:
        problems["until_on"] = [_("今日以降で、開始日から1年以内の日を入力してください。")]
    if problems:
        raise Invalid(fields=problems)
    row = Deputy.rows.create(user_id=user_id, deputy_id=deputy_id, from_on=from_on, until_on=until_on, created_at=now)
    events.record("deputy.appointed", subject=row.pk, customer=None, actor=actor, at=now, data={"user": user_id, "deputy": deputy_id})
    return row.pk


@action
def end_deputy(*, deputy_row_id: int, actor: Actor, now: datetime) -> None:
    """Call a deputy off before their time; twice is once. Records `deputy.ended`. Raises NotFound."""
    row = Deputy.rows.select_for_update().filter(pk=deputy_row_id).first()
    if row is None or (row.user_id != actor.user_id and not policy.allowed(actor, "user", "configure")):
        raise NotFound
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        events.record("deputy.ended", subject=row.pk, customer=None, actor=actor, at=now)


# ---- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleWish:
    """What a rule shall be. `steps`: ("role", id) or ("person", id), in order."""

    kind: str
    on: bool
    threshold: int
    days: int
    steps: tuple[tuple[str, int], ...]


@action
def change_rule(*, wish: RuleWish, actor: Actor, now: datetime) -> None:
    """Say from how many rows on a kind of act takes somebody else's yes, and whose; what waits already stays as it is. Records
    `approval_rule.changed` where anything is new. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    _check(wish)
    rule = ApprovalRule.rows.select_for_update().filter(kind=wish.kind).first()
    before = None if rule is None else _as_json(rule)
    if rule is None:
        rule = ApprovalRule(kind=wish.kind)
    rule.on, rule.threshold, rule.days = wish.on, wish.threshold, wish.days
    rule.save()
    ApprovalRuleStep.rows.filter(rule=rule).delete()
    ApprovalRuleStep.rows.bulk_create(
        [
            ApprovalRuleStep(rule=rule, place=place, role_id=pk if way == "role" else None, person_id=pk if way == "person" else None)
            for place, (way, pk) in enumerate(wish.steps, start=1)
        ]
    )
    after = _as_json(rule)
    if before == after:
        return
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    told = {key: ((before or {}).get(key), value) for key, value in after.items()}
    changes.record_changes(deed, ApprovalRule, [(rule.pk, told)], classes={"steps": ApprovalRule.privacy["kind"]})
    events.record("approval_rule.changed", subject=rule.pk, customer=None, actor=actor, at=now, data={"on": rule.on})


def _check(wish: RuleWish) -> None:
    problems: dict[str, list[str]] = {}
    if wish.kind not in approvals.kinds():
        raise NotFound
    if wish.on and not wish.steps:
        problems["step_1"] = [_("承認する役割か人を選んでください。")]
    known = {
        "role": set(Role.rows.values_list("pk", flat=True)),
        "person": set(User.rows.filter(is_active=True).values_list("pk", flat=True)),
    }
    for place, (way, pk) in enumerate(wish.steps, start=1):
        if pk not in known.get(way, set()):
            problems[f"step_{place}"] = [_("一覧から選んでください。")]
    if not 0 <= wish.threshold <= 1_000_000_000:
        problems["threshold"] = [_("0以上の件数を入力してください。")]
    if not 1 <= wish.days <= 90:
        problems["days"] = [_("1〜90日で入力してください。")]
    if len(wish.steps) > MOST_STEPS:
        problems["step_1"] = [_("承認は3段階までです。")]
    if problems:
        raise Invalid(fields=problems)


def _as_json(rule: ApprovalRule) -> dict[str, object]:
    steps = ApprovalRuleStep.rows.filter(rule=rule).order_by("place").values_list("role_id", "person_id")
    return {
        "on": rule.on,
        "threshold": rule.threshold,
        "days": rule.days,
        "steps": [f"role:{role}" if role else f"person:{person}" for role, person in steps],
    }
