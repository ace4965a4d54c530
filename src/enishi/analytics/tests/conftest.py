from __future__ import annotations

from collections.abc import Callable

import pytest

from enishi.analytics.queries import asking
from enishi.commerce.tests import factories
from enishi.customers.tests import factories as customer_factories
from enishi.warehouse.analysis import analyses
from enishi.warehouse.engine import client
from enishi.warehouse.engine.service import Service
from enishi.warehouse.tests import worlds


@pytest.fixture
def make_customer(organisation):
    return customer_factories.customer


@pytest.fixture
def make_order(organisation):
    return factories.order


@pytest.fixture
def engine(tmp_path, monkeypatch) -> Callable[[], None]:
    """From its call on, pages are answered by an engine over what is in the test's own transaction then."""

    def over_the_base() -> None:
        service = Service(worlds.as_the_base_is(tmp_path), analyses())

        def ask(analysis, params, reach, *, wait_ms):
            return client.answered(service.answer(client.question(analysis, params, reach, wait_ms=30_000)).as_json())

        monkeypatch.setattr(asking, "ask", ask)

    return over_the_base
