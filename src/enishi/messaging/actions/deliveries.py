"""Verbs of a delivery: draft, confirm, take back, stop, go on, finish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.consent import Purpose
from enishi.customers.queries.consent_proof import purposes_in_use
from enishi.messaging.mail.blocks import compile_mail
from enishi.messaging.models import Delivery, DeliveryLink, Message
from enishi.platform import events, jobs, policy, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.numbers import take_numbers
from enishi.platform.organisation import organisation
from enishi.platform.rights import actor_by_id

MARKETING = str(Purpose.MARKETING)
OPEN = (Message.State.QUEUED, Message.State.CLAIMED, Message.State.HANDING_OVER, Message.State.DEFERRED)
LANES = 2


class DeliveryNotDraft(ActionError):
    code = "delivery.not_draft"
    message = _("この配信はすでに確定しています。内容を変えるには、取り消してから新しく作ってください。")


class DeliveryAlreadyLeft(ActionError):
    code = "delivery.already_left"
    message = _("送信が始まったため、取り消せません。「止める」で残りの送信を止められます。")


class DeliveryNotRunning(ActionError):
    code = "delivery.not_running"
    message = _("この配信は、いま送信中ではありません。")


class DeliveryNotStopped(ActionError):
    code = "delivery.not_stopped"
    message = _("この配信は止まっていません。")


@action
def create_delivery(
    *,
    actor: Actor,
    name: str,
    subject: str,
    preheader: str,
    blocks: Sequence[object],
    account_id: int | None,
    now: datetime,
    purpose: str = MARKETING,
) -> int:
    """A draft. Gives its id. Records `delivery.created`. Raises NotAllowed, Invalid (no such purpose)."""
    policy.require(actor, "delivery", "create")
    _refuse_unknown_purpose(purpose)
    delivery = Delivery.rows.create(
        number=take_numbers("D")[0],
        name=name,
        purpose=purpose,
        subject=subject,
        preheader=preheader,
        blocks=list(blocks),
        account_id=account_id,
        owner_id=actor.user_id,
        created_by_id=actor.user_id,
        created_at=now,
    )
    events.record("delivery.created", subject=delivery.pk, customer=None, actor=actor, at=now)
    return delivery.pk


@action
def change_delivery(
    *,
    actor: Actor,
    delivery_id: int,
    name: str,
    subject: str,
    preheader: str,
    blocks: Sequence[object],
    account_id: int | None,
    now: datetime,
    purpose: str,
) -> None:
    """Change a draft. Raises NotFound, NotAllowed, DeliveryNotDraft, Invalid (no such purpose)."""
    delivery = policy.get(actor, Delivery, "update", delivery_id)
    if delivery.state != Delivery.State.DRAFT:
        raise DeliveryNotDraft
    if purpose != delivery.purpose:
        _refuse_unknown_purpose(purpose)
    delivery.name, delivery.purpose, delivery.subject, delivery.preheader = name, purpose, subject, preheader
    delivery.blocks, delivery.account_id = list(blocks), account_id
    delivery.save(update_fields=["name", "purpose", "subject", "preheader", "blocks", "account"])


def _refuse_unknown_purpose(purpose: str) -> None:
    """One of the purposes in use, or news of an order, for which nobody's consent is asked."""
    if purpose not in (MARKETING, Delivery.TRANSACTIONAL) and purpose not in dict(purposes_in_use()):
        raise Invalid(fields={"purpose": [_("この利用目的は使われていません。選び直してください。")]})


@action
def start_freezing(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Confirm a draft: its content is compiled and fixed, and the audience may be frozen. Sending starts after the organisation's wait.

    Records `delivery.confirmed`. Raises NotFound, NotAllowed, DeliveryNotDraft, Invalid (InvalidMail: beside the block at fault).
    """
    delivery = policy.get(actor, Delivery, "send", delivery_id)
    if delivery.state != Delivery.State.DRAFT:
        raise DeliveryNotDraft
    if delivery.account is None or delivery.account.archived_at is not None:
        raise Invalid(fields={"account": [_("送信設定を選んでください。")]})
    _refuse_unknown_purpose(delivery.purpose)  # it may have been retired since
    compiled = compile_mail(subject=delivery.subject, preheader=delivery.preheader, blocks=delivery.blocks)
    delivery.compiled = compiled.as_json()
    delivery.state = Delivery.State.FREEZING
    delivery.confirmed_at, delivery.due_at = now, now + timedelta(minutes=organisation().send_wait_minutes)
    delivery.confirmed_by_id = actor.user_id
    delivery.save(update_fields=["compiled", "state", "confirmed_at", "confirmed_by", "due_at"])
    DeliveryLink.rows.bulk_create(
        [DeliveryLink(delivery=delivery, position=link.position, url=link.url, label=link.label[:200]) for link in compiled.links]
    )
    events.record("delivery.confirmed", subject=delivery.pk, customer=None, actor=actor, at=now)


@action
def start_waiting(*, delivery_id: int, now: datetime) -> None:
    """The audience is frozen: the delivery waits until it is due and can be taken back until then. Records `delivery.waiting`."""
    delivery = Delivery.rows.select_for_update().get(pk=delivery_id)
    if delivery.state == Delivery.State.FREEZING:
        delivery.state = Delivery.State.WAITING
        delivery.save(update_fields=["state"])
        events.record("delivery.waiting", subject=delivery.pk, customer=None, actor=SYSTEM, at=now)


@action
def cancel_delivery(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Take a delivery back before it starts: nobody gets it. Records `delivery.cancelled`. Raises DeliveryAlreadyLeft."""
    delivery = policy.get(actor, Delivery, "send", delivery_id)
    if delivery.state not in (Delivery.State.FREEZING, Delivery.State.WAITING):
        raise DeliveryAlreadyLeft
    _cancel(delivery, actor, now)


def _cancel(delivery: Delivery, actor: Actor, now: datetime) -> None:
    delivery.state, delivery.finished_at = Delivery.State.CANCELLED, now
    delivery.save(update_fields=["state", "finished_at"])
    Message.rows.filter(delivery=delivery, state=Message.State.QUEUED).update(state=Message.State.WITHDRAWN, finished_at=now)
    events.record("delivery.cancelled", subject=delivery.pk, customer=None, actor=actor, at=now)


def sender_of(delivery: Delivery) -> Actor:
    """Who confirmed it, with the rights that they have now; the system where nobody did by hand. Two queries at most."""
    return SYSTEM if delivery.confirmed_by_id is None else actor_by_id(delivery.confirmed_by_id)


def may_still_send(delivery: Delivery, sender: Actor) -> bool:
    """Whether whoever confirmed it (`sender_of`) may send it still: rights are judged again when a job runs."""
    return policy.scope(sender, Delivery, "send").filter(pk=delivery.pk).exists()


@action
def withdraw_by_system(*, delivery_id: int, now: datetime) -> None:
    """Whoever confirmed the delivery may not send it any more: nobody gets it. Records `delivery.cancelled`."""
    delivery = Delivery.rows.select_for_update().get(pk=delivery_id)
    if delivery.state in (Delivery.State.FREEZING, Delivery.State.WAITING):
        delivery.stop_reason = str(_("予約した人の送信の権限がなくなったため、送らずに止めました。内容を確かめて、作り直してください。"))
        delivery.save(update_fields=["stop_reason"])
        _cancel(delivery, SYSTEM, now)


@action
def hurry_delivery(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Demo only: end the wait now. Raises NotAllowed outside of the demo, DeliveryNotRunning."""
    policy.require(actor, "demo", "configure")
    delivery = policy.get(actor, Delivery, "send", delivery_id)
    if delivery.state != Delivery.State.WAITING or not settings.DEMO:
        raise DeliveryNotRunning
    delivery.due_at = now
    delivery.save(update_fields=["due_at"])


@action
def stop_delivery(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Stop within seconds: groups in flight end, nothing new is handed over. Records `delivery.stopped`."""
    delivery = policy.get(actor, Delivery, "send", delivery_id)
    if delivery.state != Delivery.State.SENDING:
        raise DeliveryNotRunning
    _stop(delivery, reason=_("%(name)sさんが止めました") % {"name": actor.name}, actor=actor, now=now)


@action
def resume_delivery(*, actor: Actor, delivery_id: int, now: datetime) -> None:
    """Send the rest of a stopped delivery, from now on by the rights of who says so. Records `delivery.resumed`. Raises
    DeliveryNotStopped."""
    delivery = policy.get(actor, Delivery, "send", delivery_id)
    if delivery.state != Delivery.State.STOPPED:
        raise DeliveryNotStopped
    delivery.state, delivery.stop_reason, delivery.finished_at = Delivery.State.SENDING, "", None
    delivery.confirmed_by_id = actor.user_id
    delivery.save(update_fields=["state", "stop_reason", "finished_at", "confirmed_by"])
    Message.rows.filter(delivery=delivery, state=Message.State.QUEUED).update(not_before=None)
    events.record("delivery.resumed", subject=delivery.pk, customer=None, actor=actor, at=now)


@action
def stop_by_system(*, delivery_id: int, reason: str, now: datetime) -> None:
    """The sender gives up (no connection for long, a wrong password): stop and say why."""
    delivery = Delivery.rows.select_for_update().get(pk=delivery_id)
    if delivery.state == Delivery.State.SENDING:
        _stop(delivery, reason=reason, actor=SYSTEM, now=now)


@action
def tell_trouble(*, delivery_id: int, reason: str) -> None:
    """Show on the delivery's page why it is not moving at the moment; empty once it moves again."""
    Delivery.rows.filter(pk=delivery_id, state=Delivery.State.SENDING).exclude(stop_reason=reason[:200]).update(stop_reason=reason[:200])


def _stop(delivery: Delivery, *, reason: str, actor: Actor, now: datetime) -> None:
    delivery.state, delivery.stop_reason, delivery.finished_at = Delivery.State.STOPPED, str(reason)[:200], now
    delivery.save(update_fields=["state", "stop_reason", "finished_at"])
    events.record("delivery.stopped", subject=delivery.pk, customer=None, actor=actor, at=now)


def is_clone() -> bool:
    """Whether this database was copied to another installation: then nothing may leave it."""
    path = Path(settings.DATA_DIR) / "installation_id"
    return not path.exists() or path.read_text().strip() != organisation().installation_id


@action
def start_due(*, now: datetime) -> int:
    """Start the deliveries whose wait is over, and withdraw those whose sender may not send any more. Records `delivery.started` for each. Gives their number."""
    due = list(Delivery.rows.select_for_update(skip_locked=True).filter(state=Delivery.State.WAITING, due_at__lte=now)[:20])
    if not due or is_clone():
        return 0
    for delivery in due:
        if not may_still_send(delivery, sender_of(delivery)):
            withdraw_by_system(delivery_id=delivery.pk, now=now)
            continue
        delivery.state, delivery.started_at = Delivery.State.SENDING, now
        delivery.save(update_fields=["state", "started_at"])
        events.record("delivery.started", subject=delivery.pk, customer=None, actor=SYSTEM, at=now)
    return len(due)


@action
def keep_sending(*, now: datetime) -> int:
    """For each delivery being sent: finish it when no row is open, else see that its lanes are manned. Where whoever confirmed it may
    not send any more it stops. Records `delivery.finished` or `delivery.stopped`."""
    done = 0
    for delivery in Delivery.rows.select_for_update(skip_locked=True).filter(state=Delivery.State.SENDING):
        if not may_still_send(delivery, sender_of(delivery)):
            reason = _("予約した人の送信の権限がなくなったため、途中で止めました。内容を確かめてから、残りを送る人が再開してください。")
            _stop(delivery, reason=str(reason), actor=SYSTEM, now=now)
            continue
        counts = Message.rows.filter(delivery=delivery).aggregate(total=Count("id"), open=Count("id", filter=Q(state__in=OPEN)))
        work.report(
            kind="delivery",
            subject=delivery.pk,
            label=delivery.name,
            url=f"/deliveries/{delivery.pk}/",
            owner_id=delivery.owner_id,
            total=counts["total"],
            done=counts["total"] - counts["open"],
            state="running" if counts["open"] else "done",
            at=now,
        )
        if counts["open"] == 0:
            delivery.state, delivery.finished_at, delivery.stop_reason = Delivery.State.DONE, now, ""
            delivery.save(update_fields=["state", "finished_at", "stop_reason"])
            events.record("delivery.finished", subject=delivery.pk, customer=None, actor=SYSTEM, at=now)
        else:
            _man_lanes(delivery.pk)
        done += 1
    return done


def _man_lanes(delivery_id: int) -> None:
    waiting = Message.rows.filter(delivery_id=delivery_id, state__in=[Message.State.QUEUED, Message.State.DEFERRED])
    if not waiting.filter(Q(not_before=None) | Q(not_before__lte=Now())).exists():
        return
    for lane in range(LANES):
        if not jobs.is_waiting_or_running("messaging.hand_over", delivery_id=delivery_id, lane=lane):
            jobs.enqueue("messaging.hand_over", queue="messaging", delivery_id=delivery_id, lane=lane)
