"""The files of the audit, as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enishi.platform import policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import AuditFile
from enishi.platform.runs import time_left


@dataclass(frozen=True, slots=True)
class AuditFilePage:
    """One file of the audit, as its page shows it."""

    id: int
    title: str
    state: str
    reason: str
    format_label: str
    done: int
    total: int
    time_left: str
    failure: str
    written: int
    file_name: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == AuditFile.State.RUNNING


def audit_file(actor: Actor, file_id: int) -> AuditFilePage:
    """Raises NotFound for everybody but its maker, and for who may export no more. Two queries."""
    rows = AuditFile.rows.filter(pk=file_id, owner_id=actor.user_id or 0).select_related("file")
    row = rows.first() if policy.allowed(actor, "audit", "export") else None
    if row is None:
        raise NotFound
    return AuditFilePage(
        id=row.pk,
        title=str(wiring.load("AUDIT_FILES")[row.kind].label),
        state=row.state,
        reason=row.reason,
        format_label=str(AuditFile.Format(row.format).label),
        done=row.done,
        total=row.total,
        time_left=time_left(done=row.done, total=row.total, pace=row.pace),
        failure=row.failure,
        written=row.written_count,
        file_name=row.file.name if row.file else "",
        size_bytes=row.file.size_bytes if row.file else 0,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
