"""Verbs of an audience: plan it, freeze both arms, and judge what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from enishi.campaigns.arms import is_control
from enishi.campaigns.models import Audience, AudienceMember
from enishi.messaging.actions import deliveries, ledger
from enishi.messaging.models import Delivery
from enishi.platform import events, jobs, policy
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid
from enishi.rules.rights import RuleRefused
from enishi.segments.access import segment_for
from enishi.segments.queries.members import members_of_rule, require_readable

CHUNK = 5_000


class AudienceEmpty(ActionError):
    code = "audience.empty"
    message = _("このセグメントにはいま誰もいません。条件を見直してください。")


@action
def plan_delivery(
    *,
    actor: Actor,
    name: str,
    subject: str,
    preheader: str,
    blocks: Sequence[object],
    account_id: int | None,
    segment_id: int | None,
    control_percent: int,
    hypothesis: str,
    now: datetime,
    purpose: str = deliveries.MARKETING,
) -> int:
    """A draft delivery with its planned audience. Gives the delivery's id. Raises NotAllowed, NotFound, Invalid."""
    delivery_id = deliveries.create_delivery(
        actor=actor,
        name=name,
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        account_id=account_id,
        now=now,
        purpose=purpose,
    )
    if segment_id is not None:
        segment_for(actor, segment_id)
    Audience.rows.create(
        delivery_id=delivery_id, segment_id=segment_id, control_percent=_checked_percent(control_percent), hypothesis=hypothesis
    )
    return delivery_id


@action
def change_plan(
    *,
    actor: Actor,
    delivery_id: int,
    name: str,
    subject: str,
    preheader: str,
    blocks: Sequence[object],
    account_id: int | None,
    segment_id: int | None,
    control_percent: int,
    hypothesis: str,
    now: datetime,
    purpose: str,
) -> None:
    """Change a draft and its audience. Raises NotFound, NotAllowed, DeliveryNotDraft, Invalid."""
    deliveries.change_delivery(
        actor=actor,
        delivery_id=delivery_id,
        name=name,
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        account_id=account_id,
        now=now,
        purpose=purpose,
    )
    if segment_id is not None:
        segment_for(actor, segment_id)
    Audience.rows.update_or_create(
        delivery_id=delivery_id,
        defaults={"segment_id": segment_id, "control_percent": _checked_percent(control_percent), "hypothesis": hypothesis},
    )


def _checked_percent(percent: int) -> int:
    if not 0 <= percent <= 50:
        raise Invalid(fields={"control_percent": [_("0から50の間で入力してください。")]})
    return percent


@action
def confirm_delivery(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Fix the content and begin to freeze the audience; sending starts after the wait.

    The actor must be able to read every fact class of the rule. Raises NotFound, NotAllowed, Invalid,
    DeliveryNotDraft, RuleRefused, AudienceEmpty.
    """
    deliveries.start_freezing(actor=actor, delivery_id=delivery_id, now=now)
    audience = Audience.rows.select_for_update().get(pk=delivery_id)
    if audience.segment_id is None:
        raise Invalid(fields={"segment": [_("送る相手（セグメント）を選んでください。")]})
    segment = segment_for(actor, audience.segment_id)
    require_readable(actor, segment.rule)
    if not members_of_rule(segment.rule, now=now).exists():
        raise AudienceEmpty
    audience.rule = segment.rule
    audience.save(update_fields=["rule"])
    jobs.enqueue("campaigns.freeze", delivery_id=delivery_id)


@action
def freeze_chunk(*, delivery_id: int, now: datetime, size: int = CHUNK) -> bool:
    """Assign the next customers of the rule to their arms and put the treated on the ledger; True while more remain.

    The rule is asked as of the confirmation, however long the freeze takes. Safe to run twice: the checkpoint moves in
    the same transaction, under the delivery's lock. The last chunk records `audience.frozen`.
    """
    delivery = Delivery.rows.select_for_update().get(pk=delivery_id)
    if delivery.state != Delivery.State.FREEZING:
        return False
    audience = Audience.rows.select_for_update().get(pk=delivery_id)
    if not _may_go_on(delivery, audience):
        deliveries.withdraw_by_system(delivery_id=delivery_id, now=now)
        return False
    people = members_of_rule(audience.rule, now=delivery.confirmed_at or now).filter(pk__gt=audience.next_customer_id)
    ids = list(people.order_by("pk").values_list("pk", flat=True)[:size])
    arms: dict[bool, list[int]] = {False: [], True: []}
    for pk in ids:
        arms[is_control(delivery_id, pk, audience.control_percent)].append(pk)
    treated, control = arms[False], arms[True]
    _write_members(delivery_id, treated, AudienceMember.Arm.TREATED)
    _write_members(delivery_id, control, AudienceMember.Arm.CONTROL)
    ledger.add_recipients(delivery_id=delivery_id, customer_ids=treated)
    audience.treated_count += len(treated)
    audience.control_count += len(control)
    if ids:
        audience.next_customer_id = ids[-1]
    finished = len(ids) < size
    if finished:
        audience.frozen_at = audience.assigned_at = now
        events.record(
            "audience.frozen",
            subject=delivery_id,
            customer=None,
            actor=SYSTEM,
            at=now,
            data={"treated": audience.treated_count, "control": audience.control_count},
        )
    audience.save()
    if finished:
        deliveries.start_waiting(delivery_id=delivery_id, now=now)
    return not finished


def _may_go_on(delivery: Delivery, audience: Audience) -> bool:
    """Whether whoever confirmed the delivery may still send it, and ask what its rule asks."""
    sender = deliveries.sender_of(delivery)
    try:
        require_readable(sender, audience.rule)
    except RuleRefused:
        return False
    return deliveries.may_still_send(delivery, sender)


def _write_members(delivery_id: int, ids: Sequence[int], arm: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_audiencemember (audience_id, customer_id, arm) SELECT %s, c, %s FROM unnest(%s::bigint[]) AS c",
            [delivery_id, arm, list(ids)],
        )


@action
def judge_delivery(*, actor: Actor, delivery_id: int, verdict: str, lesson: str, now: datetime) -> None:
    """Write down what was learned: keep, stop or retest. Records `delivery.judged`. Raises NotFound, NotAllowed, Invalid."""
    delivery = policy.get(actor, Delivery, "update", delivery_id)
    if verdict not in Audience.Verdict:
        raise Invalid(fields={"verdict": [_("続ける・やめる・試し直すのどれかを選んでください。")]})
    Audience.rows.filter(pk=delivery.pk).update(verdict=verdict, lesson=lesson)
    events.record("delivery.judged", subject=delivery.pk, customer=None, actor=actor, at=now, data={"verdict": verdict})
