"""Verbs of the platform: setting an installation up, changing its settings, moving the demo's clock."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from enishi.platform import events, policy, presets
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed
from enishi.platform.models import Organisation, Role, User, UserRole


class AlreadySetUp(ActionError):
    code = "platform.already_set_up"
    message = _("この環境はすでに設定されています。ログインしてください。")


class ClockNotMovable(ActionError):
    code = "platform.clock_not_movable"
    message = _("日付を進められるのはデモだけです。")


def installation_id() -> str:
    """The fingerprint of this copy of the data folder; the row in the database must equal it (clone guard)."""
    path = Path(settings.DATA_DIR) / "installation_id"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(16))
    return path.read_text().strip()


@action
def set_up(
    *, organisation_name: str, address: str, contact: str, username: str, display_name: str, language: str, password: str, now: datetime
) -> int:
    """Make the organisation, the role presets and the first user (管理者＋全顧客閲覧). Gives the user's id.

    Raises AlreadySetUp, Invalid. Records `organisation.set_up`.
    """
    if Organisation.rows.select_for_update().exists():
        raise AlreadySetUp
    user = User(username=username, display_name=display_name, language=language, joined_at=now)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": error.messages}) from error
    presets.install()
    organisation = Organisation.rows.create(
        name=organisation_name, address=address, contact=contact, installation_id=installation_id(), created_at=now
    )
    user.set_password(password)
    user.save(force_insert=True)
    UserRole.rows.bulk_create([UserRole(user=user, role=role) for role in Role.rows.filter(key__in=("admin", "all_customers"))])
    events.record("organisation.set_up", subject=organisation.pk, customer=None, actor=SYSTEM, at=now)
    return user.pk


@action
def choose_language(*, actor: Actor, language: str, now: datetime) -> None:
    """Keep the language in which the screens speak to the actor. Records `user.language_chosen`.

    Raises Invalid, NotAllowed.
    """
    if language not in User.Language.values:
        raise Invalid(fields={"language": [_("一覧から選んでください。")]})
    if actor.user_id is None:
        raise NotAllowed
    user = User.rows.select_for_update().get(pk=actor.user_id)
    user.language = language
    user.save(update_fields=["language"])
    events.record("user.language_chosen", subject=user.pk, customer=None, actor=actor, at=now, data={"language": language})


@action
def change_organisation(
    *,
    actor: Actor,
    name: str,
    address: str,
    contact: str,
    send_wait_minutes: int,
    holdout_percent: int,
    fiscal_year_start_month: int,
    now: datetime,
) -> None:
    """Change the organisation's settings. Records `organisation.changed`. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    organisation = Organisation.rows.select_for_update().get()
    organisation.name, organisation.address, organisation.contact = name, address, contact
    organisation.send_wait_minutes, organisation.holdout_percent = send_wait_minutes, holdout_percent
    organisation.fiscal_year_start_month = fiscal_year_start_month
    organisation.full_clean()
    organisation.save()
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)


@action
def ask_for_days(*, actor: Actor, days: int, now: datetime) -> None:
    """Demo only: order that `days` pass, one by one, while the simulated people act. Records `clock.days_asked`.

    Raises ClockNotMovable, NotAllowed.
    """
    if not (settings.DEMO and settings.TEST_CLOCK_ALLOWED):
        raise ClockNotMovable
    policy.require(actor, "demo", "configure")
    organisation = Organisation.rows.get()
    events.record("clock.days_asked", subject=organisation.pk, customer=None, actor=actor, at=now, data={"days": days})


@action
def move_clock(*, hours: int, now: datetime) -> None:
    """Demo only: everything that asks for the time gets an instant `hours` later. Records `clock.moved`."""
    if not (settings.DEMO and settings.TEST_CLOCK_ALLOWED):
        raise ClockNotMovable
    organisation = Organisation.rows.select_for_update().get()
    organisation.clock_offset_seconds += hours * 3600
    organisation.save(update_fields=["clock_offset_seconds"])
    events.record("clock.moved", subject=organisation.pk, customer=None, actor=SYSTEM, at=now, data={"hours": hours})
    cache.delete("platform.clock_offset")
