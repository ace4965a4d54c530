"""「この値に戻す」: one field at a time, by the form's own checks, with what stands there now in sight."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from enishi.customers.actions.customers import AddressInUse, ChangedMeanwhile
from enishi.customers.actions.restoring import restore_value
from enishi.customers.models import Customer
from enishi.customers.queries.history import customer_history, restoring
from enishi.customers.tests.test_customers import change
from enishi.platform import rights
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ChangeSet, Event, FieldChange, User

FULL = {
    "email": "yuriko@example.jp",
    "phone": "090-1234-5678",
    "city": "金沢市",
    "birthday_on": date(1968, 2, 29),
    "leave_alone": False,
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def yuriko(make_customer):
    return make_customer(**FULL)


def changed(field):
    return FieldChange.rows.filter(field=field).latest("pk").pk


def restore(customer, field, actor, now, **options):
    change_id = changed(field)
    seen = options.pop("seen", None) or restoring(actor, customer.pk, change_id).seen
    return restore_value(customer_id=customer.pk, change_id=change_id, seen=seen, actor=actor, now=now, **options)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("email", "new@example.jp"),
        ("phone", "03-1234-5678"),
        ("city", ""),
        ("birthday_on", date(1968, 3, 1)),
        ("birthday_on", None),
        ("leave_alone", True),
        ("family_name", "斎藤"),
        ("gender", "female"),
    ],
)
def test_a_field_gets_back_what_stood_there_and_the_rest_stays(yuriko, misaki, now, field, given):
    before = getattr(yuriko, field)
    change(yuriko, misaki, now, **{field: given, "building": "2階"})
    assert restore(yuriko, field, misaki, now) == [field] or field == "family_name"
    yuriko.refresh_from_db()
    assert (getattr(yuriko, field), yuriko.building, yuriko.name) == (before, "2階", "齋藤 百合子")


def test_it_is_an_edit_like_any_other_and_can_be_taken_back_itself(yuriko, misaki, now):
    change(yuriko, misaki, now, city="白山市")
    restore(yuriko, "city", misaki, now)
    newest = customer_history(misaki, yuriko.pk).lines[0]
    assert (newest.before, newest.after, newest.door, newest.can_restore) == ("白山市", "金沢市", "履歴から戻す", True)
    assert Event.rows.filter(kind="customer.updated").count() == 2
    assert ChangeSet.rows.latest("pk").door == "restore"
    restore(yuriko, "city", misaki, now)
    assert Customer.rows.get(pk=yuriko.pk).city == "白山市"


def test_owner_and_team_go_back_with_the_right_to_assign(yuriko, misaki, make_user, make_customer, yanaka, now):
    first = make_user("mori", display_name="森 拓海")
    Customer.rows.filter(pk=yuriko.pk).update(owner=first)
    yuriko.refresh_from_db()
    change(yuriko, misaki, now, owner_id=misaki.user_id, team_id=yanaka.pk)
    dialog = restoring(misaki, yuriko.pk, changed("owner"))
    assert (dialog.field, dialog.now, dialog.then) == ("担当", "髙橋 美咲", "森 拓海")
    restore(yuriko, "owner", misaki, now)
    restore(yuriko, "team", misaki, now)
    yuriko.refresh_from_db()
    assert (yuriko.owner_id, yuriko.team_id) == (first.pk, None)
    staff = rights.actor_of(make_user("ecstaff", "ec_staff"))
    assert {line.field: line.can_restore for line in customer_history(staff, yuriko.pk).lines}["担当"] is False
    with pytest.raises(NotAllowed):
        restore(yuriko, "owner", staff, now)


def test_an_owner_who_has_left_is_not_put_back(yuriko, misaki, make_user, now):
    gone = make_user("gone")
    Customer.rows.filter(pk=yuriko.pk).update(owner=gone)
    yuriko.refresh_from_db()
    change(yuriko, misaki, now, owner_id=misaki.user_id)
    User.rows.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(Invalid):
        restore(yuriko, "owner", misaki, now)


def test_an_address_that_somebody_else_has_by_now_asks_first(yuriko, misaki, make_customer, now):
    from enishi.customers.models import Identity

    change(yuriko, misaki, now, email="new@example.jp")
    other = make_customer(email=FULL["email"])
    Identity.rows.filter(kind="email", value=FULL["email"]).delete()
    Identity.rows.create(customer=other, kind="email", value=FULL["email"], created_at=now)
    with pytest.raises(AddressInUse):
        restore(yuriko, "email", misaki, now)
    assert restore(yuriko, "email", misaki, now, shares_address=True) == ["email"]


def test_where_somebody_was_faster_nothing_is_written(yuriko, misaki, now):
    change(yuriko, misaki, now, city="白山市")
    seen = restoring(misaki, yuriko.pk, changed("city")).seen
    city = changed("city")
    change(Customer.rows.get(pk=yuriko.pk), misaki, now, building="3階")
    with pytest.raises(ChangedMeanwhile):
        restore_value(customer_id=yuriko.pk, change_id=city, seen=seen, actor=misaki, now=now)
    assert Customer.rows.get(pk=yuriko.pk).city == "白山市"


def test_a_whole_name_and_the_kind_are_not_put_back_alone_but_a_companys_name_is(yuriko, misaki, make_customer, now):
    change(yuriko, misaki, now, family_name="斎藤")
    lines = {line.field: line.can_restore for line in customer_history(misaki, yuriko.pk).lines}
    assert list(lines.values()).count(True) == 1
    assert lines["姓"]
    with pytest.raises(NotFound):
        restoring(misaki, yuriko.pk, changed("name"))
    inn = make_customer(kind="company", name="株式会社白鷺荘", number="B-000900")
    change(inn, misaki, now, name="白鷺荘株式会社")
    restore(inn, "name", misaki, now)
    assert Customer.rows.get(pk=inn.pk).name == "株式会社白鷺荘"


def test_no_button_where_the_value_stands_there_already_or_the_viewer_may_not_write(yuriko, misaki, make_user, now):
    change(yuriko, misaki, now, city="白山市")
    change(Customer.rows.get(pk=yuriko.pk), misaki, now, city="金沢市")
    assert [line.can_restore for line in customer_history(misaki, yuriko.pk).lines] == [True, False]
    director = rights.actor_of(make_user("director", "director"))
    assert {line.can_restore for line in customer_history(director, yuriko.pk).lines} == {False}
    with pytest.raises(NotAllowed):
        restoring(director, yuriko.pk, changed("city"))


def test_masked_viewers_see_masks_and_put_nothing_back(make_customer, misaki, hayashi, yanaka, sign_in, now):
    yuriko = make_customer(team=yanaka, **FULL)
    change(yuriko, misaki, now, city="白山市")
    page = sign_in(hayashi).get(reverse("customers:history", args=[yuriko.number])).content.decode()
    assert ("この値に戻す" in page.partition("<main")[2], "金沢市" in page) == (False, False)
    url = reverse("customers:restore-value", args=[yuriko.number, changed("city")])
    assert sign_in(hayashi).get(url).status_code == 403
    assert sign_in(hayashi).post(url, {"seen": "x"}).status_code == 403


def test_a_change_of_somebody_else_is_not_found(yuriko, misaki, yoshida, make_customer, sign_in, now):
    change(yuriko, misaki, now, city="白山市")
    other = make_customer(owner_id=yoshida.user_id)
    with pytest.raises(NotFound):
        restoring(misaki, other.pk, changed("city"))
    url = reverse("customers:restore-value", args=[other.number, changed("city")])
    assert sign_in(yoshida).get(url).status_code == 404


def test_what_was_before_a_merge_can_be_put_back(make_customer, merge_away, misaki, now):
    yuriko = make_customer(**FULL)
    old_id = merge_away(yuriko)
    deed = ChangeSet.rows.create(actor_kind="staff", actor_id=misaki.user_id, door="screen", at=now)
    FieldChange.rows.create(
        change_set=deed,
        object="customers.customer",
        object_id=old_id,
        field="city",
        before="輪島市",
        after="金沢市",
        privacy_class="personal",
    )
    restore(yuriko, "city", misaki, now)
    assert Customer.rows.get(pk=yuriko.pk).city == "輪島市"


def test_the_dialog_says_now_and_then_and_the_page_says_it_is_done(misaki_client, yuriko, misaki, now):
    change(yuriko, misaki, now, city="白山市")
    url = reverse("customers:restore-value", args=[yuriko.number, changed("city")])
    dialog = misaki_client.get(url, headers=HTMX)
    text = dialog.content.decode()
    assert text.index("いまの値") < text.index("白山市") < text.index("戻す値") < text.index("金沢市")
    late = misaki_client.post(url, {"seen": "x"}, headers=HTMX)
    assert (late.status_code, "ほかの人がこの顧客を変更しました" in late.content.decode()) == (409, True)
    done = misaki_client.post(url, {"seen": dialog.context["restoring"].seen}, headers=HTMX)
    assert done["HX-Redirect"] == reverse("customers:history", args=[yuriko.number])
    assert "元の値に戻しました。" in misaki_client.get(done["HX-Redirect"]).content.decode()
