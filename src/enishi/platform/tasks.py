"""Job doors of the platform."""

from __future__ import annotations

from enishi.platform import jobs, notices, time
from enishi.platform.actions.audit import CHECK_JOB, SEAL_JOB, check_on, order_check_on, seal_on
from enishi.platform.actions.audit_files import JOB, order_on, run_on


@jobs.task(name=SEAL_JOB)
def seal() -> None:
    """Seal what was added to the append-only tables. Run twice, it finds nothing marked."""
    seal_on(now=time.now())


@jobs.task(name=CHECK_JOB)
def check_audit(*, run_id: int) -> None:
    """Walk along the chain of seals for a while and order the next stretch. Goes on behind the last seal it looked at."""
    if check_on(check_id=run_id, now=time.now()):
        order_check_on(check_id=run_id)


@jobs.task(name="platform.mail_notice")
def mail_notice(*, event_id: int) -> None:
    """Tell a user by mail what was changed on their account. Twice is harmless."""
    notices.mail_notice(event_id)


@jobs.task(name="platform.mail_reset_link")
def mail_reset_link(*, user_id: int) -> None:
    """Mail the link by which a forgotten password is chosen anew; for nobody (0), nothing. Twice gives two links."""
    notices.mail_reset_link(user_id)


@jobs.task(name="platform.mail_first_sign_in")
def mail_first_sign_in(*, user_id: int) -> None:
    """Mail somebody whom a directory made the link by which they choose their password. Twice gives two links."""
    notices.mail_first_sign_in(user_id)


@jobs.task(name=JOB)
def write_audit_file(*, run_id: int) -> None:
    """Write a file of the audit for a while and order the next stretch. Goes on behind the last chunk."""
    if run_on(run_id):
        order_on(run_id=run_id)
