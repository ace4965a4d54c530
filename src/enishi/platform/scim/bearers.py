"""Who comes to SCIM: the bearer of a token that an administrator made for a directory, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from enishi.platform import time
from enishi.platform.actions.scim import TOUCHED_EVERY, touch_scim_token
from enishi.platform.actor import Actor
from enishi.platform.models import ScimSettings, ScimToken
from enishi.platform.networks import is_within
from enishi.platform.rights import token_hash


@dataclass(frozen=True, slots=True)
class Directory:
    """Who comes, and whether the door is open to them just now."""

    actor: Actor
    is_on: bool


def directory_of(authorization: str, *, ip: str) -> Directory | None:
    """Who comes with this Authorization header from `ip`. None for a token that is unknown, over, revoked, or not taken from there.
    The company's list of addresses does not count: a directory in the cloud never comes from the office; the token has a list of
    its own. One query and one more, and one write a minute."""
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    wall = time.wall_clock()
    valid = Q(expires_at=None) | Q(expires_at__gt=wall)
    row = ScimToken.rows.filter(valid, token_hash=token_hash(token.strip()), revoked_at=None).first()
    if row is None or (row.networks and not is_within(row.networks, ip)):
        return None
    if row.used_at is None or wall - row.used_at >= TOUCHED_EVERY:
        touch_scim_token(token_id=row.pk, wall=wall)
    actor = Actor(kind="scim", name=row.name, levels={}, scim_token_id=row.pk)
    return Directory(actor, ScimSettings.rows.filter(is_on=True).exists())
