"""監査ログ: what was done, what was changed, who looked at whom, as one list in words, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy

from enishi.platform import audit_objects, event_words, policy, time
from enishi.platform.actor import Actor
from enishi.platform.queries import audit_rows
from enishi.platform.queries.audit_rows import Wanted
from enishi.platform.queries.audit_words import SHOWN_CHANGES, AuditLine, lines

PAGE = 50
USUAL_DAYS = 30

GROUPS = {"change": gettext_lazy("項目の変更"), "view": gettext_lazy("個人情報の閲覧"), **event_words.GROUPS}


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: list[AuditLine]
    next: str  # what `before` carries for the next page; empty on the last
    unknown_text: bool = False  # nothing is called so, as far as the reader sees


def usual(now: datetime) -> Wanted:
    """What is shown to somebody who asked for nothing yet: the last days."""
    today = time.today(now)
    return Wanted(since=today - timedelta(days=USUAL_DAYS - 1), until=today)


def audit_page(actor: Actor, wanted: Wanted, *, before: str = "", size: int = PAGE, shown: int = SHOWN_CHANGES) -> AuditPage:
    """One page of the log, with at most `shown` changes a line. Raises NotAllowed. About ten queries, and a row in the view log
    where names of people, or what stood in their columns, are shown."""
    policy.require(actor, "audit", "read")
    about = _about(actor, wanted)
    if about is not None and not about:
        return AuditPage([], "", unknown_text=True)
    raw, further = audit_rows.raw_page(wanted, about, time.parsed(before), size)
    return AuditPage(lines(actor, raw, shown), raw[-1].at.isoformat() if further else "")


def count(actor: Actor, wanted: Wanted) -> int:
    """About how many lines there are: events of one deed are counted one by one. Raises NotAllowed. Three counts."""
    policy.require(actor, "audit", "read")
    about = _about(actor, wanted)
    return audit_rows.count(wanted, about) if about is None or about else 0


def _about(actor: Actor, wanted: Wanted) -> audit_rows.About:
    return audit_objects.found_by(actor, wanted.text) if wanted.text else None
