"""The commands that do one thing and end: import, routes, translations, worker, bench, manage. The work is done elsewhere."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from config.cli import assets, base, cluster, postgres
from config.cli.terminal import Stop


def import_file(arguments: argparse.Namespace) -> int:
    """Import a file of customers or orders, by the same path as the screen."""
    path = Path(arguments.file)
    if not path.is_file():
        raise Stop(f"ファイルがありません: {path}", f"No such file: {path}", code=2)
    here = base.chosen(demo_wanted=arguments.demo)
    urls = base.prepared(here)
    return base.manage(here, urls, "worker", "import_file", arguments.target, str(path.absolute()), *arguments.rest, clean=False)


def routes(arguments: argparse.Namespace) -> int:
    """List every method and route with its guard. Needs no database."""
    return base.manage(base.real(), None, "app", "routes", *(["--json"] if arguments.json else []), clean=False)


def audit(arguments: argparse.Namespace) -> int:
    """Verify the chain of seals against the rows and the copies outside of the database."""
    here = base.chosen(demo_wanted=arguments.demo)
    words = [f"--from={arguments.first}", *(f"--anchor={Path(file).absolute()}" for file in arguments.anchor)]
    words += ["--json"] if arguments.json else []
    return base.manage(here, base.prepared(here), "app", "verify_audit", *words, clean=False)


def admin(arguments: argparse.Namespace) -> int:
    """List administrators, make a link for one of them, or open the lists of addresses."""
    here = base.chosen(demo_wanted=arguments.demo)
    words = [arguments.login] if arguments.login else []
    words += ["--open-networks"] if arguments.open_networks else []
    return base.manage(here, base.prepared(here), "app", "admin_access", *words, clean=False)


def ledger(arguments: argparse.Namespace) -> int:
    """The send ledger of one delivery as CSV: keys, states, attempts, message ids."""
    here = base.chosen(demo_wanted=arguments.demo)
    return base.manage(here, base.prepared(here), "app", "export_ledger", arguments.delivery, clean=False)


def translations(_arguments: argparse.Namespace) -> int:
    """Bring the English catalogue's list to what the source says. Needs no database."""
    return base.manage(base.real(), None, "app", "update_translations", clean=False)


def worker(arguments: argparse.Namespace) -> int:
    """Run one job process in the foreground, for a machine of its own."""
    here = base.chosen(demo_wanted=arguments.demo)
    return base.manage(here, base.prepared(here), "worker", "run_worker", *arguments.rest, clean=False)


def manage(arguments: argparse.Namespace) -> int:
    """Pass anything to Django's management, as the owner of the database."""
    here = base.chosen(demo_wanted=arguments.demo)
    return base.manage(here, postgres.ensure_running(here), "owner", *arguments.rest, clean=False)


def bench(arguments: argparse.Namespace) -> int:
    """Run one bench, or list them. The benches are part of the checkout and share a base of their own."""
    here = base.real()
    if not (here.project_dir / "bench").is_dir():
        raise Stop("計測はソースのフォルダーから実行します。", "The benches come with the source checkout only.")
    if arguments.name:
        assets.build(here)  # what they measure shows screens
    words = [arguments.name] if arguments.name else []
    words += [option for option, wanted in (("--json", arguments.json), ("--quick", arguments.quick)) if wanted]
    command = [sys.executable, "-m", "bench", *words, *arguments.rest]
    return subprocess.run(command, cwd=here.project_dir, env=os.environ | {"PYTHONUTF8": "1"}, check=False).returncode


def release_database() -> None:
    """Stop embedded servers that only this command used; runs before the interpreter winds down."""
    for here in (base.real(), base.demo()):
        if here.database_url is None:
            postgres.release(cluster.at(here, ""))
