"""Verbs of ログインの決まり: what the company asks of everybody who signs in."""

from __future__ import annotations

from datetime import date, datetime

from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.models import Organisation


@action
def ask_for_second_factor(*, starts_on: date | None, actor: Actor, now: datetime) -> None:
    """From this day on whoever exports, sends, configures or reveals needs a second factor; None: nobody does. Records
    `organisation.changed` where that is new. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    organisation = Organisation.rows.select_for_update().get()
    before = organisation.second_factor_from
    if before == starts_on:
        return
    organisation.second_factor_from = starts_on
    organisation.save(update_fields=["second_factor_from"])
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Organisation, [(organisation.pk, {"second_factor_from": (before, starts_on)})])
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)
