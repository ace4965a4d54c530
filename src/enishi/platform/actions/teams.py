"""部署と店舗: making, moving, archiving them, and who belongs to them."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.utils.translation import gettext as _

from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actions.granting import HeldByGroup
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Organisation, Team, TeamMember, User
from enishi.platform.policy import Guard
from enishi.platform.privacy import Privacy

LONGEST_NAME, DEEPEST, MOST_TEAMS = 60, 10, 500


class TeamInUse(ActionError):
    """It has people, teams below it or records; the message says which."""

    code = "team.in_use"


@action
def create_team(*, name: str, kind: str, parent_id: int | None, actor: Actor, now: datetime) -> int:
    """Records `team.created`. Raises NotAllowed, Invalid."""
    _begin(actor)
    team = Team(**_checked(name, kind, parent_id, itself=0))
    if Team.rows.count() >= MOST_TEAMS:
        raise Invalid(_("部署と店舗は%(n)d個までです。") % {"n": MOST_TEAMS})
    team.save(force_insert=True)
    _tell(team, "team.created", {"name": ("", team.name)}, actor, now)
    return team.pk


@action
def change_team(*, team_id: int, name: str, kind: str, parent_id: int | None, actor: Actor, now: datetime) -> None:
    """Call it otherwise, or move it with all below it: rights over the team above cover it from now on. Records `team.changed` where
    anything is new. Raises NotAllowed, NotFound, Invalid (also for a team below itself)."""
    team = _team(team_id, actor)
    said = _checked(name, kind, parent_id, itself=team.pk)
    pairs: dict[str, changes.Change] = {
        key.removesuffix("_id"): (getattr(team, key), value) for key, value in said.items() if getattr(team, key) != value
    }
    if pairs:
        for key, value in said.items():
            setattr(team, key, value)
        team.save(update_fields=["name", "kind", "parent"])
        _tell(team, "team.changed", pairs, actor, now)


@action
def archive_team(*, team_id: int, actor: Actor, now: datetime) -> None:
    """Take an empty team out of use. Records `team.archived`; twice is once. Raises NotAllowed, NotFound, TeamInUse."""
    team = _team(team_id, actor)
    if team.archived_at is None:
        if words := used_by(team.pk):
            raise TeamInUse(words)
        team.archived_at = now
        team.save(update_fields=["archived_at"])
        _tell(team, "team.archived", {"archived_at": (None, now)}, actor, now)


@action
def restore_team(*, team_id: int, actor: Actor, now: datetime) -> None:
    """Records `team.restored`; twice is once. Raises NotAllowed, NotFound."""
    team = _team(team_id, actor)
    if team.archived_at is not None:
        before, team.archived_at = team.archived_at, None
        team.save(update_fields=["archived_at"])
        _tell(team, "team.restored", {"archived_at": (before, None)}, actor, now)


@action
def join_team(*, team_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """A user belongs to the team, perhaps beside others (兼務); twice is once. Records `team.joined`. Raises NotAllowed, NotFound,
    Invalid."""
    team = _team(team_id, actor)
    if team.archived_at is not None:
        raise NotFound
    if not User.rows.filter(pk=user_id, is_active=True).exists():
        raise Invalid(fields={"user_id": [_("一覧から選んでください。")]})
    row = TeamMember.rows.filter(team=team, user_id=user_id).first()
    if row is None or not row.by_hand:
        TeamMember.rows.update_or_create(team=team, user_id=user_id, defaults={"by_hand": True})
        _tell(team, "team.joined", {"member": (None, user_id)}, actor, now, user_id=user_id)


@action
def leave_team(*, team_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """Records `team.left`; twice is once. Raises NotAllowed, NotFound, HeldByGroup (nobody put them into it by hand)."""
    team = _team(team_id, actor)
    row = TeamMember.rows.select_for_update().filter(team=team, user_id=user_id).first()
    if row is not None and not row.by_hand:
        raise HeldByGroup
    if row is not None:
        if row.by_group:
            TeamMember.rows.filter(pk=row.pk).update(by_hand=False)
        else:
            row.delete()
        _tell(team, "team.left", {"member": (user_id, None)}, actor, now, user_id=user_id)


def used_by(team_id: int) -> str:
    """What still hangs on the team, in words; "" where nothing does. A query for each table that has teams."""
    if TeamMember.rows.filter(team_id=team_id).exists():
        return _("所属する人がいます。先に、ほかの部署へ移してください。")
    if Team.rows.filter(parent_id=team_id, archived_at=None).exists():
        return _("下に部署があります。先に、移すか、しまってください。")
    for model in apps.get_models():
        guard = getattr(model, "guard", None)
        if isinstance(guard, Guard) and guard.team == "team_id" and model.rows.filter(team_id=team_id).exists():  # type: ignore[attr-defined]
            return _("この部署の顧客や配信があります。先に、ほかの部署へ移してください。")
    return ""


def _begin(actor: Actor) -> None:
    policy.require(actor, "team", "configure")
    Organisation.rows.select_for_update().get()  # two moves at once could make a circle


def _team(team_id: int, actor: Actor) -> Team:
    _begin(actor)
    team = Team.rows.select_for_update().filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return team


def _checked(name: str, kind: str, parent_id: int | None, *, itself: int) -> dict[str, str | int | None]:
    name = clean(name)
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = [_("名前を入力してください。")]
    elif len(name) > LONGEST_NAME:
        problems["name"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_NAME}]
    elif Team.rows.filter(name=name, archived_at=None).exclude(pk=itself).exists():
        problems["name"] = [_("同じ名前の部署があります。")]
    if kind not in Team.Kind.values:
        problems["kind"] = [_("一覧から選んでください。")]
    if parent_id is not None and (word := _refused_parent(parent_id, itself)):
        problems["parent_id"] = [word]
    if problems:
        raise Invalid(fields=problems)
    return {"name": name, "kind": kind, "parent_id": parent_id}


def _refused_parent(parent_id: int, itself: int) -> str:
    above = dict(Team.rows.filter(archived_at=None).values_list("pk", "parent_id"))
    if parent_id not in above:
        return _("一覧から選んでください。")
    line: list[int | None] = [parent_id]
    while line[-1] is not None and len(line) <= DEEPEST:
        line.append(above.get(line[-1]))
    if itself in line:
        return _("自分自身や、自分の下の部署の下には移せません。")
    return _("部署は%(n)d段までです。") % {"n": DEEPEST} if len(line) > DEEPEST else ""


def _tell(team: Team, kind: str, pairs: dict[str, changes.Change], actor: Actor, now: datetime, **more: int) -> None:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Team, [(team.pk, pairs)], classes={"member": Privacy.INTERNAL})
    events.record(kind, subject=team.pk, customer=None, actor=actor, at=now, data={"change_set": deed.pk, **more})
