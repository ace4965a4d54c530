from __future__ import annotations

import pytest

from enishi.commerce.tests import factories
from enishi.customers.tests import factories as customer_factories


@pytest.fixture
def make_customer(organisation):
    return customer_factories.customer


@pytest.fixture
def make_order(organisation):
    return factories.order
