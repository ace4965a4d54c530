"""What narrows a list: a rule, with what the rule language knows of everybody and two facts about who looks at it."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact, In
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import Customer
from enishi.platform.actor import Actor
from enishi.platform.privacy import Privacy
from enishi.platform.sql.rights import team_ids
from enishi.rules.facts import Fact, Group, Registry, registry
from enishi.rules.rights import readable, refuse_unreadable
from enishi.rules.shapes import Column
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import Rule
from enishi.rules.values import Kind

VIEWER = Group("viewer", _("見ている人"), "user")


def list_registry(actor: Actor) -> Registry:
    """The facts that a list may be narrowed by: all of them, and 自分 and 自分の部署 as they are for this viewer.

    A shared view that asks for 自分 shows everybody their own customers.
    """
    return Registry([*registry().entries(), *_viewer_facts(actor)])


def palette(actor: Actor) -> Registry:
    """Of those, what the actor may ask about."""
    return readable(list_registry(actor), actor)


def filtered(actor: Actor, rows: QuerySet[Customer], rule: Rule, *, now: datetime) -> QuerySet[Customer]:
    """Those of `rows` for whom the rule is true. Raises RuleInvalid, RuleTooLarge, and RuleRefused where the actor does
    not read everything in clear that the rule asks about."""
    known = list_registry(actor)
    refuse_unreadable(rule, known, actor)
    return to_queryset(rule, rows, now=now, registry=known)


def _viewer_facts(actor: Actor) -> list[Fact]:
    user_id = actor.user_id or 0

    def teams() -> list[int]:
        return sorted(team_ids(user_id)) or [0]

    def in_my_teams(today: date) -> Combinable:
        return In(F("team_id"), teams())

    def of_mine(today: date) -> Combinable:
        return Exact(F("owner_id"), user_id)

    return [
        Fact(
            key="viewer.customers",
            label=_("自分の担当"),
            kind=Kind.FLAG,
            privacy=Privacy.INTERNAL,
            group=VIEWER,
            shape=Column(F("owner_id"), sql=of_mine, plain=lambda owner, today: owner == user_id),
            phrases={"yes": (_("自分が担当する"), _("自分が担当していて")), "no": (_("自分が担当していない"), _("自分が担当していなくて"))},
        ),
        Fact(
            key="viewer.teams_customers",
            label=_("自分の部署"),
            kind=Kind.FLAG,
            privacy=Privacy.INTERNAL,
            group=VIEWER,
            shape=Column(F("team_id"), sql=in_my_teams, plain=lambda team, today: team in teams()),
            phrases={"yes": (_("自分の部署の"), _("自分の部署にいて")), "no": (_("自分の部署ではない"), _("自分の部署ではなくて"))},
        ),
    ]
