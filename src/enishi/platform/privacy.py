"""Privacy classes: every column of every model has one, and rights are given per class.

`public` and `internal` are business facts; `personal` identifies or reaches a person; `sensitive` is what a
person would be hurt by; `secret` is never returned by any route.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum


class Privacy(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    SECRET = "secret"  # noqa: S105 — the name of a class, no password


class Level(IntEnum):
    """What a role may do with the columns of one privacy class; roles add up by the larger."""

    HIDDEN = 0
    MASKED = 1
    READ = 2
    WRITE = 3


DEFAULT_LEVELS: Mapping[Privacy, Level] = {
    Privacy.PUBLIC: Level.READ,
    Privacy.INTERNAL: Level.READ,
    Privacy.PERSONAL: Level.HIDDEN,
    Privacy.SENSITIVE: Level.HIDDEN,
    Privacy.SECRET: Level.HIDDEN,
}


def classify(
    *,
    public: Iterable[str] = (),
    internal: Iterable[str] = (),
    personal: Iterable[str] = (),
    sensitive: Iterable[str] = (),
    secret: Iterable[str] = (),
) -> dict[str, Privacy]:
    """Column name → privacy class. A column named twice is a mistake and raises."""
    groups = {
        Privacy.PUBLIC: public,
        Privacy.INTERNAL: internal,
        Privacy.PERSONAL: personal,
        Privacy.SENSITIVE: sensitive,
        Privacy.SECRET: secret,
    }
    result: dict[str, Privacy] = {}
    for privacy, names in groups.items():
        for name in names:
            if name in result:
                raise ValueError(f"column {name!r} is classified twice")
            result[name] = privacy
    return result
