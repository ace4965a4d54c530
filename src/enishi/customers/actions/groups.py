"""What is done to one customer or to many at once: tags and owners. One deed, one change set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Customer, CustomerTag, Tag
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import User

MOST_AT_ONCE = 1_000


@action
def put_tag(*, customer_ids: Sequence[int], name: str, actor: Actor, now: datetime) -> int:
    """Put a tag on customers, made where nobody used it before; how many did not have it. Records `customer.tagged` each.

    More than one customer needs the right to bulk changes; those out of reach are left out. Six queries.
    Raises NotFound, NotAllowed, Invalid.
    """
    name = clean(name)
    if not name or len(name) > 40:
        raise Invalid(fields={"name": [_("タグの名前を40文字以内で入力してください。")]})
    customers = _reachable(customer_ids, actor, "update")
    tag, _created = Tag.rows.get_or_create(name=name)
    had = set(CustomerTag.rows.filter(tag=tag, customer_id__in=[c.pk for c in customers]).values_list("customer_id", flat=True))
    fresh = [c for c in customers if c.pk not in had]
    if not fresh:
        return 0
    deed = changes.open_change_set(actor=actor, door="screen", at=now, reason=_("タグ「%(name)s」を付ける") % {"name": name})
    rows = CustomerTag.rows.bulk_create([CustomerTag(customer=c, tag=tag, at=now) for c in fresh])
    changes.record_changes(deed, CustomerTag, [(row.pk, {"tag": (None, tag.pk), "customer": (None, row.customer_id)}) for row in rows])
    _tell("customer.tagged", [c.pk for c in fresh], {"tag_id": tag.pk, "change_set": deed.pk}, actor, now)
    return len(fresh)


@action
def remove_tag(*, customer_id: int, tag_id: int, actor: Actor, now: datetime) -> None:
    """Take a tag off one customer. Records `customer.untagged`; nothing where it is not there. Raises NotFound, NotAllowed."""
    customer = access.customer_for(actor, customer_id, "update")
    row = CustomerTag.rows.filter(customer=customer, tag_id=tag_id).first()
    if row is None:
        return
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, CustomerTag, [(row.pk, {"tag": (tag_id, None), "customer": (customer.pk, None)})])
    row.delete()
    _tell("customer.untagged", [customer.pk], {"tag_id": tag_id, "change_set": deed.pk}, actor, now)


@action
def assign_owner(*, customer_ids: Sequence[int], owner_id: int | None, actor: Actor, now: datetime) -> int:
    """Give customers to a member of staff, or to nobody; how many changed hands. Records `customer.assigned` each.

    Needs the right to assign; those out of reach are left out. Five queries. Raises NotFound, NotAllowed, Invalid.
    """
    if owner_id is not None and not User.rows.filter(pk=owner_id, is_active=True).exists():
        raise Invalid(fields={"owner_id": [_("担当者を一覧から選んでください。")]})
    customers = [c for c in _reachable(customer_ids, actor, "assign") if c.owner_id != owner_id]
    if not customers:
        return 0
    deed = changes.open_change_set(actor=actor, door="screen", at=now, reason=_("担当を変える"))
    changes.record_changes(deed, Customer, [(c.pk, {"owner": (c.owner_id, owner_id)}) for c in customers])
    Customer.rows.filter(pk__in=[c.pk for c in customers]).update(owner_id=owner_id)
    _tell("customer.assigned", [c.pk for c in customers], {"owner_id": owner_id, "change_set": deed.pk}, actor, now)
    return len(customers)


def _reachable(customer_ids: Sequence[int], actor: Actor, act: str) -> list[Customer]:
    """The customers locked in id order; one alone must be there, of many the unreachable are left out."""
    ids = sorted(set(customer_ids))
    if len(ids) == 1:
        return [access.customer_for(actor, ids[0], act)]
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(_("一度に変えられるのは%(n)d件までです。") % {"n": MOST_AT_ONCE})
    access.require(actor, "bulk")
    found = access.customers_for(actor, ids, act)
    if not found:
        raise NotFound
    return found


def _tell(kind: str, customer_ids: Sequence[int], data: dict[str, events.Primitive], actor: Actor, now: datetime) -> None:
    events.record_many([events.NewEvent(kind, pk, pk, now, data) for pk in customer_ids], actor=actor)
