"""A file that a job makes for one person: customers, address labels, the audit. Its row (`runs.MadeFile`) says for ever who took
what out and why; the file is its maker's alone, and goes after a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from enishi.platform import files
from enishi.platform.actor import Actor
from enishi.platform.approvals import Outcome
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import StoredFile
from enishi.platform.runs import MadeFile

#: How long the file can be fetched.
KEPT = timedelta(days=7)
LONGEST_REASON = 200
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Download:
    path: Path
    name: str


def checked_reason(text: str) -> tuple[str, dict[str, list[str]]]:
    """Why data is taken out, tidied, and what is wrong with it."""
    reason = clean(text)
    return reason, {} if 0 < len(reason) <= LONGEST_REASON else {"reason": [_("何に使うかを、200文字以内で入力してください。")]}


def maker(actor: Actor) -> int:
    """The person for whom a file may be made; their id. Raises NotAllowed for a token and for a job."""
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    return actor.user_id


def why_not(outcome: Outcome, comment: str) -> str:
    """What is told to the maker of a file that somebody else did not approve."""
    if outcome == "rejected":
        return _("承認されませんでした：%(comment)s") % {"comment": comment}
    return _("申請を取り下げました。") if outcome == "cancelled" else _("承認の期限が過ぎました。")


# ---- inside an action, with the row locked ------------------------------------------------------------------------------


def take(row: MadeFile, found: StoredFile | None, *, now: datetime) -> Download:
    """Where a file of the row lies, counted where it is the file itself. Raises NotFound where it has gone."""
    if found is None or row.expires_at is None or row.expires_at <= now:
        raise NotFound
    if found == row.file:
        row.taken_count += 1
        row.save(update_fields=["taken_count"])
    return Download(files.path_of(found), found.name)


def put_away(row: MadeFile, *columns: str) -> None:
    """Remove the file, and those of the other columns; the row stays."""
    names = ("file", *columns)
    gone = [file for name in names if (file := getattr(row, name)) is not None]
    for name in (*names, "expires_at"):
        setattr(row, name, None)
    row.save(update_fields=[*names, "expires_at"])
    for file in gone:
        files.remove(file)


def kept_long_enough[R: MadeFile](model: type[R], *at_work: str, now: datetime) -> list[R]:
    """Some rows whose files may go, locked; those that are still at work left alone. One query."""
    due = model.rows.filter(expires_at__lte=now).exclude(state__in=at_work).order_by("pk")[:_AT_ONCE]
    return list(due.select_for_update(skip_locked=True))
