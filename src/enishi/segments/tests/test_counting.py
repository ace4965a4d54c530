"""Rules over orders in a window are counted by the mirror, and by PostgreSQL where the mirror cannot."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enishi.commerce.tests import factories
from enishi.customers.tests.factories import customer
from enishi.platform import time
from enishi.platform.models import User
from enishi.rules.address import packed
from enishi.rules.facts import registry
from enishi.rules.rights import RuleRefused
from enishi.rules.tree import parse
from enishi.segments.analyses import is_for_the_mirror
from enishi.segments.queries import screens
from enishi.warehouse.analysis import analyses
from enishi.warehouse.engine import client
from enishi.warehouse.engine.service import Service
from enishi.warehouse.tests.worlds import as_the_base_is

pytestmark = pytest.mark.django_db

TWICE_IN_90_DAYS = parse(
    {
        "type": "condition",
        "fact": "orders.count",
        "test": {"type": "number", "op": "gte", "values": [2]},
        "window": {"type": "last_days", "days": 90},
    }
)


@pytest.fixture
def bought(misaki, yoshida, now):
    """Of three customers one bought twice, one once, and one of a colleague's twice."""
    today = time.today(now)
    people = [customer(owner_id=actor.user_id) for actor in (misaki, misaki, yoshida)]
    for person, times in zip(people, (2, 1, 2), strict=True):
        for days in range(times):
            factories.order(person, on=today - timedelta(days=10 * days))


@pytest.fixture
def answering(monkeypatch, tmp_path):
    """An engine over what is in the base now; `states`: what it says before it answers."""

    def over_the_base(*states):
        service, before = Service(as_the_base_is(tmp_path), analyses()), list(states)

        def ask(analysis, params, reach):
            if before:
                return client.Answer(before.pop(0))
            return client.answered(service.answer(client.question(analysis, params, reach, wait_ms=30_000)).as_json())

        monkeypatch.setattr(screens, "ask", ask)

    return over_the_base


def test_the_mirror_counts_within_what_the_viewer_sees(bought, answering, misaki, yoshida, now):
    answering()
    with CaptureQueriesContext(connection) as asked:
        everybody = screens.headcount(misaki, TWICE_IN_90_DAYS, now=now)
    own = screens.headcount(yoshida, TWICE_IN_90_DAYS, now=now)
    assert (everybody.members, everybody.everybody) == (2, 3)
    assert (own.members, own.everybody) == (1, 1)
    assert not [found for found in asked.captured_queries if "commerce_order" in found["sql"]]


def test_without_an_engine_postgresql_counts_the_same(bought, monkeypatch, misaki, yoshida, now):
    monkeypatch.setattr(screens, "ask", lambda *_: client.Answer("away"))
    assert screens.headcount(misaki, TWICE_IN_90_DAYS, now=now) == screens.Headcount(2, 3, now)
    assert screens.headcount(yoshida, TWICE_IN_90_DAYS, now=now) == screens.Headcount(1, 1, now)


def test_a_page_says_that_it_counts_and_asks_again(bought, answering, misaki):
    answering("running", "running")
    client_of = Client()
    client_of.force_login(User.rows.get(pk=misaki.user_id), backend="enishi.platform.signin.ActiveUserBackend")
    page = client_of.get("/segments/new/", {"rule": packed(TWICE_IN_90_DAYS)}).content.decode()
    assert "数えています" in page
    [again] = re.findall(r'hx-get="(/segments/count/[^"]+)"', page)
    assert again in client_of.get(again).content.decode()
    counted = client_of.get(again).content.decode()
    assert "全3人の" in counted
    assert again not in counted


def test_who_may_not_read_what_a_rule_asks_gets_no_count(bought, answering, misaki, now):
    answering()
    with pytest.raises(RuleRefused):
        screens.headcount(replace(misaki, only=frozenset({"customer.name"})), TWICE_IN_90_DAYS, now=now)


@pytest.mark.parametrize(
    ("rule", "is_for"),
    [
        (TWICE_IN_90_DAYS, True),
        (parse({"type": "condition", "fact": "purchase.count", "test": {"type": "number", "op": "eq", "values": [1]}}), False),
        (
            parse(
                {
                    "type": "all",
                    "rules": [
                        TWICE_IN_90_DAYS.model_dump(mode="json"),
                        {"type": "condition", "fact": "customer.name", "test": {"type": "text", "op": "contains", "values": ["田"]}},
                    ],
                }
            ),
            False,
        ),
    ],
    ids=["rows of orders", "a summary, which PostgreSQL knows", "a name, which the mirror does not know"],
)
def test_what_is_asked_of_the_mirror(rule, is_for, organisation):
    assert is_for_the_mirror(rule, registry()) is is_for
