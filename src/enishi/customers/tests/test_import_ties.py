"""Columns of a file that tie its customers to others: found by any key, held to the rules of the screen, taken back whole."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from enishi.customers.actions.relations import Naming, Terms, change_relation, define_relation_type, relate_customers
from enishi.customers.importing.columns import guess_columns
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS
from enishi.customers.imports import running, staged
from enishi.customers.imports.people import target
from enishi.customers.imports.people.companies import company_ids
from enishi.customers.imports.people.ties import unseen
from enishi.customers.models import Customer, Identity, ImportRow, ImportRun, Relation
from enishi.customers.tests.import_files import answered, base, begun, checked, csv, imported, messages_of, undone
from enishi.customers.tests.import_files import staged as staged_file
from enishi.platform.japanese.company import company_key
from enishi.platform.models import Event

PEOPLE = "会員番号,氏名,所属会社,部署,役職"
TIES = "会員番号,関係の種類,関係の相手,続柄,関係の開始日,関係の終了日"
BASE = (Customer, Identity, Relation)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def inn(make_customer, now):
    made = make_customer(kind="company", name="株式会社 白鷺荘", number="B-000901", email="front@shirasagi.example.jp")
    Identity.rows.create(customer=made, kind="member", value="K-77", created_at=now)
    Identity.rows.create(customer=made, kind="email", value="front@shirasagi.example.jp", created_at=now)
    Identity.rows.create(customer=made, kind="phone", value="+81762620001", created_at=now)
    return made


@pytest.fixture
def people(make_customer, now):
    """Three customers with member numbers M1 to M3."""
    made = []
    for place, name in enumerate(("齋藤 健一郎", "齋藤 百合子", "齋藤 葵"), start=1):
        person = make_customer(name=name)
        Identity.rows.create(customer=person, kind="member", value=f"M{place}", created_at=now)
        made.append(person)
    return made


def ties():
    rows = Relation.rows.order_by("pk").select_related("source", "target")
    return [(row.source.name, row.kind, row.target.name) for row in rows]


@pytest.mark.parametrize(
    "key", ["B-000901", "ｂ-000901", "K-77", "Front@Shirasagi.example.jp", "076-262-0001", "白鷺荘(株)", "㈱白鷺荘", "株式会社 白鷺荘"]
)
def test_a_company_is_found_by_whatever_is_its_own_alone(inn, key):
    run = imported(csv(f"M001,田中 千夏,{key},客室,主任", headings=PEOPLE))
    assert (run.created_count, run.rejected_count) == (1, 0)
    tie = Relation.rows.get()
    assert (tie.source.name, tie.target_id, tie.department, tie.title, tie.is_primary) == ("田中 千夏", inn.pk, "客室", "主任", True)


def test_nobody_and_several_stop_the_row_and_say_who(inn, make_customer):
    make_customer(kind="company", name="白鷺荘 株式会社", number="B-000902")
    run = imported(csv("M001,田中 千夏,白鷺荘,,", "M002,佐藤 誠,山﨑商店,,", "M003,鈴木 翔,K-77,,", headings=PEOPLE))
    assert (run.created_count, run.rejected_count) == (1, 2)
    several, nobody = messages_of(run)
    assert all(number in several for number in ("B-000901", "B-000902"))
    assert "山﨑商店" in nobody
    assert not Customer.rows.filter(name__in=["田中 千夏", "佐藤 誠"]).exists()


def test_a_person_is_never_tied_by_a_name(people):
    run = imported(csv("M9,齋藤 圭,齋藤 健一郎", headings="会員番号,氏名,世帯主番号"))
    assert "見つかりません" in messages_of(run)[0]


def test_a_row_may_name_somebody_below_it(make_customer):
    lines = ["M1,店員 一郎,個人,㈱縁日堂 本店,", "K2,縁日堂本店株式会社,法人,,K1", "K1,縁日堂ホールディングス株式会社,法人,,"]
    run = imported(csv(*lines, headings="会員番号,氏名,個人法人,所属会社,親会社番号"))
    assert (run.created_count, messages_of(run)) == (3, [])
    assert set(ties()) == {
        ("店員 一郎", "works_for", "縁日堂本店株式会社"),
        ("縁日堂本店株式会社", "group", "縁日堂ホールディングス株式会社"),
    }


def test_those_below_come_first_also_over_the_chunks(monkeypatch):
    monkeypatch.setattr(staged.read_chunk, "__kwdefaults__", {"group_column": None, "size": 2})
    lines = [*(f"M{n},店員 {n},個人,K{n % 3}" for n in range(7)), *(f"K{n},旅館 {n},法人," for n in range(3))]
    run = imported(csv(*lines, headings="会員番号,氏名,個人法人,所属会社番号"))
    assert (run.created_count, messages_of(run)) == (10, [])
    assert Relation.rows.count() == 7
    numbers = list(ImportRow.rows.filter(run=run).order_by("position").values_list("row_no", flat=True))
    assert (numbers[:3], sorted(numbers)) == ([9, 10, 11], list(range(2, 12)))


def test_two_rows_may_name_each_other(people):
    run = imported(csv("A1,山田 太郎,A2,", "A2,山田 花子,,A1", headings="会員番号,氏名,紹介者番号,世帯主番号"))
    assert messages_of(run) == []
    assert set(ties()) == {("山田 太郎", "referred", "山田 花子"), ("山田 花子", "household", "山田 太郎")}


def test_who_falls_away_takes_those_along_who_name_them(people):
    run = imported(csv("A1,山田 太郎,A2", "A2,山田 花子,nobody", "A3,山田 葵,M1", headings="会員番号,氏名,紹介者番号"))
    assert (run.created_count, run.rejected_count) == (1, 2)
    assert ties() == [("山田 葵", "referred", "齋藤 健一郎")]
    assert "「A2」は3行目の顧客ですが、その行を取り込めません" in messages_of(run)[0]


def test_a_long_chain_falls_at_once(monkeypatch):
    planned = []
    real = target.plan_rows
    monkeypatch.setattr(target, "plan_rows", lambda *args, **more: planned.append(1) or real(*args, **more))
    lines = [f"A{n},山田 {n},A{n + 1}" for n in range(50)]
    run = imported(csv(*lines, "B1,佐藤 誠,", headings="会員番号,氏名,紹介者番号"))
    assert (run.created_count, run.rejected_count, len(planned)) == (1, 50, 2)
    assert messages_of(run)[0].startswith("「A1」は3行目の顧客ですが")
    assert "見つかりません" in messages_of(run)[49]


def test_who_stands_in_another_row_too_does_not_fall(people):
    lines = ["A1,山田 太郎,A2", "A2,山田 花子,nobody", "A2,山田 花子,"]
    run = imported(csv(*lines, headings="会員番号,氏名,紹介者番号"))
    assert (run.created_count, run.rejected_count) == (2, 1)
    assert ties() == [("山田 太郎", "referred", "山田 花子")]


def test_a_file_of_relations_alone(people, inn):
    lines = ["M2,世帯,M1,妻,,", "M3,世帯主,M1,長女,,", "M1,所属,B-000901,,2019/4/1,2022/3/31", "M1,紹介された人,M3,,,"]
    run = imported(csv(*lines, headings=TIES))
    assert (run.updated_count, messages_of(run)) == (4, [])
    assert ("齋藤 葵", "referred", "齋藤 健一郎") in ties()
    job = Relation.rows.get(kind="works_for")
    assert (job.from_on, job.until_on, job.is_primary) == (date(2019, 4, 1), date(2022, 3, 31), False)
    assert Relation.rows.get(source=people[1]).title == "妻"


def test_the_same_file_twice_adds_nothing(people, inn):
    lines = ["M2,世帯,M1,妻,,", "M1,所属,B-000901,,2019/4/1,2022/3/31", "M1,所属,B-000901,,2024/4/1,"]
    imported(csv(*lines, headings=TIES))
    again = imported(csv(*lines, headings=TIES))
    assert (again.unchanged_count, Relation.rows.count()) == (3, 3)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["M2,世帯,M1,,,", "M2,世帯,M3,,,"], "同時に1つだけ"),
        (["M2,世帯,M1,,,", "M1,世帯,M3,,,", "M3,世帯,M2,,,"], "輪になります"),
        (["M1,世帯,B-000901,,,"], "この相手を選べません"),
        (["M1,紹介,M1,,,"], "本人とは"),
        (["M1,上司,M2,,,"], "関係の種類として読めません（上司）。所属・世帯・グループ・紹介のどれか"),
        (["M1,,M2,,,"], "関係の種類がありません"),
        (["M1,紹介,M2,,2026/2/1,2026/1/1"], "より前の日"),
        ([f"M1,紹介,M2,{'あ' * 81},,"], "80文字以内"),
    ],
)
def test_what_the_form_refuses_is_refused_at_the_row(people, inn, lines, said):
    dry = checked(answered(staged_file(csv(*lines, headings=TIES)))).report
    run = imported(csv(*lines, headings=TIES))
    assert (run.rejected_count, dry["check"]["rejected_count"]) == (1, 1)
    assert said in messages_of(run)[0]
    assert said in dry["rejected"][0]["messages"][0]["text"]
    assert Relation.rows.count() == len(lines) - 1


def test_the_head_of_a_household_may_stand_in_the_own_row(people):
    run = imported(csv("M1,M1", "M2,M1", headings="会員番号,世帯主番号"))
    assert messages_of(run) == []
    assert ties() == [("齋藤 百合子", "household", "齋藤 健一郎")]


def test_an_archived_customer_is_nobody_to_be_tied_to(people, inn, now):
    Customer.rows.filter(pk=inn.pk).update(archived_at=now)
    run = imported(csv("M1,所属,K-77,,,", headings=TIES))
    assert "ごみ箱" in messages_of(run)[0]


def test_empty_cells_keep_and_filled_ones_fill(people, inn, misaki, now):
    relate_customers(
        customer_id=people[0].pk, other_id=inn.pk, kind="works_for", outward=True, terms=Terms(title="女将"), actor=misaki, now=now
    )
    headings = "会員番号,所属会社番号,部署,役職"
    assert imported(csv("M1,,営業,部長", headings=headings)).unchanged_count == 1
    imported(csv("M1,K-77,客室,部長", headings=headings))
    assert list(Relation.rows.values_list("department", "title")) == [("客室", "女将")]
    imported(csv("M1,K-77,,部長", headings=headings), existing="overwrite")
    assert list(Relation.rows.values_list("department", "title")) == [("客室", "部長")]


def test_a_dated_change_ends_the_employment_so_far(people, inn, make_customer):
    make_customer(kind="company", name="山﨑商店", number="B-000903")
    imported(csv("M1,所属,K-77,,2019/4/1,", headings=TIES))
    imported(csv("M1,所属,B-000903,,2026/4/1,", headings=TIES), existing="overwrite")
    rows = Relation.rows.order_by("pk").values_list("target__name", "is_primary", "from_on", "until_on")
    assert list(rows) == [
        ("株式会社 白鷺荘", False, date(2019, 4, 1), date(2026, 3, 31)),
        ("山﨑商店", True, date(2026, 4, 1), None),
    ]
    late = imported(csv("M1,所属,K-77,,2026/1/1,", headings=TIES), existing="overwrite")
    assert "より前" in messages_of(late)[0]


def test_without_overwriting_a_second_employment_stands_beside_the_first(people, inn, make_customer):
    make_customer(kind="company", name="山﨑商店", number="B-000903")
    imported(csv("M1,所属,K-77,,2019/4/1,", headings=TIES))
    imported(csv("M1,所属,B-000903,,2026/4/1,", headings=TIES))
    assert list(Relation.rows.order_by("pk").values_list("is_primary", "until_on")) == [(True, None), (False, None)]


def test_a_household_changes_by_a_dated_row_alone(people):
    imported(csv("M3,世帯,M1,長女,,", headings=TIES))
    assert imported(csv("M3,世帯,M2,,,", headings=TIES), existing="overwrite").rejected_count == 1
    assert imported(csv("M3,世帯,M2,,2026/4/1,", headings=TIES)).rejected_count == 1
    assert imported(csv("M3,世帯,M2,,2026/4/1,", headings=TIES), existing="overwrite").updated_count == 1
    assert list(Relation.rows.order_by("pk").values_list("until_on", flat=True)) == [date(2026, 3, 31), None]


def test_kinds_of_the_companys_own_are_columns_at_both_ends(people, inn, admin_only, now):
    define_relation_type(naming=Naming("顧問契約", "顧問先", "顧問"), actor=admin_only, now=now)
    run = imported(csv("M1,K-77", headings="会員番号,顧問先"))
    assert run.updated_count == 1
    assert ties()[0][::2] == ("齋藤 健一郎", "株式会社 白鷺荘")
    imported(csv("B-000901,M2", headings="顧客番号,顧問"))
    assert ties()[1][::2] == ("齋藤 百合子", "株式会社 白鷺荘")


def test_who_is_out_of_sight_does_not_exist(people, inn, yoshida):
    Customer.rows.filter(pk=people[0].pk).update(owner_id=yoshida.user_id)
    Customer.rows.filter(pk=people[1].pk).update(owner_id=yoshida.user_id)
    assert unseen([people[0].pk, inn.pk], yoshida) == {inn.pk}


def test_it_is_told_on_both_timelines(people, inn):
    run = imported(csv("M1,所属,K-77,,,", headings=TIES))
    told = Event.rows.filter(kind="customer.related")
    assert set(told.values_list("customer_id", flat=True)) == {people[0].pk, inn.pk}
    assert {data["run"] for data in told.values_list("data", flat=True)} == {run.pk}


def test_undo_takes_the_ties_back_and_lets_the_old_ones_go_on(people, inn, make_customer):
    make_customer(kind="company", name="山﨑商店", number="B-000903")
    imported(csv("M1,所属,K-77,部長,2019/4/1,", "M2,世帯,M1,,,", headings=TIES))
    before = base(*BASE)
    lines = ["M1,所属,B-000903,社長,2026/4/1,", "M2,世帯,M1,妻,,", "M3,世帯,M1,,,"]
    run = imported(csv(*lines, headings=TIES), existing="overwrite")
    assert base(*BASE) != before
    undo = undone(run)
    assert (undo.restored_count, undo.kept_count) == (3, 0)
    assert base(*BASE) == before


def test_undo_removes_whom_the_import_made_with_their_ties(inn):
    before = base(*BASE)
    run = imported(csv("M1,田中 千夏,K-77,,", "M2,佐藤 誠,K-77,,", headings=PEOPLE))
    assert undone(run).removed_count == 2
    assert base(*BASE) == before


def test_a_tie_that_somebody_changed_since_stays(people, inn, misaki, now):
    run = imported(csv("M1,所属,K-77,,,", "M2,所属,K-77,,,", headings=TIES))
    kept = Relation.rows.get(source=people[0])
    change_relation(customer_id=people[0].pk, relation_id=kept.pk, terms=Terms(title="部長", is_primary=True), actor=misaki, now=now)
    undone(run)
    assert list(Relation.rows.values_list("pk", flat=True)) == [kept.pk]


def test_somebody_tied_by_hand_since_is_not_taken_back(inn, misaki, now):
    run = imported(csv("M1,田中 千夏,,,", "M2,佐藤 誠,,,", headings=PEOPLE))
    chinatsu = Customer.rows.get(name="田中 千夏")
    relate_customers(customer_id=chinatsu.pk, other_id=inn.pk, kind="works_for", outward=True, terms=Terms(), actor=misaki, now=now)
    undo = undone(run)
    assert (undo.removed_count, undo.kept_count) == (1, 1)


def test_headings_of_keys_are_known_and_those_of_names_left_alone():
    def guess(*header):
        return [found.field for found in guess_columns(header, [], CUSTOMER_FIELDS)]

    assert guess("会員番号", "氏名", "所属会社", "世帯主番号", "続柄", "親会社番号", "紹介者会員番号") == [
        "member_number",
        "name",
        "tie_works_for",
        "tie_household",
        "kinship",
        "tie_group",
        "tie_referred",
    ]
    assert guess("顧客番号", "関係の種類", "関係の相手", "関係の開始日", "関係の終了日")[1:] == [
        "tie_kind",
        "tie_other",
        "tie_from_on",
        "tie_until_on",
    ]
    assert guess("氏名", "紹介者", "紹介者氏名", "世帯主氏名")[1:] == [None, None, None]


class Killed(BaseException):
    pass


def test_the_ties_of_a_killed_run_are_those_of_an_undisturbed_one(monkeypatch):
    monkeypatch.setitem(staged.read_chunk.__kwdefaults__, "size", 3)
    people = [f"M{n},店員 {n},個人,{'K1' if n % 4 else '山﨑商店'},{f'M{n - 1}' if n % 5 == 1 else ''}" for n in range(10)]
    data = csv(*people, "K1,縁日堂株式会社,法人,,", "K2,㈱山﨑商店,法人,,", headings="会員番号,氏名,個人法人,所属会社,世帯主番号")
    with transaction.atomic():
        imported(data)
        wanted = sorted(ties())
        transaction.set_rollback(True)
    run = begun(answered(staged_file(data)))
    settle, kills = staged.settle, 0

    def dying(*args):
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return settle(*args)

    while run.state != "done":
        calls: list[object] = []
        with monkeypatch.context() as patch:
            patch.setattr(staged, "settle", dying)
            try:
                list(running.run_stretch(run.pk))
            except Killed:
                kills += 1
                ImportRun.rows.filter(pk=run.pk).update(lease_until=None)
        run.refresh_from_db()
    assert kills >= 3
    assert sorted(ties()) == wanted
    assert len(wanted) == 12


def test_names_are_read_once_and_then_where_companies_came_or_changed(inn, make_customer, django_assert_num_queries):
    assert company_ids(7, {"白鷺荘"}) == {inn.pk}
    shop = make_customer(kind="company", name="㈱山﨑商店", number="B-000904")
    with django_assert_num_queries(2):
        assert company_ids(7, {"白鷺荘", company_key("山﨑商店")}) == {inn.pk, shop.pk}
    Customer.rows.filter(pk=inn.pk).update(name="料亭 白鷺")
    assert company_ids(7, {company_key("料亭 白鷺")}) == {inn.pk}
    assert "見つかりません" in messages_of(imported(csv("M001,田中 千夏,白鷺荘,,", headings=PEOPLE)))[0]


def test_a_file_without_such_columns_asks_nothing_more(people):
    run = begun(answered(staged_file(csv("M1,齋藤 健一郎", headings="会員番号,氏名"))))
    assert running.recipe_of(run).extras == {}
