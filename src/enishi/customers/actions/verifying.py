"""確認した: somebody has made sure that what is written about a customer is still true; and tasks for those of whom nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.tasks import add_task
from enishi.customers.models import Customer, Task
from enishi.platform import changes, events, time
from enishi.platform.action import action
from enishi.platform.actor import Actor

DUE_IN = timedelta(days=14)


@action
def verify_customer(*, customer_id: int, actor: Actor, now: datetime) -> None:
    """Today is the day on which it was last made sure of. Records `customer.attested`; twice a day is once. Raises NotFound, NotAllowed."""
    customer = access.customer_for(actor, customer_id, "update")
    today = time.today(now)
    if customer.verified_on == today:
        return
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Customer, [(customer.pk, {"verified_on": (customer.verified_on, today)})])
    customer.verified_on = today
    customer.save(update_fields=["verified_on"])
    events.record("customer.attested", subject=customer.pk, customer=customer.pk, actor=actor, at=now, data={"change_set": deed.pk})


@action
def ask_owners(*, customer_ids: Sequence[int], actor: Actor, now: datetime) -> int:
    """A task for the owner of each (for the actor where there is none) to make sure of the customer within two weeks; how many were made.
    Who has such a task gets no second one. Records `task.added` for each. Raises NotAllowed."""
    access.require(actor, "bulk")
    title = _("登録内容を確かめる（連絡先・住所・フリガナ）")
    asked = set(
        Task.rows.filter(customer_id__in=customer_ids, title=title, done_at=None, archived_at=None).values_list("customer_id", flat=True)
    )
    made = 0
    for customer in access.customers_for(actor, [pk for pk in customer_ids if pk not in asked], "update"):
        doer = customer.owner_id if customer.owner_id in access.doers(customer) else None
        add_task(customer_id=customer.pk, title=title, due_on=time.today(now) + DUE_IN, actor=actor, now=now, assignee_id=doer)
        made += 1
    return made
