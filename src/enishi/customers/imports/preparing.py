"""Turns cells into values in a process of its own, so that PostgreSQL writes one chunk while the next is made ready.

The process ends by itself when its parent is gone (its pipe closes), also by kill -9.
"""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from typing import Protocol

from django.utils.translation import get_language, override

from enishi.customers.imports.staged import StagedRows
from enishi.customers.imports.target import ImportTarget, Recipe
from enishi.platform import wiring

#: A smaller file is made ready before a second process would have started.
WORTH_A_PROCESS = 4_000
_KEPT_SECONDS = 30.0
_START = """
import sys
sys.path[:] = sys.argv[2:]
import django
django.setup()
from enishi.customers.imports.preparing import serve
serve(int(sys.argv[1]))
"""


class PreparationFailed(RuntimeError):
    """A bug in a target's `prepare`; the message is the other process's."""


class PreparerEnded(RuntimeError):
    """The other process was ended from outside, as when the whole installation is: the run goes on with a new one."""


class Preparer(Protocol):
    def submit(self, recipe: Recipe, rows: StagedRows) -> None:
        """Hand over the next chunk. Only one may be under way: two full pipes would wait for each other."""

    def take(self) -> Sequence[object]:
        """The chunk that was handed over, ready."""


class Here:
    """Makes rows ready in this process, when they are asked for."""

    def __init__(self, target: ImportTarget) -> None:
        self._target = target
        self._waiting: tuple[Recipe, StagedRows] | None = None

    def submit(self, recipe: Recipe, rows: StagedRows) -> None:
        self._waiting = (recipe, rows)

    def take(self) -> Sequence[object]:
        if self._waiting is None:
            raise PreparationFailed("nothing was handed over")
        recipe, rows = self._waiting
        self._waiting = None
        return self._target.prepare(recipe, rows.raw())


class Beside:
    """Makes rows ready in a process of its own. Chunks come back in the order in which they went.

    A thread takes a chunk off the pipe as soon as it is there: to unpack it costs a tenth of an import, and PostgreSQL is
    writing the chunk before meanwhile.
    """

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        # Not multiprocessing's own way, which would run the main module of whoever imports once more.
        command = [sys.executable, "-c", _START, str(theirs.fileno()), *sys.path]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self.target_key = ""
        self._reader = ThreadPoolExecutor(1, "prepared")
        self._coming: Future[tuple[Sequence[object], str]] | None = None

    def submit(self, recipe: Recipe, rows: StagedRows) -> None:
        try:
            self._pipe.send((get_language(), self.target_key, recipe, rows))
        except OSError as error:
            raise PreparerEnded from error
        self._coming = self._reader.submit(self._pipe.recv)

    def take(self) -> Sequence[object]:
        if self._coming is None:
            raise PreparationFailed("nothing was handed over")
        try:
            ready, failure = self._coming.result()
        except (EOFError, OSError) as error:
            raise PreparerEnded from error
        self._coming = None
        if failure:
            raise PreparationFailed(failure)
        return ready

    @property
    def usable(self) -> bool:
        return self._coming is None and self._process.poll() is None

    def close(self) -> None:
        self._pipe.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.shutdown(wait=False)


def serve(handle: int) -> None:
    """The process: chunks in, chunks out, until the other end is gone. Never asks the database."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # for the parent, which finishes its chunk, and whose end ends this
    gc.disable()  # rows come and go and hold no cycles
    pipe = Connection(handle)
    while True:
        try:
            language, key, recipe, rows = pipe.recv()
        except EOFError:
            return
        try:
            with override(language):  # what is wrong with a row is said here
                answer = (wiring.load("IMPORT_TARGETS")[key].prepare(recipe, rows.raw()), "")
        except Exception as error:
            answer = (None, f"{type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:
            return


_lock = threading.Lock()
_idle: list[Beside] = []


@contextmanager
def preparer(target: ImportTarget, rows: int) -> Iterator[Preparer]:
    """A preparer for one stretch of work. A process is kept for half a minute, since the next stretch follows soon."""
    if rows < WORTH_A_PROCESS:
        yield Here(target)
        return
    with _lock:
        beside = _idle.pop() if _idle else Beside()
    beside.target_key = target.key
    try:
        yield beside
    finally:
        if beside.usable:
            with _lock:
                _idle.append(beside)
            timer = threading.Timer(_KEPT_SECONDS, _let_go, (beside,))
            timer.daemon = True
            timer.start()
        else:
            beside.close()


def warm_up() -> None:
    """Start a process ahead of the work: it needs a second or two until it is ready."""
    with _lock:
        if not _idle:
            _idle.append(Beside())


def _let_go(beside: Beside) -> None:
    with _lock:
        if beside not in _idle:
            return
        _idle.remove(beside)
    beside.close()
