"""On whose behalf something happens: staff, an API token, one mailed link, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from enishi.platform.privacy import DEFAULT_LEVELS, Level, Privacy

Scope = Literal["own", "team", "all"]
SCOPE_RANK: Mapping[str, int] = {"none": 0, "own": 1, "team": 2, "all": 3}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and what they may do. Built once per request or job; rights are never cached longer."""

    kind: Literal["staff", "token", "capability", "system", "anonymous"]
    name: str
    user_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    grants: Mapping[tuple[str, str], str] = field(default_factory=dict, hash=False)  # (object, action) → scope
    levels: Mapping[Privacy, Level] = field(default_factory=lambda: dict(DEFAULT_LEVELS), hash=False)
    token_id: int | None = None  # the API token that speaks, where one does

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    def scope_for(self, object_key: str, action: str) -> str:
        """none, own, team or all."""
        if self.is_system:
            return "all"
        return self.grants.get((object_key, action), "none")

    def level(self, privacy: Privacy) -> Level:
        if privacy is Privacy.SECRET:
            return Level.HIDDEN
        if self.is_system:
            return Level.WRITE
        return self.levels.get(privacy, Level.HIDDEN)

    def reads(self, privacy: Privacy) -> bool:
        """Whether columns of this class are shown to the actor in clear."""
        return self.level(privacy) >= Level.READ


SYSTEM = Actor(kind="system", name="システム")
ANONYMOUS = Actor(kind="anonymous", name="", levels={})
