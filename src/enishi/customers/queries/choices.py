"""What the forms and dialogs about customers offer to choose from. Reference data: no personal data of customers."""

from __future__ import annotations

from collections.abc import Sequence

from enishi.customers import access
from enishi.customers.models import Tag
from enishi.platform.actor import Actor
from enishi.platform.models import Team, User

Pairs = list[tuple[str, str]]


def owners(actor: Actor) -> Pairs:
    """Staff who may be given customers; empty for who may not assign. One query."""
    if not access.may(actor, "assign"):
        return []
    return [(str(pk), name) for pk, name in User.rows.filter(is_active=True).order_by("display_name").values_list("pk", "display_name")]


def teams(actor: Actor) -> Pairs:
    """Teams to which the actor may give a customer: all, or their own. One query."""
    rows = Team.rows.filter(archived_at=None).order_by("name")
    if actor.scope_for("customer", "assign") != "all":
        rows = rows.filter(pk__in=actor.team_ids)
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def tag_names() -> Sequence[str]:
    """Tags in use, for suggestions. One query."""
    return list(Tag.rows.order_by("name").values_list("name", flat=True)[:500])


#: 流入経路 that most companies use; others may be typed.
SOURCE_NAMES: Sequence[str] = ("広告", "自然検索", "SNS", "紹介", "店頭QR", "モール", "展示会", "電話", "来店")
