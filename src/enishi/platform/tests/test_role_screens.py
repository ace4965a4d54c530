"""設定 → ロールと権限, 部署と店舗: what a change means before it is saved, undo, looking as a role, and why somebody sees a record."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.models import Customer
from enishi.platform import objects, rights
from enishi.platform.actions import roles as actions
from enishi.platform.actions import teams
from enishi.platform.actions.granting import RightsBeyondOwn
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.looking import within
from enishi.platform.models import Event, FieldChange, Organisation, Role, RoleGrant, Team, TeamMember, User, UserRole
from enishi.platform.privacy import Level, Privacy
from enishi.platform.queries.roles import Asked, holders, why
from enishi.platform.roles import Holder, Shape, differences, shapes


@pytest.fixture
def sales(organisation):
    return Role.rows.get(key="sales")


def said(role):
    return shapes([role.pk])[role.pk]


def wider(shape, right=("customer", "export"), width="all"):
    return Shape({**shape.grants, right: width}, shape.levels, shape.fields)


def change(role, shape, actor, now, **more):
    asked = {"name": role.name, "description": role.description} | more
    return actions.change_role(role_id=role.pk, shape=shape, seen=said(role), actor=actor, now=now, **asked)


# ---- what a change means ------------------------------------------------------------------------------------------


def test_a_wider_right_is_told_with_who_gains_it(sales):
    people = [Holder("田中"), Holder("林"), Holder("森")]
    [one] = differences("営業", said(sales), wider(said(sales)), people, {})
    assert (one.gains, one.words) == (True, "営業 3名が、全社の顧客をファイルに書き出し、宛名を印刷できるようになります")


def test_a_narrower_one_with_who_loses_it_and_what_is_left(sales):
    wide = wider(said(sales), ("customer", "read"))
    [one] = differences("営業", wide, said(sales), [Holder("田中")], {})
    assert not one.gains
    assert one.words == (
        "営業 1名は、全社の顧客と、その履歴・ファイル・同意を見られなくなります（自分が担当する顧客と、その履歴・ファイル・同意を見られます）"
    )


def test_what_another_role_gives_anyway_is_no_change_to_them(sales):
    lead = said(Role.rows.get(key="ec_lead"))
    [one] = differences("営業", said(sales), wider(said(sales)), [Holder("田中"), Holder("髙橋", [lead])], {})
    assert one.words.startswith("営業のうち1名（田中）が、")


def test_masking_one_field_is_told(sales):
    fields = objects.field_rights()
    after = Shape(said(sales).grants, said(sales).levels, {"customer.phone": Level.MASKED})
    [one] = differences("営業", said(sales), after, [Holder("田中")], fields)
    assert (one.gains, "電話番号は伏せて" in one.words) == (False, True)


def test_every_sentence_can_be_turned_into_what_somebody_gains_or_loses():
    for one in objects.all_objects().values():
        assert all(one.sentence(act, width).endswith("ます") for act, widths in one.acts.items() for width in widths), one.key


# ---- saving -------------------------------------------------------------------------------------------------------


def test_a_change_of_a_role_is_kept_with_what_it_said_and_undone(sales, admin_only, make_user, now):
    user = make_user("tanaka", "sales")
    deed = change(sales, wider(said(sales)), admin_only, now)
    assert rights.actor_of(user).scope_for("customer", "export") == "all"
    assert FieldChange.rows.get(change_set_id=deed).before["grants"].get("customer.export") is None
    actions.undo_role_change(change_set_id=deed, actor=admin_only, now=now)
    assert rights.actor_of(user).scope_for("customer", "export") == "none"
    assert Event.rows.filter(kind="role.changed").count() == 2


def test_what_was_changed_again_since_is_not_undone(sales, admin_only, now):
    deed = change(sales, wider(said(sales)), admin_only, now)
    change(sales, wider(said(sales), ("customer", "archive")), admin_only, now)
    with pytest.raises(actions.RoleChangedMeanwhile):
        actions.undo_role_change(change_set_id=deed, actor=admin_only, now=now)
    assert said(sales).grants["customer", "archive"] == "all"


def test_whoever_was_slower_is_told(sales, admin_only, now):
    seen = said(sales)
    change(sales, wider(seen), admin_only, now)
    with pytest.raises(actions.RoleChangedMeanwhile):
        actions.change_role(role_id=sales.pk, name="営業", description="", shape=seen, seen=seen, actor=admin_only, now=now)


@pytest.mark.parametrize(("right", "width"), [(("customer", "fly"), "all"), (("settings", "configure"), "own"), (("ghost", "read"), "all")])
def test_a_right_that_there_is_not_is_not_granted(sales, admin_only, now, right, width):
    with pytest.raises(Invalid):
        change(sales, wider(said(sales), right, width), admin_only, now)
    assert right not in said(sales).grants


def test_somebody_can_always_change_roles(admin_only, organisation, now):
    admin = Role.rows.get(key="admin")
    without = Shape({right: width for right, width in said(admin).grants.items() if right != ("role", "configure")})
    with pytest.raises(actions.NobodyLeft):
        change(admin, without, admin_only, now)
    with pytest.raises(actions.NobodyLeft):
        actions.take_role(role_id=admin.pk, user_id=admin_only.user_id, actor=admin_only, now=now)
    assert UserRole.rows.filter(role=admin).exists()


# ---- nobody puts into a role what they do not hold ----------------------------------------------------------------------


@pytest.fixture
def designer(make_user):
    """Configures roles and manages no users; sees their own customers as 営業 do."""
    role = Role.rows.create(key="designer", name="ロールの設計")
    RoleGrant.rows.bulk_create([RoleGrant(role=role, object="role", action=act, scope="all") for act in ("read", "configure")])
    return rights.actor_of(make_user("designer", "designer", "sales", display_name="設計 花子"))


def test_whoever_configures_roles_and_no_users_puts_no_right_into_one_that_they_lack(sales, designer, now):
    for right, width in ((("customer", "export"), "all"), (("user", "configure"), "all"), (("customer", "read"), "all")):
        with pytest.raises(RightsBeyondOwn):
            change(sales, wider(said(sales), right, width), designer, now)
    shape = said(sales)
    with pytest.raises(RightsBeyondOwn, match="要配慮"):
        change(sales, Shape(shape.grants, {**shape.levels, Privacy.SENSITIVE: Level.WRITE}, shape.fields), designer, now)
    assert said(sales).as_json() == shape.as_json()


def test_nor_by_a_copy_by_giving_it_or_by_taking_a_change_back(sales, designer, admin_only, make_user, now):
    lead = Role.rows.get(key="ec_lead")
    with pytest.raises(RightsBeyondOwn):
        actions.create_role(name="写し", description="", copy_of=lead.pk, actor=designer, now=now)
    with pytest.raises(RightsBeyondOwn):
        actions.give_role(role_id=lead.pk, user_id=designer.user_id, actor=designer, now=now)
    change(sales, wider(said(sales)), admin_only, now)
    narrower = Shape({**said(sales).grants, ("customer", "export"): "own"}, said(sales).levels, said(sales).fields)
    deed = change(sales, narrower, designer, now)
    with pytest.raises(RightsBeyondOwn):
        actions.undo_role_change(change_set_id=deed, actor=designer, now=now)


def test_what_they_hold_and_what_was_there_they_may_write(sales, designer, now):
    lead = Role.rows.get(key="ec_lead")
    assert change(lead, said(lead), designer, now, name="EC責任者（本店）")
    less = Shape({("customer", "read"): "own"}, said(lead).levels, said(lead).fields)
    assert change(lead, less, designer, now, name="EC責任者（本店）")
    assert actions.create_role(name="営業（見習い）", description="", copy_of=sales.pk, actor=designer, now=now)


def test_an_administrator_who_sees_nobody_gives_rights_over_customers_all_the_same(sales, admin_only, now):
    assert change(sales, wider(said(sales)), admin_only, now)


def test_the_matrix_says_before_saving_what_may_not_be_put_in(sales, designer, admin_only, sign_in):
    asked = {"step": "look", "g.customer.export": "all"}
    page = sign_in(designer).get(f"/settings/roles/{sales.pk}/", asked).content.decode()
    assert "自分にない権限は、ロールに入れられません" in page
    assert "全社の顧客をファイルに書き出し" in page.partition("自分にない権限")[2].partition("</ul>")[0]
    assert "自分にない権限" not in sign_in(admin_only).get(f"/settings/roles/{sales.pk}/", asked).content.decode()


def test_a_copy_says_the_same_under_another_name(sales, admin_only, now):
    pk = actions.create_role(name="営業（見習い）", description="", copy_of=sales.pk, actor=admin_only, now=now)
    assert shapes([pk])[pk].as_json() == said(sales).as_json()
    with pytest.raises(Invalid):
        actions.create_role(name="営業", description="", copy_of=None, actor=admin_only, now=now)


def test_a_role_that_somebody_holds_is_not_archived(sales, admin_only, make_user, now):
    user = make_user("tanaka", "sales")
    with pytest.raises(actions.RoleIsHeld):
        actions.archive_role(role_id=sales.pk, actor=admin_only, now=now)
    actions.take_role(role_id=sales.pk, user_id=user.pk, actor=admin_only, now=now)
    actions.archive_role(role_id=sales.pk, actor=admin_only, now=now)
    assert Role.rows.get(pk=sales.pk).archived_at == now


def test_nobody_without_the_right_touches_roles_or_teams(sales, misaki, yanaka, now):
    with pytest.raises(NotAllowed):
        change(sales, wider(said(sales)), misaki, now)
    with pytest.raises(NotAllowed):
        actions.keep_people_from_admins(on=True, actor=misaki, now=now)
    with pytest.raises(NotAllowed):
        teams.join_team(team_id=yanaka.pk, user_id=misaki.user_id, actor=misaki, now=now)
    assert not Event.rows.exists()


# ---- teams --------------------------------------------------------------------------------------------------------


def test_a_team_is_made_moved_and_archived_once_it_is_empty(admin_only, misaki, now):
    east = teams.create_team(name="東日本", kind="department", parent_id=None, actor=admin_only, now=now)
    shop = teams.create_team(name="谷中店", kind="shop", parent_id=None, actor=admin_only, now=now)
    teams.change_team(team_id=shop, name="谷中店", kind="shop", parent_id=east, actor=admin_only, now=now)
    teams.join_team(team_id=shop, user_id=misaki.user_id, actor=admin_only, now=now)
    customer = Customer.rows.create(number="C-1", name="客", team_id=shop, created_at=now)
    for undo in (
        lambda: teams.leave_team(team_id=shop, user_id=misaki.user_id, actor=admin_only, now=now),
        lambda: Customer.rows.filter(pk=customer.pk).update(team=None),
    ):
        with pytest.raises(teams.TeamInUse):
            teams.archive_team(team_id=shop, actor=admin_only, now=now)
        undo()
    with pytest.raises(teams.TeamInUse):  # there is one below
        teams.archive_team(team_id=east, actor=admin_only, now=now)
    teams.archive_team(team_id=shop, actor=admin_only, now=now)
    assert Team.rows.get(pk=shop).archived_at == now


def test_a_team_is_never_below_itself(admin_only, now):
    top = teams.create_team(name="本部", kind="department", parent_id=None, actor=admin_only, now=now)
    below = teams.create_team(name="東", kind="department", parent_id=top, actor=admin_only, now=now)
    for parent in (top, below):
        with pytest.raises(Invalid):
            teams.change_team(team_id=top, name="本部", kind="department", parent_id=parent, actor=admin_only, now=now)
    assert Team.rows.get(pk=top).parent_id is None


# ---- looking as a role --------------------------------------------------------------------------------------------


def test_looking_as_a_role_shows_no_more_than_both_may(misaki, organisation):
    looking = within(misaki, said(Role.rows.get(key="store_staff")))
    assert (looking.scope_for("customer", "read"), looking.scope_for("customer", "update")) == ("team", "none")
    assert looking.level(Privacy.PERSONAL) == Level.MASKED
    assert within(looking, said(Role.rows.get(key="admin"))).grants == {}


def test_somebody_looks_as_a_role_changes_nothing_and_stops(make_user, sign_in, now):
    boss = rights.actor_of(make_user("boss", "admin", "all_customers", display_name="社長"))
    Customer.rows.create(number="C-000001", name="齋藤 百合子", owner_id=boss.user_id, created_at=now)
    client, role = sign_in(boss), Role.rows.get(key="viewer")
    assert client.post(f"/settings/roles/{role.pk}/look/").status_code == 302
    page = client.get("/customers/C-000001/").content.decode()
    assert "「閲覧のみ」として見ています" in page
    assert ("齋藤 百合子" in page, "齋＊＊" in page) == (False, True)
    refused = client.post("/customers/C-000001/activities/", {"kind": "note", "text": "書けない"})
    assert refused.status_code == 403
    assert "なにも変えられません" in refused.content.decode()
    assert client.get("/settings/roles/").status_code == 403
    client.post("/settings/roles/look/end/")
    assert "齋藤 百合子" in client.get("/customers/C-000001/").content.decode()
    assert Event.rows.filter(kind="role.looked_as", actor_id=boss.user_id, subject_id=role.pk).count() == 1


# ---- why ----------------------------------------------------------------------------------------------------------


def test_it_is_said_why_somebody_sees_a_customer_and_why_not(yoshida, misaki, make_user, yanaka, now):
    record = Asked("customer", 1, yoshida.user_id, "𠮷田 健", yanaka.pk, "谷中本店")
    read, _update = why(yoshida.user_id, record, now=now).answers
    assert read.holds
    assert read.reasons == ("ロール「営業」：自分が担当する顧客と、その履歴・ファイル・同意を見られます（担当だから）",)
    other = make_user("tanaka", "sales")
    read, _update = why(other.pk, record, now=now).answers
    assert not read.holds
    assert "担当は𠮷田 健、部署は谷中本店なので、範囲に入りません" in read.reasons[0]
    nobody = make_user("nobody")
    assert why(nobody.pk, record, now=now).answers[0].reasons == ("「見る」という権限のあるロールを持っていません。",)


# ---- doors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin_client(admin_only, sign_in):
    return sign_in(admin_only)


def test_the_matrix_is_looked_at_and_saved(sales, admin_client, make_user):
    make_user("tanaka", "sales", display_name="田中 一郎")
    url = f"/settings/roles/{sales.pk}/"
    page = admin_client.get(url)
    assert "田中 一郎" in page.content.decode()
    sent = {"name": "営業", "description": "", "seen": page.context["seen"]}
    sent |= {line.name: next(c.value for c in line.choices if c.chosen) for section in page.context["sections"] for line in section.lines}
    sent |= {line.name: next(c.value for c in line.choices if c.chosen) for line in page.context["levels"]}
    sent["g.customer.export"] = "all"
    look = admin_client.get(url, sent | {"step": "look"}, headers={"HX-Request": "true"}).content.decode()
    assert "営業 1名が、全社の顧客をファイルに書き出し、宛名を印刷できるようになります" in look
    assert "<html" not in look
    assert said(sales).grants.get(("customer", "export")) is None
    assert admin_client.post(url, sent).status_code == 302
    assert said(sales).grants["customer", "export"] == "all"
    assert said(sales).levels == {Privacy.PERSONAL: Level.WRITE, Privacy.SENSITIVE: Level.READ}


def test_the_wall_is_proposed_from_ten_users_on(admin_client, make_user):
    assert "ユーザーが10人になりました" not in admin_client.get("/settings/roles/").content.decode()
    for number in range(9):
        make_user(f"u{number}", "sales")
    assert "ユーザーが10人になりました" in admin_client.get("/settings/roles/").content.decode()
    admin_client.post("/settings/roles/wall/", {"on": "yes"})
    assert Organisation.rows.get().admins_see_nobody
    assert "ユーザーが10人になりました" not in admin_client.get("/settings/roles/").content.decode()


def test_people_are_given_a_role_and_put_into_a_team(sales, yanaka, admin_client, make_user):
    user = make_user("tanaka")
    admin_client.post(f"/settings/roles/{sales.pk}/people/", {"user_id": user.pk})
    admin_client.post(f"/settings/teams/{yanaka.pk}/people/", {"user_id": user.pk})
    assert UserRole.rows.filter(role=sales, user=user).exists()
    assert TeamMember.rows.filter(team=yanaka, user=user).exists()
    assert [one.name for one in holders(sales.pk)] == ["tanaka"]
    assert admin_client.get("/settings/teams/").status_code == 200
    refused = admin_client.post(f"/settings/teams/{yanaka.pk}/archive/", {"on": "yes"}, follow=True)
    assert "所属する人がいます" in refused.content.decode()


def test_a_name_twice_is_said_beside_the_field_and_nothing_is_lost(admin_client):
    answer = admin_client.post("/settings/roles/new/", {"name": "営業", "description": "見習いのため", "copy_of": ""})
    assert answer.status_code == 422
    assert "同じ名前のロールがあります" in answer.content.decode()
    assert "見習いのため" in answer.content.decode()
    assert not User.rows.filter(username="x").exists()


def test_who_only_reads_roles_is_refused_before_their_form_is_looked_at(make_user, sign_in):
    user, role = make_user("reader"), Role.rows.create(key="reader", name="x")
    RoleGrant.rows.create(role=role, object="role", action="read", scope="all")
    UserRole.rows.create(user=user, role=role)
    at = reverse("platform:role", args=[role.pk])
    client = sign_in(rights.actor_of(user))
    assert client.get(at).status_code == 200
    assert client.post(at, {"name": ""}).status_code == 403
