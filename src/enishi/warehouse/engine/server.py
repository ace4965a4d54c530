"""The engine process: keeps the mirror up to date and answers over a local socket, one question a line."""

from __future__ import annotations

import logging
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from enishi.warehouse import mirror
from enishi.warehouse.analysis import analyses
from enishi.warehouse.engine.service import Service
from enishi.warehouse.engine.socket import own_folder
from enishi.warehouse.store import Store
from enishi.warehouse.tables import mirror_tables
from enishi.warehouse.working import WorkingSet

logger = logging.getLogger(__name__)

REFRESH_EVERY = 15.0  # seconds
LONGEST_LINE = 1_000_000  # bytes of a question: a few ten thousand shared customers


class Engine:
    """The mirror at `folder`, its working set and the service on it."""

    def __init__(self, folder: Path, *, memory_mb: int, threads: int) -> None:
        self._store = Store(folder)
        self.working = WorkingSet(self._store, mirror_tables(), memory_mb=memory_mb, threads=threads, spill=folder / "spill")
        self.service = Service(self.working, analyses())

    def refresh(self) -> None:
        """Read what is new and work on it from here on."""
        refreshed = mirror.refresh(self._store, mirror_tables())
        self.working.follow(refreshed)
        self.working.compact(refreshed)

    def keep_fresh(self, stopping: threading.Event) -> None:
        """Refresh again and again until asked to stop; what fails is told and tried again."""
        while not stopping.is_set():
            try:
                self.refresh()
                self.service.drop_unwanted()
            except Exception:
                logger.exception("the mirror could not be refreshed")
            stopping.wait(REFRESH_EVERY)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    service: Service


class _Questions(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with suppress(ConnectionError):
            while line := self.rfile.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    return
                self.wfile.write(self.server.service.answer(line).as_json() + b"\n")


@contextmanager
def listening(service: Service, path: Path) -> Iterator[None]:
    """Answer at this socket until the block ends."""
    own_folder(path)
    path.unlink(missing_ok=True)
    before = os.umask(0o077)
    try:
        server = _Server(str(path), _Questions)
    finally:
        os.umask(before)
    server.service = service
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        service.close()
        path.unlink(missing_ok=True)
