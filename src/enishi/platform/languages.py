"""In which language a user is told something outside of their own requests: jobs leave words for those who ordered them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation

from enishi.platform.models import User


def language_of(user_id: int | None) -> str:
    """The language that a user chose; Japanese for nobody. One query for somebody."""
    chosen = User.rows.filter(pk=user_id).values_list("language", flat=True).first() if user_id is not None else None
    return chosen or settings.LANGUAGE_CODE


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What is put into words inside is in this language."""
    with translation.override(language):
        yield


@contextmanager
def speaking_to(user_id: int | None) -> Iterator[None]:
    """What is put into words inside is in that user's language."""
    with translation.override(language_of(user_id)):
        yield
