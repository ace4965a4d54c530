from __future__ import annotations

import pytest

from enishi.customers.tests import factories


@pytest.fixture
def make_customer(organisation):
    return factories.customer


@pytest.fixture
def merge_away(organisation):
    return factories.merged_away


@pytest.fixture
def hayashi_client(hayashi, sign_in):
    return sign_in(hayashi)


@pytest.fixture
def yoshida_client(yoshida, sign_in):
    return sign_in(yoshida)
