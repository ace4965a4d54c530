from __future__ import annotations

from collections.abc import Callable

import pytest

from enishi.analytics.queries import asking
from enishi.commerce.models import Order
from enishi.commerce.tests import factories
from enishi.customers.models import Customer
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
        customers = [
            worlds.customer(row.pk, owner_id=row.owner_id, team_id=row.team_id, archived=row.archived_at is not None)
            for row in Customer.rows.all()
        ]
        orders = [
            worlds.order(row.pk, row.customer_id, row.ordered_on, row.goods_jpy, counts=row.counts) for row in Order.rows.order_by("pk")
        ]
        service = Service(worlds.working_set(tmp_path, customers=customers, orders=orders), analyses())

        def ask(analysis, params, reach, *, wait_ms):
            return client.answered(service.answer(client.question(analysis, params, reach, wait_ms=30_000)).as_json())

        monkeypatch.setattr(asking, "ask", ask)

    return over_the_base
