"""On whose behalf something happens: staff, an API token, a directory, one mailed link, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from enishi.platform.privacy import DEFAULT_LEVELS, Level, Privacy

Scope = Literal["own", "team", "all"]
SCOPE_RANK: Mapping[str, int] = {"none": 0, "own": 1, "team": 2, "all": 3}


@dataclass(frozen=True, slots=True)
class FieldLevel:
    """What somebody may do with one field, where roles say so of it."""

    privacy: Privacy
    level: Level


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and what they may do. Built once per request or job; rights are never cached longer."""

    kind: Literal["staff", "token", "scim", "capability", "system", "anonymous"]
    name: str
    user_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    grants: Mapping[tuple[str, str], str] = field(default_factory=dict, hash=False)  # (object, action) → scope
    levels: Mapping[Privacy, Level] = field(default_factory=lambda: dict(DEFAULT_LEVELS), hash=False)
    token_id: int | None = None  # the API token that speaks, where one does
    scim_token_id: int | None = None  # the token of a directory, where that speaks; it holds no right of the wall
    shares: Mapping[tuple[str, str], frozenset[int]] = field(default_factory=dict, hash=False)  # (object, read or update) → ids of records
    revealed: frozenset[tuple[str, int]] = frozenset()  # (object, id) of the records that are open to them for some minutes
    fields: Mapping[str, FieldLevel] = field(default_factory=dict, hash=False)  # those whose level is not that of their class
    only: frozenset[str] | None = None  # the fields that a token may show and write, whatever its owner may; None: all of them

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    def scope_for(self, object_key: str, action: str) -> str:
        """none, own, team or all."""
        if self.is_system:
            return "all"
        return self.grants.get((object_key, action), "none")

    def shared(self, object_key: str, act: str) -> frozenset[int]:
        """The records that colleagues share with the actor for this act."""
        return self.shares.get((object_key, act), frozenset())

    def opens(self, field: str) -> bool:
        """Whether the list of a token, where it has one, names this field or part. What has no name is on no list."""
        return self.only is None or field in self.only

    def level(self, privacy: Privacy, field: str = "") -> Level:
        """What the actor may do with columns of a class; with one `field` of it (`customer.phone`), what their roles say of that. What
        a token's list does not name is hidden, so that a column of which nobody thought is, too."""
        if privacy is Privacy.SECRET or not self.opens(field):
            return Level.HIDDEN
        if self.is_system:
            return Level.WRITE
        own = self.fields.get(field) if field else None
        return own.level if own else self.levels.get(privacy, Level.HIDDEN)

    def reads(self, privacy: Privacy, field: str = "") -> bool:
        """Whether columns of this class, or this one of them, are shown to the actor in clear."""
        return self.level(privacy, field) >= Level.READ

    def whole(self) -> Actor:
        """The same actor, as they look at a part that their list names: its columns without a name of their own are open with it."""
        return self if self.only is None else replace(self, only=self.only | {""})

    def at_least(self, level: Level, *classes: Privacy) -> Actor:
        """The same actor, to whom columns of these classes are open as far as `level`."""
        return replace(
            self,
            levels={privacy: max(held, level) if privacy in classes else held for privacy, held in self.levels.items()},
            fields={
                key: FieldLevel(own.privacy, max(own.level, level)) if own.privacy in classes else own for key, own in self.fields.items()
            },
        )

    def at_most(self, level: Level, *classes: Privacy) -> Actor:
        """The same actor, who may do no more than `level` with columns of these classes."""
        return replace(
            self,
            levels={privacy: min(held, level) if privacy in classes else held for privacy, held in self.levels.items()},
            fields={
                key: FieldLevel(own.privacy, min(own.level, level)) if own.privacy in classes else own for key, own in self.fields.items()
            },
        )


SYSTEM = Actor(kind="system", name="システム")
ANONYMOUS = Actor(kind="anonymous", name="", levels={})
