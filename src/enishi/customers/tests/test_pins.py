"""Activities that stand on top of the timeline: who may put them there, how many, and who reads them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.actions.activities import pin_activity, record_activity, remove_activity, unpin_activity
from enishi.customers.models import Activity
from enishi.customers.queries.story import story
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event

HTMX = {"HX-Request": "true"}


@pytest.fixture
def yuriko(make_customer):
    return make_customer()


@pytest.fixture
def write(yuriko, misaki, now):
    def written(text="電話は必ず午前中", customer=yuriko):
        return record_activity(customer_id=customer.pk, kind="note", text=text, actor=misaki, now=now).id

    return written


def on_top(actor, customer, now, **asked):
    return [pin.text for pin in story(actor, customer.pk, now=now, **asked).pins]


def test_a_pin_stands_on_top_with_its_author_and_keeps_its_place_below(write, yuriko, misaki, now):
    note = write()
    assert on_top(misaki, yuriko, now) == []
    pin_activity(customer_id=yuriko.pk, activity_id=note, actor=misaki, now=now)
    pin_activity(customer_id=yuriko.pk, activity_id=note, actor=misaki, now=now)
    found = story(misaki, yuriko.pk, now=now)
    assert [(pin.text, pin.about) for pin in found.pins] == [("電話は必ず午前中", "髙橋 美咲 2026/11/22(日)")]
    below = [line.entry for day in found.days for line in day.lines if line.entry.thread]
    assert [(entry.title, entry.thread.is_pinned) for entry in below] == [("電話は必ず午前中", True)]
    unpin_activity(customer_id=yuriko.pk, activity_id=note, actor=misaki, now=now)
    assert on_top(misaki, yuriko, now) == []
    kinds = Event.rows.filter(subject_id=note, kind__contains="pinned").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["activity.pinned", "activity.unpinned"]


def test_pins_are_shown_once_and_not_in_a_narrowed_timeline(write, yuriko, misaki, now):
    pin_activity(customer_id=yuriko.pk, activity_id=write(), actor=misaki, now=now)
    assert on_top(misaki, yuriko, now, group="order") == []
    assert on_top(misaki, yuriko, now, before="1.0.1") == []


def test_five_are_enough_and_what_was_taken_back_makes_room(write, yuriko, misaki, now):
    notes = [write(f"メモ{number}") for number in range(6)]
    for note in notes[:5]:
        pin_activity(customer_id=yuriko.pk, activity_id=note, actor=misaki, now=now)
    with pytest.raises(Invalid):
        pin_activity(customer_id=yuriko.pk, activity_id=notes[5], actor=misaki, now=now)
    remove_activity(customer_id=yuriko.pk, activity_id=notes[0], actor=misaki, now=now)
    pin_activity(customer_id=yuriko.pk, activity_id=notes[5], actor=misaki, now=now)
    assert len(on_top(misaki, yuriko, now)) == 5


def test_masked_readers_see_no_words_on_top_and_readers_unpin_nothing(write, make_customer, misaki, hayashi, onlooker, yanaka, now):
    customer = make_customer(team=yanaka)
    note = write("話しかけないご希望", customer)
    pin_activity(customer_id=customer.pk, activity_id=note, actor=misaki, now=now)
    assert all("話しかけない" not in text for text in on_top(hayashi, customer, now))
    with pytest.raises(NotAllowed):
        unpin_activity(customer_id=customer.pk, activity_id=note, actor=onlooker, now=now)


def test_who_does_not_see_the_customer_pins_nothing(write, yuriko, yoshida, make_customer, misaki, now):
    note = write()
    with pytest.raises(NotFound):
        pin_activity(customer_id=yuriko.pk, activity_id=note, actor=yoshida, now=now)
    with pytest.raises(NotFound):  # nor by way of another customer
        pin_activity(customer_id=make_customer().pk, activity_id=note, actor=misaki, now=now)


def test_a_press_pins_and_the_toast_takes_it_back(write, yuriko, misaki_client):
    note = write()
    page = misaki_client.get(reverse("customers:record", args=[yuriko.number])).content.decode()
    assert "固定する" in page
    answer = misaki_client.post(reverse("customers:activity-pin", args=[yuriko.number, note]), headers=HTMX)
    undo = reverse("customers:activity-unpin", args=[yuriko.number, note])
    assert (answer.status_code, answer["HX-Trigger"], undo in answer.content.decode()) == (200, "enishi:tasks", True)
    assert "固定を外す" in misaki_client.get(reverse("customers:record", args=[yuriko.number])).content.decode()
    misaki_client.post(undo, headers=HTMX)
    assert Activity.rows.get(pk=note).pinned_at is None
