"""What a user holds, in one query: every request asks it, and the ORM would take four, each slower than its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from psycopg import sql

_MINE = sql.SQL("""
    WITH RECURSIVE mine(id) AS (
        SELECT team_id FROM platform_teammember WHERE user_id = %(user)s
        UNION SELECT below.id FROM platform_team below JOIN mine ON below.parent_id = mine.id)""")
_TEAMS = sql.SQL("{} SELECT id FROM mine").format(_MINE)
_HELD = sql.SQL("""{}, held AS (SELECT role_id FROM platform_userrole WHERE user_id = %(user)s)
    SELECT 'grant', object, action, scope FROM platform_rolegrant WHERE role_id IN (SELECT role_id FROM held)
    UNION SELECT 'level', privacy_class, max(level)::text, '' FROM platform_rolelevel
     WHERE role_id IN (SELECT role_id FROM held) GROUP BY privacy_class
    UNION SELECT 'team', id::text, '', '' FROM mine""").format(_MINE)

# Whether a role is wide enough, and whether it reads the class, may come from two roles of one user.
_WHO = """
    WITH RECURSIVE line(id) AS (
        SELECT %(team)s::bigint WHERE %(team)s::bigint IS NOT NULL
        UNION SELECT above.parent_id FROM platform_team above JOIN line ON above.id = line.id WHERE above.parent_id IS NOT NULL)
    SELECT person.id, person.display_name
      FROM platform_user person
      JOIN platform_userrole held ON held.user_id = person.id
      LEFT JOIN platform_rolegrant given ON given.role_id = held.role_id AND given.object = %(object)s AND given.action = %(action)s
      LEFT JOIN platform_rolelevel seen ON seen.role_id = held.role_id AND seen.privacy_class = %(reads)s AND seen.level >= %(level)s
     WHERE person.is_active
     GROUP BY person.id
    HAVING bool_or(seen.role_id IS NOT NULL)
       AND bool_or(given.scope = 'all'
                   OR (given.scope <> 'none' AND person.id = %(owner)s::bigint)
                   OR (given.scope = 'team' AND EXISTS (SELECT FROM platform_teammember m JOIN line ON line.id = m.team_id WHERE m.user_id = person.id)))
     ORDER BY person.display_name, person.id"""


@dataclass(slots=True)
class Held:
    """The rows of all roles of a user, not yet weighed against each other."""

    grants: list[tuple[str, str, str]] = field(default_factory=list)  # object, action, scope
    levels: dict[str, int] = field(default_factory=dict)  # privacy class → the highest of any role
    team_ids: set[int] = field(default_factory=set)  # the user's and all below them


def held_by(user_id: int) -> Held:
    """Grants, levels and teams of a user. One query."""
    held = Held()
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"user": user_id})
        for kind, first, second, third in cursor.fetchall():
            if kind == "grant":
                held.grants.append((first, second, third))
            elif kind == "level":
                held.levels[first] = int(second)
            else:
                held.team_ids.add(int(first))
    return held


def team_ids(user_id: int) -> frozenset[int]:
    """The teams of a user and all teams below them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_TEAMS, {"user": user_id})
        return frozenset(team_id for (team_id,) in cursor.fetchall())


def who_may(object_key: str, act: str, *, owner_id: int | None, team_id: int | None, reads: str, level: int) -> dict[int, str]:
    """Active users with a grant that reaches a record of this owner and team, and with this level of a privacy class: id → name,
    by name. A team is reached by its members and by those of the teams above it. One query."""
    asked = {"object": object_key, "action": act, "owner": owner_id, "team": team_id, "reads": reads, "level": level}
    with connection.cursor() as cursor:
        cursor.execute(_WHO, asked)
        return dict(cursor.fetchall())
