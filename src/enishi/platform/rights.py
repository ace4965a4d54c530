"""Builds the Actor of a user from roles, teams and modules: two small queries a request, never cached longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery

from enishi.platform import modules, time
from enishi.platform.actor import SCOPE_RANK, Actor, FieldLevel
from enishi.platform.models import ApiToken, Organisation, User, UserRole
from enishi.platform.networks import is_within, may_come
from enishi.platform.objects import ALWAYS_OPEN
from enishi.platform.policy import PERSONAL, SHARED_ACTS
from enishi.platform.privacy import DEFAULT_LEVELS, Level, Privacy
from enishi.platform.sql.rights import Shared, held_by, who_may


def actor_of(user: User, *, kind: str = "staff") -> Actor:
    """The actor for a user: the union of their roles' grants and the highest level per privacy class and field. A module that
    is off grants nothing; whoever configures roles reads no personal data where the company says so."""
    held, off = held_by(user.pk, now=time.now()), modules.objects_off()
    grants: dict[tuple[str, str], str] = {}
    for object_key, act, width in held.grants:
        key = (object_key, act)
        if object_key not in off and SCOPE_RANK[width] > SCOPE_RANK[grants.get(key, "none")]:
            grants[key] = width
    levels = dict(DEFAULT_LEVELS)
    for name, level in held.levels.items():
        levels[Privacy(name)] = max(levels[Privacy(name)], Level(level))
    fields = {key: FieldLevel(Privacy(name), Level(level)) for key, (name, level) in held.fields.items()}
    actor = Actor(
        kind=kind,  # type: ignore[arg-type]
        name=user.display_name,
        user_id=user.pk,
        team_ids=frozenset(held.team_ids) if "team" in grants.values() else frozenset(),
        grants=grants,
        levels=levels,
        fields=fields,
        shares=_shares(held.shares),
        revealed=frozenset(held.revealed),
    )
    return actor.at_most(Level.MASKED, *PERSONAL) if held.wall and ("role", "configure") in grants else actor


def _shares(standing: Sequence[tuple[str, int, str]]) -> dict[tuple[str, str], frozenset[int]]:
    """By object and act: who may change a record may see it."""
    found: dict[tuple[str, str], set[int]] = {}
    for object_key, record_id, level in standing:
        for act in {"read", level}:
            found.setdefault((object_key, act), set()).add(record_id)
    return {key: frozenset(ids) for key, ids in found.items()}


def people_who_may(
    object_key: str,
    act: str,
    *,
    owner_id: int | None,
    team_id: int | None,
    reads: Privacy,
    record: tuple[str, int] | None = None,
) -> dict[int, str]:
    """Active users who may do `act` to a record of this owner and team, and read columns of a class in clear: id and name, by name.
    `record`: object and id under which it may be shared. One query."""
    level = SHARED_ACTS.get((object_key, act)) or SHARED_ACTS.get(("", act))
    shared = Shared(*record, ("read", "update") if level == "read" else ("update",)) if record and level else None
    now = time.now()
    of = record[0] if record else object_key
    return who_may(object_key, act, of=of, owner_id=owner_id, team_id=team_id, shared=shared, reads=reads, level=Level.READ, now=now)


def actor_by_id(user_id: int | None) -> Actor:
    """The actor of a job: rights as they are now, not as they were when the job was ordered.

    A user who was switched off has no rights left.
    """
    user = None if user_id is None else User.rows.filter(pk=user_id, is_active=True).first()
    if user is None:
        return Actor(kind="staff", name="", user_id=user_id, levels={})
    return actor_of(user)


def actor_of_login(login: str) -> Actor | None:
    """The actor of an active user by login name; None for anybody else."""
    user = User.rows.filter(username=login, is_active=True).first()
    return actor_of(user) if user is not None else None


def token_hash(token: str) -> bytes:
    """How a token is stored: it has 256 random bits, so that a plain hash gives nothing away."""
    return sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who comes with a token, and when it was used before."""

    actor: Actor
    used_at: datetime | None


def bearer_of(token: str, *, ip: str = "") -> Bearer | None:
    """Who comes with this token from `ip`: what its owner may do now, and of that what the token may. None for one that is unknown,
    over, revoked, or not taken from there."""
    valid = Q(expires_at=None) | Q(expires_at__gt=time.wall_clock())
    narrow = UserRole.rows.filter(user_id=OuterRef("user_id")).exclude(role__networks=[])
    rows = ApiToken.rows.filter(valid, token_hash=token_hash(token), revoked_at=None, user__is_active=True).annotate(
        company_networks=Subquery(Organisation.rows.values("networks")[:1]), role_networks=ArraySubquery(narrow.values("role__networks"))
    )
    found = rows.select_related("user").first()
    if found is None or (found.networks and not is_within(found.networks, ip)) or not may_come(found, ip):
        return None
    actor = replace(actor_of(found.user, kind="token"), token_id=found.pk)
    if found.scopes is not None:
        wanted = {tuple(scope.split(".", 1)) for scope in found.scopes}
        actor = replace(actor, grants={right: width for right, width in actor.grants.items() if right in wanted})
    elif found.read_only:
        actor = replace(actor, grants={right: width for right, width in actor.grants.items() if right[1] == "read"})
    if found.fields is not None:
        actor = replace(actor, only=frozenset(found.fields) | ALWAYS_OPEN)
    return Bearer(actor.at_most(Level.READ, *Privacy) if found.read_only else actor, found.used_at)


def actor_of_token(token: str, *, ip: str = "") -> Actor | None:
    """The actor of `bearer_of`."""
    bearer = bearer_of(token, ip=ip)
    return bearer.actor if bearer else None
