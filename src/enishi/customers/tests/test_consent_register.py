"""Purposes, versions of wordings, the proof of one person, the suppression list, and the projection. D04 and D08 of the security
cases stand here and in messaging's test_ledger."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.customers.actions.consent import (
    Statement,
    SuppressedAddress,
    lift_suppression,
    record_consent,
    record_consents,
    suppress_address,
    wording_hash,
)
from enishi.customers.actions.consent_proof import export_proof
from enishi.customers.actions.customers import create_customer
from enishi.customers.actions.purposes import drift, rebuild_consents, retire_purpose, save_purpose
from enishi.customers.details import Details
from enishi.customers.models import ConsentRecord, ConsentState, ConsentWording, Suppression
from enishi.customers.queries.consent import address_hash, can_be_mailed
from enishi.customers.queries.consent_proof import consent_proof, purposes_in_use, wordings_of
from enishi.platform.actions.tokens import create_token
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange, ViewLog

VARIANTS = (
    "stop+news@example.jp",
    " Stop+News@EXAMPLE.jp ",
    "ｓｔｏｐ＋ｎｅｗｓ＠ｅｘａｍｐｌｅ．ｊｐ",
    "stop news@example.jp",
    "mailto:stop+news@example.jp",
    "停止 <stop+news@example.jp>",
)


_NOBODY = SimpleNamespace(pk=0)  # who is only being registered


def said(customer, allowed=True, **more):
    given_ = {"channel": "email", "basis": "consent" if allowed else "refused", "source": "screen"} | more
    return Statement(customer_id=customer.pk, allowed=allowed, **given_)


# ---- suppression -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", VARIANTS)
def test_an_address_is_the_same_however_it_is_written(typed):
    assert address_hash("email", typed) == address_hash("email", "stop+news@example.jp")


def test_a_japanese_domain_is_the_same_in_both_its_forms():
    assert address_hash("email", "info@日本語.jp") == address_hash("email", "INFO@xn--wgv71a119e.jp")


@pytest.mark.parametrize("typed", VARIANTS)
def test_whoever_left_is_not_mailed_again_however_they_come_back(typed, make_customer, misaki, now):
    """Erased, and registered again with another way of writing the address and a yes from a file."""
    suppress_address(channel="email", address="stop+news@example.jp", reason="unsubscribed", now=now)
    again = make_customer(email=typed)
    record_consents(statements=[said(again, source="import")], actor=SYSTEM, now=now)
    verdict = can_be_mailed([again.pk])[again.pk]
    assert (verdict.allowed, verdict.obstacle) == (False, "suppressed")


def test_a_yes_by_form_or_api_alone_takes_nobody_off_the_list(make_customer, misaki, now):
    yuriko = make_customer(email="stop@example.jp")
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    with pytest.raises(SuppressedAddress):
        record_consent(statement=said(yuriko), actor=misaki, now=now)
    assert not ConsentRecord.rows.exists()
    record_consent(statement=said(yuriko, allowed=False), actor=misaki, now=now)
    record_consent(statement=said(yuriko), actor=misaki, now=now, lifts_suppression=True)
    assert can_be_mailed([yuriko.pk])[yuriko.pk].allowed
    event = Event.rows.get(kind="suppression.lifted")
    assert (event.customer_id, event.data) == (yuriko.pk, {"channel": "email", "reason": "unsubscribed"})


def test_the_dialog_asks_whether_they_wished_it(make_customer, misaki_client, now):
    yuriko = make_customer(email="stop@example.jp")
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    url = f"/customers/{yuriko.number}/consent/email/"
    assert "再開の申し出があった" in misaki_client.get(url).content.decode()
    yes = {"state": "allowed", "basis": "consent", "place": "電話", "given_on": "", "wording": "ご案内をお送りします"}
    refused = misaki_client.post(url, yes)
    assert (refused.status_code, "配信停止リストにあります" in refused.content.decode()) == (422, True)
    assert "ご案内をお送りします" in refused.content.decode()
    assert misaki_client.post(url, yes | {"lifts_suppression": "on"}).status_code == 302
    assert not Suppression.rows.exists()


@pytest.mark.parametrize(("reason", "writes_yes"), [("unsubscribed", False), ("bounced", True)])
def test_a_yes_while_registering_is_left_out_where_the_owner_of_the_address_had_left(reason, writes_yes, misaki, now):
    suppress_address(channel="email", address="stop+news@example.jp", reason=reason, now=now)
    consents = [said(_NOBODY), said(_NOBODY, channel="post")]
    made = create_customer(details=Details(family_name="佐藤", email="Stop+News@example.jp"), consent=consents, actor=misaki, now=now)
    written = set(ConsentRecord.rows.filter(customer_id=made.id).values_list("channel", flat=True))
    assert written == ({"email", "post"} if writes_yes else {"post"})
    assert not can_be_mailed([made.id])[made.id].allowed
    assert Suppression.rows.exists()


def test_who_asks_to_be_mailed_again_while_registering_leaves_the_list(misaki, now):
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    details = Details(family_name="佐藤", email="stop@example.jp")
    made = create_customer(details=details, consent=[said(_NOBODY)], lifts_suppression=True, actor=misaki, now=now)
    assert can_be_mailed([made.id])[made.id].allowed
    assert Event.rows.filter(kind="suppression.lifted").count() == 1


def test_the_screen_of_registering_says_that_the_address_is_on_the_list(misaki_client, now):
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    typed = {
        "kind": "person",
        "family_name": "佐藤",
        "consent-state": "allowed",
        "consent-basis": "consent",
        "consent-place": "店頭の申込書",
    }
    told = misaki_client.post("/customers/new/", typed | {"email": "stop@example.jp"}, follow=True).content.decode()
    assert "配信停止リストにあるため" in told
    told = misaki_client.post("/customers/new/", typed | {"email": "other@example.jp"}, follow=True).content.decode()
    assert "として登録しました" in told
    assert "配信停止リストにあるため" not in told


def test_the_api_says_it_in_its_answer_also_when_asked_again(misaki, client, now):
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    token = create_token(name="EC", read_only=False, actor=misaki, now=now).token
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    body = {
        "family_name": "佐藤",
        "email": "stop@example.jp",
        "consents": [{"channel": "email", "allowed": True, "basis": "consent", "place": "EC"}],
    }
    for _again in range(2):
        answer = client.post("/api/v1/customers", body, content_type="application/json", headers=headers)
        assert answer.status_code == 201, answer.content
        assert (answer.json()["suppressed"], answer.json()["consents"]) == (True, [])


def test_the_list_is_asked_added_to_and_lifted_in_the_settings(admin_only, yoshida, sign_in, now):
    client = sign_in(admin_only)
    assert "ありません" in client.post("/customers/suppressions/", {"address": "A@example.jp"}).content.decode()
    client.post("/customers/suppressions/", {"address": "A@example.jp", "act": "add"})
    page = client.post("/customers/suppressions/", {"address": "ａ@example.jp"}).content.decode()
    assert "この宛先は配信停止リストにあります" in page
    assert "手で登録" in page
    client.post("/customers/suppressions/", {"address": "a@example.jp", "act": "lift"})
    assert not Suppression.rows.exists()
    assert [e.kind for e in Event.rows.filter(kind__startswith="suppression").order_by("pk")] == ["suppression.added", "suppression.lifted"]
    assert "example.jp" not in repr(list(Event.rows.values_list("data", flat=True)))
    assert client.post("/customers/suppressions/", {"address": "no address"}).status_code == 422
    with pytest.raises(NotAllowed):
        lift_suppression(channel="email", address="a@example.jp", actor=yoshida, now=now)


# ---- purposes and wordings ------------------------------------------------------------------------------------


def test_a_purpose_of_ones_own_is_asked_for_and_kept_apart(make_customer, misaki, admin_only, now):
    key = save_purpose(key="", name="アフターサービス", text="修理と点検のご連絡のため。", actor=admin_only, now=now)
    yuriko = make_customer()
    record_consent(statement=said(yuriko), actor=misaki, now=now)
    record_consent(statement=said(yuriko, allowed=False, purpose=key), actor=misaki, now=now)
    assert dict(ConsentState.rows.values_list("purpose", "allowed")) == {"marketing": True, key: False}
    assert can_be_mailed([yuriko.pk])[yuriko.pk].obstacle != "refused"
    with pytest.raises(Invalid):
        record_consent(statement=said(yuriko, purpose="unknown"), actor=misaki, now=now)
    retire_purpose(key=key, retired=True, actor=admin_only, now=now)
    assert [name for _key, name in purposes_in_use()] == ["ご案内・販促"]
    with pytest.raises(Invalid):
        retire_purpose(key="marketing", retired=True, actor=admin_only, now=now)


def test_what_a_purpose_said_before_stays_in_the_history(admin_only, misaki, now):
    save_purpose(key="marketing", name="ご案内・販促", text="新しい文。", actor=admin_only, now=now)
    save_purpose(key="marketing", name="ご案内・販促", text="もっと新しい文。", actor=admin_only, now=now)
    assert ("新しい文。", "もっと新しい文。") in FieldChange.rows.filter(field="text").values_list("before", "after")
    with pytest.raises(NotAllowed):
        save_purpose(key="", name="x", text="y", actor=misaki, now=now)
    with pytest.raises(NotFound):
        save_purpose(key="p999", name="x", text="y", actor=admin_only, now=now)


def test_every_wording_that_was_shown_is_a_version_with_its_hash(make_customer, misaki, now):
    first, second = make_customer(), make_customer()
    record_consent(statement=said(first, wording="ご案内をお送りします。"), actor=misaki, now=now)
    record_consent(statement=said(second, wording="ご案内をお送りします。"), actor=misaki, now=now)
    record_consent(statement=said(second, wording="新商品のご案内をお送りします。"), actor=misaki, now=now)
    purpose, versions = wordings_of("marketing")
    assert [(v.version, v.text, v.statements) for v in versions] == [
        (2, "新商品のご案内をお送りします。", 1),
        (1, "ご案内をお送りします。", 2),
    ]
    assert purpose.versions == 2
    assert set(ConsentRecord.rows.values_list("wording_hash", flat=True)) == set(ConsentWording.rows.values_list("hash", flat=True))
    assert versions[1].hash == wording_hash("ご案内をお送りします。")


def test_the_register_is_a_screen(admin_only, sign_in, yoshida_client, now):
    client = sign_in(admin_only)
    assert "ご案内・販促" in client.get("/customers/purposes/").content.decode()
    assert client.post("/customers/purposes/", {"name": "", "text": ""}).status_code == 422
    assert client.post("/customers/purposes/", {"name": "催し", "text": "催しのお知らせのため。"}).status_code == 302
    assert client.post("/customers/purposes/", {"name": "催し", "text": "x"}).status_code == 422
    (key,) = [key for key, name in purposes_in_use() if name == "催し"]
    assert client.get(f"/customers/purposes/{key}/").status_code == 200
    client.post(f"/customers/purposes/{key}/", {"name": "催し", "text": "催しと展示会のお知らせのため。"})
    client.post(f"/customers/purposes/{key}/retire/", {"retired": "yes"})
    assert "使用停止" in client.get("/customers/purposes/").content.decode()
    assert client.get("/customers/purposes/none/").status_code == 404
    assert yoshida_client.get("/customers/purposes/").status_code == 403


# ---- the proof ----------------------------------------------------------------------------------------------


@pytest.fixture
def told(make_customer, merge_away, misaki, now):
    """Somebody with a past: imported under another id, agreed at a shop, left by a mail."""
    yuriko = make_customer(email="yuriko@example.jp")
    old = merge_away(yuriko)
    ConsentRecord.rows.create(customer_id=old, channel="email", allowed=True, basis="relation", source="import", source_id=7, at=now)
    record_consent(
        statement=said(yuriko, place="谷中本店の会員申込書", wording="ご案内をお送りします。"), actor=misaki, now=now + timedelta(days=1)
    )
    left = said(yuriko, allowed=False, source="unsubscribe", source_id=9)
    record_consents(statements=[left], actor=SYSTEM, now=now + timedelta(days=2))
    return yuriko


def test_the_proof_holds_every_statement_with_wording_source_time_and_by_whom(told, misaki):
    proof = consent_proof(misaki, told.pk)
    last, agreed, imported = proof.statements
    assert (last.verdict, last.source, last.by) == ("配信不可", "配信停止ページ（9番）", "ご本人・システム")
    assert (agreed.verdict, agreed.place, agreed.by, agreed.wording) == (
        "配信可",
        "谷中本店の会員申込書",
        "髙橋 美咲",
        "ご案内をお送りします。",
    )
    assert agreed.version.startswith("版1（")
    assert imported.source == "取り込み（7番）"
    assert [(state.channel, state.allowed) for state in proof.today] == [("メール", False)]
    assert ViewLog.rows.filter(object="customers.customer", object_ids=[told.pk]).exists()


def test_a_yes_from_before_wordings_were_kept_says_that_there_is_no_version(make_customer, misaki, misaki_client, now):
    customer = make_customer()
    record_consents(statements=[said(customer), said(customer, channel="post", allowed=False)], actor=misaki, now=now)
    refusal, consent = consent_proof(misaki, customer.pk).statements
    assert (consent.version, refusal.version) == ("版の記録なし", "")
    assert "版の記録なし" in misaki_client.get(f"/customers/{customer.number}/consents/").content.decode()


def test_the_proof_as_files_is_the_same_and_is_written_down(told, misaki, misaki_client, now):
    made = {name: export_proof(customer_id=told.pk, file_format=name, actor=misaki, now=now).content for name in ("csv", "json", "pdf")}
    rows = list(csv.reader(io.StringIO(made["csv"].decode("utf-8-sig"))))
    assert (len(rows), rows[2][11]) == (4, "ご案内をお送りします。")
    assert [one["by"] for one in json.loads(made["json"])["statements"]] == ["ご本人・システム", "髙橋 美咲", "ご本人・システム"]
    assert made["pdf"].startswith(b"%PDF")
    assert Event.rows.filter(kind="consent.exported", customer_id=told.pk).count() == 3
    page = misaki_client.get(f"/customers/{told.number}/consents/").content.decode()
    assert "谷中本店の会員申込書" in page
    answer = misaki_client.post(f"/customers/{told.number}/consents/file/", {"format": "csv"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert misaki_client.post(f"/customers/{told.number}/consents/file/", {"format": "exe"}).status_code == 404


def test_a_masked_viewer_gets_a_masked_name_and_a_stranger_nothing(told, make_customer, hayashi, yoshida, yanaka):
    seen = make_customer(name="齋藤 百合子", team=yanaka)
    assert consent_proof(hayashi, seen.pk).name == "齋＊＊"
    with pytest.raises(NotFound):
        export_proof(customer_id=told.pk, file_format="csv", actor=yoshida, now=told.created_at)


# ---- the projection -----------------------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["email", "post"]),
            st.booleans(),
            st.sampled_from(["import", "screen", "unsubscribe", "api"]),
        ),
        max_size=12,
    )
)
def test_todays_consents_are_what_the_ledger_says_whatever_was_said(deeds, make_customer, now):
    people = [make_customer() for _ in range(3)]
    for who, channel, allowed, source in deeds:
        record_consents(statements=[said(people[who], allowed, channel=channel, source=source)], actor=SYSTEM, now=now)
    assert drift().total == 0
    before = list(ConsentState.rows.order_by("pk").values_list("customer_id", "channel", "allowed", "basis"))
    ConsentState.rows.filter(customer_id=people[0].pk).delete()
    ConsentState.rows.filter(customer_id=people[1].pk).update(allowed=True, basis="consent")
    rebuild_consents(now=now)
    after = ConsentState.rows.values_list("customer_id", "channel", "allowed", "basis")
    assert (drift().total, sorted(after)) == (0, sorted(before))


def test_a_state_that_drifted_is_told_and_mended_by_the_command(make_customer, misaki, now):
    yuriko, stranger = make_customer(), make_customer()
    record_consent(statement=said(yuriko), actor=misaki, now=now)
    ConsentState.rows.update(allowed=False, basis="refused")
    ConsentState.rows.create(customer=stranger, channel="email", allowed=True, basis="consent", changed_at=now)
    with pytest.raises(CommandError):
        call_command("rebuild_consents", "--check", stdout=StringIO())
    out = StringIO()
    call_command("rebuild_consents", stdout=out)
    assert "missing 0, unfounded 1, different 1" in out.getvalue()
    assert ConsentState.rows.get().allowed is True
    assert Event.rows.get(kind="consent.rebuilt").data == {"rows": 2}
    call_command("rebuild_consents", "--check", stdout=StringIO())
