"""Ties between customers: who may tie whom, what the base refuses, and what each viewer sees."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from enishi.customers.actions.relation_rules import AlreadyRelated, GoesInACircle, OneAtATime
from enishi.customers.actions.relations import (
    Naming,
    Terms,
    change_relation,
    define_relation_type,
    relate_customers,
    remove_relation,
    rename_relation_type,
    retire_relation_type,
)
from enishi.customers.models import Customer, Relation, RelationType
from enishi.customers.queries.relations import candidates, household_ids, tie_of, ties_of, ways_of
from enishi.platform.actions.tokens import create_token
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange

TODAY = date(2026, 11, 22)


@pytest.fixture
def inn(make_customer):
    return make_customer(kind="company", name="旅館 白鷺荘", number="B-000001")


@pytest.fixture
def yuriko(make_customer):
    return make_customer(number="C-000501")


@pytest.fixture
def relate(misaki, now):
    def relate(source, target, kind="works_for", *, outward=True, **terms):
        first, second = (source, target) if outward else (target, source)
        return relate_customers(
            customer_id=first.pk, other_id=second.pk, kind=kind, outward=outward, terms=Terms(**terms), actor=misaki, now=now
        )

    return relate


def shown(actor, customer):
    """Label → names, of what goes on."""
    groups = ties_of(actor, customer.pk, today=TODAY).groups
    return {group.label: [tie.name for tie in group.ties] for group in groups}


def test_a_relation_is_read_from_both_ends_and_told_on_both_timelines(yuriko, inn, relate, misaki):
    relate(yuriko, inn, department="客室", title="女将")
    assert shown(misaki, yuriko) == {"所属先": ["旅館 白鷺荘"]}
    assert shown(misaki, inn) == {"先方担当者": ["齋藤 百合子"]}
    tie = ties_of(misaki, inn.pk, today=TODAY).groups[0].ties[0]
    assert (tie.post, tie.number, tie.outward) == ("客室 女将", "C-000501", False)
    assert set(Event.rows.filter(kind="customer.related").values_list("customer_id", flat=True)) == {yuriko.pk, inn.pk}


def test_it_can_be_written_from_the_company(yuriko, inn, relate, misaki):
    relate(yuriko, inn, outward=False, title="女将")
    assert Relation.rows.get().source_id == yuriko.pk


def test_one_person_belongs_to_several_companies_and_one_is_primary(yuriko, inn, relate, make_customer, misaki):
    union = make_customer(kind="company", name="金沢旅館組合", number="B-000002")
    relate(yuriko, inn, title="女将", is_primary=True)
    relate(yuriko, union, title="理事", is_primary=True)
    ties = ties_of(misaki, yuriko.pk, today=TODAY).groups[0].ties
    assert [(tie.name, tie.is_primary) for tie in ties] == [("金沢旅館組合", True), ("旅館 白鷺荘", False)]
    assert FieldChange.rows.filter(field="is_primary", before=True, after=False).exists()


@pytest.mark.parametrize(("kind", "problem"), [("works_for", "other"), ("household", "other"), ("nobody", "kind"), ("", "kind")])
def test_a_kind_ties_only_whom_it_is_for(inn, relate, make_customer, kind, problem):
    other = make_customer(kind="company", name="山﨑商店", number="B-000003")
    with pytest.raises(Invalid) as refusal:
        relate(inn, other, kind)
    assert list(refusal.value.fields) == [problem]


def test_nobody_is_tied_to_themselves(yuriko, relate):
    with pytest.raises(Invalid):
        relate(yuriko, yuriko, "referred")


def test_the_same_tie_goes_on_once_and_may_come_again_after_it_ended(yuriko, inn, relate):
    relate(yuriko, inn, from_on=date(2019, 4, 1), until_on=date(2022, 3, 31))
    relate(yuriko, inn, from_on=date(2024, 4, 1))
    with pytest.raises(AlreadyRelated):
        relate(yuriko, inn)


def test_a_second_household_is_refused_by_word_and_by_the_base(yuriko, relate, make_customer):
    ken, aoi = make_customer(name="齋藤 健一郎"), make_customer(name="齋藤 葵")
    relate(yuriko, ken, "household", title="妻")
    with pytest.raises(OneAtATime):
        relate(yuriko, aoi, "household")
    with pytest.raises(IntegrityError), transaction.atomic():
        Relation.rows.create(source=yuriko, target=aoi, kind="household", one_at_a_time=True)


def test_company_groups_form_no_circle(inn, relate, make_customer):
    branch = make_customer(kind="company", name="白鷺荘 湯涌支店", number="B-000004")
    counter = make_customer(kind="company", name="白鷺荘 売店", number="B-000005")
    relate(branch, inn, "group")
    relate(counter, branch, "group")
    with pytest.raises(GoesInACircle):
        relate(inn, counter, "group")


def test_a_household_is_seen_whole_by_each_of_its_members(yuriko, relate, make_customer, misaki):
    ken, aoi = make_customer(name="齋藤 健一郎"), make_customer(name="齋藤 葵")
    relate(yuriko, ken, "household", title="妻")
    relate(aoi, ken, "household", title="長女")
    assert shown(misaki, aoi) == {"世帯主": ["齋藤 健一郎"], "家族": ["齋藤 百合子"]}
    assert shown(misaki, ken) == {"家族": ["齋藤 百合子", "齋藤 葵"]}
    everybody = sorted([yuriko.pk, ken.pk, aoi.pk])
    assert [household_ids(misaki, one.pk, today=TODAY) for one in (yuriko, ken, aoi)] == [everybody] * 3


def test_a_relation_ends_by_its_last_day(yuriko, inn, relate, misaki, now):
    relation = relate(yuriko, inn, title="女将", from_on=date(2019, 4, 1))
    change_relation(
        customer_id=yuriko.pk,
        relation_id=relation,
        terms=Terms(title="女将", from_on=date(2019, 4, 1), until_on=date(2026, 11, 21)),
        actor=misaki,
        now=now,
    )
    ties = ties_of(misaki, yuriko.pk, today=TODAY)
    assert not ties.groups
    assert ties.past[0].ties[0].period == "2019/04/01〜2026/11/21"
    assert ties_of(misaki, yuriko.pk, today=date(2026, 11, 21)).groups


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        (Terms(title="あ" * 81), "title"),
        (Terms(from_on=date(2026, 1, 2), until_on=date(2026, 1, 1)), "until_on"),
        (Terms(is_primary=True, until_on=date(2026, 1, 1)), "is_primary"),
    ],
)
def test_terms_that_cannot_be_are_told_beside_their_field(yuriko, inn, misaki, now, terms, problem):
    with pytest.raises(Invalid) as refusal:
        relate_customers(customer_id=yuriko.pk, other_id=inn.pk, kind="works_for", outward=True, terms=terms, actor=misaki, now=now)
    assert list(refusal.value.fields) == [problem]


def test_saving_without_a_change_leaves_no_trace(yuriko, inn, relate, misaki, now):
    relation = relate(yuriko, inn, title="女将")
    change_relation(customer_id=inn.pk, relation_id=relation, terms=Terms(title="女将"), actor=misaki, now=now)
    assert not Event.rows.filter(kind="customer.relation_changed").exists()


def test_a_mistake_is_taken_away_and_stays_in_the_history(yuriko, inn, relate, misaki, now):
    relation = relate(yuriko, inn, title="女将")
    remove_relation(customer_id=inn.pk, relation_id=relation, actor=misaki, now=now)
    assert not Relation.rows.exists()
    assert FieldChange.rows.filter(object_id=relation, field="title", before="女将", after__isnull=True).exists()


def test_the_other_end_must_be_in_sight_and_hidden_ends_do_not_exist(yuriko, inn, relate, yoshida, now):
    Customer.rows.filter(pk=yuriko.pk).update(owner_id=yoshida.user_id)
    with pytest.raises(NotFound):
        relate_customers(customer_id=yuriko.pk, other_id=inn.pk, kind="works_for", outward=True, terms=Terms(), actor=yoshida, now=now)
    relation = relate(yuriko, inn, title="女将")
    assert ties_of(yoshida, yuriko.pk, today=TODAY).groups == ()
    with pytest.raises(NotFound):
        tie_of(yoshida, yuriko.pk, relation, today=TODAY)
    with pytest.raises(NotFound):
        remove_relation(customer_id=yuriko.pk, relation_id=relation, actor=yoshida, now=now)


def test_a_relation_of_others_cannot_be_reached_through_ones_own_customer(yuriko, inn, relate, make_customer, misaki, now):
    relation = relate(yuriko, inn)
    with pytest.raises(NotFound):
        change_relation(customer_id=make_customer().pk, relation_id=relation, terms=Terms(title="X"), actor=misaki, now=now)


def test_who_does_not_read_names_sees_them_masked(yuriko, inn, relate, hayashi, yanaka):
    Customer.rows.update(team=yanaka)
    relate(yuriko, inn, title="女将")
    tie = ties_of(hayashi, inn.pk, today=TODAY).groups[0].ties[0]
    assert "女将" not in tie.post
    assert "百合子" not in tie.name


def test_ties_cost_the_same_queries_however_many(yuriko, inn, relate, misaki, make_customer, django_assert_max_num_queries):
    for n in range(12):
        relate(make_customer(name=f"担当 {n}"), inn)
    with django_assert_max_num_queries(7):
        ties_of(misaki, inn.pk, today=TODAY)


def test_candidates_are_of_the_kind_in_sight_and_never_oneself(yuriko, inn, misaki, make_customer):
    make_customer(name="白鷺 太郎")
    found = candidates(misaki, "白鷺", kind="company", besides=yuriko.pk)
    assert [row.name for row in found] == ["旅館 白鷺荘"]
    assert candidates(misaki, "百合子", kind="", besides=yuriko.pk) == []
    assert candidates(misaki, "　", kind="", besides=yuriko.pk) == []


# ---- kinds of the company's own -----------------------------------------------------------------------------------

ADVISER = Naming("顧問", "顧問先", "顧問", "person", "company")


def test_a_company_adds_a_kind_named_from_both_ends(yuriko, inn, relate, make_user, misaki, now):
    from enishi.platform.rights import actor_of

    admin = actor_of(make_user("root", "admin"))
    define_relation_type(naming=ADVISER, actor=admin, now=now)
    kind = RelationType.rows.get()
    assert "顧問先" in [way.label for way in ways_of("person")]
    assert "顧問" in [way.label for way in ways_of("company")]
    relate(yuriko, inn, kind.code)
    rename_relation_type(type_id=kind.pk, naming=Naming("相談役", "相談を受ける先", "相談役"), actor=admin, now=now)
    assert shown(misaki, yuriko) == {"相談を受ける先": ["旅館 白鷺荘"]}
    retire_relation_type(type_id=kind.pk, retired=True, actor=admin, now=now)
    assert shown(misaki, yuriko) == {"相談を受ける先": ["旅館 白鷺荘"]}
    with pytest.raises(Invalid):
        relate(yuriko, inn, kind.code)


def test_names_of_kinds_differ_and_only_the_administrator_defines_them(make_user, misaki, now):
    from enishi.platform.rights import actor_of

    admin = actor_of(make_user("root", "admin"))
    with pytest.raises(NotAllowed):
        define_relation_type(naming=ADVISER, actor=misaki, now=now)
    with pytest.raises(Invalid):
        define_relation_type(naming=Naming("所属", "a", "b"), actor=admin, now=now)
    with pytest.raises(Invalid) as refusal:
        define_relation_type(naming=Naming("", "あ" * 21, "b", "alien"), actor=admin, now=now)
    assert set(refusal.value.fields) == {"name", "target_label", "source_kind"}


# ---- screens ------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(misaki_user) -> Client:
    client = Client()
    client.force_login(misaki_user, backend="enishi.platform.signin.ActiveUserBackend")
    return client


def test_the_dialog_ties_and_keeps_what_was_typed_when_it_refuses(client, yuriko, inn):
    url = reverse("customers:relation-new", args=[yuriko.number])
    assert "所属先" in client.get(url).content.decode()
    refused = client.post(url, {"way": "works_for:out", "q": "白鷺", "title": "女将", "until_on": "2026/2/30", "other": inn.pk})
    assert refused.status_code == 422
    assert "女将" in (text := refused.content.decode())
    assert "旅館 白鷺荘" in text
    done = client.post(url, {"way": "works_for:out", "title": "女将", "other": inn.pk})
    assert done["Location"] == reverse("customers:record", args=[yuriko.number])
    page = client.get(done["Location"]).content.decode()
    assert "旅館 白鷺荘" in page


def test_a_relation_needs_somebody_at_the_other_end(client, yuriko):
    refused = client.post(reverse("customers:relation-new", args=[yuriko.number]), {"way": "works_for:out"})
    assert "相手を選んでください。" in refused.content.decode()


def test_the_other_end_is_offered_while_typing(client, yuriko, inn):
    found = client.get(reverse("customers:relation-candidates", args=[yuriko.number]), {"way": "works_for:out", "q": "白鷺"})
    assert f'value="{inn.pk}"' in found.content.decode()


def test_the_dialog_of_one_relation_changes_and_removes_it(client, yuriko, inn, relate):
    relation = relate(yuriko, inn, title="女将")
    url = reverse("customers:relation", args=[yuriko.number, relation])
    assert "女将" in client.get(url).content.decode()
    client.post(url, {"title": "大女将"})
    assert Relation.rows.get().title == "大女将"
    client.post(reverse("customers:relation-remove", args=[yuriko.number, relation]))
    assert not Relation.rows.exists()


def test_the_settings_page_adds_renames_and_retires(make_user, now):
    client = Client()
    client.force_login(make_user("root", "admin"), backend="enishi.platform.signin.ActiveUserBackend")
    url = reverse("customers:relation-types")
    assert client.post(url, {"name": "所属", "target_label": "先", "source_label": "元"}).status_code == 422
    client.post(url, {"name": "顧問", "target_label": "顧問先", "source_label": "顧問", "source_kind": "person", "target_kind": "company"})
    kind = RelationType.rows.get()
    client.post(reverse("customers:relation-type", args=[kind.pk]), {"name": "相談役", "target_label": "先", "source_label": "相談役"})
    client.post(reverse("customers:relation-type-retire", args=[kind.pk]), {"retired": "1"})
    kind.refresh_from_db()
    assert (kind.name, kind.source_kind, kind.retired_at is not None) == ("相談役", "person", True)
    assert "使用停止" in client.get(url).content.decode()


# ---- API ----------------------------------------------------------------------------------------------------------


def test_the_api_ties_reads_ends_and_removes(misaki, yuriko, inn, now):
    token = create_token(name="自社EC", read_only=False, actor=misaki, now=now).token

    def call(method: str, path: str, **body: object):
        headers = {"Authorization": f"Bearer {token}"}
        data = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        return Client().generic(method, f"/api/v1/customers/{path}", headers=headers, **data)

    made = call("POST", "C-000501/relations", kind="works_for", other="B-000001", title="女将")
    assert (made.status_code, made.json()["number"], made.json()["title"]) == (201, "B-000001", "女将")
    again = call("POST", "C-000501/relations", kind="works_for", other="B-000001")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "relation.already_there")
    place = f"B-000001/relations/{made.json()['id']}"
    assert call("PUT", place, until_on="2026-03-31").json()["until_on"] == "2026-03-31"
    assert [row["number"] for row in call("GET", "B-000001/relations").json()["items"]] == ["C-000501"]
    assert call("DELETE", place).status_code == 204
    assert call("DELETE", place).status_code == 404
