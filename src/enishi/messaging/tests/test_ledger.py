"""The ledger: nobody twice, nobody forgotten, and nobody who said no."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection

from enishi.customers.actions.consent import suppress_address
from enishi.customers.actions.purposes import save_purpose
from enishi.customers.models import ConsentState, TwinPair
from enishi.customers.queries.consent import can_be_mailed
from enishi.customers.twins.model import AUTOMATIC_PPM
from enishi.messaging.actions import ledger
from enishi.messaging.actions.ledger import Settled
from enishi.messaging.actions.touches import unsubscribe
from enishi.messaging.mail.tracking import token_hash
from enishi.messaging.models import Delivery, Message
from enishi.messaging.tests.factories import account, make_people, make_sending, states

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 1, 11, tzinfo=UTC)
__all__ = ["account", "make_people", "make_sending"]


def _lapse_leases():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_message SET lease_until = clock_timestamp() - interval '1 second' WHERE lease_until IS NOT NULL")


def _hand_over(delivery, claimed, *, settled=()):
    return ledger.step(delivery_id=delivery.pk, settled=settled, next_group=claimed, now=NOW)


def test_a_customer_is_on_the_ledger_once(make_people, make_sending):
    ids = make_people(3)
    delivery = make_sending(ids)
    assert ledger.add_recipients(delivery_id=delivery.pk, customer_ids=ids) == 0
    assert Message.rows.filter(delivery=delivery).count() == 3


def test_consent_is_read_when_a_row_is_claimed(make_people, make_sending):
    willing, unasked, refusing = make_people(1), make_people(1, allowed=None), make_people(1, allowed=False)
    changed = make_people(1)
    delivery = make_sending([*willing, *unasked, *refusing, *changed])
    ConsentState.rows.filter(customer_id=changed[0]).update(allowed=False)

    claimed = ledger.claim(now=NOW, delivery_id=delivery.pk, size=10)

    assert [row.recipient.id for row in claimed] == willing
    assert states(delivery) == {
        willing[0]: "claimed",
        unasked[0]: "suppressed:no_consent",
        refusing[0]: "suppressed:refused",
        changed[0]: "suppressed:refused",
    }


def test_each_delivery_is_judged_by_its_own_purpose(make_people, make_sending, admin_only, now):
    """A yes to mailings is none to the survey, and a no to them none either; news of an order ask nobody."""
    survey = save_purpose(key="", name="アンケート", text="ご意見をうかがうため。", actor=admin_only, now=now)
    both, mailings_only, survey_only = make_people(1), make_people(1), make_people(1, allowed=False)
    for pk in (*both, *survey_only):
        ConsentState.rows.create(customer_id=pk, channel="email", purpose=survey, allowed=True, basis="consent", changed_at=now)
    everybody = [*both, *mailings_only, *survey_only]

    def reached(purpose):
        delivery = make_sending(everybody, purpose=purpose)
        return [row.recipient.id for row in ledger.claim(now=NOW, delivery_id=delivery.pk, size=10)]

    assert reached("marketing") == [*both, *mailings_only]
    assert reached(survey) == [*both, *survey_only]
    assert reached("transactional") == everybody
    assert can_be_mailed(mailings_only, purpose=survey)[mailings_only[0]].obstacle == "never_asked"


def test_who_takes_back_their_word_between_freezing_and_sending_is_not_written_to(make_people, make_sending, misaki, now):
    """By a deed of their own on the page of the mail, while the rows of the same delivery wait: counted, with the reason."""
    leaver, stayer = make_people(2)
    earlier = make_sending([leaver])
    (row,) = ledger.claim(now=NOW, delivery_id=earlier.pk, size=1)
    waiting = make_sending([leaver, stayer])
    unsubscribe(token_hash=token_hash(row.token), now=now)
    assert [claimed.recipient.id for claimed in ledger.claim(now=NOW, delivery_id=waiting.pk, size=10)] == [stayer]
    assert states(waiting) == {leaver: "suppressed:suppressed", stayer: "claimed"}


def test_leaving_by_a_mail_ends_mailings_and_the_purpose_of_that_mail(make_people, make_sending, admin_only, now):
    survey = save_purpose(key="", name="アンケート", text="ご意見をうかがうため。", actor=admin_only, now=now)
    (person,) = make_people(1)
    ConsentState.rows.create(customer_id=person, channel="email", purpose=survey, allowed=True, basis="consent", changed_at=now)
    delivery = make_sending([person], purpose=survey)
    (row,) = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    unsubscribe(token_hash=token_hash(row.token), now=now)
    assert dict(ConsentState.rows.filter(customer_id=person).values_list("purpose", "allowed")) == {"marketing": False, survey: False}


def test_suppressed_addresses_and_empty_ones_are_not_written_to(make_people, make_sending, now):
    listed, empty, binned = make_people(1, email="Stop@Example.JP"), make_people(1, email=""), make_people(1, archived_at=now)
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    delivery = make_sending([*listed, *empty, *binned])

    assert ledger.claim(now=NOW, delivery_id=delivery.pk, size=10) == []
    assert list(states(delivery).values()) == ["suppressed:suppressed", "suppressed:no_address", "suppressed:archived"]


def test_unmerged_twins_get_one_mail(make_people, make_sending):
    first, second = make_people(1, email="yuriko@example.jp"), make_people(1, email="YURIKO@example.jp")
    delivery = make_sending([*first, *second])

    one = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    two = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)

    assert (len(one), two) == (1, [])
    assert states(delivery)[second[0]] == "suppressed:same_address"


@pytest.mark.parametrize(
    ("state", "held_by", "score_ppm", "purpose", "expected"),
    [
        ("open", [], 999_500, "marketing", "suppressed:twin"),
        ("distinct", [], 999_500, "marketing", "claimed"),
        ("open", ["strong_ids"], 999_500, "marketing", "claimed"),
        ("open", [], AUTOMATIC_PPM - 1, "marketing", "claimed"),
        ("open", [], 999_500, "transactional", "claimed"),
    ],
)
def test_who_is_surely_twice_gets_one_letter(make_people, make_sending, state, held_by, score_ppm, purpose, expected):
    first, second = make_people(2)
    TwinPair.rows.create(
        first_id=first,
        second_id=second,
        score_ppm=score_ppm,
        state=state,
        held_by=held_by,
        group_id=first,
        found_at=NOW,
        decided_at=NOW if state == "distinct" else None,
    )
    delivery = make_sending([first, second])
    Delivery.rows.filter(pk=delivery.pk).update(purpose=purpose)
    for _time in range(2):  # also where another worker meets the second one
        ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    assert states(delivery)[first] == "claimed"
    assert states(delivery)[second] == expected


def test_two_workers_never_hold_the_same_row(make_people, make_sending):
    delivery = make_sending(make_people(6))
    held = [ledger.claim(now=NOW, delivery_id=delivery.pk, size=4), ledger.claim(now=NOW, delivery_id=delivery.pk, size=4)]
    assert [len(rows) for rows in held] == [4, 2]
    assert len({row.id for rows in held for row in rows}) == 6


def test_results_are_written_and_the_next_group_marked_together(make_people, make_sending):
    delivery = make_sending(make_people(3))
    rows = ledger.claim(now=NOW, delivery_id=delivery.pk, size=3)
    assert _hand_over(delivery, rows[:2]) == {rows[0].id, rows[1].id}
    settled = [Settled(rows[0].id, rows[0].fence, "accepted", "250 ok"), Settled(rows[1].id, rows[1].fence, "rejected", "550 no")]
    assert _hand_over(delivery, rows[2:], settled=settled) == {rows[2].id}
    assert list(states(delivery).values()) == ["accepted", "rejected", "handing_over"]


def test_a_stopped_delivery_hands_nothing_more_over(make_people, make_sending):
    delivery = make_sending(make_people(2))
    rows = ledger.claim(now=NOW, delivery_id=delivery.pk, size=2)
    Delivery.rows.filter(pk=delivery.pk).update(state="stopped")
    assert _hand_over(delivery, rows) == set()
    ledger.release(rows=rows)
    assert set(states(delivery).values()) == {"queued"}


def test_after_a_crash_claimed_rows_go_back_and_handed_over_ones_are_uncertain(make_people, make_sending):
    delivery = make_sending(make_people(3))
    rows = ledger.claim(now=NOW, delivery_id=delivery.pk, size=3)
    _hand_over(delivery, rows[:1])
    assert ledger.recover(now=NOW) == 0
    _lapse_leases()
    assert ledger.recover(now=NOW) == 3
    assert sorted(states(delivery).values()) == ["queued", "queued", "uncertain"]
    again = ledger.claim(now=NOW, delivery_id=delivery.pk, size=10)
    assert {row.id for row in again} == {rows[1].id, rows[2].id}


def test_a_worker_that_slept_changes_nothing_when_it_wakes(make_people, make_sending):
    delivery = make_sending(make_people(2))
    asleep = ledger.claim(now=NOW, delivery_id=delivery.pk, size=2)
    _hand_over(delivery, asleep[:1])
    _lapse_leases()
    ledger.recover(now=NOW)
    awake = ledger.claim(now=NOW, delivery_id=delivery.pk, size=2)

    late = [Settled(asleep[0].id, asleep[0].fence, "accepted")]
    assert _hand_over(delivery, asleep[1:], settled=late) == set()
    ledger.release(rows=asleep)

    assert len(awake) == 1
    assert sorted(states(delivery).values()) == ["claimed", "uncertain"]


def test_a_deferred_row_waits_longer_each_time_and_ends_rejected(make_people, make_sending):
    delivery = make_sending(make_people(1))
    for attempt in range(1, ledger.TRIES + 1):
        (row,) = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
        _hand_over(delivery, [row])
        _hand_over(delivery, [], settled=[Settled(row.id, row.fence, "deferred", "451 later")])
        message = Message.rows.get(delivery=delivery)
        assert message.attempts == attempt
        if attempt < ledger.TRIES:
            assert message.state == "deferred"
            assert ledger.claim(now=NOW, delivery_id=delivery.pk, size=1) == []
            Message.rows.update(not_before=None)
    assert Message.rows.get(delivery=delivery).state == "rejected"


def test_the_message_id_is_the_same_over_all_attempts(make_people, make_sending):
    delivery = make_sending(make_people(1))
    (first,) = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    ledger.release(rows=[first])
    (second,) = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    assert first.uuid == second.uuid
    assert first.token != second.token


def test_the_ledger_keeps_no_address_and_no_token_in_clear(make_people, make_sending):
    delivery = make_sending(make_people(1, email="yuriko@example.jp"))
    (row,) = ledger.claim(now=NOW, delivery_id=delivery.pk, size=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT messaging_message::text FROM messaging_message")
        (stored,) = cursor.fetchone()
    assert "yuriko" not in stored
    assert row.token.hex() not in stored


def test_claiming_takes_the_same_number_of_queries_whatever_the_size(make_people, make_sending, django_assert_max_num_queries):
    delivery = make_sending(make_people(40))
    with django_assert_max_num_queries(13):
        assert len(ledger.claim(now=NOW, delivery_id=delivery.pk, size=40)) == 40


def test_the_database_refuses_a_second_row_for_the_same_customer(make_people, make_sending):
    ids = make_people(1)
    delivery = make_sending(ids)
    with pytest.raises(IntegrityError, match="message_once_per_customer"):
        Message.rows.create(delivery=delivery, customer_id=ids[0])
