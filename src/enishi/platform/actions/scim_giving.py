"""What groups of the directory give: the roles and teams that administrators mapped them to, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from enishi.platform import changes, events
from enishi.platform.actions.granting import keep_an_administrator
from enishi.platform.actions.holding import Pair, hold, pairs
from enishi.platform.actions.people import write_all_down
from enishi.platform.actions.roles import keep_somebody_over_roles
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.models import ScimMember, ScimSettings, TeamMember, User, UserRole


def begin(actor: Actor) -> ScimSettings:
    """What every verb of a directory begins with: it comes with a token of SCIM, SCIM is on, and its calls are carried out one after
    the other. Raises NotAllowed."""
    if actor.kind != "scim" or actor.scim_token_id is None:
        raise NotAllowed
    row = ScimSettings.rows.select_for_update().filter(is_on=True).first()
    if row is None:
        raise NotAllowed
    return row


def follow_groups(user_ids: Collection[int], *, actor: Actor, now: datetime) -> None:
    """Inside of an action: these users have by their groups what is mapped now. What was given by hand stays. Records
    `user.roles_changed` for each whose rights are new. Raises LastAdministrator, NobodyLeft."""
    user_ids = list(User.rows.select_for_update().filter(pk__in=user_ids).order_by("pk").values_list("pk", flat=True))
    before = _held(user_ids)
    mapped = ScimMember.rows.filter(member__user_id__in=user_ids, member__removed_at=None, group__removed_at=None)
    roles = mapped.filter(group__role__archived_at=None).exclude(group__role=None).values_list("member__user_id", "group__role_id")
    teams = mapped.filter(group__team__archived_at=None).exclude(group__team=None).values_list("member__user_id", "group__team_id")
    hold(UserRole, user_ids, set(roles), way="by_group")
    hold(TeamMember, user_ids, set(teams), way="by_group")
    after = _held(user_ids)
    told = [(user_id, _difference(user_id, before, after)) for user_id in user_ids]
    told = [(user_id, changed) for user_id, changed in told if changed]
    if not told:
        return
    if before["roles"] - after["roles"]:
        keep_an_administrator()
        keep_somebody_over_roles()
    write_all_down(told, actor, now)
    data = {"scim_token": actor.scim_token_id} if actor.scim_token_id else {}
    events.record_many([events.NewEvent("user.roles_changed", user_id, None, now, data) for user_id, _changed in told], actor=actor)


def _held(user_ids: Collection[int]) -> Mapping[str, set[Pair]]:
    return {"roles": pairs(UserRole, user_ids), "teams": pairs(TeamMember, user_ids)}


def _difference(user_id: int, before: Mapping[str, set[Pair]], after: Mapping[str, set[Pair]]) -> dict[str, changes.Change]:
    found: dict[str, changes.Change] = {}
    for what in ("roles", "teams"):
        was, will = (sorted(pk for owner, pk in held[what] if owner == user_id) for held in (before, after))
        if was != will:
            found[what] = (was, will)
    return found
