"""Answers questions to the mirror: a few at a time, each answer kept until the data changes, nothing computed for nobody."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import ibis
from pydantic import BaseModel, ConfigDict, ValidationError

from enishi.warehouse.analysis import Analysis, Reach, Rows, within
from enishi.warehouse.working import WorkingSet

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

AT_ONCE = 2
MOST_WAITING = 24
KEPT = 500  # answers
MOST_ROWS = 100_000  # of one table of an answer
UNWANTED_AFTER = 30.0  # seconds in which nobody asked for a running question again


class Question(BaseModel):
    """One question as it comes over the socket."""

    model_config = ConfigDict(extra="forbid")

    analysis: str
    params: dict[str, Any] = {}
    reach: Reach
    wait_ms: int = 150


type State = Literal["done", "running", "starting", "busy", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """`tables`: by name, columns and rows; `at_us`: as of which instant the data are, in microseconds since 1970."""

    state: State
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: int = 0
    at_us: int = 0
    took_ms: int = 0
    error: str = ""

    def as_json(self) -> bytes:
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps(told, ensure_ascii=False, default=_plain).encode()


@dataclass(slots=True)
class _Running:
    done: threading.Event
    wanted_at: float
    cursor: duckdb.DuckDBPyConnection | None = None
    answer: Answer | None = None
    began: bool = False
    dropped: bool = False

    def drop(self) -> None:
        """Stop it. A query that is just about to begin does not hear of it: say it again."""
        self.dropped = True
        if (cursor := self.cursor) is not None:
            cursor.interrupt()


class Service:
    """What stands behind the socket; safe for many threads."""

    def __init__(self, working: WorkingSet, analyses: Mapping[str, Analysis]) -> None:
        self._working, self._analyses = working, analyses
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="analysis")
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._running: dict[str, _Running] = {}
        self._lock, self._compiling = threading.Lock(), threading.Lock()

    def answer(self, line: bytes) -> Answer:
        """Answer one question, or say after its `wait_ms` that it is being worked on: ask again then."""
        try:
            question = Question.model_validate_json(line)
            analysis = self._analyses[question.analysis]
            params = analysis.params.model_validate(question.params)
        except (ValidationError, KeyError) as error:
            return Answer("refused", error=str(error))
        at_us, version = self._working.at_us, self._working.version  # in this order: never told to be newer than they are
        if not version:
            return Answer("starting")
        key = json.dumps([version, question.analysis, params.model_dump(mode="json"), question.reach.model_dump(mode="json")])
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return replace(kept, at_us=at_us)  # nothing has changed since it was counted
            running = self._running.get(key)
            if running is None:
                if len(self._running) >= MOST_WAITING:
                    return Answer("busy")
                running = self._running[key] = _Running(threading.Event(), time.monotonic())
                self._pool.submit(self._work, key, running, analysis, params, question.reach)
            running.wanted_at = time.monotonic()
        running.done.wait(question.wait_ms / 1000)
        return running.answer or Answer("running", version=version, at_us=self._working.at_us)

    def forget(self) -> None:
        """Keep no answer: the next questions are computed anew."""
        with self._lock:
            self._kept.clear()

    def drop_unwanted(self) -> None:
        """Stop what nobody has asked for again for a while."""
        with self._lock:
            for running in self._running.values():
                if time.monotonic() - running.wanted_at > UNWANTED_AFTER:
                    running.drop()

    def close(self) -> None:
        """Stop whatever runs; no question is answered any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            left = list(self._running.values())
        for running in left:
            running.drop()
            while running.began and not running.done.wait(0.1):
                running.drop()

    def _work(self, key: str, running: _Running, analysis: Analysis, params: Any, reach: Reach) -> None:
        running.began = True
        try:
            running.answer = Answer("failed", error="dropped") if running.dropped else self._computed(running, analysis, params, reach)
        except duckdb.InterruptException:
            running.answer = Answer("failed", error="dropped")
        except Exception as error:
            logger.exception("an analysis failed")
            running.answer = Answer("failed", error=type(error).__name__)
        finally:
            with self._lock:
                del self._running[key]
                if running.answer is not None and running.answer.state == "done":
                    self._kept[key] = running.answer
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
            running.done.set()

    def _computed(self, running: _Running, analysis: Analysis, params: Any, reach: Reach) -> Answer:
        began = time.monotonic()
        version, at_us = self._working.version, self._working.at_us
        with self._compiling:  # Ibis keeps state while it builds
            results = analysis.results(within(self._working.names(), reach), params)
            queries = {name: ibis.to_sql(rows, dialect="duckdb") for name, rows in results.items()}
        with self._working.cursor() as cursor:
            running.cursor = cursor
            found: dict[str, Any] = {}
            for name, query in queries.items():
                if running.dropped:
                    raise duckdb.InterruptException
                found[name] = _whole(cursor.sql(query).to_arrow_table()) if analysis.finish else _rows_of(cursor.execute(query))
            running.cursor = None
        tables = analysis.finish(found, params) if analysis.finish else found
        for name, table in tables.items():
            if len(table.rows) > MOST_ROWS:
                raise TooManyRows(name)
        told = {name: {"columns": list(table.columns), "rows": list(map(list, table.rows))} for name, table in tables.items()}
        return Answer("done", told, version, at_us, round((time.monotonic() - began) * 1000))


def _whole(table: pa.Table) -> pa.Table:
    """DuckDB adds whole numbers up to wider ones than anything else can count with."""
    import pyarrow as pa

    wide = [
        pa.field(field.name, pa.int64()) if pa.types.is_decimal(field.type) and not field.type.scale else field for field in table.schema
    ]
    return table.cast(pa.schema(wide))


def _rows_of(found: duckdb.DuckDBPyConnection) -> Rows:
    """One row more at most than an answer may have."""
    return Rows([told[0] for told in found.description or ()], found.fetchmany(MOST_ROWS + 1))


class TooManyRows(Exception):
    """An analysis answers with more rows than a page could show."""


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no figure")
