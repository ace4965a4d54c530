"""The screens: happy, bad input, outsider, masked role; names are text whatever they hold; queries stay few."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.actions.customers import update_customer
from enishi.customers.details import details_of, fingerprint
from enishi.customers.models import Activity, ConsentState, Customer, CustomerTag

HTMX = {"HX-Request": "true"}


def at(name, *args):
    return reverse(f"customers:{name}", args=args)


def typed(customer, **fields):
    details = details_of(customer)
    data = {name: value if value is not None else "" for name, value in vars_of(details).items()}
    family, _space, given = details.kana.partition(" ")
    return data | {"seen": fingerprint(details), "family_kana": family, "given_kana": given, "leave_alone": ""} | fields


def vars_of(details):
    from dataclasses import asdict

    return asdict(details)


# ---- the list


def test_the_list_shows_and_htmx_gets_its_part(misaki_client, make_customer):
    make_customer()
    whole = misaki_client.get(at("list")).content.decode()
    part = misaki_client.get(at("list"), {"q": "さい"}, headers=HTMX | {"HX-Target": "div#customer-list"}).content.decode()
    assert "<ruby>齋藤 百合子<rt>さいとう ゆりこ</rt></ruby>" in whole
    assert "<html" in whole
    assert "<html" not in part
    assert "齋藤 百合子" in part
    assert "hx-partial" in part


def test_an_unknown_order_is_refused(misaki_client):
    assert misaki_client.get(at("list"), {"sort": "owner__password"}).status_code == 422


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "9" * 30}, {"before": "-1", "n": "0"}, {"q": "%00' OR 1=1 --"}, {"n": "٣"}])
def test_spoilt_addresses_are_the_top_of_the_list(misaki_client, make_customer, query):
    make_customer()
    assert misaki_client.get(at("list"), query).status_code == 200


def test_the_list_costs_few_queries(misaki_client, make_customer, django_assert_max_num_queries):
    for _ in range(55):
        make_customer()
    misaki_client.get(at("list"))
    with django_assert_max_num_queries(20):  # session, user, rights, frame, and the page's own nine
        misaki_client.get(at("list"))


def test_empty_lists_say_what_to_do(misaki_client, make_customer):
    assert "まだ顧客がいません" in misaki_client.get(at("list")).content.decode()
    make_customer()
    assert "「いない」に合う顧客はいません" in misaki_client.get(at("list"), {"q": "いない"}).content.decode()
    assert "この表示に合う顧客はいません" in misaki_client.get(at("list"), {"view": "mine"}).content.decode()


def test_names_are_text_whatever_they_hold(misaki_client, make_customer):
    wild = """<img src=x onerror="alert('1')"> & O'Neil"""
    customer = make_customer(name=wild, kana="")
    for page in (at("list"), at("record", customer.number), at("edit", customer.number), at("history", customer.number)):
        body = misaki_client.get(page).content.decode()
        assert "<img src=x" not in body
        assert 'onerror="alert' not in body


def test_masked_viewers_see_no_names_no_boxes_and_no_buttons(hayashi_client, make_customer, yanaka):
    customer = make_customer(team=yanaka, email="yuriko@example.jp", phone="090-1234-5678")
    for page in (at("list"), at("record", customer.number), at("timeline", customer.number), at("history", customer.number)):
        body = hayashi_client.get(page, headers=HTMX).content.decode()
        for secret in ("百合子", "ゆりこ", "yuriko@", "1234-"):
            assert secret not in body
    assert 'name="ids"' not in hayashi_client.get(at("list")).content.decode()


# ---- outsiders


READS = ["record", "timeline", "history", "edit"]
WRITES = ["activity-add", "tag-add", "archive", "restore"]


@pytest.mark.parametrize("name", READS)
def test_the_unseen_are_not_found(yoshida_client, misaki_client, make_customer, name):
    stranger = make_customer(name="門外不出")
    for headers in ({}, HTMX):
        answer = yoshida_client.get(at(name, stranger.number), headers=headers)
        assert answer.status_code == 404
        assert "門外不出" not in answer.content.decode()


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written_on_the_unseen(yoshida_client, make_customer, name):
    stranger = make_customer()
    assert yoshida_client.post(at(name, stranger.number), {"kind": "note", "text": "x", "name": "x"}).status_code in (403, 404)
    assert not Activity.rows.exists()
    assert not CustomerTag.rows.exists()
    assert Customer.rows.get(pk=stranger.pk).archived_at is None


@pytest.mark.parametrize("name", ["activity-add", "tag-add", "edit", "archive"])
def test_readers_do_not_write(onlooker, sign_in, make_customer, name):
    customer = make_customer()
    assert sign_in(onlooker).post(at(name, customer.number), {"kind": "note", "text": "x", "name": "x"}).status_code == 403


def test_outsiders_are_asked_to_sign_in(client, make_customer):
    for url in (at("list"), at("new"), at("bin"), at("record", make_customer().number), at("postal")):
        assert client.get(url).status_code == 302


# ---- one customer


def test_the_timeline_comes_in_parts(misaki_client, make_customer):
    number = make_customer().number
    assert misaki_client.get(at("timeline", number)).status_code == 302
    assert 'id="story"' in misaki_client.get(at("timeline", number), {"group": "record"}, headers=HTMX).content.decode()
    assert 'id="story"' not in misaki_client.get(at("timeline", number), {"before": "1.0.1"}, headers=HTMX).content.decode()


def test_ids_and_merged_numbers_lead_to_the_customer(misaki_client, make_customer, merge_away):
    customer = make_customer()
    merge_away(customer, number="C-777777")
    for key in (str(customer.pk), "C-777777"):
        assert misaki_client.get(at("record", key)).headers["Location"] == at("record", customer.number)


def test_a_note_appears_at_once(misaki_client, make_customer):
    customer = make_customer()
    part = misaki_client.post(at("activity-add", customer.number), {"kind": "note", "text": "午前中に電話"}, headers=HTMX)
    assert (part.status_code, "午前中に電話" in part.content.decode(), "<html" in part.content.decode()) == (200, True, False)
    empty = misaki_client.post(at("activity-add", customer.number), {"kind": "note", "text": " "}, headers=HTMX)
    assert (empty.status_code, "内容を入力してください。" in empty.content.decode()) == (422, True)
    assert misaki_client.post(at("activity-add", customer.number), {"kind": "note", "text": "戻る"}).status_code == 302


def test_tags_come_and_go(misaki_client, make_customer):
    customer = make_customer()
    misaki_client.post(at("tag-add", customer.number), {"name": "旅館関係"})
    assert "旅館関係" in misaki_client.get(at("record", customer.number)).content.decode()
    misaki_client.post(at("tag-remove", customer.number, CustomerTag.rows.get().tag_id))
    assert not CustomerTag.rows.exists()


def test_consent_needs_a_basis_and_is_written_from_the_dialog(misaki_client, make_customer):
    customer = make_customer()
    url = at("consent", customer.number, "email")
    assert "data-open" in misaki_client.get(url, headers=HTMX).content.decode()
    assert misaki_client.post(url, {"state": "allowed"}, headers=HTMX).status_code == 422
    assert misaki_client.post(url, {"state": "allowed", "basis": "consent", "given_on": "R99.1.1"}, headers=HTMX).status_code == 422
    done = misaki_client.post(url, {"state": "allowed", "basis": "consent", "given_on": "令和8年11月1日"}, headers=HTMX)
    assert done.headers["HX-Redirect"] == at("record", customer.number)
    assert ConsentState.rows.get().allowed
    assert misaki_client.get(at("consent", customer.number, "fax")).status_code == 404


def test_the_bin_gives_back_what_was_put_there(misaki_client, make_customer):
    customer = make_customer()
    misaki_client.post(at("archive", customer.number))
    assert customer.number in misaki_client.get(at("bin")).content.decode()
    assert "元に戻す" in misaki_client.get(at("record", customer.number)).content.decode()
    misaki_client.post(at("restore", customer.number))
    assert "ごみ箱は空です" in misaki_client.get(at("bin")).content.decode()


# ---- the form


NEW = {
    "kind": "person",
    "family_name": "渡邉",
    "given_name": "静江",
    "family_kana": "わたなべ",
    "given_kana": "しずえ",
    "consent-state": "unknown",
}


def test_registering_leads_to_the_record(misaki_client):
    answer = misaki_client.post(at("new"), NEW | {"birthday_on": "S43.2.29", "consent-state": "allowed", "consent-basis": "relation"})
    row = Customer.rows.get()
    assert answer.headers["Location"] == at("record", row.number)
    assert (row.name, row.kana, row.birthday_on.isoformat()) == ("渡邉 静江", "ワタナベ シズエ", "1968-02-29")
    assert ConsentState.rows.get().basis == "relation"


def test_a_bad_form_loses_nothing_and_says_what_is_wrong(misaki_client):
    answer = misaki_client.post(at("new"), NEW | {"family_name": "", "email": "a@b,jp", "birthday_on": "S70.1.1", "city": "金沢市"})
    body = answer.content.decode()
    assert answer.status_code == 422
    for words in ('value="金沢市"', 'value="a@b,jp"', 'value="S70.1.1"', "この元号に、その年はありません", 'role="alert"'):
        assert words in body
    assert not Customer.rows.exists()


def test_what_the_action_refuses_stands_beside_the_field(misaki_client):
    body = misaki_client.post(at("new"), NEW | {"email": "a@b,jp", "phone": "12"}).content.decode()
    assert "カンマが入っています" in body
    assert "電話番号として読めません" in body


def test_a_known_address_leads_to_its_customer(misaki_client, make_customer):
    from enishi.customers.models import Identity

    known = make_customer(email="shizue@example.jp")
    Identity.rows.create(customer=known, kind="email", value="shizue@example.jp", created_at=known.created_at)
    body = misaki_client.post(at("new"), NEW | {"email": "shizue@example.jp"}).content.decode()
    assert at("record", known.number) in body
    assert 'name="shares_address"' in body
    assert misaki_client.post(at("new"), NEW | {"email": "shizue@example.jp", "shares_address": "on"}).status_code == 302


def test_fields_that_are_not_on_the_form_are_not_written(yoshida_client, yoshida, misaki):
    yoshida_client.post(at("new"), NEW | {"owner_id": misaki.user_id, "team_id": 1, "lifecycle": "best", "number": "C-1", "created_by": 1})
    row = Customer.rows.get()
    assert (row.owner_id, row.team_id, row.lifecycle) == (yoshida.user_id, None, "prospect")


def test_editing_changes_what_was_changed(misaki_client, make_customer):
    customer = make_customer()
    answer = misaki_client.post(at("edit", customer.number), typed(customer, city="金沢市", owner_id=""))
    assert answer.status_code == 302
    assert Customer.rows.get().city == "金沢市"


def test_who_was_slower_is_told_keeps_the_input_and_may_overwrite(misaki_client, make_customer, misaki, now):
    from dataclasses import replace

    customer = make_customer()
    mine = typed(customer, city="金沢市")
    before = details_of(customer)
    update_customer(customer_id=customer.pk, details=replace(before, phone="03-1234-5678"), seen=fingerprint(before), actor=misaki, now=now)

    told = misaki_client.post(at("edit", customer.number), mine)
    body = told.content.decode()
    assert (told.status_code, 'value="金沢市"' in body, "いまは「03-1234-5678」" in body) == (409, True, True)
    assert Customer.rows.get().city == ""

    seen = fingerprint(details_of(Customer.rows.get()))
    assert f'name="seen" value="{seen}"' in body
    assert misaki_client.post(at("edit", customer.number), mine | {"seen": seen}).status_code == 302


def test_a_postal_code_fills_the_address(misaki_client):
    assert misaki_client.get(at("postal"), {"code": "9200831"}).json() == {"prefecture": "石川県", "city": "金沢市", "street": "東山"}
    assert misaki_client.get(at("postal"), {"code": "0000000"}).json() == {}
