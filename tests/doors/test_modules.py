"""A module that is off leaves no trace: made from the route table, for each module and every kind of person."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from enishi.campaigns.queries.deliveries import under_way
from enishi.messaging.models import Delivery
from enishi.platform import modules, wiring
from enishi.platform.actions import installation as actions
from enishi.platform.demo.access import OTHER, PEOPLE, Ground, plant
from enishi.platform.models import ApiToken, ModuleState
from enishi.platform.rights import actor_of_token, token_hash
from enishi.platform.routes import Route, all_routes
from tests.doors.test_access_matrix import NOBODYS, _path

SWITCHES = list(modules.all_modules())
HOSTS = {"app": "testserver", "track": "track.testserver", "files": "files.testserver"}


@pytest.fixture
def planted(organisation, make_user, yanaka, settings, now):
    settings.TRACK_HOST, settings.FILES_HOST = HOSTS["track"], HOSTS["files"]
    settings.ALLOWED_HOSTS = ["*"]
    lead = make_user("lead", "ec_lead", "admin", "all_customers", team=yanaka)
    ApiToken.rows.create(user=lead, name="x", token_hash=token_hash("enishi_x"), read_only=False, created_at=now)
    return plant(Ground(OTHER, yanaka, lead, now)), lead


def switch_off(key: str) -> None:
    """With what needs it."""
    for other in modules.all_modules().values():
        if other.key == key or key in other.needs:
            ModuleState.rows.update_or_create(key=other.key, defaults={"on": False})


def closed_routes() -> list[Route]:
    doors = {name for module in modules.all_modules().values() for name in module.doors}
    return [route for route in all_routes() if route.app in modules.apps_off() and route.name not in doors]


def ask(client: Client, route: Route, path: str) -> int:
    method = route.methods[0].lower()
    return getattr(client, method)(path, headers={"Authorization": "Bearer enishi_x", "Host": HOSTS[route.host]}).status_code


def test_every_app_with_routes_is_always_on_or_of_one_module():
    switchable = [app for module in modules.all_modules().values() for app in module.apps]
    assert len(switchable) == len(set(switchable))
    assert {route.app for route in all_routes()} - set(switchable) == {"", "customers", "platform"}


@pytest.mark.parametrize("key", SWITCHES)
def test_no_address_of_a_module_that_is_off_answers_anybody(key, planted, make_user, yanaka):
    ground, _lead = planted
    clients = [Client()]
    for person in (found for found in PEOPLE if found.signed_in and found.active):
        clients.append(Client())
        user = make_user(person.login, *person.roles, team=yanaka)
        clients[-1].force_login(user, backend="enishi.platform.signin.ActiveUserBackend")
    ids = ground.ids | NOBODYS
    switch_off(key)
    routes = closed_routes()
    assert {route.app for route in routes} >= set(modules.all_modules()[key].apps)
    answers = {(r.name, ask(client, r, path)) for client in clients for r in routes if (path := _path(r, ids)) is not None}
    assert {status for _name, status in answers} == {404}


@pytest.mark.parametrize("key", SWITCHES)
def test_nothing_leads_there_and_switching_on_brings_it_back(key, planted):
    ground, lead = planted
    client = Client()
    client.force_login(lead, backend="enishi.platform.signin.ActiveUserBackend")
    pages = [
        "/", "/settings/", "/imports/", "/imports/new/", "/customers/", f"/customers/{ground.ids['customer_id']}/",
        "/tray/", "/search/?q=canary", "/segments/", "/segments/new/", f"/deliveries/{ground.ids['delivery_id']}/", "/orders/",
    ]  # fmt: skip

    def read():
        return {page: client.get(page, follow=True) for page in pages}

    before = read()
    switch_off(key)
    away = tuple({reverse_root(route) for route in closed_routes()})
    off = read()
    links = {
        (page, link)
        for page, answer in off.items()
        if answer.status_code == 200
        for link in re.findall(r'(?:href|action|hx-get|hx-post)="(/[^"]*)"', answer.content.decode())
        if link.startswith(away)
    }
    assert links == set()
    ModuleState.rows.update(on=True)
    after = read()

    def strip(answer):
        return re.findall(r'(?:href|action|hx-get|hx-post)="(/[^"?]*)', answer.content.decode())

    assert {page: strip(answer) for page, answer in after.items()} == {page: strip(answer) for page, answer in before.items()}


def reverse_root(route: Route) -> str:
    """The fixed beginning of an address, of two parts where the first is shared: /orders/, /settings/mail/."""
    fixed = "/" + route.route.partition("<")[0]
    head = "/".join(fixed.split("/")[:2]) + "/"
    return fixed if head == "/settings/" else head


@pytest.mark.parametrize("key", SWITCHES)
def test_permissions_of_it_are_gone_also_for_tokens(key, planted):
    objects = frozenset(modules.all_modules()[key].objects)

    def held():
        return {thing for thing, _act in actor_of_token("enishi_x").grants}

    assert objects <= held()
    switch_off(key)
    assert objects.isdisjoint(held())


def test_the_api_and_its_description_leave_a_module_out(planted, monkeypatch):
    """For this test all endpoints belong to one: those of customers, and those of analyses."""
    module = modules.Module(key="people", label="", icon="", leaves="", stays="", apps=("customers", "analytics"), objects=("customer",))
    _ground, lead = planted
    client = Client()
    client.force_login(lead, backend="enishi.platform.signin.ActiveUserBackend")

    def described():
        return client.get(reverse("platform:api-description")).json()

    whole = described()
    assert "/api/v1/customers" in whole["paths"]
    monkeypatch.setattr(modules, "all_modules", lambda: {"people": module})
    modules._module_of.cache_clear()
    ModuleState.rows.create(key="people", on=False)
    try:
        assert (described()["paths"], described()["components"].get("schemas", {})) == ({}, {})
        assert client.get("/api/v1/customers", headers={"Authorization": "Bearer enishi_x"}).status_code == 404
        ModuleState.rows.update(on=True)
        assert described() == whole
        assert client.get("/api/v1/customers", headers={"Authorization": "Bearer enishi_x"}).status_code == 200
    finally:
        modules._module_of.cache_clear()


def test_doors_of_mails_that_have_left_stay_open(planted):
    """Unsubscribing must work as long as a mail lies in somebody's box; a wrong link is told so, not that there is no page."""
    switch_off("marketing")
    doors = [route for route in all_routes() if route.name in modules.all_modules()["marketing"].doors]
    assert {route.route for route in doors} == {"o/<str:part>", "c/<str:part>", "u/<str:part>"}
    assert {route.host for route in doors} == {"track"}
    assert [route.name for route in doors if modules.is_closed(_view(route), route.name)] == []


def _view(route: Route):
    from django.conf import settings
    from django.urls import resolve

    return resolve("/" + route.route.replace("<str:part>", "x" * 32), urlconf=settings.TRACK_URLCONF).func


@pytest.mark.parametrize("state", ["freezing", "waiting", "sending"])
def test_messaging_stays_on_while_something_is_about_to_leave(state, planted, admin_only, now):
    ground, _lead = planted
    Delivery.rows.filter(pk=ground.ids["delivery_id"]).update(state=state, due_at=now, started_at=now)
    with pytest.raises(actions.ModuleBusy) as refusal:
        actions.switch_module(key="marketing", on=False, actor=admin_only, now=now)
    assert "1件" in str(refusal.value)
    Delivery.rows.filter(pk=ground.ids["delivery_id"]).update(state="stopped")
    assert under_way() == ""
    actions.switch_module(key="marketing", on=False, actor=admin_only, now=now)
    assert not modules.runs("messaging")


def test_every_wired_entry_names_its_app():
    nameless = {
        (wire, place)
        for wire in ("TIMELINE_SOURCES", "SEARCH_SOURCES", "DUE_SCANNERS", "IMPORT_TARGETS", "CUSTOMER_PANELS", "HOME_PANELS",
                     "LIST_COLUMNS", "QUICK_ADD", "SETTINGS_PAGES", "FACTS")
        for place, app in wiring.apps(wire).items()
        if not app
    }  # fmt: skip
    assert nameless == set()
