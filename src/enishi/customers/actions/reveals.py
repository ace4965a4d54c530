"""開示: opening what a role shows masked of one customer, for ten minutes and a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.platform import events, policy, views_log
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, ReadsNotLogged
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Reveal, User

HOLDS_FOR = timedelta(minutes=10)
PER_HOUR = 30
LONGEST_REASON = 200


class TooManyReveals(ActionError):
    code = "reveal.too_many"
    message = gettext_lazy("開示は1時間に30件までです。急ぎのときは、責任者に相談してください。")
    status = 429


@action
def reveal_customer(*, customer_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Let the actor see for ten minutes what their role masks of this customer. In the view log with its reason, in the same
    transaction: what cannot be written down is not opened. Records `customer.revealed`.

    Raises NotFound, NotAllowed, Invalid, TooManyReveals, ReadsNotLogged.
    """
    customer = policy.get(actor, Customer, "reveal", customer_id, lock=False)
    if actor.user_id is None or actor.kind != "staff" or not access.can_reveal(actor, customer.pk):
        raise NotAllowed
    reason = clean(reason)
    if not reason:
        raise Invalid(fields={"reason": [_("なぜ開くのかを入力してください。")]})
    if len(reason) > LONGEST_REASON:
        raise Invalid(fields={"reason": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_REASON}]})
    User.rows.select_for_update().get(pk=actor.user_id)  # two at once are counted one after the other
    if Reveal.rows.filter(user_id=actor.user_id, at__gt=now - timedelta(hours=1)).count() >= PER_HOUR:
        raise TooManyReveals
    row = Reveal.rows.create(
        user_id=actor.user_id, object="customer", record_id=customer.pk, reason=reason, at=now, until_at=now + HOLDS_FOR
    )
    if not views_log.record(actor, Customer, [customer.pk], columns=policy.personal_columns(Customer), reason=reason):
        raise ReadsNotLogged
    events.record("customer.revealed", subject=row.pk, customer=customer.pk, actor=actor, at=now)
