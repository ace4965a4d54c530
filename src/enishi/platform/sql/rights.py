"""What a user holds, in one query: every request asks it, and the ORM would take six, each slower than its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from psycopg import sql

_MINE = sql.SQL("""
    WITH RECURSIVE mine(id) AS (
        SELECT team_id FROM platform_teammember WHERE user_id = %(user)s
        UNION SELECT below.id FROM platform_team below JOIN mine ON below.parent_id = mine.id)""")
_TEAMS = sql.SQL("{} SELECT id FROM mine").format(_MINE)
_HELD = sql.SQL("""{}, held AS (SELECT role_id FROM platform_userrole WHERE user_id = %(user)s), above(id) AS (
        SELECT team.parent_id FROM platform_team team JOIN platform_teammember m ON m.team_id = team.id WHERE m.user_id = %(user)s
        UNION SELECT team.parent_id FROM platform_team team JOIN above ON above.id = team.id)
    SELECT 'grant', object, action, scope FROM platform_rolegrant WHERE role_id IN (SELECT role_id FROM held)
    UNION SELECT 'level', privacy_class, max(level)::text, '' FROM platform_rolelevel
     WHERE role_id IN (SELECT role_id FROM held) GROUP BY privacy_class
    UNION SELECT 'field', said.field, max(coalesce(own.level, class.level, CASE WHEN said.privacy_class IN ('public', 'internal') THEN 2 ELSE 0 END))::text,
           said.privacy_class
      FROM (SELECT DISTINCT field, privacy_class FROM platform_rolefield WHERE role_id IN (SELECT role_id FROM held)) said
      CROSS JOIN held
      LEFT JOIN platform_rolefield own ON own.role_id = held.role_id AND own.field = said.field
      LEFT JOIN platform_rolelevel class ON class.role_id = held.role_id AND class.privacy_class = said.privacy_class
     GROUP BY said.field, said.privacy_class
    UNION SELECT 'share', object, record_id::text, level FROM platform_share
     WHERE ended_at IS NULL AND (until_at IS NULL OR until_at > %(now)s)
       AND (user_id = %(user)s OR team_id IN (SELECT id FROM mine UNION SELECT id FROM above))
    UNION SELECT 'reveal', object, record_id::text, '' FROM platform_reveal WHERE user_id = %(user)s AND until_at > %(now)s
    UNION SELECT 'wall', '', '', '' FROM platform_organisation WHERE admins_see_nobody
    UNION SELECT 'team', id::text, '', '' FROM mine""").format(_MINE)

# Whether a role is wide enough, and whether it reads the class, may come from two roles of one user.
_WHO = """
    WITH RECURSIVE line(id) AS (
        SELECT %(team)s::bigint WHERE %(team)s::bigint IS NOT NULL
        UNION SELECT above.parent_id FROM platform_team above JOIN line ON above.id = line.id WHERE above.parent_id IS NOT NULL),
    given_to AS (
        SELECT user_id, team_id FROM platform_share
         WHERE object = %(shared_as)s AND record_id = %(record)s::bigint AND level = ANY(string_to_array(%(share_levels)s, ','))
           AND ended_at IS NULL AND (until_at IS NULL OR until_at > %(now)s)),
    around(id) AS (
        SELECT team_id FROM given_to WHERE team_id IS NOT NULL
        UNION SELECT below.id FROM platform_team below JOIN around ON below.parent_id = around.id),
    above(id) AS (
        SELECT parent_id FROM platform_team WHERE id IN (SELECT team_id FROM given_to)
        UNION SELECT team.parent_id FROM platform_team team JOIN above ON above.id = team.id),
    shared AS (
        SELECT user_id FROM given_to WHERE user_id IS NOT NULL
        UNION SELECT m.user_id FROM platform_teammember m WHERE m.team_id IN (SELECT id FROM around UNION SELECT id FROM above))
    SELECT person.id, person.display_name
      FROM platform_user person
      JOIN platform_userrole held ON held.user_id = person.id
      LEFT JOIN platform_rolegrant given ON given.role_id = held.role_id AND given.object = %(object)s AND given.action = %(action)s
      LEFT JOIN platform_rolegrant looking ON looking.role_id = held.role_id AND looking.object = %(looked_at)s AND looking.action = 'read'
      LEFT JOIN platform_rolelevel seen ON seen.role_id = held.role_id AND seen.privacy_class = %(reads)s AND seen.level >= %(level)s
     WHERE person.is_active
     GROUP BY person.id
    HAVING bool_or(seen.role_id IS NOT NULL) AND """
_REACHES = """bool_or({0}.scope = 'all'
        OR ({0}.scope <> 'none' AND (person.id = %(owner)s::bigint OR EXISTS (SELECT FROM shared WHERE shared.user_id = person.id)))
        OR ({0}.scope = 'team' AND EXISTS (SELECT FROM platform_teammember m JOIN line ON line.id = m.team_id WHERE m.user_id = person.id)))"""
_WHO += f"""{_REACHES.format("given")} AND {_REACHES.format("looking")} ORDER BY person.display_name, person.id"""


@dataclass(slots=True)
class Held:
    """The rows of all roles of a user, not yet weighed against each other."""

    grants: list[tuple[str, str, str]] = field(default_factory=list)  # object, action, scope
    levels: dict[str, int] = field(default_factory=dict)  # privacy class → the highest of any role
    fields: dict[str, tuple[str, int]] = field(default_factory=dict)  # a field that roles speak of → its class, the highest of any role
    team_ids: set[int] = field(default_factory=set)  # the user's and all below them
    shares: list[tuple[str, int, str]] = field(default_factory=list)  # object, record, level: those that stand now
    revealed: set[tuple[str, int]] = field(default_factory=set)  # object, record: those that are open now
    wall: bool = False  # the company keeps personal data from those who configure roles


def held_by(user_id: int, *, now: datetime) -> Held:
    """Grants, levels, teams and standing shares of a user. One query."""
    held = Held()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"user": user_id, "now": now})
        for kind, first, second, third in cursor.fetchall():
            if kind == "grant":
                held.grants.append((first, second, third))
            elif kind == "level":
                held.levels[first] = int(second)
            elif kind == "field":
                held.fields[first] = (third, int(second))
            elif kind == "share":
                held.shares.append((first, int(second), third))
            elif kind == "reveal":
                held.revealed.add((first, int(second)))
            elif kind == "wall":
                held.wall = True
            else:
                held.team_ids.add(int(first))
    return held


def team_ids(user_id: int) -> frozenset[int]:
    """The teams of a user and all teams below them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_TEAMS, {"user": user_id})
        return frozenset(team_id for (team_id,) in cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Shared:
    """Which shares widen an act: those of this record, on one of these levels."""

    object: str
    record_id: int
    levels: tuple[str, ...]


def who_may(
    object_key: str,
    act: str,
    *,
    of: str,
    owner_id: int | None,
    team_id: int | None,
    shared: Shared | None,
    reads: str,
    level: int,
    now: datetime,
) -> dict[int, str]:
    """Active users with a grant that reaches a record of this owner and team, or with whom it is shared, who see it as an `of`, and
    with this level of a privacy class: id → name, by name. A team is reached by its members and by those of the teams above it. One
    query."""
    asked = {
        "object": object_key,
        "action": act,
        "looked_at": of,
        "owner": owner_id,
        "team": team_id,
        "shared_as": shared.object if shared else "",
        "record": shared.record_id if shared else 0,
        "share_levels": ",".join(shared.levels if shared else ()),
        "reads": reads,
        "level": level,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WHO, asked)
        return dict(cursor.fetchall())
