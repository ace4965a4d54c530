"""`enishi seed`: fills a base with a scenario and prints what is there as JSON.

The large base of the benches lives under `var/bench`, an installation of its own, so that it can never meet real
customers; it is made once and stamped, its web events beside it as Parquet. To look at it: `ENISHI_DATA_DIR=var/bench/customers-1000000 ./enishi demo`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.cli import base, postgres, stamps
from config.cli.terminal import Stop, say
from config.settings.environment import Environment

MILLION = 1_000_000
BYTES_A_CUSTOMER = 16_000  # with ten orders, their lines, indexes and what PostgreSQL writes beside them
MADE_BY = (
    "platform/demo/world",
    "platform/demo/chapter.py",
    "platform/japanese",
    "customers/demo.py",
    "customers/search.py",
    "commerce/demo.py",
)


def seed(arguments: argparse.Namespace) -> int:
    """Fill the base with a scenario; what was made is printed as JSON."""
    if arguments.scenario == "million":
        customers = arguments.customers or MILLION
        here = large_base(customers)
        made = made_large(here, customers, arguments.as_of)
        print(json.dumps(made | {"events": _events(here, made)}, ensure_ascii=False, indent=1))
        return 0
    here = base.chosen(demo_wanted=arguments.demo)
    words = ["--scenario", arguments.scenario, *_options(arguments.customers, arguments.as_of), *arguments.rest]
    return base.manage(here, base.prepared(here), "owner", "seed", *words, clean=False)


def large_base(customers: int) -> Environment:
    """The installation of the benches with so many customers, made or not."""
    real = base.real()
    return replace(real, data_dir=real.data_dir / "bench" / f"customers-{customers}", database_url=None, demo=True, test_clock=True)


def made_large(here: Environment, customers: int, as_of: date | None = None, *, any_code: bool = False) -> dict[str, object]:
    """What is in the large base, which is made where it is missing, of another day or, unless `any_code`, of other code.

    Raises Stop.
    """
    stamp = here.data_dir / "seeded.json"
    source = stamps.digest([here.source_dir / "enishi" / part for part in MADE_BY])
    here.data_dir.mkdir(parents=True, exist_ok=True)
    kept = _kept(stamp)
    is_current = kept.get("source") == source or (any_code and bool(kept))
    if not is_current or (as_of and kept.get("as_of") != as_of.isoformat()):
        kept = _make(here, stamp, customers, as_of or datetime.now(ZoneInfo("Asia/Tokyo")).date()) | {"source": source}
        stamp.write_text(json.dumps(kept, ensure_ascii=False))
    else:
        base.prepared(here)
    return kept


def _events(here: Environment, made: dict[str, object]) -> dict[str, object]:
    """The web events of the large base, as Parquet beside it: made where they are missing or of another history."""
    stamp, base_stamp = here.data_dir / "events.json", {name: made[name] for name in ("source", "as_of")}
    kept = _kept(stamp)
    if kept and {name: kept.get(name) for name in base_stamp} == base_stamp:
        return kept
    say("Web の行動データを作っています", "making web events")
    words = ["-m", "bench.web_events", str(here.data_dir / "events"), str(made["as_of"])]
    done = subprocess.run(
        [sys.executable, *words],
        env=base.child_environment(here, base.prepared(here), "owner"),
        cwd=here.source_dir.parent,
        check=False,
        stdout=subprocess.PIPE,
    )
    if done.returncode:
        raise Stop(
            "行動データを作れませんでした（上の表示をご覧ください）。", "The web events could not be made, see above.", code=done.returncode
        )
    made_now: dict[str, object] = json.loads(done.stdout) | base_stamp
    stamp.write_text(json.dumps(made_now, ensure_ascii=False))
    return made_now


def _kept(stamp: Path) -> dict[str, object]:
    try:
        kept = json.loads(stamp.read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _make(here: Environment, stamp: Path, customers: int, as_of: date) -> dict[str, object]:
    wanted = customers * BYTES_A_CUSTOMER
    if shutil.disk_usage(here.data_dir).free < wanted:
        raise Stop(
            f"ディスクの空きが足りません。{wanted // 10**9 + 1} GB ほど必要です（{here.data_dir}）。",
            f"About {wanted // 10**9 + 1} GB of free disk are needed at {here.data_dir}.",
        )
    say(f"顧客 {customers:,} 人のデータを作っています", "making customers and orders")
    stamp.unlink(missing_ok=True)
    began = time.monotonic()
    with postgres.pouring(here):
        urls = base.prepared(here)
        postgres.trust_owner(here)
        words = ["seed", "--scenario", "million", *_options(customers, as_of)]
        done = subprocess.run([*base.DJANGO, *words], env=base.child_environment(here, urls, "owner"), check=False, stdout=subprocess.PIPE)
        if done.returncode:
            raise Stop(
                "データを作れませんでした（上の表示をご覧ください）。", "The data could not be made, see above.", code=done.returncode
            )
    base.prepared(here)
    made: dict[str, object] = json.loads(done.stdout)
    return made | {"as_of": as_of.isoformat(), "seconds": round(time.monotonic() - began, 1), "data_dir": str(here.data_dir)}


def _options(customers: int | None, as_of: date | None) -> list[str]:
    options = ["--customers", str(customers)] if customers else []
    return options + (["--as-of", as_of.isoformat()] if as_of else [])
