"""⌘K: one box over the records of all apps, by the viewer's rights, and over the screens of the menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from enishi.platform import modules, policy, wiring
from enishi.platform.actor import Actor

PER_SOURCE = 6
STARTING = 20


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One answer: `label` with its reading above, `sub` beside it, an icon by `kind`."""

    label: str
    url: str
    kind: str
    ruby: str = ""
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Starting:
    """Where somebody may want to go before they have typed a letter: a heading and what stands under it."""

    label: str
    hits: list[SearchHit]


type StartingSource = Callable[[Actor, int], Starting]
type SearchSource = Callable[[Actor, str, int], list[SearchHit]]


def search_everything(actor: Actor, text: str) -> list[SearchHit]:
    """Records whose name, kana, contact or number holds `text`, then screens. One query per source; nothing for no text."""
    text = text.strip()
    if not text:
        return []
    sources: list[SearchSource] = modules.wired("SEARCH_SOURCES")
    hits = [hit for source in sources for hit in source(actor, text, PER_SOURCE)]
    return hits + _screens(actor, text)


def starting_points(actor: Actor) -> list[Starting]:
    """What the empty palette offers, by the wire SEARCH_STARTS; headings with nothing under them left out."""
    sources: list[StartingSource] = modules.wired("SEARCH_STARTS")
    return [found for source in sources if (found := source(actor, STARTING)).hits]


def _screens(actor: Actor, text: str) -> list[SearchHit]:
    from django.urls import reverse

    from enishi.platform.japanese.normalise import fold

    wanted = fold(text)
    items = [item for group in wiring.load("NAVIGATION") for item in group["items"]] + modules.wired("SETTINGS_PAGES")
    return [
        SearchHit(label=str(item["label"]), url=reverse(item["view"]), kind="screen")
        for item in items
        if wanted in fold(str(item["label"])) and modules.shows(item) and ("needs" not in item or policy.allowed(actor, *item["needs"]))
    ][:PER_SOURCE]
