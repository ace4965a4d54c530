"""Writing the input standards: a draft, rule by rule, then published as a version; and back to an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers.models import StandardBook
from enishi.customers.standards import current
from enishi.customers.standards.presets import proposed
from enishi.customers.standards.rule import MOST_RULES, Rule, Rules, dumped, read, whole
from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound


@action
def put_rule(*, rule: Rule, actor: Actor, now: datetime) -> None:
    """Put a rule into the draft: in place of the one of its key, else at the end. Raises NotAllowed, Invalid."""

    def put(rules: Rules) -> Rules:
        fresh = whole(rule)
        if any(one.key == fresh.key for one in rules):
            return tuple(fresh if one.key == fresh.key else one for one in rules)
        return (*rules, fresh)

    _change_draft(put, actor, now)


@action
def drop_rule(*, key: str, actor: Actor, now: datetime) -> None:
    """Take a rule out of the draft. Raises NotAllowed."""
    _change_draft(lambda rules: tuple(rule for rule in rules if rule.key != key), actor, now)


@action
def take_proposed(*, actor: Actor, now: datetime) -> None:
    """Put the proposed rules into the draft, beside those that stand there, as far as none says the same. Raises NotAllowed."""

    def put(rules: Rules) -> Rules:
        known = {(rule.field, rule.check, rule.choice) for rule in rules}
        free = _free_number(rules)
        fresh = [rule for rule in proposed() if (rule.field, rule.check, rule.choice) not in known]
        return (*rules, *(rule.model_copy(update={"key": f"r{free + place}"}) for place, rule in enumerate(fresh)))

    _change_draft(put, actor, now)


@action
def discard_draft(*, actor: Actor) -> None:
    """Forget the draft; the standards stay as they are. Raises NotAllowed."""
    policy.require(actor, "settings", "configure")
    StandardBook.rows.filter(published_at=None).delete()


@action
def publish_standards(*, note: str, actor: Actor, now: datetime) -> int:
    """The draft is what every door obeys from now on; the id of the version. Records `standards.published`. Raises NotAllowed,
    NotFound (no draft), Invalid (a rule does not suit its field any more)."""
    policy.require(actor, "settings", "configure")
    draft = StandardBook.rows.select_for_update().filter(published_at=None).first()
    if draft is None:
        raise NotFound
    for rule in read(draft.rules):
        whole(rule)
    draft.note = note[:200]
    return _publish(draft, actor, now)


@action
def bring_back(*, version_id: int, actor: Actor, now: datetime) -> int:
    """An earlier version counts again, as a version of its own; the new id. Records `standards.published`. Raises NotAllowed,
    NotFound."""
    policy.require(actor, "settings", "configure")
    old = StandardBook.rows.filter(pk=version_id, published_at__isnull=False).first()
    if old is None:
        raise NotFound
    words = _("%(day)s の版に戻した") % {"day": f"{old.published_at:%Y/%m/%d %H:%M}"}
    return _publish(StandardBook(rules=old.rules, created_at=now, note=words), actor, now)


def free_key(rules: Rules) -> str:
    """A key that no rule of a set has."""
    return f"r{_free_number(rules)}"


def _free_number(rules: Rules) -> int:
    return max((int(rule.key[1:]) for rule in rules), default=0) + 1


def _change_draft(change: Callable[[Rules], Rules], actor: Actor, now: datetime) -> None:
    policy.require(actor, "settings", "configure")
    draft = StandardBook.rows.select_for_update().filter(published_at=None).first()
    if draft is None:
        start = dumped(current.current().rules)
        draft, _made = StandardBook.rows.get_or_create(published_at=None, defaults={"rules": start, "created_at": now})
    fresh = change(read(draft.rules))
    if len(fresh) > MOST_RULES:
        raise Invalid(_("入力基準は%(n)d件までです。") % {"n": MOST_RULES})
    draft.rules = dumped(fresh)
    draft.save(update_fields=["rules"])


def _publish(version: StandardBook, actor: Actor, now: datetime) -> int:
    newest = StandardBook.rows.filter(published_at__isnull=False).order_by("-published_at").values_list("published_at", flat=True).first()
    if newest is not None and newest > now:
        raise Invalid(_("ほかの人がいま公開しました。画面を開き直してください。"))
    version.published_at, version.published_by_id = now, actor.user_id
    version.save()
    current.forget()
    events.record("standards.published", subject=version.pk, customer=None, actor=actor, at=now, data={"rules": len(version.rules)})
    return version.pk
