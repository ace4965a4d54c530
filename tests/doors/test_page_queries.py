"""How often the pages that people open all day may ask the database, sign-in and frame included.

The pages are asked for one, then for many records: a number that grows with the records is a query in a loop.
"""

from __future__ import annotations

import pytest

from enishi.platform.demo.access import OTHER, TEAM, Ground, plant

MOST = {
    "/customers/": 21,  # one of them, here and below, only while something waits for approval
    "/customers/?q=canary": 21,
    "/customers/?view=all&by=owner": 21,
    "/customers/{key}/": 50,
    "/customers/{key}/timeline/": 50,
    "/duplicates/": 25,
    "/tasks/": 15,
    "/tasks/home/": 13,
    "/search/?q=canary": 21,
    "/segments/new/": 21,
    "/segments/{segment_id}/edit/": 21,
    "/deliveries/{delivery_id}/": 25,
    "/analytics/decile/": 10,
}


@pytest.fixture
def ground(misaki_user, yanaka, now):
    return plant(Ground(OTHER, yanaka, misaki_user, now))


@pytest.mark.parametrize("address", MOST)
def test_a_page_asks_the_database_a_few_times_however_much_there_is(
    address, ground, misaki_user, misaki_client, yanaka, now, django_assert_max_num_queries
):
    url = address.format(**ground.ids)
    assert misaki_client.get(url, follow=True).status_code == 200
    for number in range(12):
        plant(Ground(TEAM, yanaka, misaki_user, now, name=f"n{number}"))
    url = misaki_client.get(url, follow=True).request["PATH_INFO"] + ("?" + url.partition("?")[2] if "?" in url else "")
    with django_assert_max_num_queries(MOST[address]):
        assert misaki_client.get(url).status_code == 200
