"""Progress of long work, as the job tray shows it."""

from __future__ import annotations

from datetime import datetime

from enishi.platform.models import Work


def report(*, kind: str, subject: int, label: str, url: str, owner_id: int | None, total: int, done: int, state: str, at: datetime) -> None:
    """Insert or move on one line of the tray. One query."""
    Work.rows.bulk_create(
        [
            Work(
                kind=kind,
                subject_id=subject,
                label=label,
                url=url,
                owner_id=owner_id,
                total=total,
                done=done,
                state=state,
                started_at=at,
                changed_at=at,
            )
        ],
        update_conflicts=True,
        unique_fields=["kind", "subject_id"],
        update_fields=["label", "url", "total", "done", "state", "changed_at"],
    )


def done(*, kind: str, subject: int) -> int:
    """How much was done by the last report; 0 where there is none. One query."""
    return Work.rows.filter(kind=kind, subject_id=subject).values_list("done", flat=True).first() or 0
