"""Notes in the one search box: found by any two letters, by those alone who read them."""

from __future__ import annotations

import pytest

from enishi.customers.actions.activities import record_activity, remove_activity
from enishi.customers.models import ActivityGrams
from enishi.customers.queries.palette import activity_hits
from enishi.platform.models import ViewLog


@pytest.fixture
def written(make_customer, misaki, now):
    customer = make_customer()
    text = "お歳暮の件で長くお話しした。\nのしの名入れは「御歳暮」、送り先は３か所。"
    return record_activity(customer_id=customer.pk, kind="call", text=text, actor=misaki, now=now), customer


@pytest.mark.parametrize("text", ["のし", "歳暮", "ノシ", "3か所", "のし 送り先", "ｵ歳暮"])
def test_any_words_of_a_note_find_it_however_they_are_written(written, misaki, text):
    [hit] = activity_hits(misaki, text, 6)
    assert (hit.url, hit.kind, hit.sub) == (f"/customers/{written[1].number}/", "phone", "齋藤 百合子・2026/11/22(日)")
    assert ViewLog.rows.get().object == "customers.activity"


@pytest.mark.parametrize("text", ["", "の", "のしの歳", "歳暮 栗きんとん", "\0"])
def test_what_does_not_stand_there_finds_nothing(written, misaki, text):
    assert activity_hits(misaki, text, 6) == []


def test_what_was_found_is_in_sight(written, misaki):
    assert activity_hits(misaki, "送り先", 6)[0].label == "…れは「御歳暮」、送り先は３か所。"


def test_the_masked_the_strangers_and_what_was_taken_back_find_nothing(written, make_customer, misaki, hayashi, yoshida, yanaka, now):
    record_activity(customer_id=make_customer(team=yanaka).pk, kind="note", text="のしの件", actor=misaki, now=now)
    assert activity_hits(hayashi, "のし", 6) == []
    assert activity_hits(yoshida, "のし", 6) == []
    remove_activity(customer_id=written[1].pk, activity_id=written[0].id, actor=misaki, now=now)
    assert [hit.label for hit in activity_hits(misaki, "のし", 6)] == ["のしの件"]


def test_searching_notes_costs_few_queries(written, misaki, make_customer, now, django_assert_max_num_queries):
    for _number in range(8):
        record_activity(customer_id=make_customer().pk, kind="note", text="のしの件", actor=misaki, now=now)
    assert ActivityGrams.rows.count() == 9
    with django_assert_max_num_queries(5):  # the savepoint of the view log counts for two
        assert len(activity_hits(misaki, "のし", 6)) == 6
