"""What the job and the pulse share: taking up a search, and beginning one by itself where customers are new or changed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from enishi.customers.models import Customer, ImportRun, TwinSearch
from enishi.customers.twins import reading, running
from enishi.customers.twins.running import JOB, OPEN, Kind, State
from enishi.platform import events, runs
from enishi.platform.languages import speaking_to

logger = logging.getLogger(__name__)
#: Between two searches that begin by themselves; after an import one begins at once.
PAUSE = timedelta(minutes=5)
AFTER_FAILURE = timedelta(hours=1)
AFTER_STOP = timedelta(days=1)


def run(search_id: int) -> None:
    """One search. A bug ends it with a word to who ordered it; a database that is gone does not."""
    with speaking_to(TwinSearch.rows.filter(pk=search_id).values_list("owner_id", flat=True).first()):
        try:
            running.run(search_id)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("search for twins %s stopped", search_id)
            running.fail(search_id=search_id, reason=_("思わぬエラーで止まりました。管理者に連絡してください。"))


def begin(kind: str, *, owner_id: int | None, now: datetime) -> int | None:
    """Order a search; its id, or None where one is under way. Inside a transaction or on its own."""
    last = TwinSearch.rows.filter(state=State.DONE).order_by("-pk").first()
    since = last.until_xid if last is not None else 0
    kind = Kind.WHOLE if last is None or reading.keys_are_old() else kind
    try:
        with transaction.atomic():
            made = TwinSearch.rows.create(owner_id=owner_id, kind=kind, since_xid=since, created_at=now)
            running.show_work(made)
            runs.order(TwinSearch, made.pk, JOB)
    except IntegrityError:  # one at a time
        return None
    return made.pk


def scan(now: datetime) -> int:
    """Order again the job of a search whose worker is gone, and begin one where somebody is new or changed; how many. Four small
    queries where there is nothing to do."""
    ordered = runs.order_abandoned(TwinSearch, dict.fromkeys(OPEN, JOB))
    last = TwinSearch.rows.order_by("-pk").first()
    return ordered + (_is_due(last, now) and begin(Kind.CHANGES, owner_id=None, now=now) is not None)


def _is_due(last: TwinSearch | None, now: datetime) -> bool:
    if last is None:
        return Customer.rows.filter(archived_at=None).order_by()[1:2].exists() and not _imports_run()
    if last.state == State.RUNNING or last.finished_at is None:
        return False
    if last.state == State.STOPPED:  # somebody did not want it now
        return last.finished_at + AFTER_STOP < now
    if last.state == State.FAILED:
        return last.finished_at + AFTER_FAILURE < now
    if not Customer.rows.filter(row_xid__gte=last.until_xid, row_xid__lt=events.settled_before()).exists():
        return False
    if _imports_run():
        return False
    imported = ImportRun.rows.filter(finished_at__gt=last.created_at, target="customers").exists()
    return imported or last.finished_at + PAUSE < now


def _imports_run() -> bool:
    return ImportRun.rows.filter(state__in=[ImportRun.State.RUNNING]).exists()
