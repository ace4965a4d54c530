"""What `./enishi seed --scenario NAME` fills a base with, and what it says about it: plain data, printed as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from enishi.platform import time, wiring
from enishi.platform.demo import access, run
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.script import PARTS
from enishi.platform.demo.world.world import DEFAULT_CUSTOMERS
from enishi.platform.errors import ActionError
from enishi.platform.models import ApiToken, Role, Team, TeamMember, User, UserRole
from enishi.platform.rights import token_hash
from enishi.platform.secrets import keyed_hash

_STRANGER = "acl-stranger"  # owns what is nobody's of the others
MILLION = 1_000_000
DENSITY = 8.7  # times a tea shop's purchases after the second: ten orders a head


class NotEmpty(ActionError):
    """Scenarios write people whose passwords everybody knows: never beside real customers."""

    code = "seed.not_empty"
    message = "この環境にはすでにデータがあります。 / There are data here already."


@dataclass(frozen=True, slots=True)
class Asked:
    """`as_of`: the business day on which the history ends; None = today. `customers`: None = as many as the scenario has."""

    as_of: date | None
    customers: int | None
    tell: Callable[[str], None]


type Answer = dict[str, object]


def demo(asked: Asked) -> Answer:
    """The demo company, made where the base is empty."""
    if not run.exists():
        _make(asked, asked.customers or DEFAULT_CUSTOMERS)
    elif not settings.DEMO:
        raise NotEmpty
    return _company("demo")


def million(asked: Asked) -> Answer:
    """The demo company with a million customers and ten million orders, without its deliveries. Not beside other data."""
    if run.exists():
        raise NotEmpty
    _make(asked, asked.customers or MILLION, density=DENSITY, chapters=("customers", "commerce"), in_bulk=True)
    return _company("million")


def acl(asked: Asked) -> Answer:
    """People of every role, and records that lie to each as their own, their team's or another's; asked again, the same.

    A canary may only be met by those who read its object and its relation, and personal data in clear.
    """
    known = User.rows.filter(username=_STRANGER).exists()
    if run.exists() and not (settings.DEMO or known):
        raise NotEmpty
    now = time.now()
    with transaction.atomic():
        return _people_and_records(now)


def _people_and_records(now: datetime) -> Answer:
    if not run.exists():
        run.organisation(now)
    team, other_team = (Team.rows.get_or_create(name=f"ACL {word}")[0] for word in ("店舗", "別の店舗"))
    stranger = _user(_STRANGER, ("ec_lead",), other_team, now)
    users = {
        person.name: _user(person.login, person.roles, team, now, active=person.active) for person in access.PEOPLE if person.signed_in
    }
    grounds = [access.Ground(access.OWN, team, stranger, now, owner=user, name=name) for name, user in users.items()]
    grounds += [access.Ground(access.TEAM, team, stranger, now), access.Ground(access.OTHER, other_team, stranger, now)]
    return {
        "scenario": "acl",
        "users": [
            {
                "login": person.login,
                "password": staff.PASSWORD,
                "token": _token(users[person.name], now, person.scopes),
                "roles": list(person.roles),
                "team": team.name,
                "scopes": None if person.scopes is None else list(person.scopes),
                "active": person.active,
            }
            for person in access.PEOPLE
            if person.signed_in
        ],
        "records": [
            {
                "relation": ground.relation,
                "owner": ground.owner.username if ground.owner else None,
                "team": ground.team.name,
                "ids": ground.ids,
                "canaries": [asdict(canary) for canary in ground.canaries],
            }
            for ground in map(access.plant, grounds)
        ],
    }


def _user(login: str, roles: Sequence[str], team: Team, now: datetime, *, active: bool = True) -> User:
    known = User.rows.filter(username=login).first()
    if known is not None:
        return known
    user = User(username=login, display_name=login, joined_at=now, is_active=active)
    user.set_password(staff.PASSWORD)
    user.save(force_insert=True)
    UserRole.rows.bulk_create([UserRole(user=user, role=role) for role in Role.rows.filter(key__in=roles)])
    TeamMember.rows.create(team=team, user=user)
    return user


def _token(user: User, now: datetime, scopes: Sequence[str] | None) -> str:
    """A token of the user that reads and writes, within these scopes: the same one whenever it is asked for in this installation."""
    token = f"enishi_seed_{keyed_hash(user.username, purpose='seeded token').hex()}"
    ApiToken.rows.get_or_create(
        token_hash=token_hash(token),
        defaults={"user": user, "name": "seed", "read_only": False, "scopes": scopes and list(scopes), "created_at": now},
    )
    return token


def _make(asked: Asked, customers: int, **how: object) -> None:
    now = time.now()
    today = time.today(now)
    if asked.as_of is not None:
        now, today = time.start_of_day(asked.as_of) + timedelta(hours=10), asked.as_of
    run.make(customers=customers, today=today, now=now, tell=asked.tell, **how)  # type: ignore[arg-type]


def _company(scenario: str) -> Answer:
    users = {user.username: user for user in User.rows.all()}
    now = time.now()
    return {
        "scenario": scenario,
        "users": [
            {
                "login": person.login,
                "password": staff.PASSWORD,
                "token": _token(users[person.login], now, None),
                "name": person.display_name,
                "roles": list(person.roles),
                "team": person.team,
            }
            for person in staff.STAFF
            if person.login in users
        ],
        "ids": {"customers": {part.slug: part.key for part in PARTS}},
        "counts": {table._meta.db_table: table.rows.count() for chapter in wiring.load("DEMO_CHAPTERS") for table in chapter.tables},
    }


SCENARIOS: dict[str, Callable[[Asked], Answer]] = {"demo": demo, "acl": acl, "million": million}
