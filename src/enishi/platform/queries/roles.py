"""Reads for the screens of roles and teams, and why somebody sees a record or does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from enishi.platform import objects, presets, time
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import FieldChange, Organisation, Role, Share, Team, TeamMember, User, UserRole
from enishi.platform.privacy import Level
from enishi.platform.roles import CLASSES, Holder, Shape, class_words, shapes
from enishi.platform.sql.rights import held_by
from enishi.platform.words import own

#: From so many users on, keeping people from administrators is proposed.
WALL_FROM = 10


@dataclass(frozen=True, slots=True)
class RoleRow:
    id: int
    name: str
    description: str
    people: str  # 「田中 一郎・林 さくら ほか3名」
    count: int
    is_preset: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class RolePage:
    rows: list[RoleRow]
    archived: list[RoleRow]
    wall: bool  # administrators see nobody
    propose_wall: bool


def role_page() -> RolePage:
    """Every role with who holds it. Four queries."""
    names: dict[int, list[str]] = {}
    held = UserRole.rows.filter(user__is_active=True).order_by("user__display_name", "user_id")
    for pk, name in held.values_list("role_id", "user__display_name"):
        names.setdefault(pk, []).append(name)
    known = {preset.key: place for place, preset in enumerate(presets.PRESETS)}
    roles = sorted(Role.rows.all(), key=lambda role: (known.get(role.key, len(known)), role.name))
    rows = [
        RoleRow(role.pk, role.name, role.description, _people(names.get(role.pk, [])), len(names.get(role.pk, [])), role.key in known, role.archived_at is not None)
        for role in roles
    ]  # fmt: skip
    wall = Organisation.rows.filter(admins_see_nobody=True).exists()
    many = User.rows.filter(is_active=True).count() >= WALL_FROM
    return RolePage([r for r in rows if not r.archived], [r for r in rows if r.archived], wall, many and not wall)


def _people(names: Sequence[str]) -> str:
    shown = "・".join(names[:4])
    return _("%(names)s ほか%(n)d名") % {"names": shown, "n": len(names) - 4} if len(names) > 4 else shown


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class RoleCard:
    """One role with all that its screen needs."""

    id: int
    name: str
    description: str
    archived: bool
    shape: Shape
    holders: list[Person]
    others: list[Person]  # who may be given it
    last_change: int  # the change set that an undo would take back; 0 where there is none
    last_words: str


def role_card(role_id: int) -> RoleCard:
    """Raises NotFound. Seven queries."""
    role = Role.rows.filter(pk=role_id).first()
    if role is None:
        raise NotFound
    people = [
        Person(*row) for row in User.rows.filter(is_active=True).order_by("display_name", "pk").values_list("pk", "display_name", "title")
    ]
    holding = set(UserRole.rows.filter(role=role).values_list("user_id", flat=True))
    change_set, words = _last_change(role)
    return RoleCard(
        role.pk,
        role.name,
        role.description,
        role.archived_at is not None,
        shapes([role.pk])[role.pk],
        [person for person in people if person.id in holding],
        [person for person in people if person.id not in holding],
        change_set,
        words,
    )


def _last_change(role: Role) -> tuple[int, str]:
    row = (
        FieldChange.rows.filter(object=Role._meta.label_lower, object_id=role.pk, field__in=("rights", "name", "description"))
        .exclude(before={})
        .exclude(before="")
        .select_related("change_set__actor")
        .order_by("-pk")
        .first()
    )
    if row is None:
        return 0, ""
    by = row.change_set.actor.display_name if row.change_set.actor else ""
    words = _("%(on)s に %(name)s さんが変えました") % {"on": _moment(row.change_set.at), "name": by}
    return row.change_set_id, words


def _moment(at: datetime) -> str:
    local = time.local(at)
    return f"{format_date(local.date())} {local:%H:%M}"


def holders(role_id: int) -> list[Holder]:
    """Active users with this role, each with what their other roles say. Five queries at most."""
    mine = UserRole.rows.filter(role_id=role_id, user__is_active=True).order_by("user__display_name", "user_id")
    names = dict(mine.values_list("user_id", "user__display_name"))
    besides: dict[int, list[int]] = {pk: [] for pk in names}
    for user_id, other in UserRole.rows.filter(user_id__in=names).exclude(role_id=role_id).values_list("user_id", "role_id"):
        besides[user_id].append(other)
    said = shapes({pk for found in besides.values() for pk in found})
    return [Holder(name, [said[pk] for pk in besides[user_id]]) for user_id, name in names.items()]


def starting_points() -> list[tuple[str, str]]:
    """Roles that a new one may begin as a copy of: (id, name). One query."""
    return [(str(pk), name) for pk, name in Role.rows.filter(archived_at=None).order_by("pk").values_list("pk", "name")]


# ---- teams --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamRow:
    id: int
    name: str
    kind: str
    depth: int
    people: str
    archived: bool


def team_rows() -> list[TeamRow]:
    """The tree, each team below the one above it; archived ones at the end. Two queries."""
    names: dict[int, list[str]] = {}
    members = TeamMember.rows.filter(user__is_active=True).order_by("user__display_name", "user_id")
    for pk, name in members.values_list("team_id", "user__display_name"):
        names.setdefault(pk, []).append(name)
    teams = list(Team.rows.order_by("name", "pk"))
    below: dict[int | None, list[Team]] = {}
    for team in teams:
        if team.archived_at is None:
            below.setdefault(team.parent_id, []).append(team)
    rows = [
        TeamRow(team.pk, team.name, str(team.get_kind_display()), depth, _people(names.get(team.pk, [])), False)
        for team, depth in _walk(below, None, 0)
    ]
    return rows + [TeamRow(team.pk, team.name, str(team.get_kind_display()), 0, "", True) for team in teams if team.archived_at]


def _walk(below: Mapping[int | None, Sequence[Team]], above: int | None, depth: int) -> list[tuple[Team, int]]:
    return [found for team in below.get(above, ()) for found in [(team, depth), *_walk(below, team.pk, depth + 1)]]


@dataclass(frozen=True, slots=True)
class TeamCard:
    id: int
    name: str
    kind: str
    parent_id: int | None
    archived: bool
    members: list[Person]
    others: list[Person]


def team_card(team_id: int) -> TeamCard:
    """Raises NotFound. Three queries."""
    team = Team.rows.filter(pk=team_id).first()
    if team is None:
        raise NotFound
    people = [
        Person(*row) for row in User.rows.filter(is_active=True).order_by("display_name", "pk").values_list("pk", "display_name", "title")
    ]
    inside = set(TeamMember.rows.filter(team=team).values_list("user_id", flat=True))
    return TeamCard(
        team.pk,
        team.name,
        team.kind,
        team.parent_id,
        team.archived_at is not None,
        [person for person in people if person.id in inside],
        [person for person in people if person.id not in inside],
    )


# ---- why somebody sees a record -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The record in question: whose it is, and as what it is shared."""

    object: str
    record_id: int
    owner_id: int | None
    owner: str
    team_id: int | None
    team: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may do one act to a record, with every right that says so, or why none does."""

    act: str
    holds: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Why:
    name: str
    is_active: bool
    answers: tuple[Answer, ...]
    fields: tuple[str, ...]  # what of a person they see


def why(user_id: int, record: Asked, *, now: datetime) -> Why:
    """Of reading and changing one record. Raises NotFound (no such user). Eight queries at most."""
    user = User.rows.filter(pk=user_id).first()
    if user is None:
        raise NotFound
    roles = dict(UserRole.rows.filter(user=user).order_by("role__name").values_list("role_id", "role__name"))
    said, held = shapes(roles), held_by(user.pk, now=now)
    shares = _shares(user, record, held.team_ids, now)
    answers = tuple(_answer(act, user, record, roles, said, held.team_ids, shares) for act in ("read", "update"))
    best = [(privacy, max((shape.level(privacy) for shape in said.values()), default=Level.HIDDEN)) for privacy in CLASSES]
    if held.wall and any(("role", "configure") in shape.grants for shape in said.values()):
        best = [(privacy, min(level, Level.MASKED)) for privacy, level in best]
    fields = tuple(objects.level_sentence(class_words(privacy), level) for privacy, level in best)
    return Why(user.display_name, user.is_active, answers if user.is_active else (), fields if user.is_active else ())


def _answer(
    act: str,
    user: User,
    record: Asked,
    roles: Mapping[int, str],
    said: Mapping[int, Shape],
    team_ids: set[int],
    shares: Sequence[tuple[str, str]],
) -> Answer:
    about = objects.all_objects()[record.object]
    given: list[str] = []
    short: list[str] = []
    for pk, name in roles.items():
        width = said[pk].grants.get((record.object, act))
        if width is None:
            continue
        reaches = width == "all" or record.owner_id == user.pk or (width == "team" and record.team_id in team_ids)
        because = "" if width == "all" else _because(user, record, team_ids) if reaches else _beyond(record)
        (given if reaches else short).append(
            _("ロール「%(role)s」：%(can)s%(because)s") % {"role": name, "can": about.sentence(act, width), "because": because}
        )
    if given or short:  # a share widens a right that there is, and gives none
        given += [words for level, words in shares if act == "read" or level == act]
    if not given and not short:
        short = [_("「%(can)s」という権限のあるロールを持っていません。") % {"can": own(str(objects.ACTS[act]))}]
    return Answer(own(str(objects.ACTS[act])), bool(given), tuple(given or short))


def _because(user: User, record: Asked, team_ids: set[int]) -> str:
    if record.owner_id == user.pk:
        return _("（担当だから）")
    return _("（部署「%(team)s」の範囲だから）") % {"team": record.team} if record.team_id in team_ids else ""


def _beyond(record: Asked) -> str:
    return _("（担当は%(owner)s、部署は%(team)sなので、範囲に入りません）") % {
        "owner": record.owner or _("なし"),
        "team": record.team or _("なし"),
    }


def _shares(user: User, record: Asked, team_ids: set[int], now: datetime) -> list[tuple[str, str]]:
    """(level, words) of the shares that reach the user."""
    standing = Share.rows.filter(Q(until_at=None) | Q(until_at__gt=now), object=record.object, record_id=record.record_id, ended_at=None)
    rows = standing.select_related("created_by", "team").order_by("pk")
    reaching = [row for row in rows if row.user_id == user.pk or (row.team is not None and row.team_id in team_ids | _above(user))]
    return [
        (
            row.level,
            _("%(by)sさんの共有：%(level)s（%(reason)s）")
            % {"by": row.created_by.display_name if row.created_by else "", "level": row.get_level_display(), "reason": row.reason},
        )
        for row in reaching
    ]


def _above(user: User) -> set[int]:
    """The teams above those of the user: what is shared with them is shared with all below."""
    parents = dict(Team.rows.values_list("pk", "parent_id"))
    found: set[int] = set()
    for team_id in TeamMember.rows.filter(user=user).values_list("team_id", flat=True):
        above = parents.get(team_id)
        while above is not None and above not in found:
            found.add(above)
            above = parents.get(above)
    return found
