"""Before a send: whom it would reach, what a control group could show, and the mail as one of its people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from enishi.campaigns.actions.audiences import confirm_delivery
from enishi.campaigns.queries import drafts, previews
from enishi.campaigns.queries.deliveries import delivery_card
from enishi.campaigns.queries.drafts import Reach
from enishi.campaigns.statistics import detectable_difference
from enishi.campaigns.tests.conftest import BLOCKS
from enishi.campaigns.tests.test_audiences import masked_marketer
from enishi.commerce.models import Order
from enishi.customers.actions.purposes import retire_purpose, save_purpose
from enishi.customers.models import ConsentState
from enishi.messaging.models import Delivery
from enishi.messaging.queries.accounts import account_card, accounts
from enishi.platform import time
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ViewLog
from enishi.platform.once import asked_once
from enishi.rules.rights import RuleRefused
from enishi.segments.queries.screens import segment_rows
from enishi.segments.tests.factories import FIRM, IN_TAITO

pytestmark = pytest.mark.django_db
__all__ = ["masked_marketer"]


def test_reach_says_who_can_be_written_to_and_why_the_others_cannot(misaki, make_segment, make_people, now, django_assert_max_num_queries):
    willing = make_people(5)
    make_people(3, allowed=False)
    make_people(2, allowed=None)
    make_people(1, email="")
    make_people(1, archived_at=now)
    for number, (pk, days) in enumerate([(willing[0], 2), (willing[0], 1), (willing[1], 8)]):
        at = now - timedelta(days=days)
        Order.rows.create(
            number=f"O-{number}",
            external_id=str(number),
            channel="ec",
            customer_id=pk,
            ordered_at=at,
            ordered_on=time.today(at),
            created_at=at,
        )
    segment = make_segment()
    with asked_once(), django_assert_max_num_queries(6):
        found = drafts.reach(misaki, segment.pk, purpose="marketing", now=now)
    assert found == Reach(people=11, writable=5, no_address=1, refused=3, never_asked=2, buyers_of_week=1, rate_of_all=1 / 11)
    assert found.base_rate == 1 / 11


def test_a_delivery_of_another_purpose_counts_the_consents_to_that(plan, misaki, admin_only, make_segment, make_people, now):
    survey = save_purpose(key="", name="アンケート", text="ご意見をうかがうため。", actor=admin_only, now=now)
    willing, *_others = make_people(3)
    ConsentState.rows.create(customer_id=willing, channel="email", purpose=survey, allowed=True, basis="consent", changed_at=now)
    found = drafts.reach(misaki, make_segment().pk, purpose=survey, now=now)
    assert (found.people, found.writable, found.never_asked) == (3, 1, 2)


def test_a_purpose_that_is_not_in_use_is_no_purpose_of_a_delivery(plan, misaki, admin_only, now):
    survey = save_purpose(key="", name="アンケート", text="ご意見をうかがうため。", actor=admin_only, now=now)
    delivery_id = plan(purpose=survey)
    retire_purpose(key=survey, retired=True, actor=admin_only, now=now)
    with pytest.raises(Invalid) as refusal:
        confirm_delivery(actor=misaki, delivery_id=delivery_id, now=now)
    assert "purpose" in refusal.value.fields
    with pytest.raises(Invalid):
        plan(purpose="made-up")
    assert (survey, "アンケート") in drafts.purpose_choices(drafts.draft(misaki, delivery_id))


def test_people_chosen_for_not_having_bought_lately_are_expected_to_buy_as_all_do():
    assert Reach(400, 400, 0, 0, 0, buyers_of_week=0, rate_of_all=0.03).base_rate == 0.03
    assert Reach(400, 400, 0, 0, 0, buyers_of_week=40, rate_of_all=0.03).base_rate == 0.1


def test_reach_is_within_ones_scope_and_ones_rights(misaki, yoshida, masked_marketer, make_segment, make_people, now):
    make_people(2)
    make_people(1, owner_id=yoshida.user_id)
    assert drafts.reach(yoshida, make_segment(owner_id=yoshida.user_id).pk, purpose="marketing", now=now).people == 1
    with pytest.raises(RuleRefused):
        drafts.reach(masked_marketer, make_segment(IN_TAITO).pk, purpose="marketing", now=now)
    assert drafts.reach(misaki, make_segment(FIRM).pk, purpose="marketing", now=now).people == 0


def test_how_many_of_all_buy_is_told_of_whom_one_sees(misaki, yoshida, make_segment, make_people, now):
    make_people(2, owner_id=yoshida.user_id)
    (buyer, *_rest) = make_people(2)
    Order.rows.create(
        number="O-1",
        external_id="1",
        channel="ec",
        customer_id=buyer,
        ordered_at=now - timedelta(days=1),
        ordered_on=now.date(),
        created_at=now,
    )
    for actor, rate in ((misaki, 1 / 4), (yoshida, 0.0)):
        assert drafts.reach(actor, make_segment(owner_id=actor.user_id).pk, purpose="marketing", now=now).rate_of_all == rate


def test_to_be_offered_people_by_name_is_to_look_at_them(misaki, make_segment, make_people, now):
    make_people(1)
    assert drafts.samples(misaki, make_segment().pk, purpose="marketing", now=now)
    assert ViewLog.rows.filter(actor_id=misaki.user_id).count() == 1


def test_what_a_class_hides_stands_on_no_card(plan, misaki, admin_only, account, make_segment):
    delivery_id, segment = plan(), make_segment()
    configures = replace(misaki, grants={**misaki.grants, ("mail_account", "read"): "all"})
    for actor, is_read in ((configures, True), (replace(configures, levels={}), False)):
        assert bool(delivery_card(actor, delivery_id).name) is is_read
        assert bool(account_card(actor, account.pk).name) is is_read
        assert [bool(card.name) for card in accounts(actor)] == [is_read]
        assert segment.name in [row.name for row in segment_rows(configures)]
        assert (segment.name in [row.name for row in segment_rows(actor)]) is is_read


def test_below_two_thousand_it_is_said_that_few_cannot_be_compared():
    few, many = Reach(2_400, 1_999, 0, 0, 401, 240), Reach(2_400, 2_000, 0, 0, 400, 240)
    assert (few.too_few_to_compare, many.too_few_to_compare) == (True, False)
    assert few.detectable(20) == detectable_difference(1_920, 480, 0.1)
    assert few.detectable(0) is None
    assert (few.recipients(0), few.recipients(20)) == (1_999, 1_600)


def test_the_mail_as_one_of_the_people(plan, misaki, make_people, now):
    (person,) = make_people(1, name="齋藤 百合子")
    delivery_id = plan()
    assert [
        sample.name for sample in drafts.samples(misaki, drafts.draft(misaki, delivery_id).segment_id, purpose="marketing", now=now)
    ] == ["齋藤 百合子"]
    assert previews.subject_for(delivery_id, person) == "齋藤様へ"
    token = previews.preview_url(misaki, delivery_id, person).rpartition("/")[2]
    html = previews.preview_by_token(token)
    assert "齋藤 百合子 様" in html
    assert "https://shop.example.jp/shincha" in html  # as it is: looking is no click


def test_content_with_faults_is_shown_as_such(plan, misaki, make_people):
    (person,) = make_people(1)
    delivery_id = plan(subject="{{ customer.secret }}", blocks=BLOCKS[:1])
    token = previews.preview_url(misaki, delivery_id, person).rpartition("/")[2]
    assert "まだ表示できません" in previews.preview_by_token(token)
    assert previews.subject_for(delivery_id, person) == "{{ customer.secret }}"


def test_a_preview_ends_and_cannot_be_made_up(plan, misaki, make_people, monkeypatch):
    (person,) = make_people(1)
    token = previews.preview_url(misaki, plan(), person).rpartition("/")[2]
    for broken in ("", "x", token[:-1], token + "a", "1:2:3"):
        with pytest.raises(NotFound):
            previews.preview_by_token(broken)
    monkeypatch.setattr(previews, "LIFETIME_SECONDS", -1)
    with pytest.raises(NotFound):
        previews.preview_by_token(token)


def test_whoever_may_not_read_names_sees_nobodys_mail(plan, masked_marketer, make_people, make_segment, now):
    (person,) = make_people(1)
    assert drafts.samples(masked_marketer, make_segment().pk, purpose="marketing", now=now) == []
    with pytest.raises(NotAllowed):
        previews.preview_url(masked_marketer, plan(), person)


def test_the_outsider_looks_at_nothing(plan, misaki, yoshida, make_people):
    (person,) = make_people(1)
    delivery_id = plan()
    with pytest.raises(NotFound):
        previews.preview_url(yoshida, delivery_id, person)
    with pytest.raises(NotFound):
        drafts.draft(yoshida, delivery_id)
    with pytest.raises(NotFound):
        previews.preview_url(misaki, delivery_id, person + 999)
    reads_no_delivery = replace(misaki, grants={right: width for right, width in misaki.grants.items() if right != ("delivery", "read")})
    with pytest.raises(NotFound):
        previews.preview_url(reads_no_delivery, delivery_id, person)
    assert Delivery.rows.count() == 1


def test_segments_with_facts_that_are_not_ones_own_are_not_offered(misaki, masked_marketer, make_segment):
    make_segment(name="みんな")
    make_segment(IN_TAITO, name="台東区の人")
    assert [name for _, name in drafts.segment_choices(misaki)] == ["みんな", "台東区の人"]
    assert [name for _, name in drafts.segment_choices(masked_marketer)] == ["みんな"]
