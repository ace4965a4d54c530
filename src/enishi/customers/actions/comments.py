"""Comments on what was done with a customer: one's own are changed, removed and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.activities import call_colleagues
from enishi.customers.models import Activity, ActivityGrams, Comment
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean_lines

LONGEST: Final = 1_000
MOST: Final = 200  # on one activity


@dataclass(frozen=True, slots=True)
class Commented:
    id: int
    activity_id: int
    told: tuple[str, ...]  # names of the colleagues whom the text calls


@action
def add_comment(*, customer_id: int, activity_id: int, text: str, actor: Actor, now: datetime) -> Commented:
    """Say something about an activity. Records `comment.added`. A colleague who is named after an @ and may see the customer finds
    it on their ホーム. Raises NotFound, NotAllowed, Invalid."""
    activity = access.activity_for(actor, activity_id)
    if activity.customer_id != customer_id or activity.archived_at is not None:
        raise NotFound
    if Comment.rows.filter(activity=activity, archived_at__isnull=True).count() >= MOST:
        raise Invalid(fields={"text": [_("コメントは%(n)d件までです。新しい記録を書いてください。") % {"n": MOST}]})
    comment = Comment(activity=activity, customer_id=customer_id, text=_checked(text), author_id=actor.user_id, at=now)
    comment.save(force_insert=True)
    told = call_colleagues(comment.text, activity.customer, actor, activity=activity, comment=comment)
    _index(activity)
    events.record("comment.added", subject=comment.pk, customer=customer_id, actor=actor, at=now, data={"activity_id": activity.pk})
    return Commented(comment.pk, activity.pk, told)


@action
def change_comment(*, customer_id: int, comment_id: int, text: str, actor: Actor, now: datetime) -> Commented:
    """Put one's own comment in other words; what it said stays in the history. Records `comment.changed`. Whoever is newly called is
    told. Raises NotFound, NotAllowed (somebody else's), Invalid."""
    comment = _mine(customer_id, comment_id, actor)
    if comment.archived_at is not None:
        raise NotFound
    before, comment.text = comment.text, _checked(text)
    if before == comment.text:
        return Commented(comment.pk, comment.activity_id, ())
    comment.edited_at = now
    comment.save(update_fields=["text", "edited_at"])
    told = call_colleagues(comment.text, comment.customer, actor, activity=comment.activity, comment=comment)
    _tell_of(comment, "comment.changed", (before, comment.text), actor, now)
    return Commented(comment.pk, comment.activity_id, told)


@action
def remove_comment(*, customer_id: int, comment_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own comment away. Records `comment.removed`; twice is once. Raises NotFound, NotAllowed (somebody else's)."""
    comment = _mine(customer_id, comment_id, actor)
    if comment.archived_at is None:
        comment.archived_at = now
        comment.save(update_fields=["archived_at"])
        _tell_of(comment, "comment.removed", (comment.text, ""), actor, now)


@action
def restore_comment(*, customer_id: int, comment_id: int, actor: Actor, now: datetime) -> None:
    """Bring one's own comment back. Records `comment.restored`; twice is once. Raises NotFound, NotAllowed (somebody else's)."""
    comment = _mine(customer_id, comment_id, actor)
    if comment.archived_at is not None:
        comment.archived_at = None
        comment.save(update_fields=["archived_at"])
        _tell_of(comment, "comment.restored", ("", comment.text), actor, now)


def _mine(customer_id: int, comment_id: int, actor: Actor) -> Comment:
    comment = access.comment_for(actor, comment_id)
    if comment.customer_id != customer_id:
        raise NotFound
    if comment.author_id != actor.user_id:
        raise NotAllowed(_("ほかの人のコメントは変えられません。"))
    return comment


def _checked(text: str) -> str:
    text = clean_lines(text)
    if not text:
        raise Invalid(fields={"text": [_("コメントを入力してください。")]})
    if len(text) > LONGEST:
        raise Invalid(fields={"text": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST}]})
    return text


def _tell_of(comment: Comment, kind: str, pair: changes.Change, actor: Actor, now: datetime) -> None:
    """Into the history, the search and the log of events."""
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Comment, [(comment.pk, {"text": pair})])
    _index(comment.activity)
    data: dict[str, events.Primitive] = {"activity_id": comment.activity_id, "change_set": deed.pk}
    events.record(kind, subject=comment.pk, customer=comment.customer_id, actor=actor, at=now, data=data)


def _index(activity: Activity) -> None:
    """A search by words finds an activity by its comments as well."""
    texts = Comment.rows.filter(activity=activity, archived_at__isnull=True).order_by("at", "pk").values_list("text", flat=True)
    ActivityGrams.of(activity, texts).save()
