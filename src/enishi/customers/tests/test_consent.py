"""Consent: what people said, what it says today, and who may be written to."""

from __future__ import annotations

import pytest

from enishi.customers.actions.consent import Statement, record_consent, record_consents, suppress_address
from enishi.customers.models import ConsentRecord, ConsentState, Customer
from enishi.customers.queries.consent import Obstacle, address_hash, can_be_mailed, is_suppressed
from enishi.customers.queries.recipients import mail_recipients
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event


def said(customer, allowed=True, *, basis="", source="screen", channel="email"):
    return Statement(
        customer_id=customer.pk, channel=channel, allowed=allowed, basis=basis or ("consent" if allowed else "refused"), source=source
    )


def test_a_statement_goes_to_the_ledger_and_becomes_todays_state(make_customer, misaki, now):
    yuriko = make_customer()

    record_consent(statement=said(yuriko), actor=misaki, now=now)
    record_consent(statement=said(yuriko, allowed=False), actor=misaki, now=now)

    assert list(ConsentRecord.rows.order_by("id").values_list("allowed", "actor_id")) == [(True, misaki.user_id), (False, misaki.user_id)]
    assert ConsentState.rows.get().allowed is False
    assert [e.data["allowed"] for e in Event.rows.filter(kind="consent.recorded").order_by("id")] == [True, False]


def test_a_yes_needs_a_basis(make_customer, misaki, now):
    with pytest.raises(Invalid):
        record_consent(statement=said(make_customer(), basis="unknown"), actor=misaki, now=now)
    assert not ConsentRecord.rows.exists()


def test_only_those_who_may_change_a_customer_speak_for_them(make_customer, hayashi, yoshida, yanaka, now):
    yuriko = make_customer(team=yanaka)
    with pytest.raises(NotAllowed):
        record_consent(statement=said(yuriko), actor=hayashi, now=now)
    with pytest.raises(NotFound):
        record_consent(statement=said(yuriko), actor=yoshida, now=now)


def test_an_import_does_not_turn_a_refusal_into_a_yes(make_customer, now):
    refused, new = make_customer(), make_customer()
    record_consents(statements=[said(refused, allowed=False, source="unsubscribe")], actor=SYSTEM, now=now)

    result = record_consents(statements=[said(refused, source="import"), said(new, source="import")], actor=SYSTEM, now=now)

    assert (result.recorded, result.kept_refusals) == (1, (refused.pk,))
    assert dict(ConsentState.rows.values_list("customer_id", "allowed")) == {refused.pk: False, new.pk: True}


def test_the_later_statement_of_a_batch_wins(make_customer, now):
    yuriko = make_customer()
    record_consents(statements=[said(yuriko), said(yuriko, allowed=False)], actor=SYSTEM, now=now)
    assert ConsentState.rows.get().allowed is False


def test_recording_a_thousand_statements_takes_few_queries(make_customer, now, django_assert_max_num_queries):
    people = [make_customer() for _ in range(20)]
    with django_assert_max_num_queries(7):  # and the savepoint pair of a nested test transaction
        record_consents(statements=[said(person) for person in people], actor=SYSTEM, now=now)


def test_who_can_be_mailed_and_why_not(make_customer, now):
    people = {
        "fine": make_customer(email="fine@example.jp"),
        "archived": make_customer(email="bin@example.jp", archived_at=now),
        "no_address": make_customer(email=""),
        "refused": make_customer(email="no@example.jp"),
        "never_asked": make_customer(email="who@example.jp"),
        "suppressed": make_customer(email="Stop@Example.jp"),
    }
    record_consents(statements=[said(people[k]) for k in ("fine", "archived", "no_address", "suppressed")], actor=SYSTEM, now=now)
    record_consents(statements=[said(people["refused"], allowed=False)], actor=SYSTEM, now=now)
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)

    found = can_be_mailed([c.pk for c in people.values()] + [999_999])

    assert found[people["fine"].pk].allowed
    assert found[999_999].obstacle is Obstacle.GONE
    for key in ("archived", "no_address", "refused", "never_asked", "suppressed"):
        assert found[people[key].pk].obstacle == key
        assert found[people[key].pk].reason


def test_an_address_is_suppressed_once_whatever_way_it_is_written(db, now):
    assert suppress_address(channel="email", address=" Taro@Example.JP ", reason="unsubscribed", now=now)
    assert not suppress_address(channel="email", address="taro@example.jp", reason="bounced", now=now)
    assert is_suppressed([address_hash("email", "ＴＡＲＯ@example.jp")]) == {address_hash("email", "taro@example.jp")}


def test_recipients_of_a_merged_id_are_the_customer_of_today(make_customer, merge_away, now):
    yuriko = make_customer(email="yuriko@example.jp")
    old_id = merge_away(yuriko)
    recipient = mail_recipients([old_id])[old_id]
    assert (recipient.id, recipient.address) == (yuriko.pk, "yuriko@example.jp")
    assert not Customer.rows.filter(pk=old_id).exists()
