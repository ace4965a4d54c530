"""How somebody sees the list of customers: which columns in which order, how many rows a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access, listing
from enishi.customers.models import ListSetting
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed


@action
def choose_columns(*, columns: Sequence[str], page_size: int, actor: Actor, now: datetime) -> None:
    """Keep the actor's own columns, in their order; none brings the usual ones back. Records `list.columns_chosen`.

    Raises NotAllowed, Invalid (a column that is not on offer, another page size).
    """
    access.require(actor, "read")
    if actor.user_id is None:
        raise NotAllowed
    chosen = known_columns(columns, actor)
    if page_size not in ListSetting.PageSize.values:
        raise Invalid(fields={"page_size": [_("一覧から選んでください。")]})
    ListSetting.rows.update_or_create(owner_id=actor.user_id, defaults={"columns": chosen, "page_size": page_size})
    data: dict[str, events.Primitive] = {"columns": ",".join(chosen), "page_size": page_size}
    events.record("list.columns_chosen", subject=actor.user_id, customer=None, actor=actor, at=now, data=data)


def known_columns(columns: Sequence[str], actor: Actor) -> list[str]:
    """The keys, each once. Raises Invalid where the actor is not offered one of them."""
    chosen = list(dict.fromkeys(columns))
    offered = listing.offered(listing.column_sets(actor))
    if any(key not in offered for key in chosen):
        raise Invalid(fields={"columns": [_("選べない列があります。画面を開き直してください。")]})
    return chosen
