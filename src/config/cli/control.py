"""`enishi stop` and `enishi status`: look after what runs, from another terminal."""

import argparse
import json
import signal
from dataclasses import asdict, dataclass

from config.cli import base, cluster, postgres, processes, welcome
from config.cli.terminal import say
from config.settings.environment import Environment

STOP_SECONDS = 25
NOT_RUNNING = 3  # the exit code that service managers expect of `status`


@dataclass(frozen=True, slots=True)
class Told:
    """What `status` says of one base."""

    base: str
    data_dir: str
    address: str | None  # None when no supervisor runs
    ready: bool
    processes: list[processes.Running]


def _bases(arguments: argparse.Namespace) -> list[Environment]:
    both = [base.demo()] if arguments.demo else [base.real(), base.demo()]
    return list({here.data_dir: here for here in both}.values())


def stop(arguments: argparse.Namespace) -> int:
    """Stop everything cleanly, or by force what does not listen. No error when nothing runs."""
    for here in _bases(arguments):
        running = base.supervisor_of(here)
        if running:
            processes.send(running.pid, signal.SIGTERM)
            if not processes.wait_until(lambda running=running: not processes.is_same(running), STOP_SECONDS):  # type: ignore[misc]
                processes.send(running.pid, signal.SIGKILL)
        left = processes.marked(here.data_dir)
        if left:
            processes.end_all(left, patience=10)
        database = here.database_url is None and postgres.postmaster(cluster.at(here, "")) is not None
        if database:
            postgres.stop(here)
        if running or left or database:
            say(f"止めました（{_kind(here)}）", "stopped")
        for path in (here.data_dir / "run").glob("*.pid"):
            path.unlink(missing_ok=True)
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Show what runs. Exit code 0 when a supervisor runs and the product answers, else 3."""
    told = [_told(here) for here in _bases(arguments) if (here.data_dir / "run").is_dir()]
    if arguments.json:
        print(json.dumps([asdict(one) for one in told], ensure_ascii=False))
    else:
        for one in told:
            _print(one)
        if not told:
            print("まだ一度も起動していません / never started")
    return 0 if any(one.ready for one in told) else NOT_RUNNING


def _told(here: Environment) -> Told:
    running = base.supervisor_of(here)
    served = welcome.at_port(here, running.port) if running else here
    return Told(
        base=_kind(here),
        data_dir=str(here.data_dir),
        address=welcome.address(served) if running else None,
        ready=running is not None and welcome.is_ready(served),
        processes=processes.running_in(here.data_dir / "run"),
    )


def _print(told: Told) -> None:
    words = "止まっています / stopped"
    if told.address:
        words = "動いています / running" if told.ready else "起動中か応答なし / not answering"
    print(f"{told.base}: {words}  {told.address or ''}  ({told.data_dir})")
    for one in told.processes:
        print(f"  {one.name:<12} pid {one.pid:<8}" + (f" port {one.port}" if one.port else ""))


def _kind(here: Environment) -> str:
    return "デモ (demo)" if here.demo else "本番 (up)"
