"""What the platform itself finds due in a pulse."""

from __future__ import annotations

from datetime import datetime

from enishi.platform import time
from enishi.platform.actions.approvals import expire_requests
from enishi.platform.actions.audit import CHECK_JOB, prepare_seal
from enishi.platform.actions.audit_files import JOB, expire_audit_files
from enishi.platform.actions.company_answers import forget_answers
from enishi.platform.actions.installation import forget_calls
from enishi.platform.actions.signin import sweep_sessions
from enishi.platform.models import AuditCheck, AuditFile
from enishi.platform.runs import order_abandoned


def api_calls(now: datetime) -> int:
    """Idempotency keys are kept for a day."""
    return forget_calls(now=now)


def seals(now: datetime) -> int:
    """The day's seal and the nightly walk along the chain are ordered, and taken up again where their worker died."""
    return prepare_seal(now=now) + order_abandoned(AuditCheck, {AuditCheck.State.RUNNING: CHECK_JOB})


def sessions(now: datetime) -> int:
    """Rows of sessions that are over, and of answers by SAML that are too old to be sent again, by the clock on the wall."""
    wall = time.wall_clock()
    return sweep_sessions(wall=wall) + forget_answers(wall=wall)


def audit_files(now: datetime) -> int:
    """Files of the audit whose worker died are taken up again; those that were kept long enough go."""
    return order_abandoned(AuditFile, {AuditFile.State.RUNNING: JOB}) + expire_audit_files(now=now)


def approvals(now: datetime) -> int:
    """Requests that nobody decided in time end."""
    return expire_requests(now=now)
