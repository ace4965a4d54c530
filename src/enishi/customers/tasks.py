"""Job doors of customers: the long work of imports, exports and changes of many."""

from __future__ import annotations

from enishi.customers.bulk import running as bulk
from enishi.customers.exporting import doors as export_doors
from enishi.customers.imports import checking, doors, staging
from enishi.customers.models import BulkRun, MergeBatch
from enishi.customers.quality import running as quality
from enishi.customers.twins import doors as twin_doors
from enishi.customers.twins.batch import running as batch
from enishi.platform import jobs, owned_runs


@jobs.task(name="customers.stage_import", queue="imports", door="import")
def stage_import(*, run_id: int) -> None:
    """Read a file into the staging table. Goes on behind the last batch when it was interrupted."""
    with doors.told(run_id):
        staging.stage(run_id)


@jobs.task(name="customers.check_import", queue="imports", door="import")
def check_import(*, run_id: int) -> None:
    """Look at every row without writing. Begins anew when it was interrupted."""
    with doors.told(run_id):
        checking.check(run_id)


@jobs.task(name="customers.run_import", queue="imports", door="import")
def run_import(*, run_id: int) -> None:
    """Import for a while and order the next stretch. Safe to run twice, or at the same time: one worker holds the run
    by a lease, and a chunk of another is not written."""
    with doors.told(run_id):
        doors.run(run_id)


@jobs.task(name="customers.undo_import", queue="imports", door="import")
def undo_import(*, run_id: int) -> None:
    """Take an import back for a while, or look what that would come to; then order the next stretch. Safe to run twice, or at
    the same time, as an import is."""
    doors.undo(run_id)


@jobs.task(name="customers.change_many")
def change_many(*, run_id: int) -> None:
    """Change the customers of a bulk run, chunk by chunk. Goes on behind the last chunk when it was interrupted."""
    owned_runs.go_on(BulkRun, run_id, bulk.JOB, bulk.run_stretch)


@jobs.task(name="customers.export")
def export(*, run_id: int) -> None:
    """Write customers into a file, chunk by chunk. Goes on behind the last chunk when it was interrupted."""
    export_doors.run(run_id)


@jobs.task(name="customers.search_twins")
def search_twins(*, run_id: int) -> None:
    """Compare customers and write down who may be one. Begins anew when it was interrupted; one worker holds it by a lease."""
    twin_doors.run(run_id)


@jobs.task(name="customers.merge_many")
def merge_many(*, run_id: int) -> None:
    """Merge the groups of a batch, or part them again, one after the other. Goes on behind the last one when it was interrupted."""
    owned_runs.go_on(MergeBatch, run_id, batch.JOB, batch.run_stretch)


@jobs.task(name="customers.look_at_quality")
def look_at_quality(*, run_id: int) -> None:
    """Measure how well customers are written down, chunk by chunk. Goes on behind the last chunk when it was interrupted."""
    quality.run(run_id)
