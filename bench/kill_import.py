"""kill -9 of worker, web and PostgreSQL in the middle of an import: in the end the same rows as of an undisturbed one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from bench import files, stage
from bench.installation import Installation, asked, running

#: R11: whoever takes an interrupted import up must have begun by then.
SECONDS_TO_GO_ON = 60
_PATIENCE = 1_800  # with a million rows, from one blow to the next

# Everything an import writes, by what people see: ids and instants of two runs differ, nothing else may.
_SEEN = {
    "customers": """
        SELECT number, kind, name, family_name, given_name, kana, sort_kana, email, phone, phone_e164, postal_code, prefecture, city,
               street, building, birthday_on, gender, acquisition_source, lifecycle, name_grams, contact_grams FROM customers_customer""",
    "identities": "SELECT i.kind, i.value, c.number FROM customers_identity i JOIN customers_customer c ON c.id = i.customer_id",
    "consent_ledger": """
        SELECT c.number, r.channel, r.purpose, r.allowed, r.basis, r.source, r.place FROM customers_consentrecord r
          JOIN customers_customer c ON c.id = r.customer_id""",
    "consent_states": """
        SELECT c.number, s.channel, s.purpose, s.allowed, s.basis FROM customers_consentstate s
          JOIN customers_customer c ON c.id = s.customer_id""",
    "contact_points": """
        SELECT p.kind, p.label, p.email, p.phone, p.postal_code, p.prefecture, p.city, p.street, p.building, p.is_primary, c.number
          FROM customers_contactpoint p JOIN customers_customer c ON c.id = p.customer_id""",
    "field_changes": """
        SELECT f.object, c.number, f.field, f.before, f.after
          FROM platform_fieldchange f
          LEFT JOIN customers_contactpoint p ON f.object = 'customers.contactpoint' AND p.id = f.object_id
          JOIN customers_customer c ON c.id = CASE f.object WHEN 'customers.customer' THEN f.object_id ELSE p.customer_id END""",
    "events": """
        SELECT e.kind, c.number, e.data - 'run' - 'change_set' FROM platform_event e LEFT JOIN customers_customer c ON c.id = e.customer_id
         WHERE e.kind IN ('customer.imported', 'customer.updated', 'customer.contact_changed', 'consent.recorded', 'import.finished',
                          'bulk.finished')""",
    "rows": """
        SELECT r.row_no, r.position, r.cells, r.messages, o.outcome, c.number FROM customers_importrow r
          LEFT JOIN customers_importresult o ON o.run_id = r.run_id AND o.position = r.position
          LEFT JOIN customers_customer c ON c.id = o.object_id""",
}
# Two sums over the hashes of the rows: the same where the rows are, in whatever order, and no text of a million rows.
_HASH = """
SELECT count(*), concat(sum(('x' || substr(h, 1, 15))::bit(60)::bigint), ':', sum(('x' || substr(h, 16, 15))::bit(60)::bigint))
  FROM (SELECT md5(t::text) AS h FROM ({}) AS t) AS hashed
"""


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    dice = random.Random(seed)
    rows = 10_000 if quick else 100_000
    blows = ["worker-1"] if quick else ["web", "worker-1", "postgres", "worker-1", "worker-2", "web", "postgres", "worker-2", "worker-1"]
    with running(workers=1 if quick else 2) as house:
        found = ordeal(house, rows, [lambda part=part: house.kill(part) for part in blows], dice)
    return {
        "figures": {"rows": rows, "kills": blows, "seed": seed, **found},
        "goal": f"the same rows as an undisturbed import, by table hash; after each kill it goes on within {SECONDS_TO_GO_ON} s",
        "holds": found["same_rows"] and found["longest_pause_seconds"] <= SECONDS_TO_GO_ON,
    }


def ordeal(house: Installation, rows: int, blows: Sequence[Callable[[], object]], dice: random.Random) -> dict[str, Any]:
    """Import a file twice, the second time under blows that fall while it runs, and compare what the base then holds."""
    path = files.customer_file(stage.DATA / f"customers-{rows}.csv", rows)
    began = time.monotonic()
    finish(begin(path))
    calm_seconds = time.monotonic() - began
    wanted = seen()
    house.empty()
    _run_id, struck = under_blows(path, rows, blows, dice)
    return {"calm_seconds": round(calm_seconds, 1), **struck, **compared(wanted)}


def under_blows(
    path: Path, rows: int, blows: Sequence[Callable[[], object]], dice: random.Random, **options: str
) -> tuple[int, dict[str, Any]]:
    """Import a file under blows that fall while it runs; the run's id, and where they fell."""
    run_id = begin(path, **options)
    places = sorted(dice.sample(range(1, 9), min(len(blows), 8))) + [9] * max(len(blows) - 8, 0)
    pauses, struck_at = [], []
    for place, blow in zip(places, blows, strict=True):
        _wait_for(run_id, lambda done, place=place: done >= rows * place // 10)  # type: ignore[misc]
        before = _stands(run_id)
        blow()
        struck_at.append(before)
        began = time.monotonic()
        _wait_for(run_id, lambda done, before=before: done > before)  # type: ignore[misc]
        pauses.append(time.monotonic() - began)
    finish(run_id)
    return run_id, {"struck_at_row": struck_at, "longest_pause_seconds": round(max(pauses, default=0.0), 1)}


def compared(wanted: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """What the base holds now beside what it should."""
    got = asked(lambda: seen(tuple(wanted)))
    return {
        "tables": {name: count for name, (count, _digest) in wanted.items()},
        "different_tables": [name for name in wanted if wanted[name] != got[name]],
        "same_rows": wanted == got,
    }


def seen(names: Collection[str] = tuple(_SEEN)) -> dict[str, tuple[int, str]]:
    """Table → how many rows, and the hash of what people see of them."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(_HASH.format(_SEEN[name]))
            found[name] = cursor.fetchone()
    return found


def begin(path: Path, **options: str) -> int:
    """Order the import as the screens do; jobs do the work. The run's id, with its rows on their way. `options`: existing …"""
    from enishi.customers.actions import imports
    from enishi.customers.models import ImportRun
    from enishi.platform import time as clock
    from enishi.platform.actor import SYSTEM

    run_id = imports.start_import(target="customers", name=path.name, chunks=[path.read_bytes()], actor=SYSTEM, now=clock.now())
    if not stage.wait_until(lambda: ImportRun.rows.get(pk=run_id).state == ImportRun.State.MAPPING, seconds=900):
        raise SystemExit("the file was not read")
    run = ImportRun.rows.get(pk=run_id)
    mapping = {int(column): key for column, key in run.mapping.items()}
    imports.map_columns(run_id=run_id, mapping=mapping, options=options, actor=SYSTEM)
    imports.accept_repairs(run_id=run_id, keys=[], actor=SYSTEM)
    imports.run_import(run_id=run_id, actor=SYSTEM, now=clock.now())
    return run_id


def _stands(run_id: int) -> int:
    from enishi.customers.models import ImportRun

    return asked(lambda: ImportRun.rows.values_list("done", flat=True).get(pk=run_id))


def _wait_for(run_id: int, condition: Callable[[int], bool]) -> None:
    """Until the run has come so far, or is over. Raises where it failed or stands still."""
    from enishi.customers.models import ImportRun

    def there() -> bool:
        state, done, failure = asked(lambda: ImportRun.rows.values_list("state", "done", "failure").get(pk=run_id))
        if state == ImportRun.State.FAILED:
            raise SystemExit(f"the import failed at row {done}: {failure}")
        return state == ImportRun.State.DONE or condition(done)

    if not stage.wait_until(there, seconds=_PATIENCE, every=0.05):
        raise SystemExit(f"the import stands still at row {_stands(run_id)}")


def finish(run_id: int) -> None:
    _wait_for(run_id, lambda _done: False)
