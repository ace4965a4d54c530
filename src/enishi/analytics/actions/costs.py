"""Saying what orders cost and what LTV is worked out with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.analytics.models import ChannelCost, ValueSettings
from enishi.commerce.models import Order
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid

MOST_JPY = 100_000  # an order
WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class CostOf:
    """What an order of one channel costs: yen an order, and basis points of revenue."""

    channel: str
    shipping_jpy: int
    fee_bp: int
    promotion_jpy: int


@action
def change_costs(
    *, margin_bp: int | None, discount_bp: int, profit_bp: int, channels: Sequence[CostOf], actor: Actor, now: datetime
) -> None:
    """What analyses of value count with from now on; channels that are left out stay. Records `costs.changed` where anything is new.

    Raises NotAllowed, Invalid.
    """
    policy.require(actor, "cost", "update")
    _check({"margin_bp": margin_bp or 0, "discount_bp": discount_bp, "profit_bp": profit_bp}, channels)
    settings, _made = ValueSettings.rows.select_for_update().get_or_create()
    deed = None
    wanted = {"margin_bp": margin_bp, "discount_bp": discount_bp, "profit_bp": profit_bp}
    rows: list[tuple[ValueSettings | ChannelCost, Mapping[str, int | None]]] = [(settings, wanted)]
    for told in sorted(channels, key=lambda one: one.channel):
        channel, _made = ChannelCost.rows.select_for_update().get_or_create(channel=told.channel)
        rows.append((channel, {name: value for name, value in asdict(told).items() if name != "channel"}))
    for row, values in rows:
        changed = {name: (before, after) for name, after in values.items() if (before := getattr(row, name)) != after}
        if not changed:
            continue
        for name, (_before, after) in changed.items():
            setattr(row, name, after)
        row.save(update_fields=list(changed))
        deed = deed or changes.open_change_set(actor=actor, door="screen", at=now)
        changes.record_changes(deed, type(row), [(row.pk, changed)])
    if deed is not None:
        events.record("costs.changed", subject=settings.pk, customer=None, actor=actor, at=now)


def _check(shares: Mapping[str, int], channels: Sequence[CostOf]) -> None:
    """Raises Invalid."""
    wrong: dict[str, list[str]] = {}
    for told in channels:
        if told.channel not in Order.Channel.values:
            raise Invalid(_("販売チャネル「%(channel)s」はありません。") % {"channel": told.channel})
        shares = {**shares, f"{told.channel}-fee_bp": told.fee_bp}
        for name in ("shipping_jpy", "promotion_jpy"):
            if not 0 <= getattr(told, name) <= MOST_JPY:
                wrong[f"{told.channel}-{name}"] = [_("0円から%(most)s円までで入力してください。") % {"most": f"{MOST_JPY:,}"}]
    wrong |= {name: [_("0%から100%までで入力してください。")] for name, value in shares.items() if not 0 <= value <= WHOLE_BP}
    if wrong:
        raise Invalid(fields=wrong)
