"""The two-person rule: a large export waits for somebody else's yes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.customers.actions.exports import Wanted, export_customers, resume_export, stop_export
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting.running import run_stretch
from enishi.customers.models import Customer, ExportRun
from enishi.customers.queries.asked import Asked
from enishi.customers.tests import factories
from enishi.platform import rights
from enishi.platform.actions.approvals import (
    ApprovalIsOver,
    ApproverLacksRight,
    OwnRequest,
    RuleWish,
    appoint_deputy,
    cancel_request,
    change_rule,
    decide,
    end_deputy,
    expire_requests,
)
from enishi.platform.approvals import menu_count
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ApprovalRequest, ApprovalStep, Event, FieldChange, Role, RoleGrant, RoleLevel, User, UserRole
from enishi.platform.time import today


@pytest.fixture
def five(organisation):
    return [factories.customer(name=f"人 {number}") for number in range(5)]


@pytest.fixture
def boss(make_user):
    return rights.actor_of(make_user("boss", "all_customers", display_name="部長 一郎"))


@pytest.fixture
def rule(admin_only, misaki, boss, now):
    """More than three rows take the yes of anybody with 全顧客閲覧."""

    def make(*steps, on=True, threshold=3):
        said = steps or (("role", Role.rows.get(key="all_customers").pk),)
        change_rule(wish=RuleWish("export", on, threshold, 7, said), actor=admin_only, now=now)

    make()
    return make


@pytest.fixture
def order(five, misaki, now):
    def make(actor=misaki, ids=None):
        meant = Selection(ids=tuple(ids)) if ids else Selection(asked=Asked())
        run_id = export_customers(wanted=Wanted(meant, ("number", "name"), "csv"), reason="年賀状", actor=actor, now=now)
        return run_on(run_id)

    return make


def run_on(run_id):
    while run_stretch(run_id, seconds=-1):
        pass
    return ExportRun.rows.get(pk=run_id)


def waiting():
    return ApprovalRequest.rows.get(state="waiting")


def yes(actor, now, **more):
    decide(request_id=waiting().pk, approve=True, comment="", actor=actor, now=now, **more)


def test_above_the_number_it_waits_and_goes_on_after_a_yes(rule, order, boss, misaki, five, now):
    few = order(ids=[customer.pk for customer in five[:3]])
    assert (few.state, few.written_count) == ("done", 3)
    run = order()
    assert (run.state, run.file, run_on(run.pk).state) == ("waiting", None, "waiting")
    assert (menu_count(boss), menu_count(misaki)) == (1, 0)
    yes(boss, now)
    run = run_on(run.pk)
    assert (run.state, run.written_count) == ("done", 5)
    assert {"approval.requested", "approval.approved"} <= set(Event.rows.values_list("kind", flat=True))
    request = ApprovalRequest.rows.get()
    assert (request.state, request.count, request.reason, request.requester_id) == ("approved", 5, "年賀状", misaki.user_id)
    with pytest.raises(ApprovalIsOver):
        decide(request_id=request.pk, approve=True, comment="", actor=boss, now=now)


def test_nobody_approves_their_own_not_even_through_a_deputy(rule, order, boss, misaki, yoshida, make_user, now):
    make_user("other", "all_customers")
    run = order(actor=boss)
    with pytest.raises(OwnRequest):
        yes(boss, now)
    appoint_deputy(user_id=boss.user_id, deputy_id=misaki.user_id, from_on=today(now), until_on=today(now), actor=boss, now=now)
    with pytest.raises(OwnRequest):
        yes(misaki, now)
    with pytest.raises(NotAllowed):
        yes(yoshida, now)
    assert ExportRun.rows.get(pk=run.pk).state == "waiting"


def test_a_deputy_decides_for_the_days_and_with_rights_of_their_own(rule, order, boss, make_user, yoshida, now):
    stand_in = rights.actor_of(make_user("deputy", "ec_lead", display_name="代理 花子"))
    day = today(now)
    with pytest.raises(Invalid):
        appoint_deputy(user_id=boss.user_id, deputy_id=boss.user_id, from_on=day, until_on=day, actor=boss, now=now)
    with pytest.raises(NotAllowed):
        appoint_deputy(user_id=boss.user_id, deputy_id=stand_in.user_id, from_on=day, until_on=day, actor=stand_in, now=now)
    row = appoint_deputy(user_id=boss.user_id, deputy_id=stand_in.user_id, from_on=day, until_on=day, actor=boss, now=now)
    run = order()
    assert (menu_count(stand_in), menu_count(yoshida)) == (1, 0)
    yes(stand_in, now)
    step = ApprovalRequest.rows.get().pk
    assert ApprovalStep.rows.values_list("decided_by_id", "stands_in_for_id").get(request_id=step) == (stand_in.user_id, boss.user_id)
    assert run_on(run.pk).state == "done"
    end_deputy(deputy_row_id=row, actor=boss, now=now)
    order()
    with pytest.raises(NotAllowed):
        yes(stand_in, now)


def test_the_approver_must_be_able_to_take_all_of_it_out_themselves(rule, order, boss, now):
    order()
    role = UserRole.rows.get(user_id=boss.user_id).role
    RoleGrant.rows.filter(role=role, object="customer", action="export").update(scope="own")
    with pytest.raises(ApproverLacksRight):
        yes(rights.actor_by_id(boss.user_id), now)
    Customer.rows.update(owner_id=boss.user_id)
    RoleLevel.rows.filter(role=role, privacy_class="personal").update(level=1)
    with pytest.raises(ApproverLacksRight):
        yes(rights.actor_by_id(boss.user_id), now)
    RoleLevel.rows.filter(role=role, privacy_class="personal").update(level=3)
    yes(rights.actor_by_id(boss.user_id), now)


def test_rights_of_the_maker_are_asked_for_again_after_the_yes(rule, order, boss, misaki, now):
    run = order()
    UserRole.rows.filter(user_id=misaki.user_id).delete()
    yes(boss, now)
    run = run_on(run.pk)
    assert (run.state, run.file) == ("failed", None)


def test_a_no_needs_a_word_and_ends_it(rule, order, boss, now):
    run = order()
    with pytest.raises(Invalid):
        decide(request_id=waiting().pk, approve=False, comment=" ", actor=boss, now=now)
    decide(request_id=waiting().pk, approve=False, comment="目的が曖昧です", actor=boss, now=now)
    run = ExportRun.rows.get(pk=run.pk)
    assert (run.state, run.failure) == ("failed", "承認されませんでした：目的が曖昧です")


def test_going_on_with_a_stopped_one_asks_again(rule, order, boss, misaki, now):
    run = order()
    stop_export(run_id=run.pk, actor=misaki, now=now)
    assert ApprovalRequest.rows.get().state == "cancelled"
    resume_export(run_id=run.pk, actor=misaki, now=now)
    assert run_on(run.pk).state == "waiting"
    yes(boss, now)
    assert run_on(run.pk).state == "done"


def test_a_request_is_taken_back_or_runs_out(rule, order, misaki, boss, now):
    run = order()
    with pytest.raises(NotFound):
        cancel_request(request_id=waiting().pk, actor=boss, now=now)
    cancel_request(request_id=waiting().pk, actor=misaki, now=now)
    assert ExportRun.rows.get(pk=run.pk).state == "stopped"
    later = order()
    with pytest.raises(ApprovalIsOver):
        yes(boss, now + timedelta(days=8))
    assert expire_requests(now=now + timedelta(days=8)) == 1
    assert ExportRun.rows.get(pk=later.pk).failure == "承認の期限が過ぎました。"
    assert Event.rows.filter(kind="approval.expired").exists()


def test_steps_are_decided_in_their_order(rule, order, boss, misaki, make_user, now):
    second = rights.actor_of(make_user("second", "ec_lead", display_name="社長"))
    rule(("role", Role.rows.get(key="all_customers").pk), ("person", second.user_id))
    run = order()
    with pytest.raises(NotAllowed):
        yes(second, now)
    yes(boss, now)
    assert ExportRun.rows.get(pk=run.pk).state == "waiting"
    yes(second, now)
    assert run_on(run.pk).state == "done"


def test_one_person_alone_is_asked_nothing_and_where_nobody_can_decide_it_says_so(rule, order, boss, misaki, now):
    User.rows.filter(pk=boss.user_id).update(is_active=False)
    assert "承認できる人がほかにいません" in order().failure
    User.rows.exclude(pk=misaki.user_id).update(is_active=False)
    assert order().state == "done"


def test_the_rule_is_a_setting_with_its_history(rule, admin_only, misaki, now):
    with pytest.raises(NotAllowed):
        change_rule(wish=RuleWish("export", False, 1, 7, ()), actor=misaki, now=now)
    with pytest.raises(Invalid):
        change_rule(wish=RuleWish("export", True, 1, 7, ()), actor=admin_only, now=now)
    with pytest.raises(NotFound):
        change_rule(wish=RuleWish("none", False, 1, 7, ()), actor=admin_only, now=now)
    rule(on=False)
    assert (True, False) in FieldChange.rows.filter(field="on").values_list("before", "after")


# ---- screens ------------------------------------------------------------------------------------------------


def test_the_pages_show_decide_and_take_back(rule, order, boss, misaki, yoshida, sign_in, now):
    order()
    pk, client = waiting().pk, sign_in(boss)
    home = client.get("/approvals/").content.decode()
    assert "顧客の書き出し（5人）" in home
    page = client.get(f"/approvals/{pk}/").content.decode()
    assert "承認する" in page
    assert client.post(f"/approvals/{pk}/", {"decision": "reject", "comment": ""}).status_code == 422
    assert sign_in(yoshida).get(f"/approvals/{pk}/").status_code == 404
    assert sign_in(misaki).post(f"/approvals/{pk}/", {"decision": "approve"}).status_code == 409
    assert "承認を待っています" in sign_in(misaki).get(f"/exports/{ExportRun.rows.get().pk}/").content.decode()
    assert client.post(f"/approvals/{pk}/", {"decision": "approve", "comment": "よい"}).status_code == 302
    assert "承認済み" in client.get("/approvals/?part=done").content.decode()
    assert "よい" in sign_in(misaki).get(f"/approvals/{pk}/").content.decode()
    again = order()
    sign_in(misaki).post(f"/approvals/{waiting().pk}/cancel/")
    assert ExportRun.rows.get(pk=again.pk).state == "stopped"


def test_deputies_and_rules_have_screens(rule, boss, misaki, admin_only, sign_in, now):
    client = sign_in(boss)
    day = today(now).isoformat()
    assert client.post("/approvals/deputies/", {"deputy_id": "", "from_on": day, "until_on": day}).status_code == 422
    assert client.post("/approvals/deputies/", {"deputy_id": misaki.user_id, "from_on": day, "until_on": day}).status_code == 302
    assert "いま代理中" in client.get("/approvals/").content.decode()
    admin = sign_in(admin_only)
    assert 'value="3"' in admin.get("/settings/approvals/").content.decode()
    role = Role.rows.get(key="all_customers").pk
    said = {"kind": "export", "on": "on", "threshold": "1000", "days": "5", "step_1": f"role:{role}", "step_2": "", "step_3": ""}
    assert admin.post("/settings/approvals/", said).status_code == 302
    assert admin.post("/settings/approvals/", said | {"step_1": ""}).status_code == 422
    assert client.get("/settings/approvals/").status_code == 403


def test_the_menu_says_nothing_where_approvals_are_not_used(misaki, misaki_client, organisation):
    assert menu_count(misaki) is None
    assert "承認" not in misaki_client.get("/customers/").content.decode()
