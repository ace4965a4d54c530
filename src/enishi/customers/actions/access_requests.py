"""閲覧の依頼: asking to be shown a customer whose being there a hint told of, and answering that with a share or a word."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.access_proofs import customer_of
from enishi.customers.actions.shares import share_customer
from enishi.customers.models import AccessRequest, Customer
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean

State = AccessRequest.State
ANSWERED: Final = (State.GRANTED, State.DECLINED)
LONGEST: Final = AccessRequest.LONGEST
#: So often a day somebody asks: enough for registering, not for wearing a colleague down.
MOST_A_DAY: Final = 20
#: Whoever was told no asks about the same customer again after this time.
AFTER_NO: Final = timedelta(days=30)


class HintIsOld(ActionError):
    """What the hint gave to ask with has run out, or was given to somebody else."""

    code = "access_request.hint_is_old"
    message = gettext_lazy("時間がたったため、依頼できません。電話番号かメールアドレスを入力し直してください。")


class AlreadySeen(ActionError):
    code = "access_request.already_seen"
    message = gettext_lazy("この顧客は、すでに見られます。顧客の一覧で探してください。")


class TooManyRequests(ActionError):
    code = "access_request.too_many"
    message = gettext_lazy("依頼は1日に20件までです。明日もう一度お試しください。")


class AskedBefore(ActionError):
    code = "access_request.asked_before"
    message = gettext_lazy("この顧客の依頼は、30日以内に断られています。担当者に直接相談してください。")


class AlreadyAnswered(ActionError):
    code = "access_request.answered"
    message = gettext_lazy("この依頼は、すでに返事があるか、取り下げられています。")


@action
def ask_for_access(*, proof: str, note: str, actor: Actor, now: datetime) -> int:
    """Ask to be shown the customer whom a hint told of; the id of the request, also where one waits already. Records
    `access_request.made`. `proof`: what the hint gave to this actor.

    Raises NotAllowed (for who types no customers), HintIsOld, Invalid, AlreadySeen, AskedBefore, TooManyRequests.
    """
    if actor.kind != "staff" or actor.user_id is None or not (access.may(actor, "create") or access.may(actor, "update")):
        raise NotAllowed
    customer_id = customer_of(actor, proof)
    if customer_id is None:
        raise HintIsOld
    note = clean(note)
    if not note:
        raise Invalid(fields={"note": [_("見たい理由を入力してください。")]})
    if len(note) > LONGEST:
        raise Invalid(fields={"note": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST}]})
    customer = Customer.rows.select_related("owner", "team").select_for_update(of=("self",)).filter(pk=customer_id).first()
    if customer is None:
        raise HintIsOld
    if access.readable_customers(actor).filter(pk=customer_id).exists():
        raise AlreadySeen
    mine = AccessRequest.rows.filter(asker_id=actor.user_id)
    about = mine.filter(customer=customer)
    waiting = about.filter(state=State.WAITING).values_list("pk", flat=True).first()
    if waiting is not None:
        return waiting
    if about.filter(state=State.DECLINED, answered_at__gt=now - AFTER_NO).exists():
        raise AskedBefore
    if mine.filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyRequests
    owner = customer.owner.display_name if customer.owner else customer.team.name if customer.team else ""
    made = AccessRequest.rows.create(customer=customer, asker_id=actor.user_id, owner_name=owner, note=note, created_at=now)
    events.record("access_request.made", subject=made.pk, customer=customer.pk, actor=actor, at=now, data={"asker_id": actor.user_id})
    return made.pk


@action
def grant_access(*, access_id: int, until_on: date | None, actor: Actor, now: datetime) -> None:
    """Share the customer with whoever asked, to be seen until that day. Records `customer.shared` and `access_request.granted`. Raises
    NotFound, NotAllowed (for who may not share the customer), AlreadyAnswered, Invalid, TooManyShares."""
    request = _waiting(access_id, actor)
    if until_on is None:
        raise Invalid(fields={"until_on": [_("いつまで見せるかを入力してください。")]})
    share_customer(
        customer_id=request.customer_id,
        user_id=request.asker_id,
        level="read",
        until_on=until_on,
        reason=request.note,
        actor=actor,
        now=now,
    )
    _answer(request, State.GRANTED, "", actor, now)


@action
def decline_access(*, access_id: int, answer: str, actor: Actor, now: datetime) -> None:
    """Say no, and why. Records `access_request.declined`. Raises NotFound, NotAllowed, AlreadyAnswered, Invalid."""
    request = _waiting(access_id, actor)
    answer = clean(answer)
    if not answer:
        raise Invalid(fields={"answer": [_("断る理由を入力してください。")]})
    if len(answer) > LONGEST:
        raise Invalid(fields={"answer": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST}]})
    _answer(request, State.DECLINED, answer, actor, now)


@action
def withdraw_access(*, access_id: int, actor: Actor, now: datetime) -> None:
    """The asker takes it back. Records `access_request.withdrawn`. Raises NotFound, AlreadyAnswered."""
    request = AccessRequest.rows.select_for_update().filter(pk=access_id, asker_id=actor.user_id or 0).first()
    if request is None:
        raise NotFound
    if request.state != State.WAITING:
        raise AlreadyAnswered
    _answer(request, State.WITHDRAWN, "", actor, now)


@action
def see_answer(*, access_id: int, actor: Actor, now: datetime) -> None:
    """The asker has seen the answer; twice is once. Raises NotFound."""
    request = AccessRequest.rows.select_for_update().filter(pk=access_id, asker_id=actor.user_id or 0).first()
    if request is None:
        raise NotFound
    if request.state in ANSWERED and request.seen_at is None:
        request.seen_at = now
        request.save(update_fields=["seen_at"])


def _waiting(access_id: int, actor: Actor) -> AccessRequest:
    """One request about a customer whom the actor may share, locked."""
    access.require(actor, "share")
    request = AccessRequest.rows.select_for_update().filter(pk=access_id).first()
    if request is None:
        raise NotFound
    access.customer_for(actor, request.customer_id, "share")
    if request.state != State.WAITING:
        raise AlreadyAnswered
    return request


def _answer(request: AccessRequest, state: AccessRequest.State, answer: str, actor: Actor, now: datetime) -> None:
    request.state, request.answer, request.answered_by_id, request.answered_at = state, answer, actor.user_id, now
    request.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    data: dict[str, events.Primitive] = {"asker_id": request.asker_id}
    events.record(f"access_request.{state}", subject=request.pk, customer=request.customer_id, actor=actor, at=now, data=data)
