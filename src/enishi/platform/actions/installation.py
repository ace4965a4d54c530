"""Verbs of the platform: setting an installation up, its settings, modules and API tokens, moving the demo's clock."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, modules, policy, presets, time, words, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import ApiCall, ChangeSet, ModuleState, Organisation, Role, User, UserRole, Work
from enishi.platform.once import forget

#: A new company has this long until its powerful roles need a second factor; 設定 → ログインの決まり says another day, or never.
SECOND_FACTOR_AFTER = timedelta(days=14)


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
    if Organisation.rows.exists():
        raise AlreadySetUp
    user = User(username=username, display_name=display_name, language=language, joined_at=now)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": error.messages}) from error
    try:
        with transaction.atomic():  # the database holds one organisation: of two visitors at once, the second waits here
            organisation = Organisation.rows.create(
                name=organisation_name,
                address=address,
                contact=contact,
                installation_id=installation_id(),
                created_at=now,
                second_factor_from=time.today(time.wall_clock()) + SECOND_FACTOR_AFTER,
            )
    except IntegrityError as error:
        raise AlreadySetUp from error
    presets.install()
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
    closing_day: int,
    extra_holidays: Sequence[date],
    now: datetime,
) -> None:
    """Change the organisation's settings, with what they were before. Records `organisation.changed` where any is new.

    Raises NotAllowed, Invalid.
    """
    policy.require(actor, "settings", "configure")
    organisation = Organisation.rows.select_for_update().get()
    wanted: dict[str, object] = {
        "name": name,
        "address": address,
        "contact": contact,
        "send_wait_minutes": send_wait_minutes,
        "holdout_percent": holdout_percent,
        "fiscal_year_start_month": fiscal_year_start_month,
        "closing_day": closing_day,
        "extra_holidays": [day.isoformat() for day in extra_holidays],
    }
    changed = {key: (before, after) for key, after in wanted.items() if (before := getattr(organisation, key)) != after}
    if not changed:
        return
    for key, (_before, after) in changed.items():
        setattr(organisation, key, after)
    try:
        organisation.clean_fields()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
    organisation.save(update_fields=list(changed))
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Organisation, [(organisation.pk, changed)])
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)


@action
def rename_terms(*, chosen: words.Chosen, actor: Actor, now: datetime, deed: ChangeSet | None = None) -> None:
    """Say these words for the terms of `platform.words`; a term that is left out, or empty, is said as we say it. `deed`: what
    this is a part of. Records `organisation.changed` where any is new. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    wanted = _checked_words(chosen)
    organisation = Organisation.rows.select_for_update().get()
    before = organisation.words
    if before == wanted:
        return
    organisation.words = wanted
    organisation.save(update_fields=["words"])
    words.forget()
    deed = deed or changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Organisation, [(organisation.pk, {"words": (before, wanted)})])
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)


def _checked_words(chosen: words.Chosen) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    problems: dict[str, list[str]] = {}
    for key, term in words.TERMS.items():
        said = {part: clean(chosen.get(key, {}).get(part, "")) for part in term.words()}
        for part, word in said.items():
            longest = (words.LONGEST_STAGE if key in words.STAGES else words.LONGEST)[part]
            if len(word) > longest:
                problems[f"{key}_{part}"] = [gettext("%(n)d文字以内で入力してください。") % {"n": longest}]
            if not word and any(said.values()):
                problems[f"{key}_{part}"] = [gettext("日本語と英語の両方を入力してください。")]
        if any(said.values()) and said != term.words():
            found[key] = said
    if problems:
        raise Invalid(fields=problems)
    return found


@action
def ask_for_days(*, actor: Actor, days: int, now: datetime) -> None:
    """Demo only: order that `days` pass, one by one, while the simulated people act. Records `clock.days_asked`.

    The job tray of who asked shows it from now on. Raises ClockNotMovable, NotAllowed.
    """
    if not (settings.DEMO and settings.TEST_CLOCK_ALLOWED):
        raise ClockNotMovable
    policy.require(actor, "demo", "configure")
    organisation = Organisation.rows.get()
    event_id = events.record("clock.days_asked", subject=organisation.pk, customer=None, actor=actor, at=now, data={"days": days})
    label = gettext("%(days)s日進める") % {"days": days}
    work.report(
        kind="demo.days",
        subject=event_id,
        label=label,
        url="/",
        owner_id=actor.user_id,
        total=days,
        done=0,
        state=Work.State.RUNNING,
        at=now,
    )


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


# ---- modules ------------------------------------------------------------------------------------------------------


class ModuleNeeded(ActionError):
    """Another module stands in the way: one that needs this one, or one that this one needs."""

    code = "module.needed"


class ModuleBusy(ActionError):
    """Something of the module is under way and would stop half done; the message says what."""

    code = "module.busy"


@action
def switch_module(*, key: str, on: bool, actor: Actor, now: datetime) -> None:
    """Switch a module on or off for the whole company; its data stays. Records `module.switched` where that is new.

    Raises NotAllowed, NotFound (no such module), ModuleNeeded, ModuleBusy.
    """
    policy.require(actor, "settings", "configure")
    module = modules.all_modules().get(key)
    if module is None:
        raise NotFound
    Organisation.rows.select_for_update().get()  # two switches at once are made one after the other
    forget("modules")
    if on == (key not in modules.off()):
        return
    _refuse_the_needed(module, on=on)
    if not on and module.holds is not None and (reason := module.holds()):
        raise ModuleBusy(reason)
    state, _made = ModuleState.rows.update_or_create(key=key, defaults={"on": on})
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, ModuleState, [(state.pk, {"on": (not on, on)})])
    events.record("module.switched", subject=state.pk, customer=None, actor=actor, at=now, data={"module": key, "on": on})
    forget("modules")


def _refuse_the_needed(module: modules.Module, *, on: bool) -> None:
    known, off = modules.all_modules(), modules.off()
    if on:
        missing = [str(known[key].label) for key in module.needs if key in off]
        if missing:
            raise ModuleNeeded(gettext("先に「%(names)s」をオンにしてください。この機能に必要です。") % {"names": "」「".join(missing)})
    elif users := [str(other.label) for key, other in known.items() if key not in off and module.key in other.needs]:
        raise ModuleNeeded(
            gettext("「%(names)s」がこの機能を使っています。先に「%(names)s」をオフにしてください。") % {"names": "」「".join(users)}
        )


# ---- the API ------------------------------------------------------------------------------------------------------

CALLS_ARE_KEPT = timedelta(hours=24)


class KeyUsedForAnother(Invalid):
    """The same Idempotency-Key came with another body or for another address."""

    code = "api.idempotency_key_reused"
    message = _("この Idempotency-Key は別の内容の呼び出しに使われています。新しいキーを使ってください。")


@action
def make_once(*, key: str, call: bytes, make: Callable[[], int], actor: Actor, now: datetime) -> int:
    """Run `make` and give the id of what it made; for a key that came before, the id of then, and nothing is made.

    `call` is what must be the same under one key. Two at once: the second waits for the first. A call that is refused
    leaves no trace and may be tried again. Without a key: just `make`. Raises KeyUsedForAnother, and what `make` raises.
    """
    if not key or actor.user_id is None:
        return make()
    digest = sha256(call).digest()
    ApiCall.rows.bulk_create([ApiCall(user_id=actor.user_id, key=key[:100], digest=digest, at=now)], ignore_conflicts=True)
    row = ApiCall.rows.select_for_update().get(user_id=actor.user_id, key=key[:100])
    if bytes(row.digest) != digest:
        raise KeyUsedForAnother
    if row.subject_id is None:
        row.subject_id = make()
        row.save(update_fields=["subject_id"])
    return row.subject_id


@action
def forget_calls(*, now: datetime) -> int:
    """Drop the keys of calls older than a day; how many."""
    deleted, _by_model = ApiCall.rows.filter(at__lt=now - CALLS_ARE_KEPT).delete()
    return deleted
