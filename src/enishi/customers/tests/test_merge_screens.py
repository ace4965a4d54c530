"""統合 by hand and by the API."""

from __future__ import annotations

import pytest

from enishi.customers.actions.merging import merge_customers
from enishi.customers.models import Customer, Identity, Merge
from enishi.customers.tests.test_api import Api
from enishi.platform import rights
from enishi.platform.actions.tokens import create_token
from enishi.platform.models import Role, RoleGrant, RoleLevel, UserRole


@pytest.fixture
def pair(make_customer):
    return make_customer(email="yuriko@example.jp"), make_customer(name="斎藤 百合子", family_name="斎藤", city="金沢市")


def ids(*customers):
    return ",".join(str(customer.pk) for customer in customers)


def test_two_stand_side_by_side_and_are_merged_as_was_chosen(misaki_client, pair):
    kept, twin = pair
    page = misaki_client.get(f"/customers/merge/?ids={ids(kept, twin)}")
    text = page.content.decode()
    assert "この2件を統合する" in text
    assert "斎藤 百合子" in text
    assert "齋藤 百合子" in text
    preview = page.context["preview"]
    assert [row.part for row in preview.rows if row.differs] == ["name", "kana", "email", "address"]

    sent = {"ids": ids(kept, twin), "keep": kept.pk, "seen": preview.seen, "choice-name": twin.pk, "reason": "電話で確認"}
    answer = misaki_client.post("/customers/merge/", sent, follow=True)

    kept.refresh_from_db()
    assert (kept.name, kept.city) == ("斎藤 百合子", "金沢市")
    assert "統合の履歴" in answer.content.decode()
    assert f"{twin.number} を {kept.number} に統合" in answer.content.decode()


def test_old_addresses_lead_to_who_carries_on_with_their_tails(misaki_client, misaki, pair, now):
    kept, twin = pair
    merge_customers(keep=kept.pk, gone=[twin.pk], actor=misaki, now=now)
    assert misaki_client.get(f"/customers/{twin.number}/").headers["Location"] == f"/customers/{kept.number}/"
    assert kept.number in misaki_client.get(f"/customers/{twin.pk}/history/").content.decode()


def test_a_merge_is_taken_back_on_its_page(misaki_client, misaki, pair, now):
    kept, twin = pair
    done = merge_customers(keep=kept.pk, gone=[twin.pk], actor=misaki, now=now)
    Customer.rows.filter(pk=kept.pk).update(kana="サイトウ")
    page = misaki_client.get(f"/customers/merges/{done.id}/")
    assert [(one.part, one.now) for one in page.context["preview"].later] == [("kana", "サイトウ")]

    misaki_client.post(f"/customers/merges/{done.id}/", {"seen": page.context["preview"].seen, "choice-kana": twin.pk})

    assert dict(Customer.rows.values_list("pk", "kana")) == {kept.pk: "サイトウ ユリコ", twin.pk: "サイトウ"}
    assert "取り消されています" in misaki_client.get(f"/customers/merges/{done.id}/").content.decode()
    assert "取り消し済み" in misaki_client.get("/customers/merges/").content.decode()


def test_one_alone_is_asked_for_the_other(misaki_client, pair, make_customer):
    kept, twin = pair
    company = make_customer(kind="company", name="斎藤商店")
    found = misaki_client.get(f"/customers/merge/?ids={kept.pk}&q=斎藤", headers={"HX-Request": "true"}).content.decode()
    assert twin.number in found
    assert company.number not in found


def test_rows_of_the_list_go_to_the_page(misaki_client, pair):
    answer = misaki_client.post("/customers/merge/selected/", {"ids": [customer.pk for customer in pair]})
    assert answer.headers["HX-Redirect"] == f"/customers/merge/?ids={ids(*pair)}"


def test_two_member_numbers_ask_for_both(misaki_client, pair, now):
    kept, _twin = pair
    for customer, number in zip(pair, ("M-001", "M-002"), strict=True):
        Identity.rows.create(customer=customer, kind="member", value=number, created_at=now)
    page = misaki_client.get(f"/customers/merge/?ids={ids(*pair)}")
    sent = {"ids": ids(*pair), "keep": kept.pk, "seen": page.context["preview"].seen}
    refused = misaki_client.post("/customers/merge/", sent)
    assert (refused.status_code, Customer.rows.count()) == (409, 2)
    assert "M-001" in refused.content.decode()
    misaki_client.post("/customers/merge/", sent | {"confirmed": ["member:M-001", "member:M-002"]})
    assert list(Customer.rows.values_list("pk", flat=True)) == [kept.pk]


def test_what_a_role_masks_is_neither_shown_nor_chosen(sign_in, make_user, pair, now):
    role = Role.rows.create(key="", name="名寄せ", description="")
    for act in ("read", "merge"):
        RoleGrant.rows.create(role=role, object="customer", action=act, scope="all")
    RoleLevel.rows.create(role=role, privacy_class="personal", level=1)
    user = make_user("nayose")
    UserRole.rows.create(user=user, role=role)
    client = sign_in(rights.actor_of(user))

    page = client.get(f"/customers/merge/?ids={ids(*pair)}")

    text = page.content.decode()
    assert "百合子" not in text
    assert "yuriko" not in text
    assert not any(row.differs or row.can_choose for row in page.context["preview"].rows if row.part in ("name", "email", "address"))
    refused = client.post(
        "/customers/merge/", {"ids": ids(*pair), "keep": pair[0].pk, "seen": page.context["preview"].seen, "choice-name": pair[1].pk}
    )
    assert refused.status_code == 422
    assert not Merge.rows.exists()


def test_nobody_learns_of_a_customer_out_of_their_sight(sign_in, yoshida, make_customer, pair):
    mine = make_customer(owner_id=yoshida.user_id)
    client = sign_in(yoshida)
    assert client.get(f"/customers/merge/?ids={mine.pk},{pair[0].pk}").status_code in (403, 404)


# ---- by the API ---------------------------------------------------------------------------------------------------


@pytest.fixture
def api(misaki, now):
    return Api(create_token(name="EC", read_only=False, actor=misaki, now=now).token)


def test_a_dry_run_tells_and_writes_nothing(api, pair):
    kept, twin = pair
    answer = api("POST", "/merge", {"keep": kept.number, "gone": [twin.number], "dry_run": True})
    told = answer.json()
    assert (answer.status_code, told["merge_id"], told["number"], told["gone"]) == (200, None, kept.number, [twin.number])
    name = next(field for field in told["fields"] if field["field"] == "name")
    assert name["values"] == {kept.number: "齋藤 百合子", twin.number: "斎藤 百合子"}
    assert (name["stays"], name["differs"]) == (kept.number, True)
    assert Customer.rows.count() == 2


def test_old_numbers_and_ids_answer_for_who_carries_on_and_a_merge_is_taken_back(api, pair):
    kept, twin = pair
    merge_id = api("POST", "/merge", {"keep": kept.number, "gone": [twin.number], "choices": {"name": twin.number}}).json()["merge_id"]
    for key in (twin.number, str(twin.pk)):
        found = api("GET", f"/{key}").json()
        assert (found["id"], found["number"], found["name"]) == (kept.pk, kept.number, "斎藤 百合子")
    assert api("GET", f"/merges/{merge_id}").json()["gone_numbers"] == [twin.number]

    undone = api("POST", f"/merges/{merge_id}/undo", {"later": {}})

    assert undone.json() == {"kept_id": kept.pk, "gone_ids": [twin.pk], "left": 0}
    assert api("GET", f"/{twin.number}").json()["id"] == twin.pk
    assert api("POST", f"/merges/{merge_id}/undo", {"later": {}}).json()["error"]["code"] == "merge.already_undone"
