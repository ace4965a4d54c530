"""Roles of installations that are older than sharing, opening what is masked, and merging."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from enishi.platform import presets
from enishi.platform.actions import roles as actions
from enishi.platform.models import Role, RoleGrant
from enishi.platform.roles import Shape, shapes

STEPS = [import_module(f"enishi.platform.migrations.{name}").grant for name in ("0021_presets_share_and_reveal", "0022_presets_merge")]


def upgrade(registry, editor):
    for step in STEPS:
        step(registry, editor)


@pytest.fixture
def old_roles(organisation):
    """The presets as they were before: without the three acts."""
    RoleGrant.rows.filter(object="customer", action__in=("share", "reveal", "merge")).delete()


def said_by_presets():
    wanted = {preset.key: dict(presets._grants(preset)) for preset in presets.PRESETS}
    return {key: {act: width for (thing, act), width in grants.items() if thing == "customer"} for key, grants in wanted.items()}


def said_by_roles():
    rows = RoleGrant.rows.filter(object="customer").values_list("role__key", "action", "scope")
    found = {key: {} for key in Role.rows.values_list("key", flat=True)}
    for key, act, width in rows:
        found[key][act] = width
    return found


def test_roles_that_nobody_changed_say_afterwards_what_the_presets_say(old_roles):
    assert said_by_roles() != said_by_presets()
    upgrade(apps, None)
    assert said_by_roles() == said_by_presets()
    upgrade(apps, None)
    assert said_by_roles() == said_by_presets()


def test_a_role_that_the_company_changed_is_left_alone(old_roles, admin_only, now):
    """Also where the change was about something else, or was taken back: they looked at it and decided."""
    sales = Role.rows.get(key="sales")
    before = shapes([sales.pk])[sales.pk]
    wider = Shape({**before.grants, ("customer", "archive"): "own"}, before.levels, before.fields)
    words = {"role_id": sales.pk, "name": sales.name, "description": sales.description, "actor": admin_only, "now": now}
    deed = actions.change_role(shape=wider, seen=before, **words)
    actions.undo_role_change(change_set_id=deed, actor=admin_only, now=now)
    RoleGrant.rows.filter(role__key="store_staff", object="customer", action="read").update(scope="own")
    upgrade(apps, None)
    assert "share" not in said_by_roles()["sales"]
    assert said_by_roles()["store_staff"] == {"read": "own"}
    assert said_by_roles()["store_manager"]["share"] == "team"


def test_a_right_that_was_taken_away_stays_away(organisation, admin_only, now):
    sales = Role.rows.get(key="sales")
    before = shapes([sales.pk])[sales.pk]
    narrower = Shape({right: width for right, width in before.grants.items() if right[1] != "share"}, before.levels, before.fields)
    actions.change_role(
        role_id=sales.pk, name=sales.name, description=sales.description, shape=narrower, seen=before, actor=admin_only, now=now
    )
    upgrade(apps, None)
    assert "share" not in said_by_roles()["sales"]


def test_roles_of_the_companys_own_are_not_touched(old_roles, now):
    own = Role.rows.create(key="role-99", name="自社のロール")
    RoleGrant.rows.bulk_create([RoleGrant(role=own, object="customer", action=act, scope="own") for act in ("read", "create", "update")])
    upgrade(apps, None)
    assert said_by_roles()["role-99"] == {"read": "own", "create": "own", "update": "own"}
