"""Whom a change is for: the chosen rows, or everybody whom the list holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.listing import listed_customers
from enishi.platform.actor import Actor
from enishi.platform.sql.one_of import OneOf
from enishi.rules.tree import dump, parse


@dataclass(frozen=True, slots=True)
class Selection:
    """`ids`, or where `asked` is given all that the list holds."""

    ids: tuple[int, ...] = ()
    asked: Asked | None = None

    def customers(self, actor: Actor, *, now: datetime) -> QuerySet[Customer]:
        """Those of them whom the actor sees. Raises what the list raises."""
        if self.asked is not None:
            return listed_customers(actor, self.asked, now=now)
        return access.visible_customers(actor).filter(OneOf(F("pk"), list(self.ids)))

    def as_json(self) -> dict[str, object]:
        if self.asked is None:
            return {"ids": list(self.ids)}
        rule = None if self.asked.rule is None else dump(self.asked.rule)
        return {"view": self.asked.view, "text": self.asked.text, "rule": rule}


def selection_of(stored: Mapping[str, object]) -> Selection:
    """The selection of a stored run. Raises RuleInvalid where its filter makes no sense any more."""
    ids = stored.get("ids")
    if isinstance(ids, list):
        return Selection(ids=tuple(ids))
    rule = stored.get("rule")
    return Selection(asked=Asked(view=str(stored["view"]), text=str(stored["text"]), rule=None if rule is None else parse(rule)))
