"""Answers that hold for one request: the database is asked once, however many parts of a page want to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_answers: ContextVar[dict[str, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Until the end of this block (one request, one chunk of a job) each question reaches the database once at most."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once[T](question: str, ask: Callable[[], T]) -> T:
    """The answer, asked for now unless this block has it."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if question not in answers:
        answers[question] = ask()
    found: T = answers[question]
    return found


def is_open() -> bool:
    """Whether this runs inside of such a block."""
    return _answers.get() is not None


def forget(question: str) -> None:
    """What this block was told is no longer true."""
    if answers := _answers.get():
        answers.pop(question, None)
