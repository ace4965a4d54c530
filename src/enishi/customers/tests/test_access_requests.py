"""閲覧の依頼: asked beside a hint, told to whoever may share, answered once; and nothing leaks on the way."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from enishi.customers import access
from enishi.customers.access_proofs import customer_of, proof_of
from enishi.customers.actions import access_requests as actions
from enishi.customers.actions.merging import merge_customers
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.models import AccessRequest, Customer, Identity
from enishi.customers.queries.access_requests import access_news, access_page
from enishi.customers.tests.test_twins import HANAKO
from enishi.platform import time
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, Share
from enishi.platform.rights import actor_by_id, actor_of

UNTIL = date(2026, 12, 31)


@pytest.fixture
def owner(make_user):
    return actor_of(make_user("owner", "sales", display_name="林 さくら"))


@pytest.fixture
def asker(make_user):
    return actor_of(make_user("asker", "sales", display_name="𠮷田 健"))


@pytest.fixture
def hanako(make_customer, owner, now):
    cache.clear()
    found = make_customer(**HANAKO, owner_id=owner.user_id)
    Identity.rows.create(customer=found, kind="phone", value="+819012345678", created_at=now)
    return found


@pytest.fixture
def ask(hanako, asker, now):
    def make(note="ご来店中です", *, actor=asker, customer=hanako, at=now):
        return actions.ask_for_access(proof=proof_of(actor, customer.pk), note=note, actor=actor, now=at)

    return make


def sees(actor, customer):
    return access.visible_customers(actor_by_id(actor.user_id)).filter(pk=customer.pk).exists()


def test_from_the_hint_to_a_share_for_a_time_by_the_screens(hanako, owner, asker, sign_in):
    theirs, mine = sign_in(owner), sign_in(asker)
    typed = {"kind": "person", "phone": HANAKO["phone"]}
    hint = mine.post(reverse("twins:hint"), typed).content.decode()
    assert "林 さくら" in hint
    assert hanako.number not in hint
    assert "花子" not in hint
    [ask_at] = re.findall(rf'hx-get="({reverse("customers:access-ask")}[^"]*)"', hint)
    proof = re.search(r'name="proof" value="([^"]+)"', mine.get(ask_at).content.decode())[1]
    empty = mine.post(reverse("customers:access-ask"), {"proof": proof, "note": " "})
    assert empty.status_code == 422
    assert proof in empty.content.decode()
    asked = mine.post(reverse("customers:access-ask"), {"proof": proof, "note": "ご来店中です"}, headers={"HX-Request": "true"})
    assert "閲覧を依頼しました" in asked.content.decode()
    assert "閲覧を依頼済み" in mine.post(reverse("twins:hint"), typed).content.decode()
    page = mine.get(reverse("customers:access")).content.decode()
    assert "返事待ち" in page
    assert "花子" not in page
    assert hanako.number not in page
    waiting = theirs.get(reverse("customers:access-home")).content.decode()
    assert "ご来店中です" in waiting
    assert hanako.number in waiting
    pk = AccessRequest.rows.get().pk
    assert theirs.post(reverse("customers:access-grant", args=[pk]), {"until_on": "来月"}).status_code == 422
    assert theirs.post(reverse("customers:access-grant", args=[pk]), {"until_on": "2026/12/31"}).status_code == 302
    assert sees(asker, hanako)
    share = Share.rows.get()
    assert (share.level, share.reason, time.local(share.until_at).date()) == ("read", "ご来店中です", UNTIL + timedelta(days=1))
    assert hanako.number in mine.get(reverse("customers:access-home")).content.decode()
    seen = mine.post(reverse("customers:access-seen", args=[pk]), headers={"HX-Request": "true"}).content.decode()
    assert seen.strip() == ""
    assert hanako.number in mine.get(reverse("customers:access")).content.decode()
    assert list(Event.rows.filter(kind__startswith="access_request").values_list("kind", flat=True)) == [
        "access_request.made",
        "access_request.granted",
    ]


def test_a_no_says_why_and_holds_for_a_month(hanako, owner, asker, ask, now):
    made = ask()
    with pytest.raises(Invalid):
        actions.decline_access(access_id=made, answer=" ", actor=owner, now=now)
    actions.decline_access(access_id=made, answer="私からご連絡します", actor=owner, now=now)
    [mine] = access_page(asker, now=now).asked
    assert (mine.words, mine.answer, mine.number) == ("断られました", "私からご連絡します", "")
    assert not sees(asker, hanako)
    with pytest.raises(actions.AlreadyAnswered):
        actions.grant_access(access_id=made, until_on=UNTIL, actor=owner, now=now)
    assert len(access_news(asker, now=now).asked) == 1
    with pytest.raises(NotFound):
        actions.see_answer(access_id=made, actor=owner, now=now)
    actions.see_answer(access_id=made, actor=asker, now=now)
    assert access_news(asker, now=now).asked == ()
    with pytest.raises(actions.AskedBefore):
        ask(at=now + timedelta(days=29))
    assert ask(at=now + timedelta(days=31)) != made


def test_asking_again_is_the_same_request_and_a_day_has_its_measure(asker, ask, make_customer, now, monkeypatch):
    assert ask() == ask("もう一度")
    assert AccessRequest.rows.count() == 1
    monkeypatch.setattr(actions, "MOST_A_DAY", 2)
    ask(customer=make_customer())
    with pytest.raises(actions.TooManyRequests):
        ask(customer=make_customer())
    ask(customer=make_customer(), at=now + timedelta(days=1, seconds=1))


def test_what_a_hint_gave_serves_its_reader_alone_for_an_hour(hanako, asker, make_user, now, monkeypatch):
    other = actor_of(make_user("other", "sales"))
    proof = proof_of(asker, hanako.pk)
    assert customer_of(asker, proof) == hanako.pk
    for actor, told in ((other, proof), (asker, proof[:-8] + "AAAAAAA="), (asker, "x"), (asker, "")):
        with pytest.raises(actions.HintIsOld):
            actions.ask_for_access(proof=told, note="x", actor=actor, now=now)
    later = time.wall_clock() + timedelta(minutes=61)
    monkeypatch.setattr(time, "wall_clock", lambda: later)
    assert customer_of(asker, proof) is None


def test_who_sees_them_needs_not_ask_and_who_types_nobody_may_not(hanako, owner, ask, onlooker):
    with pytest.raises(actions.AlreadySeen):
        ask(actor=owner)
    with pytest.raises(NotAllowed):
        ask(actor=onlooker)


def test_only_whoever_may_share_the_customer_is_told_and_answers(hanako, owner, asker, ask, make_user, misaki, now):
    made = ask()
    other = actor_of(make_user("other", "sales"))
    for deed in (
        lambda: actions.grant_access(access_id=made, until_on=UNTIL, actor=other, now=now),
        lambda: actions.decline_access(access_id=made, answer="x", actor=asker, now=now),
        lambda: actions.withdraw_access(access_id=made, actor=owner, now=now),
    ):
        with pytest.raises(NotFound):
            deed()
    told = [len(access_news(actor, now=now).waiting) for actor in (owner, misaki, asker, other)]
    assert told == [1, 1, 0, 0]
    actions.withdraw_access(access_id=made, actor=asker, now=now)
    assert access_news(owner, now=now).waiting == ()
    with pytest.raises(actions.AlreadyAnswered):
        actions.withdraw_access(access_id=made, actor=asker, now=now)


def test_a_request_follows_a_merge_and_comes_back(hanako, owner, misaki, ask, make_customer, now):
    kept = make_customer(name="森 一郎", owner_id=owner.user_id)
    ask(), ask(customer=kept)
    before = list(AccessRequest.rows.order_by("pk").values())
    merge = merge_customers(keep=kept.pk, gone=[hanako.pk], actor=misaki, now=now)
    assert AccessRequest.rows.get().customer_id == kept.pk
    assert len(access_page(owner, now=now).waiting) == 1
    unmerge_customers(merge_id=merge.id, actor=misaki, now=now)
    assert list(AccessRequest.rows.order_by("pk").values()) == before
    assert Customer.rows.filter(pk=hanako.pk).exists()
