"""`enishi up`, `demo` and `dev`: the whole installation, from the front-end build to an address in the browser."""

import argparse
import errno
import fcntl
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from config.cli import assets, base, cluster, postgres, processes, welcome
from config.cli.postgres import Urls
from config.cli.reload import ChangeWatch
from config.cli.supervisor import Child, Supervisor
from config.cli.terminal import Stop, say
from config.settings.environment import Environment

READY_SECONDS = 120
PORTS_TO_TRY = 20


def up(arguments: argparse.Namespace) -> int:
    """Serve the real base, empty at first."""
    here = _with_address(base.real(), arguments)
    return _serve(here, arguments)


def demo(arguments: argparse.Namespace) -> int:
    """Serve the demo company, made the first time and with --reset."""
    here = _with_address(base.demo(), arguments)
    return _serve(here, arguments, prepare=True)


def dev(arguments: argparse.Namespace) -> int:
    """Serve the demo company with reload: Django's own server, Vite watching, workers restarted on change."""
    here = replace(_with_address(base.demo(), arguments), debug=True)
    return _serve(here, arguments, prepare=True, reload=True)


def _with_address(here: Environment, arguments: argparse.Namespace) -> Environment:
    here = replace(here, host=arguments.host or here.host)
    return welcome.at_port(here, arguments.port) if arguments.port else here


def _serve(here: Environment, arguments: argparse.Namespace, *, prepare: bool = False, reload: bool = False) -> int:
    for stranger in here.unknown:
        say(f"注意: 環境変数 {stranger} は使われません", "this variable is not known")
    running = base.supervisor_of(here)
    if running:
        return _already(here, running, arguments)
    with _alone(here):
        _end_leftovers(here)
        here = _with_free_port(here, asked=bool(arguments.port))
        assets.build(here)
        _close_folders(here)
        if prepare and arguments.reset:
            _reset(here)
        urls = base.prepared(here)
        try:
            if prepare:
                _make_demo(here, urls, arguments)
            return _run(here, urls, arguments, reload=reload)
        finally:
            postgres.release(cluster.at(here, ""))
            (here.data_dir / "run" / "postgres.pid").unlink(missing_ok=True)


def _already(here: Environment, running: processes.Running, arguments: argparse.Namespace) -> int:
    """A second `enishi demo` shows the first one's address; only a reset needs the place for itself."""
    if getattr(arguments, "reset", False):
        raise Stop("すでに動いています。先に ./enishi stop で止めてください。", "It is running. Stop it first: ./enishi stop")
    here = welcome.at_port(here, running.port or here.port)
    say(f"すでに動いています: {welcome.address(here)}", "already running")
    welcome.open_browser(here, wanted=not arguments.no_browser)
    return 0


@contextmanager
def _alone(here: Environment) -> Iterator[None]:
    """Only one supervisor a base. The kernel frees the lock when its holder dies, also by kill -9."""
    run = here.data_dir / "run"
    run.mkdir(parents=True, exist_ok=True)
    with (run / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop("ほかの enishi が起動または終了の途中です。", "Another enishi is just starting or stopping here.") from None
        yield


def _close_folders(here: Environment) -> None:
    """From here on everything written is for its owner only; PostgreSQL's own user may pass to its folders."""
    (here.data_dir / "log").mkdir(mode=0o711, exist_ok=True)
    os.umask(0o077)


def _end_leftovers(here: Environment) -> None:
    """End what a killed supervisor left: its children, and theirs, which would go on answering with old code."""
    run = here.data_dir / "run"
    left = set(processes.marked(here.data_dir)) | {
        running.pid for running in processes.running_in(run) if running.name not in ("postgres", "supervisor")
    }
    if left:
        say(f"前回の残りのプロセス {len(left)} 個を終了します", "ending processes left over from last time")
        processes.end_all(sorted(left), patience=10)
    for path in run.glob("*.pid"):
        path.unlink(missing_ok=True)


def _with_free_port(here: Environment, *, asked: bool) -> Environment:
    """The port if nobody else listens there; the next free one unless a certain one was asked for. Raises Stop."""
    for port in range(here.port, here.port + (1 if asked or "ENISHI_PORT" in os.environ else PORTS_TO_TRY)):
        family = socket.AF_INET6 if ":" in here.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((here.host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise Stop(
                        f"{here.host}:{port} で待ち受けできません（{error.strerror}）。",
                        f"Cannot listen on {here.host}:{port}: {error.strerror}.",
                    ) from error
                continue
        return welcome.at_port(here, port)
    raise Stop(
        f"ポート {here.port} はほかのプログラムが使っています。--port で別の番号を指定してください。",
        f"Port {here.port} is taken by another program. Choose another with --port.",
    )


def _reset(here: Environment) -> None:
    say("デモを作り直します", "making the demo anew")
    if not here.database_url:
        (cluster.at(here, "").folder / "demo-made").unlink(missing_ok=True)
        postgres.drop_database(here)
        shutil.rmtree(here.data_dir / "files", ignore_errors=True)


def _make_demo(here: Environment, urls: Urls, arguments: argparse.Namespace) -> None:
    """Make the company where it is missing. A note beside the embedded database saves asking on every start."""
    note = cluster.at(here, "").folder / "demo-made"
    if note.exists() and not arguments.reset:
        return
    options = ["--customers", str(arguments.customers)] if arguments.customers else []
    options += ["--reset"] if arguments.reset else []
    base.must_manage(here, urls, "owner", "make_demo", *options)
    if not here.database_url:
        note.touch()


def children(here: Environment, urls: Urls, *, reload: bool) -> list[Child]:
    """The processes of an installation besides the database."""
    python, log = [sys.executable, "-P", "-m"], here.data_dir / "log"
    mark = {processes.MARK: str(here.data_dir)}
    web = [*python, "granian", "--interface", "wsgi", "--host", here.host, "--port", str(here.port)]
    web += ["--workers", str(here.web_count), "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    web += ["--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "8", "config.wsgi:application"]
    if reload:
        web = [*python, "django", "runserver", f"{here.host}:{here.port}"]
    found = [Child("web", web, base.child_environment(here, urls, "app") | mark, log / "web.log", here.port)]
    for number in range(1, 1 + (1 if reload else here.worker_count)):
        environ = base.child_environment(here, urls, "worker") | mark
        found.append(Child(f"worker-{number}", [*python, "django", "run_worker"], environ, log / f"worker-{number}.log"))
    environ = base.child_environment(here, urls, "worker") | mark
    found.append(Child("engine", [*python, "django", "run_engine"], environ, log / "engine.log"))
    if reload:
        environ = assets.install(here) | mark
        npm = shutil.which("npm", path=environ["PATH"]) or "npm"
        found.append(Child("vite", [npm, "run", "watch"], environ, log / "vite.log"))
    return found


def _run(here: Environment, urls: Urls, arguments: argparse.Namespace, *, reload: bool) -> int:
    place = cluster.at(here, "")
    web, *others = children(here, urls, reload=reload)
    supervisor = Supervisor(
        base=here,
        children=[web],
        bring_up_database=lambda: _bring_up_database(here),
        database_pid=lambda: postgres.postmaster(place),
    )
    if reload:
        supervisor.each_look = ChangeWatch(here.source_dir, supervisor)
    _log_to(here.data_dir / "log" / "supervisor.log")
    supervisor.listen_for_stop()
    processes.write_pid_file(supervisor.run_dir, "supervisor", os.getpid(), port=here.port, demo=here.demo)
    _note_database(here)
    try:
        if _wait_until_ready(here, supervisor):
            supervisor.children += others  # only now: the first page is not kept waiting for them
            supervisor.look()
            welcome.announce(here)
            welcome.open_browser(here, wanted=not arguments.no_browser)
        supervisor.watch()
    finally:
        say("終了しています", "stopping")
        supervisor.stop()
        (supervisor.run_dir / "supervisor.pid").unlink(missing_ok=True)
    return 0


def _bring_up_database(here: Environment) -> None:
    postgres.ensure_running(here)
    _note_database(here)


def _note_database(here: Environment) -> None:
    if here.database_url is None:
        place = cluster.at(here, "")
        processes.write_pid_file(here.data_dir / "run", "postgres", postgres.postmaster(place) or 0, port=place.port())


def _wait_until_ready(here: Environment, supervisor: Supervisor) -> bool:
    """Look after the children until the product answers. False when asked to stop. Raises Stop with the log's end."""
    deadline = time.monotonic() + READY_SECONDS
    web = supervisor.children[0]
    while not supervisor.stopping:
        supervisor.look()
        if welcome.is_ready(here):
            return True
        if web.failures >= 3 or time.monotonic() > deadline:
            last = "\n".join(web.log.read_text(errors="replace").splitlines()[-15:])
            raise Stop(f"画面のサーバーが起動しません。\n{last}", f"The web server does not come up. Its log: {web.log}")
        time.sleep(0.2)
    return False


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("enishi.supervisor")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
