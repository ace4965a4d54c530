"""The word lists that lie beside the code, easier to read and to add to than literals."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def load(name: str) -> dict[str, tuple[str, ...]]:
    """A list file of this package: "key: words", a line that begins with a space goes on, # is a comment."""
    text = resources.files("enishi.customers.importing").joinpath(f"data/{name}").read_text("utf-8")
    found: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        words = line
        if not line.startswith(" "):
            key, _colon, words = line.partition(":")
        found[key] = (*found.get(key, ()), *words.split())
    return found
