"""What every page's frame shows: the rail, the user, the theme. Context processor; one query at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from enishi.platform import modules, policy, wiring
from enishi.platform.actor import ANONYMOUS, Actor
from enishi.platform.looking import Looking
from enishi.platform.queries.company import CompanyLogin, company_login
from enishi.platform.second_factor import missing_from
from enishi.platform.words import name_and_words, own


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    url: str
    icon: str
    current: bool
    on_tab_bar: bool = False
    count: int = 0  # what waits there


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: list[Item]


class Frame:
    """Lazy: a partial that shows no rail asks nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor = getattr(request, "actor", ANONYMOUS)

    @cached_property
    def navigation(self) -> list[Group]:
        groups: list[Group] = []
        for group in wiring.load("NAVIGATION"):
            shown = [i for i in group["items"] if modules.shows(i) and ("needs" not in i or policy.allowed(self.actor, *i["needs"]))]
            items = [item for i in shown if (item := self._item(i)) is not None]
            if items:
                groups.append(Group(own(group["label"]), items))
        return groups

    def _item(self, entry: Mapping[str, Any]) -> Item | None:
        """None where nothing is there for the actor."""
        count = entry["count"](self.actor) if "count" in entry else 0
        if count is None:
            return None
        url = reverse(entry["view"])
        return Item(own(entry["label"]), url, entry["icon"], self._is_current(url), bool(entry.get("tab")), count)

    def _is_current(self, url: str) -> bool:
        """Of the items below whose address the place lies, the nearest: データ品質, not 顧客 as well."""
        return self._lies_below(url) and not any(len(other) > len(url) and self._lies_below(other) for other in self._addresses)

    def _lies_below(self, url: str) -> bool:
        return self._place == url if url == "/" else self._place.startswith(url)

    @cached_property
    def _addresses(self) -> list[str]:
        return [reverse(str(item["view"])) for group in modules.wired("NAVIGATION") for item in group["items"]]

    @cached_property
    def _place(self) -> str:
        """Where the menu is marked: a page of the settings lies there, whatever app brings it."""
        path = self.request.path
        in_settings = any(path.startswith(reverse(str(page["view"]))) for page in modules.wired("SETTINGS_PAGES"))
        return reverse("platform:settings") if in_settings else path

    @cached_property
    def organisation_name(self) -> str:
        return name_and_words()[0] or "Enishi"

    @cached_property
    def tabs(self) -> list[Item]:
        """The phone's tab bar: four screens of the menu, those that are marked for it first."""
        items = [item for group in self.navigation for item in group.items]
        return sorted(items, key=lambda item: not item.on_tab_bar)[:4]

    @cached_property
    def quick_add(self) -> list[Item]:
        """What the actor may add from anywhere."""
        return [
            Item(own(i["label"]), reverse(i["view"]), i["icon"], False)
            for i in modules.wired("QUICK_ADD")
            if policy.allowed(self.actor, *i["needs"])
        ]

    @cached_property
    def second_factor_due(self) -> date | None:
        """The day from which the user gets no further without a second factor, where they have none yet."""
        return missing_from(self.actor, self.request.user, self.request.session)

    @cached_property
    def company_login(self) -> CompanyLogin | None:
        """The company's provider, for the pages that offer it."""
        return company_login()

    @property
    def looks_as(self) -> Looking | None:
        """The role as which the user looks at the product, where they do."""
        found: Looking | None = getattr(self.request, "looks_as", None)
        return found

    @property
    def density(self) -> str:
        return "tight" if self.request.COOKIES.get("density") == "tight" else ""

    @property
    def text(self) -> str:
        return "large" if self.request.COOKIES.get("text") == "large" else ""

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get("theme", "")
        return chosen if chosen in ("light", "dark") else ""

    @property
    def rail_small(self) -> bool:
        return self.request.COOKIES.get("rail") == "icons"


def frame(request: HttpRequest) -> Mapping[str, object]:
    """Django context processor: `frame` and what the base template reads."""
    from django.conf import settings

    return {"frame": Frame(request), "actor": getattr(request, "actor", ANONYMOUS), "demo": settings.DEMO}
