"""Putting a tag on one customer, and taking it off. Many at once: `bulk`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import CustomerTag, Tag
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.japanese.normalise import clean


@action
def put_tag(*, customer_id: int, name: str, actor: Actor, now: datetime) -> None:
    """Put a tag on a customer, made where nobody used it before. Records `customer.tagged`; nothing where it is there.

    Raises NotFound, NotAllowed, Invalid.
    """
    name = clean(name)
    if not name or len(name) > 40:
        raise Invalid(fields={"name": [_("タグの名前を40文字以内で入力してください。")]})
    customer = access.customer_for(actor, customer_id, "update")
    tag, _created = Tag.rows.get_or_create(name=name)
    row, is_new = CustomerTag.rows.get_or_create(customer=customer, tag=tag, defaults={"at": now})
    if not is_new:
        return
    deed = changes.open_change_set(actor=actor, door="screen", at=now, reason=_("タグ「%(name)s」を付ける") % {"name": name})
    changes.record_changes(deed, CustomerTag, [(row.pk, {"tag": (None, tag.pk), "customer": (None, customer.pk)})])
    _tell("customer.tagged", customer.pk, {"tag_id": tag.pk, "change_set": deed.pk}, actor, now)


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
    _tell("customer.untagged", customer.pk, {"tag_id": tag_id, "change_set": deed.pk}, actor, now)


def _tell(kind: str, customer_id: int, data: dict[str, events.Primitive], actor: Actor, now: datetime) -> None:
    events.record(kind, subject=customer_id, customer=customer_id, actor=actor, at=now, data=data)
