"""What colleagues say about activities, in words, masked for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Activity, Comment, Mention
from enishi.customers.timeline import Remark, Thread
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.masking import mask
from enishi.platform.policy import present_many, shown, watched
from enishi.platform.privacy import Level, Privacy


def remarks_on(actor: Actor, activity_ids: Sequence[int]) -> dict[int, tuple[Remark, ...]]:
    """Activity → its comments, the oldest first, of activities that the actor reads. One query, one more where any of them calls
    somebody; none without activities. The caller says who looks."""
    if not activity_ids:
        return {}
    rows = Comment.rows.filter(activity_id__in=activity_ids, archived_at__isnull=True).order_by("at", "pk")
    found = list(rows.values_list("activity_id", "pk", "text", "author_id", "author__display_name", "at", "edited_at"))
    told = _told([pk for _activity, pk, text, *_rest in found if "@" in text or "＠" in text])
    clear = actor.level(Privacy.PERSONAL) >= Level.READ
    remarks: dict[int, list[Remark]] = {}
    for activity_id, pk, text, author_id, author, at, edited_at in found:
        mine = actor.user_id is not None and author_id == actor.user_id
        words = text if clear or mine else str(mask("text", text))
        remarks.setdefault(activity_id, []).append(Remark(pk, words, _about(author, at, edited_at, told.get(pk, [])), mine))
    return {activity_id: tuple(one) for activity_id, one in remarks.items()}


def _about(author: str | None, at: datetime, edited_at: datetime | None, told: Sequence[str]) -> str:
    local = time.local(at)
    edited = _("編集済み") if edited_at else ""
    to = _("知らせた相手：%(names)s") % {"names": "・".join(told)} if told else ""
    return "・".join(filter(None, (author or "", f"{local:%Y/%m/%d %H:%M}", edited, to)))


def _told(comment_ids: Sequence[int]) -> dict[int, list[str]]:
    told: dict[int, list[str]] = {}
    if comment_ids:
        for pk, name in Mention.rows.filter(comment_id__in=comment_ids).order_by("pk").values_list("comment_id", "user__display_name"):
            told.setdefault(pk, []).append(name)
    return told


@dataclass(frozen=True, slots=True)
class OpenThread:
    """One thread as it is written into. `text`: what the comment that is changed says, "" for a new one."""

    thread: Thread
    text: str = ""


def thread_of(actor: Actor, customer_id: int, activity_id: int) -> OpenThread:
    """For the form of a new comment. Raises NotFound, NotAllowed. Five queries at most, and one view-log row."""
    activity = access.activity_for(actor, activity_id, lock=False)
    if activity.customer_id != customer_id or activity.archived_at is not None:
        raise NotFound
    actor = watched(actor, Activity, [activity_id], columns=("comment",))
    return OpenThread(Thread(activity_id, remarks_on(actor, [activity_id]).get(activity_id, ()), activity.pinned_at is not None))


def thread_with(actor: Actor, customer_id: int, comment_id: int) -> OpenThread:
    """The thread of one's own comment, to change it. Raises NotFound, NotAllowed. Six queries at most."""
    own = Comment.rows.filter(pk=comment_id, author_id=actor.user_id or 0, archived_at=None, customer__archived_at=None)
    found = own.values_list("activity_id", "text").first()
    if found is None:
        raise NotFound
    return OpenThread(thread_of(actor, customer_id, found[0]).thread, found[1])


# ---- for other systems --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommentFacts:
    id: int
    at: datetime
    edited_at: datetime | None
    text: str | None = shown("text", author="author_id")
    activity_id: int = shown("activity")
    author_id: int | None = shown("author")
    author_name: str | None = shown("author__display_name")


def comments_on(actor: Actor, activity_ids: Sequence[int]) -> dict[int, list[CommentFacts]]:
    """Activity → its comments, the oldest first. One query, and one view-log row; none without activities."""
    found: dict[int, list[CommentFacts]] = {}
    rows = access.visible_comments(actor).filter(activity_id__in=activity_ids).order_by("at", "pk")
    for one in present_many(CommentFacts, actor, rows) if activity_ids else []:
        found.setdefault(one.activity_id, []).append(one)
    return found
