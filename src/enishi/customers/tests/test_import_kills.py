"""An import that is killed, stopped, taken up again or done twice: nothing is lost and nothing doubled. And its cost."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enishi.customers.actions import imports
from enishi.customers.imports import doors, preparing, running, staged, staging
from enishi.customers.models import (
    ConsentRecord,
    Customer,
    Identity,
    ImportResult,
    ImportRow,
    ImportRun,
)
from enishi.customers.tests.import_files import answered, begun, checked, csv, imported
from enishi.customers.tests.import_files import staged as staged_file
from enishi.platform import runs, time
from enishi.platform.actor import SYSTEM
from enishi.platform.models import Event, Work

YURIKO = "M001,齋藤　百合子,ｻｲﾄｳ ﾕﾘｺ,Yuriko@Example.jp,０９０－１２３４－５６７８,110-0001,東京都台東区谷中1-2-3 縁ビル3F,S60.4.1,女"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


def people():
    return list(Customer.rows.order_by("number"))


# ---- kills, fences, leases --------------------------------------------------------------------------------


def _lines(count):
    given = ["百合子", "健", "千夏", "翔"]
    return [
        f"M{n:03},{'齋藤' if n % 3 else '田中'} {given[n % 4]},,u{n % 37}@example.jp,,,,{'' if n % 10 else '2026/2/30'},女"
        for n in range(count)
    ]


def _base():
    """Everything an import writes, by what people see, so that two runs can be compared."""
    numbers = dict(Customer.rows.values_list("pk", "number"))
    return {
        "customers": list(
            Customer.rows.order_by("number").values_list("number", "name", "email", "city", "created_at", "name_grams", "contact_grams")
        ),
        "identities": sorted((kind, value, numbers[pk]) for kind, value, pk in Identity.rows.values_list("kind", "value", "customer_id")),
        "ledger": sorted(
            (numbers[pk], channel, allowed) for pk, channel, allowed in ConsentRecord.rows.values_list("customer_id", "channel", "allowed")
        ),
        "events": sorted(
            (numbers[pk], data["created"]) for pk, data in Event.rows.filter(kind="customer.imported").values_list("customer_id", "data")
        ),
        "rows": list(ImportRow.rows.order_by("position").values_list("position", "messages")),
        "results": list(ImportResult.rows.order_by("position").values_list("position", "outcome")),
    }


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setitem(staged.read_chunk.__kwdefaults__, "size", 7)


class Killed(BaseException):
    pass


def test_a_run_killed_anywhere_ends_with_the_rows_of_an_undisturbed_one(small_chunks, monkeypatch, django_db_blocker, organisation):
    from django.db import transaction

    data = csv(*_lines(60))
    with transaction.atomic():
        calm = imported(data)
        wanted, counts = _base(), (calm.created_count, calm.updated_count, calm.unchanged_count, calm.rejected_count)
        transaction.set_rollback(True)
    run = begun(answered(staged_file(data)))
    places = ["staged.settle", "running.add_up", "running.show_work", "running.finish"]
    real = {place: getattr({"staged": staged, "running": running}[place.split(".")[0]], place.split(".")[1]) for place in places}
    for turn in range(40):
        run.refresh_from_db()
        if run.state == "done":
            break
        place = places[turn % len(places)]
        module, name = place.split(".")
        calls = iter(range(1000))

        def dying(*args, _place=place, _calls=calls, **kwargs):
            if next(_calls) == 1 or _place == "running.finish":
                raise Killed
            return real[_place](*args, **kwargs)

        with monkeypatch.context() as patch:
            if turn % 2 == 0:
                patch.setattr({"staged": staged, "running": running}[module], name, dying)
            try:
                list(running.run_stretch(run.pk))
            except Killed:
                ImportRun.rows.filter(pk=run.pk).update(lease_until=None)
    run.refresh_from_db()
    assert run.state == "done"
    assert (run.created_count, run.updated_count, run.unchanged_count, run.rejected_count) == counts
    assert _base() == wanted


def test_a_reading_that_was_killed_goes_on_behind_its_last_batch(monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 5)
    run_id = imports.start_import(
        target="customers", name="顧客.csv", chunks=[csv(*_lines(23))], actor=SYSTEM, now=time.now(), foreground=True
    )
    real, calls = staging.keep, iter(range(100))

    def dying(**kwargs):
        if next(calls) == 2:
            raise Killed
        return real(**kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(staging, "keep", dying)
        with pytest.raises(Killed):
            staging.stage(run_id)
    assert ImportRun.rows.get(pk=run_id).total == 10
    ImportRun.rows.filter(pk=run_id).update(lease_until=None)
    staging.stage(run_id)
    run = ImportRun.rows.get(pk=run_id)
    assert (run.state, run.total) == ("mapping", 23)
    assert list(ImportRow.rows.filter(run=run).order_by("position").values_list("position", flat=True)) == list(range(23))


def test_a_late_chunk_of_a_worker_that_slept_is_not_written(small_chunks):
    run = begun(answered(staged_file(csv(*_lines(20)))))
    sleeper = runs.claim(ImportRun, run.pk, "running")
    target = running.target_of(run)
    with running.preparer(target, 20) as prepared:
        chunk = next(running.chunks(run, target, prepared, 0))
    ImportRun.rows.filter(pk=run.pk).update(lease_until=None)  # its lease ran out while it slept
    list(running.run_stretch(run.pk))
    before = _base()
    with pytest.raises(runs.LeaseLost):
        running.apply_chunk(lease=sleeper, target=target, chunk=chunk, pace=0)
    assert _base() == before


def test_only_one_worker_holds_a_run():
    run = begun(answered(staged_file(csv(*_lines(3)))))
    assert runs.claim(ImportRun, run.pk, "running") is not None
    assert runs.claim(ImportRun, run.pk, "running") is None
    assert list(running.run_stretch(run.pk)) == []


def test_the_pulse_orders_the_job_of_a_run_whose_worker_is_gone(monkeypatch, now):
    ordered = []
    monkeypatch.setattr(runs.jobs, "enqueue", lambda name, **ids: ordered.append((name, ids["run_id"])))
    run = begun(answered(staged_file(csv(*_lines(3)))))
    assert doors.scan(now) == 0  # somebody is about to begin
    ImportRun.rows.filter(pk=run.pk).update(ordered_at="2020-01-01T00:00:00Z")
    assert doors.scan(now) == 1
    assert doors.scan(now) == 0
    assert ordered == [("customers.run_import", run.pk)]


def test_a_run_that_kills_its_workers_is_set_aside_with_a_reason():
    run = begun(answered(staged_file(csv(*_lines(3)))))
    for _try in range(runs.TRIES):
        assert runs.claim(ImportRun, run.pk, "running") is not None
        ImportRun.rows.filter(pk=run.pk).update(lease_until=None)
    assert list(running.run_stretch(run.pk)) == []
    run.refresh_from_db()
    assert run.state == "failed"
    assert "1行目から" in run.failure
    imports.resume_import(run_id=run.pk, actor=SYSTEM)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    assert run.state == "done"


def test_a_run_can_be_stopped_and_goes_on_where_it_stood(small_chunks):
    run = begun(answered(staged_file(csv(*_lines(20)))))
    stretch = running.run_stretch(run.pk)
    next(stretch)
    imports.stop_import(run_id=run.pk, actor=SYSTEM, now=time.now())
    assert list(stretch) == []
    run.refresh_from_db()
    assert (run.state, run.done) == ("stopped", 7)
    imports.resume_import(run_id=run.pk, actor=SYSTEM)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done) == ("done", 20)


def test_a_run_that_has_not_begun_can_be_put_away():
    run = answered(staged_file(csv(YURIKO)))
    imports.discard_import(run_id=run.pk, actor=SYSTEM, now=time.now())
    assert ImportRow.rows.count() == 0
    with pytest.raises(imports.ImportIsBusy):
        imports.resume_import(run_id=run.pk, actor=SYSTEM)


def test_steps_are_closed_once_the_run_has_begun():
    run = begun(answered(staged_file(csv(YURIKO))))
    for verb in (imports.check_import, imports.accept_repairs):
        with pytest.raises(imports.ImportIsBusy):
            verb(run_id=run.pk, actor=SYSTEM, **({"keys": []} if verb is imports.accept_repairs else {}))


# ---- cost -------------------------------------------------------------------------------------------------


def test_a_chunk_takes_as_many_queries_for_ten_rows_as_for_a_hundred():
    def queries(count, letter):
        lines = [f"{letter}{n:04},齋藤 百合子{n},,{letter}{n}@example.jp,,,,,女" for n in range(count)]
        run = begun(answered(staged_file(csv(*lines))))
        with CaptureQueriesContext(
            connection,
        ) as found:
            list(running.run_stretch(run.pk))
        return len(found)

    few, many = queries(10, "A"), queries(100, "B")
    assert abs(few - many) <= 4
    assert many <= 70


def test_rows_are_made_ready_alike_in_a_process_of_its_own(monkeypatch):
    import enishi.customers.imports.preparing as preparing

    lines = _lines(30)
    here = checked(answered(staged_file(csv(*lines))))
    monkeypatch.setattr(preparing, "WORTH_A_PROCESS", 1)
    beside = checked(answered(staged_file(csv(*lines))))
    assert here.report["check"] == beside.report["check"]


def test_the_line_in_the_job_tray_leads_to_the_import():
    run = imported(csv(YURIKO))
    assert Work.rows.get(kind="import", subject_id=run.pk).url == reverse("imports:run", args=[run.pk])


def test_a_process_beside_that_is_ended_costs_nothing(monkeypatch):
    monkeypatch.setattr(preparing, "WORTH_A_PROCESS", 1)
    run = begun(answered(staged_file(csv(*_lines(30)))))
    real, ended = preparing.Beside.submit, []

    def submit(self, recipe, rows):
        if not ended:
            ended.append(self._process.kill() or self._process.wait())
        real(self, recipe, rows)

    monkeypatch.setattr(preparing.Beside, "submit", submit)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done, run.lease_until, len(ended)) == ("running", 0, None, 1)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    assert (run.state, run.created_count + run.rejected_count) == ("done", 30)
