"""The people of the tests: members of staff with the roles that matter, as actors and as signed-in clients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from enishi.platform import presets, rights
from enishi.platform.actor import Actor
from enishi.platform.models import Organisation, Role, Team, TeamMember, User, UserRole


@pytest.fixture
def organisation(db: None, now: datetime) -> Organisation:
    """株式会社縁日堂, set up, with all role presets."""
    presets.install()
    return Organisation.rows.create(
        name="株式会社縁日堂", address="東京都台東区谷中1-2-3", contact="0120-000-000", installation_id="test", created_at=now
    )


@pytest.fixture
def make_user(organisation: Organisation, now: datetime) -> Callable[..., User]:
    """`make_user("aoi", "ec_lead", team=…)` → a user with these role presets."""

    def make(username: str, *roles: str, team: Team | None = None, display_name: str = "") -> User:
        user = User(username=username, display_name=display_name or username, joined_at=now)
        user.set_password("enishi-demo-2026")
        user.save()
        for key in roles:
            UserRole.rows.create(user=user, role=Role.rows.get(key=key))
        if team is not None:
            TeamMember.rows.create(team=team, user=user)
        return user

    return make


@pytest.fixture
def yanaka(db: None) -> Team:
    return Team.rows.create(name="谷中本店")


@pytest.fixture
def kamakura(db: None) -> Team:
    return Team.rows.create(name="鎌倉小町店")


@pytest.fixture
def misaki_user(make_user: Callable[..., User]) -> User:
    """髙橋美咲, EC責任者: sees and does everything with customers and deliveries."""
    return make_user("misaki", "ec_lead", display_name="髙橋 美咲")


@pytest.fixture
def misaki(misaki_user: User) -> Actor:
    return rights.actor_of(misaki_user)


@pytest.fixture
def yoshida(make_user: Callable[..., User]) -> Actor:
    """𠮷田, 営業: own customers only."""
    return rights.actor_of(make_user("yoshida", "sales", display_name="𠮷田 健"))


@pytest.fixture
def hayashi(make_user: Callable[..., User], yanaka: Team) -> Actor:
    """林, 店舗スタッフ of 谷中本店: the team's customers, contact points masked."""
    return rights.actor_of(make_user("hayashi", "store_staff", team=yanaka, display_name="林 さくら"))


@pytest.fixture
def onlooker(make_user: Callable[..., User]) -> Actor:
    """閲覧のみ: every customer, masked, and nothing to write."""
    return rights.actor_of(make_user("onlooker", "viewer", display_name="渡辺 見"))


@pytest.fixture
def admin_only(make_user: Callable[..., User]) -> Actor:
    """管理者 without a customer role: configures, reads no personal data."""
    return rights.actor_of(make_user("admin", "admin", display_name="管理者"))


@pytest.fixture
def sign_in() -> Callable[[Actor], Client]:
    """`sign_in(yoshida)` → the browser of that member of staff."""

    def enter(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.rows.get(pk=actor.user_id), backend="enishi.platform.signin.ActiveUserBackend")
        return client

    return enter


@pytest.fixture
def misaki_client(misaki_user: User, client: Client) -> Client:
    client.force_login(misaki_user, backend="enishi.platform.signin.ActiveUserBackend")
    return client
