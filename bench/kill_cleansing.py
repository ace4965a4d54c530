"""kill -9 of worker, web and PostgreSQL in the middle of a cleansing: the same rows as of an undisturbed one; and all taken back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bench import stage
from bench.dedupe import TODAY, write
from bench.installation import Installation, asked, running
from bench.kill_import import seen
from bench.planting import plant

if TYPE_CHECKING:
    from enishi.platform.actor import Actor

WRITTEN = ("customers", "contact_points", "field_changes", "events")
GIVEN_BACK = ("customers", "contact_points")
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_PATIENCE = 900  # seconds, from one blow to the next


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    dice = random.Random(seed)
    customers = 10_000 if quick else 100_000
    parts = ["worker-1"] if quick else ["worker-1", "web", "postgres"]
    with running(workers=1 if quick else 2) as house:
        found = ordeal(house, customers, [lambda part=part: house.kill(part) for part in parts], dice)
    return {
        "figures": {"customers": customers, "kills": parts, "seed": seed, **found},
        "goal": "the rows, the history and the events of an undisturbed cleansing, by table hash; taken back, the hash from before it",
        "holds": found["same_rows"] and found["same_as_before"],
    }


def ordeal(house: Installation, customers: int, blows: Sequence[Callable[[], object]], dice: random.Random) -> dict[str, Any]:
    """Cleanse the same people twice, the second time under blows, compare, and take it back under the same blows."""
    actor = prepare(customers)
    began = time.monotonic()
    finish(cleansing(actor))
    calm_seconds = time.monotonic() - began
    wanted = seen(WRITTEN)
    house.empty()
    actor = prepare(customers)
    first = seen(GIVEN_BACK)
    done = cleansing(actor)
    struck_at = under_blows(done, blows, dice)
    got = asked(lambda: seen(WRITTEN))
    undo = taken_back(actor, done)
    undo_struck_at = under_blows(undo, blows, dice)
    back = asked(lambda: seen(GIVEN_BACK))
    return {
        "calm_seconds": round(calm_seconds, 1),
        "changed": asked(lambda: _stands(done))[3],
        "struck_at_customer": struck_at,
        "undo_struck_at_customer": undo_struck_at,
        "tables": {name: count for name, (count, _digest) in wanted.items()},
        "different_tables": [name for name in WRITTEN if wanted[name] != got[name]],
        "same_rows": wanted == got,
        "not_as_before": [name for name in GIVEN_BACK if first[name] != back[name]],
        "same_as_before": first == back,
    }


def prepare(customers: int) -> Actor:
    """Planted people, every second with wide figures in the address, one of ten with a further one, and the proposed standards published;
    who cleanses them."""
    from enishi.customers.actions.standards import publish_standards, take_proposed
    from enishi.customers.models import ContactPoint
    from enishi.customers.search import search_columns
    from enishi.platform import presets
    from enishi.platform import time as clock
    from enishi.platform.actions.installation import installation_id
    from enishi.platform.bulk import array_text
    from enishi.platform.models import Organisation, Role, User, UserRole
    from enishi.platform.rights import actor_of

    now = clock.now()
    Organisation.rows.get_or_create(name="株式会社縁日堂", defaults={"installation_id": installation_id(), "created_at": now})
    if not Role.rows.exists():
        presets.install()
    steward, made = User.rows.get_or_create(username="steward", defaults={"display_name": "齋藤 恵", "joined_at": now})
    if made:
        UserRole.rows.bulk_create(
            UserRole(user=steward, role=role) for role in Role.rows.filter(key__in=["admin", "all_customers", "ec_lead"])
        )
    rows = plant(customers, today=TODAY).rows
    for row in rows[::2]:
        row["street"] = row["street"].translate(_WIDE)
    for row in rows:
        found = search_columns(**{name: row.get(name, "") for name in ("name", "kana", "former_name", "email", "phone")})
        row |= {name: array_text(value) if isinstance(value, list) else value for name, value in found._asdict().items()}
    write(rows, {})
    beside = {"kind": "address", "label": "work", "prefecture": "東京都", "city": "台東区", "street": "谷中１ー２", "created_at": now}
    ContactPoint.rows.bulk_create((ContactPoint(customer_id=row["id"], **beside) for row in rows[::10]), batch_size=5_000)
    actor = actor_of(steward)
    take_proposed(actor=actor, now=now)
    publish_standards(note="", actor=actor, now=now)
    return actor


def cleansing(actor: Actor) -> int:
    """Try what mends on everybody, wait for it, and order what it has shown; the run's id."""
    from enishi.customers.actions.cleansing import cleanse, try_cleansing
    from enishi.customers.bulk.selection import Selection
    from enishi.customers.queries.asked import Asked
    from enishi.customers.standards import current
    from enishi.platform import time as clock

    keys = [rule.key for rule in current.current().rules if rule.fixes]
    trial = try_cleansing(rules=keys, selection=Selection(asked=Asked()), actor=actor, now=clock.now())
    finish(trial)
    return cleanse(run_id=trial, actor=actor, now=clock.now())


def taken_back(actor: Actor, run_id: int) -> int:
    from enishi.customers.actions.bulk import undo_many
    from enishi.platform import time as clock

    return asked(lambda: undo_many(run_id=run_id, actor=actor, now=clock.now()))


def under_blows(run_id: int, blows: Sequence[Callable[[], object]], dice: random.Random) -> list[int]:
    """Let the blows fall while a run changes people, and wait for its end; how far it was at each."""
    struck_at = []
    for place, blow in zip(sorted(dice.sample(range(1, 9), len(blows))), blows, strict=True):
        _wait_for(run_id, lambda done, total, place=place: total > 0 and done >= total * place // 10)  # type: ignore[misc]
        struck_at.append(asked(lambda: _stands(run_id))[1])
        blow()
    finish(run_id)
    return struck_at


def finish(run_id: int) -> None:
    _wait_for(run_id, lambda _done, _total: False)


def _wait_for(run_id: int, condition: Callable[[int, int], bool]) -> None:
    """Until the run has come so far, or is over. Raises where it failed or stands still."""

    def there() -> bool:
        state, done, total, _changed = asked(lambda: _stands(run_id))
        if state in ("failed", "stopped"):
            raise SystemExit(f"the run is {state} at {done} of {total}")
        return state == "done" or condition(done, total)

    if not stage.wait_until(there, seconds=_PATIENCE, every=0.05):
        raise SystemExit(f"the run stands still at {_stands(run_id)}")


def _stands(run_id: int) -> tuple[str, int, int, int]:
    from enishi.customers.models import BulkRun

    return BulkRun.rows.values_list("state", "done", "total", "changed_count").get(pk=run_id)
