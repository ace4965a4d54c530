"""The screens of the company's own fields: the catalogue, one field, the designer, and the form of a customer."""

from __future__ import annotations

import pytest

from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.field import Choice
from enishi.customers.models import Customer, FormLayout
from enishi.platform.rights import actor_of


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "ec_lead"))


@pytest.fixture
def client(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def grade(admin, now):
    choices = [Choice("", "一般"), Choice("", "上得意")]
    return define_field(definition=Definition(kind="choice", label="会員区分", choices=choices), actor=admin, now=now)


FIELD = {"label": "屋号", "kind": "text", "for_kind": "", "privacy": "internal"}


def fields_of(sections):
    return [[item.field for item in section.items] for section in sections]


def test_a_field_is_made_on_a_screen_and_stands_in_the_catalogue(client):
    assert "会社独自の項目はまだありません" in client.get("/customers/fields/").content.decode()
    answer = client.post("/customers/fields/new/", FIELD | {"kind": "choice", "label": "きっかけ", "new_choices": "紹介\n店頭\n"})
    assert (answer.status_code, answer["Location"]) == (302, "/customers/fields/")
    page = client.get("/customers/fields/").content.decode()
    assert "きっかけ" in page
    assert "選択（1つ）" in page


def test_what_is_wrong_with_a_field_stands_beside_it_and_stays_typed(client):
    answer = client.post("/customers/fields/new/", FIELD | {"kind": "choice", "privacy": "personal", "meaning": "長い説明"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "選択肢を1つ以上入力してください。" in page
    assert "利用目的を入力してください" in page
    assert "長い説明" in page


def test_choices_are_renamed_reordered_and_taken_out_of_use(client, grade):
    said = {"label": "会員区分", "kind": "choice", "privacy": "internal", "label-c1": "一般会員", "place-c1": "2", "used-c1": "1"}
    said |= {"label-c2": "上得意", "place-c2": "1", "new_choices": "特別会員"}
    assert client.post(f"/customers/fields/{grade}/", said).status_code == 302
    assert catalogue.all_fields()[grade].choices == (
        Choice("c2", "上得意", retired=True),
        Choice("c1", "一般会員"),
        Choice("c3", "特別会員"),
    )


def test_a_field_is_taken_out_of_use_and_back(client, grade):
    client.post(f"/customers/fields/{grade}/retire/", {"retired": "1"})
    assert "使用をやめた項目" in client.get("/customers/fields/").content.decode()
    client.post(f"/customers/fields/{grade}/retire/", {"retired": "0"})
    assert not catalogue.all_fields()[grade].retired


# ---- the designer ---------------------------------------------------------------------------------------------------


def step(client, name, **said):
    return client.post(f"/customers/fields/form/{name}/", said, headers={"HX-Request": "true"})


def draft():
    return layout.read(FormLayout.rows.get(published_at=None).sections)


def test_steps_make_a_draft_that_is_undone_step_by_step_and_published(client, grade):
    before = fields_of(layout.current())
    step(client, "section-add", label="会員")
    step(client, "drag", order=f"who:names,birthday_on,gender contact:email,phone,address s1:{grade}")
    assert fields_of(draft())[2] == [grade]
    assert fields_of(layout.current()) == before, "a draft is not the form"
    client.post("/customers/fields/form/undo/", headers={"HX-Request": "true"})
    assert grade in fields_of(draft())[2]
    client.post("/customers/fields/form/undo/", {"forward": "1"}, headers={"HX-Request": "true"})
    assert client.post("/customers/fields/form/publish/", {"note": "会員を分けた"}).status_code == 302
    assert [section.label for section in layout.current()][2] == "会員"
    page = client.get("/customers/fields/form/").content.decode()
    assert "会員を分けた" in page
    assert "公開中のフォーム" in page


def test_names_cannot_be_taken_away_and_a_spoilt_order_is_refused(client):
    for order in ("contact:email", "who:gender,names", "who:names,nothing"):
        assert step(client, "drag", order=order).status_code in (200, 422)
    step(client, "take-off", field="names")
    assert fields_of(layout.current())[0][0] == "names"
    assert step(client, "explode").status_code == 404
    if FormLayout.rows.filter(published_at=None).exists():
        assert fields_of(draft())[0][0] == "names"


def test_an_earlier_version_comes_back_with_the_fields_that_came_since(client, admin, now, grade):
    first = FormLayout.rows.get()
    later = define_field(definition=Definition(kind="text", label="屋号"), actor=admin, now=now)
    step(client, "take-off", field="gender")
    client.post("/customers/fields/form/publish/")
    client.post(f"/customers/fields/form/versions/{first.pk}/")
    placed = [field for section in fields_of(layout.current()) for field in section]
    assert {"gender", grade, later} <= set(placed)


def test_the_designer_is_nobody_else_s(sign_in, misaki):
    client = sign_in(misaki)
    assert client.get("/customers/fields/").status_code == 403
    assert client.post("/customers/fields/form/drag/", {"order": "who:names"}).status_code == 403


def test_the_preview_shows_what_a_role_sees(client, grade):
    step(client, "section-add", label="役員だけ")
    step(client, "section", section="s1", label="役員だけ", roles=["admin"])
    step(client, "drag", order=f"who:names s1:{grade}")
    assert f"preview_{grade}" in client.get("/customers/fields/form/?as=admin").content.decode()
    seen_by_sales = client.get("/customers/fields/form/?as=sales").content.decode()
    assert f"preview_{grade}" not in seen_by_sales


# ---- the form of a customer -----------------------------------------------------------------------------------------

PERSON = {"kind": "person", "family_name": "齋藤", "given_name": "百合子", "consent-state": "unknown"}


def test_the_form_asks_for_the_field_and_keeps_it(client, grade):
    page = client.get("/customers/new/").content.decode()
    assert "会員区分" in page
    assert client.post("/customers/new/", PERSON | {grade: "c2"}).status_code == 302
    row = Customer.rows.get()
    assert row.custom == {grade: "c2"}
    page = client.get(f"/customers/{row.number}/edit/").content.decode()
    assert '<option value="c2" selected' in page
    assert "上得意" in client.get(f"/customers/{row.number}/").content.decode()


def test_a_value_that_does_not_fit_is_told_beside_its_field(client, admin, now):
    key = define_field(definition=Definition(kind="number", label="坪数", options={"most": 100}), actor=admin, now=now)
    answer = client.post("/customers/new/", PERSON | {key: "1,000"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "100以下の数字にしてください。" in page
    assert 'value="1,000"' in page, "what was typed stays"


def test_what_a_condition_hides_keeps_what_it_said(client, admin, now, grade):
    shops = define_field(definition=Definition(kind="number", label="店舗数"), actor=admin, now=now)
    step(client, "item", field=shops, show_field=grade, show_values=["c2"], required="1")
    client.post("/customers/fields/form/publish/")
    assert client.post("/customers/new/", PERSON | {grade: "c2"}).status_code == 422, "it shows, so it is asked for"
    assert client.post("/customers/new/", PERSON | {grade: "c2", shops: "3"}).status_code == 302
    row = Customer.rows.get()
    seen = client.get(f"/customers/{row.number}/edit/").context["seen"]
    assert client.post(f"/customers/{row.number}/edit/", PERSON | {grade: "c1", shops: "", "seen": seen}).status_code == 302
    row.refresh_from_db()
    assert row.custom == {grade: "c1", shops: 3}


def test_what_may_not_be_written_is_not_on_the_form_and_stays(client, admin, now):
    hidden = define_field(
        definition=Definition(kind="text", label="既往症", privacy="sensitive", purpose="施術の安全のため"), actor=admin, now=now
    )
    client.post("/customers/new/", PERSON | {hidden: "なし"})
    row = Customer.rows.get()
    assert row.custom == {}
    Customer.rows.filter(pk=row.pk).update(custom={hidden: "あり"})
    page = client.get(f"/customers/{row.number}/edit/")
    assert "既往症" not in page.content.decode()
    client.post(f"/customers/{row.number}/edit/", PERSON | {"given_name": "百合", "seen": page.context["seen"]})
    row.refresh_from_db()
    assert (row.given_name, row.custom) == ("百合", {hidden: "あり"})


# ---- the list -------------------------------------------------------------------------------------------------------


def test_the_list_offers_the_field_as_a_column_and_shows_its_words(client, admin, now, grade):
    from enishi.customers.listing import column_sets, offered
    from enishi.customers.own_columns import own_columns

    money = define_field(definition=Definition(kind="money", label="年間見込"), actor=admin, now=now)
    client.post("/customers/new/", PERSON | {grade: "c2", money: "120000"})
    assert {grade, money} <= set(offered(column_sets(admin)))
    (columns,) = own_columns(admin)
    row = columns.values(admin, [Customer.rows.get().pk], [grade, money])[Customer.rows.get().pk]
    assert row == ["上得意", 120_000]
    assert columns.columns[1].shower(now.date())(row[1]).text == "¥120,000"


def test_a_masked_column_is_masked_and_a_hidden_one_not_offered(admin, hayashi, yanaka, now):
    from enishi.customers.listing import column_sets, offered
    from enishi.customers.own_columns import own_columns
    from enishi.platform.privacy import Level, Privacy

    key = define_field(
        definition=Definition(kind="text", label="好きなお茶", privacy="personal", purpose="提案のため"), actor=admin, now=now
    )
    row = Customer.rows.create(number="C-000901", name="森 一", team=yanaka, created_at=now, custom={key: "ほうじ茶"})
    if hayashi.level(Privacy.PERSONAL) is Level.HIDDEN:
        assert key not in offered(column_sets(hayashi))
    else:
        assert "ほうじ茶" not in str(own_columns(hayashi)[0].values(hayashi, [row.pk], [key]))
