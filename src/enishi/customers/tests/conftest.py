from __future__ import annotations

import pytest

from enishi.customers.tests import factories


@pytest.fixture
def make_customer(organisation):
    return factories.customer


@pytest.fixture
def merge_away(organisation):
    return factories.merged_away
