"""What a page offers is what its reader may do: no button leads to a refusal, and none that they may press is missing.

Every page of the route table, as everybody of the access matrix; what is right is said by the same naive policy. What could be offered
at all is learned from somebody who holds every role.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from enishi.customers.models import Customer
from enishi.platform import presets
from enishi.platform.demo.access import OTHER, OWN, PEOPLE, RELATIONS, Person
from enishi.platform.privacy import Level, Privacy
from enishi.platform.routes import Route, all_routes
from tests.doors.test_access_matrix import ABOUT_A_CUSTOMER, APART, _browser, _path, expected, may, planted, reads

__all__ = ["planted"]
ASKING = [person for person in PEOPLE if person.signed_in and person.active and person.scopes is None]
_ADDRESS = re.compile(r'(?:href|action|formaction|hx-get|hx-post|hx-put|hx-delete)="(/[^"#?]*)')
#: What is kept with a customer is opened by those who read personal data.
OPENS = {"customers:file-download", "customers:file-preview", "customers:file-picture"}
#: It shows the next step alone, which is another one for who holds every role; requests lead to customers for who may share them.
GUIDES = {"campaigns:start", "customers:access", "customers:access-home"}
type Offer = tuple[str, str]  # a route, and how the customer that it is about lies to the reader


def _pages(found) -> Iterator[tuple[str, str]]:
    """Whole pages and panels: what has no record, and the reader's own customer."""
    for route in all_routes():
        is_page = route.host == "app" and not route.name.startswith("api:") and route.name not in APART and "GET" in route.methods
        if is_page and (path := _path(route, found.ids(OWN))):
            yield route.name, path


def _offers(client: Client, path: str, lies: dict[str, str], routes: dict[str, Route]) -> set[Offer]:
    answer = client.get(path)
    if answer.status_code != 200:
        answer = client.get(path, headers={"HX-Request": "true"})
    if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
        return set()
    offers = set()
    for address in set(_ADDRESS.findall(html.unescape(answer.content.decode()))):
        try:
            match = resolve(address)
        except Resolver404:
            continue
        key = str(match.kwargs.get("key", match.kwargs.get("customer_id", "")))
        if match.view_name in routes and (not key or key in lies):
            offers.add((match.view_name, lies.get(key, OWN)))
    return offers


def _lies(found) -> dict[str, str]:
    """Customers by number and id: how they lie to the reader."""
    lies = {}
    for relation in RELATIONS:
        row = Customer.rows.get(pk=found.ids(relation)["customer_id"])
        lies |= {row.number: relation, str(row.pk): relation}
    return lies


def _surely(person: Person, route: Route, relation: str) -> bool:
    """Whether the naive policy lets this person do it without a doubt: what asks for more than a right to the object is left out."""
    obj, _, act = route.guard.partition(".")
    writes = any(
        preset.levels.get(Privacy.PERSONAL, Level.HIDDEN) >= Level.WRITE for preset in presets.PRESETS if preset.key in person.roles
    )
    if (
        obj in ("signed_in", "")
        or route.public
        or not (writes or act == "read")
        or (route.name in OPENS and not reads(person, Privacy.PERSONAL))
    ):
        return False
    return may(person, obj, act, relation if ABOUT_A_CUSTOMER.search(route.route) else OTHER)


@pytest.mark.parametrize("person", ASKING, ids=[person.name for person in ASKING])
def test_what_a_page_offers_is_what_its_reader_may_do(person, planted, make_user, yanaka):
    found, users = planted
    routes = {route.name: route for route in all_routes()}
    client, lies = _browser(found, users, person), _lies(found)
    everything = Client()
    everything.force_login(
        make_user("everything", *(preset.key for preset in presets.PRESETS), team=yanaka),
        backend="enishi.platform.signin.ActiveUserBackend",
    )
    refused, missing = set(), set()
    for page, path in _pages(found):
        offered = _offers(client, path, lies, routes)
        refused |= {f"{page} offers {name} of {relation}" for name, relation in offered if expected(person, routes[name], relation)}
        if offered and page not in GUIDES:
            for name, relation in _offers(everything, path, lies, routes) - offered:
                if _surely(person, routes[name], relation):
                    missing.add(f"{page} lacks {name} of {relation}")
    assert (sorted(refused), sorted(missing)) == ([], [])
