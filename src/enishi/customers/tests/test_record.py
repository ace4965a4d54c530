"""One customer on screen: what is shown, what is masked, the timeline page by page, the history of changes."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import Statement, record_consent
from enishi.customers.actions.tags import put_tag
from enishi.customers.models import Activity, Identity
from enishi.customers.queries.history import customer_history
from enishi.customers.queries.record import customer_record, locate
from enishi.customers.queries.story import story
from enishi.customers.tests.test_customers import change
from enishi.platform.errors import NotFound
from enishi.platform.models import ViewLog
from enishi.platform.once import asked_once

FULL = {
    "email": "yuriko@example.jp",
    "phone": "090-1234-5678",
    "postal_code": "920-0831",
    "prefecture": "石川県",
    "city": "金沢市",
    "street": "東山3-2-19",
    "birthday_on": date(1968, 2, 29),
}


def properties(record):
    return {prop.label: (prop.lines, prop.note) for group in record.groups for prop in group.properties}


def test_a_record_is_final_words(make_customer, misaki, now):
    yuriko = make_customer(**FULL)
    shown = customer_record(misaki, yuriko.pk, now=now)
    assert (shown.name, shown.ruby, shown.honorific, shown.stage_label) == ("齋藤 百合子", "さいとう ゆりこ", "様", "見込み")
    (place,) = shown.contact_points[2].contacts
    assert (place.lines, place.is_primary) == (("〒920-0831", "石川県金沢市東山3-2-19"), True)
    assert properties(shown)["生年月日"] == (("1968/02/29(木)",), "昭和43年・58歳")
    assert [(c.label, c.note, c.href) for c in shown.contacts] == [
        ("メール", "未取得", "mailto:yuriko@example.jp"),
        ("電話", "未取得", "tel:+819012345678"),
        ("DM", "未取得", ""),
    ]
    assert ViewLog.rows.get().object_ids == [yuriko.pk]


def test_a_company_is_addressed_as_one(make_customer, misaki, now):
    company = make_customer(kind="company", name="旅館 白鷺荘", kana="シラサギソウ")
    shown = customer_record(misaki, company.pk, now=now)
    assert (shown.honorific, shown.ruby, "生年月日" in properties(shown)) == ("御中", "", False)


def test_consent_is_written_on_the_contact_button(make_customer, misaki, now):
    yuriko = make_customer(**FULL)
    for channel, allowed, basis in (("email", True, "consent"), ("post", False, "refused")):
        said = Statement(customer_id=yuriko.pk, channel=channel, allowed=allowed, basis=basis, source="screen")
        record_consent(statement=said, actor=misaki, now=now)
    notes = {c.label: (c.note, c.tone) for c in customer_record(misaki, yuriko.pk, now=now).contacts}
    assert notes == {"メール": ("配信可", "good"), "電話": ("未取得", "wait"), "DM": ("本人希望で不可", "bad")}


def test_the_member_number_is_shown_to_those_who_may_read_it(make_customer, misaki, hayashi, yanaka, now):
    yuriko = make_customer(team=yanaka, **FULL)

    def lines(actor):
        return {found.label: found.lines for group in customer_record(actor, yuriko.pk, now=now).groups for found in group.properties}

    assert lines(misaki)["会員番号"] == ()
    Identity.rows.create(customer=yuriko, kind="member", value="m-00417", created_at=now)
    Identity.rows.create(customer=yuriko, kind="shop", value="other-kind", created_at=now)
    assert lines(misaki)["会員番号"] == ("m-00417",)
    assert lines(hayashi)["会員番号"] == ("＊＊＊",)


def test_a_masked_viewer_sees_no_contact_and_no_way_to_it(make_customer, hayashi, yanaka, now):
    yuriko = make_customer(team=yanaka, **FULL)
    record_activity(kind="note", customer_id=yuriko.pk, text="秘密のメモ", actor=_owner_of(yuriko), now=now)
    shown = customer_record(hayashi, yuriko.pk, now=now)
    told = f"{shown} {story(hayashi, yuriko.pk, now=now)}"
    for secret in ("百合子", "ゆりこ", "yuriko@", "1234", "920-0831", "金沢", "1968/02", "秘密"):
        assert secret not in told
    assert (shown.is_masked, shown.can_update, [c.href for c in shown.contacts]) == (True, False, ["", "", ""])


def _owner_of(customer):
    from enishi.platform.actor import SYSTEM

    return SYSTEM


def test_the_unseen_are_not_found_by_any_key(make_customer, yoshida, now):
    stranger = make_customer()
    for key in (stranger.number, str(stranger.pk), "C-999999", "999999999", "9" * 18):
        with pytest.raises(NotFound):
            locate(yoshida, key)
    with pytest.raises(NotFound):
        story(yoshida, stranger.pk, now=now)
    with pytest.raises(NotFound):
        customer_history(yoshida, stranger.pk)


def test_merged_ids_and_numbers_lead_to_the_customer_of_today(make_customer, merge_away, misaki):
    yuriko = make_customer()
    old_id = merge_away(yuriko, number="C-777777")
    assert locate(misaki, str(old_id)) == locate(misaki, "c-777777") == locate(misaki, yuriko.number)


def test_the_timeline_of_a_merged_customer_holds_what_happened_before(make_customer, merge_away, misaki, now):
    from enishi.customers.models import ConsentRecord

    yuriko = make_customer()
    old_id = merge_away(yuriko)
    ConsentRecord.rows.create(customer_id=old_id, channel="email", allowed=False, basis="refused", source="screen", at=now)
    labels = [line.entry.label for day in story(misaki, yuriko.pk, now=now).days for line in day.lines]
    assert labels == ["同意", "登録"]


def test_the_timeline_is_newest_first_by_day_and_by_kind(make_customer, misaki, now):
    yuriko = make_customer()
    record_activity(kind="note", customer_id=yuriko.pk, text="電話は午前中", actor=misaki, now=now)
    put_tag(customer_id=yuriko.pk, name="旅館関係", actor=misaki, now=now - timedelta(days=1))

    whole = story(misaki, yuriko.pk, now=now)
    assert [(day.name, [line.entry.title for line in day.lines]) for day in whole.days] == [
        ("今日", ["電話は午前中"]),
        ("昨日", ["「旅館関係」を付けた"]),
        ("2026/03/01(日)", ["顧客として登録"]),
    ]
    assert ([(g.label, g.count) for g in whole.groups], whole.count) == ([("応対", 1), ("登録・同意", 2)], 3)
    assert [len(day.lines) for day in story(misaki, yuriko.pk, group="contact", now=now).days] == [1]


def test_pages_of_the_timeline_lose_nothing_and_repeat_nothing(make_customer, misaki, now):
    """Many things of one instant, from several sources."""
    yuriko = make_customer()
    Activity.rows.bulk_create([Activity(customer=yuriko, text=f"メモ{i}", at=now) for i in range(45)])
    for i in range(20):
        put_tag(customer_id=yuriko.pk, name=f"タグ{i}", actor=misaki, now=now)

    titles, token = [], ""
    for _page in range(5):
        page = story(misaki, yuriko.pk, before=token, now=now)
        titles += [line.entry.title for day in page.days for line in day.lines]
        token = page.next
        if not token:
            break
    assert len(titles) == len(set(titles)) == 66


@pytest.mark.parametrize("token", ["x", "1.2", "1.2.3.4", "9" * 19 + ".1.1", "--.1.1", "٣.1.1"])
def test_a_spoilt_place_begins_at_the_top(make_customer, misaki, now, token):
    assert story(misaki, make_customer().pk, before=token, now=now).days


def test_the_first_page_of_the_timeline_costs_few_queries(make_customer, misaki, now, django_assert_max_num_queries):
    yuriko = make_customer()
    with asked_once(), django_assert_max_num_queries(20):
        story(misaki, yuriko.pk, now=now)


def test_the_history_says_who_changed_what_through_which_door(make_customer, misaki, yoshida, now):
    yuriko = make_customer(**FULL)
    change(yuriko, misaki, now, email="new@example.jp", owner_id=yoshida.user_id, birthday_on=date(1968, 3, 1), gender="female")
    lines = {line.field: (line.before, line.after, line.by, line.door) for line in customer_history(misaki, yuriko.pk).lines}
    assert lines["メールアドレス"] == ("yuriko@example.jp", "new@example.jp", "髙橋 美咲", "画面")
    assert lines["担当"][:2] == ("", "𠮷田 健")
    assert lines["生年月日"][:2] == ("1968/02/29(木)", "1968/03/01(金)")
    assert lines["性別"][:2] == ("", "女性")


def test_the_history_is_masked_like_the_columns(make_customer, misaki, hayashi, yanaka, now):
    yuriko = make_customer(team=yanaka, **FULL)
    change(yuriko, misaki, now, email="new@example.jp", city="白山市", acquisition_source="紹介", birthday_on=date(1968, 3, 1))
    lines = {line.field: (line.before, line.after) for line in customer_history(hayashi, yuriko.pk).lines}
    assert lines["メールアドレス"] == ("y***@example.jp", "n***@example.jp")
    assert lines["市区町村"] == ("＊＊＊", "＊＊＊")
    assert "1968" not in str(lines["生年月日"])
    assert lines["流入経路"] == ("", "紹介")


def test_long_histories_come_in_pages(make_customer, misaki, now):
    yuriko = make_customer()
    for i in range(60):
        change(yuriko, misaki, now, building=f"{i}号室")
    first = customer_history(misaki, yuriko.pk)
    rest = customer_history(misaki, yuriko.pk, before=first.next)
    assert (len(first.lines), len(rest.lines), rest.next) == (50, 10, None)


# ---- changed where they stand -------------------------------------------------------------------------------------


def pencils(client, customer):
    page = client.get(reverse("customers:facts", args=[customer.number]), headers={"HX-Request": "true"}).content.decode()
    return set(re.findall(r"/cells/(\w+)/\?alone=1", page))


def test_each_fact_that_one_may_change_has_a_pencil(misaki_client, sign_in, yoshida, hayashi, yanaka, make_customer):
    every = {"birthday", "gender", "former_name", "source", "language", "owner", "team"}
    assert pencils(misaki_client, make_customer()) == every
    assert pencils(sign_in(yoshida), make_customer(owner_id=yoshida.user_id)) == every - {"owner", "team"}  # no right to assign
    assert pencils(sign_in(hayashi), make_customer(team=yanaka)) == set()  # masked
    assert sign_in(yoshida).get(reverse("customers:facts", args=[make_customer().number])).status_code == 404


def test_a_fact_is_changed_in_its_dialog_and_the_page_renews(misaki_client, make_customer):
    customer = make_customer(gender="")
    url = reverse("customers:cell", args=[customer.number, "gender"]) + "?alone=1"
    dialog = misaki_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "「性別」を変える" in dialog
    seen = re.search(r'name="seen" value="(\w+)"', dialog)
    assert seen is not None
    wrong = misaki_client.post(url, {"seen": seen[1], "gender": "x"}, headers={"HX-Request": "true"})
    assert (wrong.status_code, "「性別」を変える" in wrong.content.decode()) == (422, True)
    answer = misaki_client.post(url, {"seen": seen[1], "gender": "female"}, headers={"HX-Request": "true"})
    assert {"enishi:close-dialog", "enishi:cells"} <= set(json.loads(answer["HX-Trigger"]))
    assert "元に戻す" in answer.content.decode()
    assert "女性" in misaki_client.get(reverse("customers:facts", args=[customer.number]), headers={"HX-Request": "true"}).content.decode()
