"""Cells of the list: opened one by one, pasted, copied down and taken back, by the rules and rights of the customer's form."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.urls import reverse

from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.fields.field import Choice
from enishi.customers.models import Customer, Identity
from enishi.customers.queries.history import customer_history
from enishi.platform.models import Event, FieldChange, Organisation, UserRole, ViewLog
from enishi.platform.privacy import Privacy
from enishi.platform.rights import actor_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers"))


def at(name, *args):
    return reverse(f"customers:{name}", args=args)


def seen_in(answer):
    return re.search(r'name="seen" value="([0-9a-f]+)"', answer.content.decode())[1]


def opened(client, customer, column):
    return client.get(at("cell", customer.number, column), headers=HTMX)


def save(client, customer, column, *, seen=None, **typed):
    data = typed | {"seen": seen or seen_in(opened(client, customer, column))}
    return client.post(at("cell", customer.number, column), data, headers=HTMX)


def heard(answer):
    return json.loads(answer["HX-Trigger"])["enishi:cells"]


def block(client, door, customers, columns, text="", **more):
    rows = ",".join(customer.number for customer in customers)
    return client.post(at(door), {"rows": rows, "cols": ",".join(columns), "text": text, **more}, headers=HTMX)


def confirmed(client, door, customers, columns, text="", **more):
    seen = seen_in(block(client, door, customers, columns, text, **more))
    return block(client, door, customers, columns, text, **more, seen=seen, confirmed="1")


def own_field(admin, now, **said):
    """A field of the company's own, on everybody's form."""
    return define_field(definition=Definition(**{"kind": "text", "label": "屋号"} | said), actor=admin, now=now)


# ---- the list


def test_the_list_says_which_columns_open_and_only_to_whom_may_change(misaki_client, hayashi_client, make_customer, yanaka):
    make_customer(team=yanaka)
    page = misaki_client.get(at("list"), {"cols": "phone,registered"}).content.decode()
    assert '<col data-col="medium" data-key="phone" data-opens>' in page
    assert '<col data-col="day" data-key="registered">' in page
    masked = hayashi_client.get(at("list"), {"cols": "phone"}).content.decode()
    assert "data-opens" not in masked
    assert "<cell-grid" not in masked


def test_how_somebody_works_is_kept(misaki_client, make_customer):
    make_customer()
    assert (
        'id="cells-switch" data-size="small" data-phone="hide" type="button" aria-pressed="false"'
        in misaki_client.get(at("list")).content.decode()
    )
    misaki_client.post("/appearance/", {"cells": "on"})
    assert (
        'id="cells-switch" data-size="small" data-phone="hide" type="button" aria-pressed="true"'
        in misaki_client.get(at("list")).content.decode()
    )


def test_rows_are_told_again_as_the_list_shows_them(misaki_client, make_customer):
    first, second = make_customer(name="山田 一", phone="090-1111-2222"), make_customer(name="山田 二")
    answer = misaki_client.get(at("cells"), {"rows": f"{second.number},{first.number},C-999999", "cols": "phone", "choose": "1"})
    body = answer.content.decode()
    assert body.index("山田 二") < body.index("山田 一")
    assert "090-1111-2222" in body
    assert body.count("<tr>") == 2
    assert "選ぶ" in body
    assert "<html" not in body


# ---- one cell


@pytest.mark.parametrize(
    ("column", "typed", "detail", "stored"),
    [
        ("phone", {"phone": "０９０１２３４５６７８"}, "phone", "090-1234-5678"),
        ("birthday", {"birthday_on": "昭和60年4月1日"}, "birthday_on", date(1985, 4, 1)),
        ("kana", {"kana": "ｻｲﾄｳ ﾕﾘ"}, "kana", "サイトウ ユリ"),
        ("gender", {"gender": "female"}, "gender", "female"),
        ("language", {"language": "en"}, "language", "en"),
        ("prefecture", {"prefecture": "石川県"}, "prefecture", "石川県"),
        ("leave_alone", {"leave_alone": "on"}, "leave_alone", True),
        ("name", {"family_name": "斎藤", "given_name": "百合"}, "name", "斎藤 百合"),
    ],
)
def test_a_cell_is_written_as_the_form_writes_it(misaki_client, misaki, make_customer, column, typed, detail, stored):
    customer = make_customer(phone="03-1234-5678")
    answer = save(misaki_client, customer, column, **typed)
    customer.refresh_from_db()
    assert getattr(customer, detail) == stored
    assert answer.status_code == 200
    assert "元に戻す" in answer.content.decode()
    assert heard(answer)["rows"] == [customer.number]
    assert Event.rows.filter(kind="customer.updated", customer_id=customer.pk).count() == 1
    assert {line.door for line in customer_history(misaki, customer.pk).lines} == {"一覧"}


def test_an_owner_is_chosen_among_colleagues(misaki_client, misaki_user, make_customer):
    customer = make_customer()
    assert "髙橋 美咲" in opened(misaki_client, customer, "owner").content.decode()
    save(misaki_client, customer, "owner", owner_id=str(misaki_user.pk))
    customer.refresh_from_db()
    assert customer.owner_id == misaki_user.pk


def test_a_field_of_ones_own_opens_with_its_choices(misaki_client, admin, make_customer, now):
    key = own_field(admin, now, kind="choice", label="会員種別", choices=(Choice("c1", "一般"), Choice("c2", "旧会員", retired=True)))
    customer = make_customer()
    page = opened(misaki_client, customer, key).content.decode()
    assert "一般" in page
    assert "旧会員" not in page
    save(misaki_client, customer, key, **{key: "c1"})
    customer.refresh_from_db()
    assert customer.custom == {key: "c1"}


def test_a_bad_value_is_told_beside_it_and_stays_typed(misaki_client, make_customer):
    customer = make_customer(phone="03-1234-5678")
    answer = save(misaki_client, customer, "phone", phone="12")
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "電話番号として読めません" in body
    assert 'value="12"' in body
    customer.refresh_from_db()
    assert customer.phone == "03-1234-5678"


def test_nothing_changed_is_nothing_written(misaki_client, make_customer):
    customer = make_customer(phone="03-1234-5678")
    answer = save(misaki_client, customer, "phone", phone="03-1234-5678")
    assert heard(answer) == {"rows": [], "undo": "", "undone": ""}
    assert not FieldChange.rows.exists()


def test_who_was_slower_is_told_what_stands_there_and_decides(misaki_client, misaki, make_customer, now):
    customer = make_customer(phone="03-1234-5678")
    seen = seen_in(opened(misaki_client, customer, "phone"))
    change_customer(customer_id=customer.pk, given={"phone": "03-9999-8888"}, seen=None, actor=misaki, now=now)
    answer = save(misaki_client, customer, "phone", seen=seen, phone="03-5555-4444")
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "いまは「03-9999-8888」です。" in body
    assert 'value="03-5555-4444"' in body
    save(misaki_client, customer, "phone", seen=seen_in(answer), phone="03-5555-4444")
    customer.refresh_from_db()
    assert customer.phone == "03-5555-4444"


def test_a_change_elsewhere_is_no_conflict(misaki_client, misaki, make_customer, now):
    customer = make_customer()
    seen = seen_in(opened(misaki_client, customer, "phone"))
    change_customer(customer_id=customer.pk, given={"city": "金沢市"}, seen=None, actor=misaki, now=now)
    assert save(misaki_client, customer, "phone", seen=seen, phone="03-5555-4444").status_code == 200


def test_an_address_that_somebody_has_may_be_shared_on_purpose(misaki_client, make_customer, now):
    holder, customer = make_customer(email="ie@example.jp"), make_customer()
    Identity.rows.create(customer=holder, kind="email", value="ie@example.jp", created_at=now)
    refused = save(misaki_client, customer, "email", email="ie@example.jp")
    assert refused.status_code == 422
    assert "別の人として" in refused.content.decode()
    save(misaki_client, customer, "email", email="ie@example.jp", shares_address="1")
    customer.refresh_from_db()
    assert customer.email == "ie@example.jp"


@pytest.mark.parametrize("column", ["registered", "stage", "tags", "member_number", "kind"])
def test_columns_that_are_derived_do_not_open(misaki_client, make_customer, column):
    answer = opened(misaki_client, make_customer(), column)
    assert answer.status_code == 409
    assert "一覧では変えられません" in answer.content.decode()


def test_a_company_has_no_birthday(misaki_client, make_customer):
    company = make_customer(kind="company", name="縁日堂", family_name="", given_name="")
    assert "この顧客のフォームにない項目です" in opened(misaki_client, company, "birthday").content.decode()
    save(misaki_client, company, "name", name="縁日堂本舗")
    company.refresh_from_db()
    assert (company.name, company.family_name) == ("縁日堂本舗", "")


def test_outsiders_find_nothing_and_masked_viewers_open_nothing(yoshida_client, hayashi_client, make_customer, yanaka):
    stranger = make_customer(team=yanaka, phone="03-1234-5678")
    assert opened(yoshida_client, stranger, "phone").status_code == 404
    assert opened(hayashi_client, stranger, "phone").status_code == 403
    for client, status in ((yoshida_client, 404), (hayashi_client, 403)):
        assert client.post(at("cell", stranger.number, "phone"), {"phone": "", "seen": "x"}, headers=HTMX).status_code == status
    stranger.refresh_from_db()
    assert stranger.phone == "03-1234-5678"


def test_what_one_reads_but_may_not_write_does_not_open(misaki_client, admin, make_customer, now):
    key = own_field(admin, now, label="病歴", privacy=Privacy.SENSITIVE, purpose="健康への配慮")
    customer = make_customer()
    answer = opened(misaki_client, customer, key)
    assert answer.status_code == 409
    assert "権限がありません" in answer.content.decode()
    assert misaki_client.post(at("cell", customer.number, key), {key: "x", "seen": "x"}, headers=HTMX).status_code == 409
    customer.refresh_from_db()
    assert customer.custom == {}


def test_who_may_not_assign_changes_no_owner(yoshida_client, yoshida, make_customer):
    mine = make_customer(owner_id=yoshida.user_id)
    assert "権限がありません" in opened(yoshida_client, mine, "owner").content.decode()
    assert save(yoshida_client, mine, "phone", phone="03-5555-4444").status_code == 200


def test_a_customer_is_not_given_away_by_accident(make_user, make_customer, yanaka, kamakura, sign_in):
    manager = actor_of(make_user("tencho", "store_manager", team=yanaka))
    customer, client = make_customer(team=yanaka), sign_in(manager)
    answer = save(client, customer, "team", team_id="")
    assert answer.status_code == 422
    assert "範囲から外れます" in answer.content.decode()
    customer.refresh_from_db()
    assert customer.team_id == yanaka.pk


def test_an_opened_cell_is_in_the_view_log(misaki_client, make_customer):
    customer = make_customer()
    opened(misaki_client, customer, "phone")
    assert ViewLog.rows.filter(object_ids=[customer.pk], route__contains="cell").exists()


# ---- a block


def test_a_block_is_shown_first_then_written_as_one_deed_and_taken_back(misaki_client, make_customer):
    people = [make_customer(phone="03-1234-5678", acquisition_source="紹介") for _ in range(3)]
    text = "０９０１２３４５６７８\t石川\t展示会\r\n090-1111-2222\t東京都\t展示会\r\n\t大阪\t紹介\r\n"
    columns = ("phone", "prefecture", "source")
    shown = block(misaki_client, "cells-paste", people, columns, text)
    assert "8個" in shown.content.decode()
    people[0].refresh_from_db()
    assert people[0].phone == "03-1234-5678"
    done = confirmed(misaki_client, "cells-paste", people, columns, text)
    for person in people:
        person.refresh_from_db()
    assert [(p.phone, p.prefecture, p.acquisition_source) for p in people] == [
        ("090-1234-5678", "石川県", "展示会"),
        ("090-1111-2222", "東京都", "展示会"),
        ("", "大阪府", "紹介"),
    ]
    assert FieldChange.rows.values("change_set_id").distinct().count() == 1
    assert Event.rows.filter(kind="customer.updated").count() == 3
    assert "enishi:close-dialog" in done["HX-Trigger"]
    undone = misaki_client.post(heard(done)["undo"], headers=HTMX)
    for person in people:
        person.refresh_from_db()
    assert {(p.phone, p.prefecture, p.acquisition_source) for p in people} == {("03-1234-5678", "", "紹介")}
    assert "3件の顧客を元に戻しました" in undone.content.decode()
    assert "戻すものはありませんでした" in misaki_client.post(heard(done)["undo"], headers=HTMX).content.decode()


def test_cells_that_cannot_be_filled_say_why_and_the_rest_is_filled(misaki_client, make_customer):
    person, company = make_customer(), make_customer(kind="company", name="縁日堂", family_name="", given_name="")
    columns = ("registered", "phone", "birthday")
    text = "2020/1/1\t12\tS60.4.1\n2020/1/1\t03-1234-5678\tS60.4.1\nx\ty\tz\textra"
    body = block(misaki_client, "cells-paste", [person, company], columns, text).content.decode()
    for words in (
        "一覧では変えられません",
        "電話番号として読めません",
        "この顧客のフォームにない項目です",
        "下の1行は貼り付けません",
        "右の1列は貼り付けません",
    ):
        assert words in body
    confirmed(misaki_client, "cells-paste", [person, company], columns, text)
    person.refresh_from_db()
    company.refresh_from_db()
    assert (person.phone, person.birthday_on) == ("", date(1985, 4, 1))
    assert (company.phone, company.birthday_on) == ("03-1234-5678", None)


def test_a_quoted_cell_with_lines_is_one_cell(misaki_client, admin, make_customer, now):
    key = own_field(admin, now, kind="long_text", label="覚え書き")
    first, second = make_customer(), make_customer()
    confirmed(misaki_client, "cells-paste", [first, second], (key, "source"), '"一行目\r\n""二""行目"\t紹介\r\n三\t紹介\r\n')
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.custom, second.custom) == ({key: '一行目\n"二"行目'}, {key: "三"})


def test_one_copied_cell_fills_all_that_was_selected(misaki_client, make_customer):
    people = [make_customer() for _ in range(4)]
    confirmed(misaki_client, "cells-paste", people, ("source",), "紹介", height="3", width="1")
    for person in people:
        person.refresh_from_db()
    assert [person.acquisition_source for person in people] == ["紹介", "紹介", "紹介", ""]


def test_names_are_pasted_in_their_two_parts(misaki_client, make_customer):
    person = make_customer()
    confirmed(misaki_client, "cells-paste", [person], ("name",), "山田　太郎 様")
    person.refresh_from_db()
    assert (person.family_name, person.given_name, person.name) == ("山田", "太郎", "山田 太郎")
    assert "姓を入力してください" in block(misaki_client, "cells-paste", [person], ("name",), "\n").content.decode()


def test_an_owner_is_pasted_by_name_and_an_unknown_one_refused(misaki_client, misaki_user, make_customer):
    first, second = make_customer(), make_customer()
    text = "高橋\nだれか"
    assert "「だれか」は一覧にありません" in block(misaki_client, "cells-paste", [first, second], ("owner",), text).content.decode()
    confirmed(misaki_client, "cells-paste", [first, second], ("owner",), text)
    first.refresh_from_db()
    assert first.owner_id == misaki_user.pk


def test_one_mail_address_is_not_pasted_to_two(misaki_client, make_customer):
    first, second = make_customer(), make_customer()
    answer = block(misaki_client, "cells-paste", [first, second], ("email",), "a@example.jp\nA@example.jp")
    assert "同じ値が、この中に2回あります" in answer.content.decode()


def test_what_changed_between_the_preview_and_the_order_is_shown_again(misaki_client, misaki, make_customer, now):
    person = make_customer(phone="03-1234-5678")
    shown = block(misaki_client, "cells-paste", [person], ("phone",), "03-5555-4444")
    change_customer(customer_id=person.pk, given={"phone": "03-9999-8888"}, seen=None, actor=misaki, now=now)
    answer = block(misaki_client, "cells-paste", [person], ("phone",), "03-5555-4444", seen=seen_in(shown), confirmed="1")
    assert answer.status_code == 409
    assert "03-9999-8888" in answer.content.decode()
    person.refresh_from_db()
    assert person.phone == "03-9999-8888"
    assert seen_in(answer) != seen_in(shown)


@pytest.mark.parametrize(("rows", "cols", "text"), [("", "phone", "1"), ("C-000001", "", "1"), ("C-000001", "phone", "")])
def test_an_empty_order_is_told(misaki_client, organisation, rows, cols, text):
    answer = misaki_client.post(at("cells-paste"), {"rows": rows, "cols": cols, "text": text}, headers=HTMX)
    assert answer.status_code == 409
    assert 'name="confirmed"' not in answer.content.decode()


def test_a_block_needs_the_right_to_change_many(make_user, yoshida_client, yoshida, make_customer, sign_in):
    mine = make_customer(owner_id=yoshida.user_id)
    assert block(yoshida_client, "cells-paste", [mine], ("phone",), "03-5555-4444").status_code == 403
    assert block(yoshida_client, "cells-fill", [mine, mine], ("phone",)).status_code == 403


def test_rows_out_of_reach_are_refused_and_nothing_of_them_is_told(make_user, make_customer, yanaka, kamakura, sign_in):
    user = make_user("mise", "store_manager", team=yanaka)
    role = UserRole.rows.get(user=user).role
    role_grants = type(role)._meta.apps.get_model("platform", "RoleGrant")
    role_grants.rows.create(role=role, object="customer", action="bulk", scope="team")
    mine, others = make_customer(team=yanaka), make_customer(team=kamakura, name="門外 不出", phone="03-1234-5678")
    client = sign_in(actor_of(user))
    answer = block(client, "cells-paste", [mine, others], ("phone",), "03-5555-4444\n03-5555-4445")
    assert "門外" not in answer.content.decode()
    assert "1234-5678" not in answer.content.decode()
    confirmed(client, "cells-paste", [mine, others], ("phone",), "03-5555-4444\n03-5555-4445")
    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.phone, others.phone) == ("03-5555-4444", "03-1234-5678")
    down = block(client, "cells-fill", [others, mine], ("phone",))
    assert "1234-5678" not in down.content.decode()


# ---- down, and back


def test_the_first_row_is_copied_down_as_it_is_stored(misaki_client, misaki_user, admin, make_customer, now):
    key = own_field(admin, now, kind="choice", label="会員種別", choices=(Choice("c1", "一般"),))
    first = make_customer(owner=misaki_user, custom={key: "c1"}, birthday_on=date(1985, 4, 1))
    others = [make_customer(), make_customer()]
    confirmed(misaki_client, "cells-fill", [first, *others], ("owner", key, "birthday"))
    for other in others:
        other.refresh_from_db()
        assert (other.owner_id, other.custom, other.birthday_on) == (misaki_user.pk, {key: "c1"}, date(1985, 4, 1))


def test_what_somebody_changed_since_stays(misaki_client, misaki, make_customer, now):
    first, second = make_customer(), make_customer()
    done = confirmed(misaki_client, "cells-paste", [first, second], ("source",), "紹介\n紹介")
    change_customer(customer_id=first.pk, given={"acquisition_source": "広告"}, seen=None, actor=misaki, now=now)
    answer = misaki_client.post(heard(done)["undo"], headers=HTMX).content.decode()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.acquisition_source, second.acquisition_source) == ("広告", "")
    assert "1件は、あとで変えられたか戻せないため" in answer


def test_nobody_takes_back_what_others_did(misaki_client, make_user, make_customer, sign_in):
    customer = make_customer()
    done = save(misaki_client, customer, "phone", phone="03-5555-4444")
    other = sign_in(actor_of(make_user("sato", "ec_lead")))
    assert other.post(heard(done)["undo"], headers=HTMX).status_code == 404
    assert misaki_client.post(at("cells-undo", 999_999), headers=HTMX).status_code == 404


def test_a_page_of_rows_costs_few_queries_a_row(misaki_client, make_customer, django_assert_max_num_queries):
    people = [make_customer(name=f"人 {n}") for n in range(50)]
    text = "\n".join(["紹介"] * 50)
    assert Organisation.rows.exists()
    seen = seen_in(block(misaki_client, "cells-paste", people, ("source",), text))
    with django_assert_max_num_queries(80):
        block(misaki_client, "cells-paste", people, ("source",), text, seen=seen, confirmed="1")


# ---- emptying -------------------------------------------------------------------------------------------------------


def test_one_cell_is_emptied_at_once_and_comes_back(misaki_client, make_customer, yanaka, misaki):
    customer = make_customer(city="金沢市", team=yanaka, leave_alone=True, birthday_on=date(1968, 2, 29))
    for column, name, kept, empty in (
        ("city", "city", "金沢市", ""),
        ("team", "team_id", yanaka.pk, None),
        ("leave_alone", "leave_alone", True, False),
        ("birthday", "birthday_on", date(1968, 2, 29), None),
    ):
        answer = misaki_client.post(at("cell-clear", customer.number, column), headers=HTMX)
        customer.refresh_from_db()
        assert (answer.status_code, getattr(customer, name)) == (200, empty), column
        misaki_client.post(heard(answer)["undo"], headers=HTMX)
        customer.refresh_from_db()
        assert getattr(customer, name) == kept, column


def test_what_cannot_be_empty_opens_with_the_reason_and_stays(misaki_client, make_customer):
    customer = make_customer()
    answer = misaki_client.post(at("cell-clear", customer.number, "name"), headers=HTMX)
    assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (422, True)
    derived = misaki_client.post(at("cell-clear", customer.number, "stage"), headers=HTMX)
    assert (derived.status_code, "一覧では変えられません" in derived.content.decode()) == (409, True)
    customer.refresh_from_db()
    assert customer.name == "齋藤 百合子"


def test_a_range_is_emptied_after_a_preview_and_as_one_change(misaki_client, make_customer):
    customers = [make_customer(city=city, building="2階") for city in ("金沢市", "", "白山市")]
    preview = block(misaki_client, "cells-clear", customers, ("city", "building")).content.decode()
    assert ("空にする内容の確認" in preview, "5個のセルを変える" in preview, "1個は、すでにその値です" in preview) == (True, True, True)
    answer = confirmed(misaki_client, "cells-clear", customers, ("city", "building"))
    assert [Customer.rows.get(pk=customer.pk).city for customer in customers] == ["", "", ""]
    misaki_client.post(heard(answer)["undo"], headers=HTMX)
    assert [Customer.rows.get(pk=customer.pk).city for customer in customers] == ["金沢市", "", "白山市"]


def test_emptying_needs_the_rights_of_the_form(hayashi_client, yoshida_client, make_customer, yanaka):
    customer = make_customer(city="金沢市", team=yanaka)
    assert hayashi_client.post(at("cell-clear", customer.number, "city"), headers=HTMX).status_code == 403
    assert yoshida_client.post(at("cell-clear", customer.number, "city"), headers=HTMX).status_code == 404
