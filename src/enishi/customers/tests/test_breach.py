"""漏えい時支援 and 閲覧履歴: whose data was seen, exactly. Row 1 of the duties of security.md 3.1."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from enishi.customers import breach
from enishi.customers.breach import Leak
from enishi.customers.models import Activity, Customer, CustomerAlias
from enishi.customers.queries.looks import looks_at
from enishi.customers.queries.record import customer_record
from enishi.customers.tests import factories
from enishi.platform import rights, views_log
from enishi.platform.actions.audit_files import fetch_audit_file, order_audit_file, run_on
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import AuditFile, RoleGrant, Team, ViewLog
from enishi.platform.numbers import take_numbers


@pytest.fixture
def auditor(make_user):
    return rights.actor_of(make_user("auditor", "admin", "all_customers", display_name="監査 太郎"))


@pytest.fixture
def thief(make_user):
    """An account that was taken over."""
    return rights.actor_of(make_user("thief", "support", display_name="乗っ取られた人"))


@pytest.fixture
def many(organisation, now):
    """1,200 customers."""
    numbers = take_numbers("C", 1_200)
    Customer.rows.bulk_create(
        [Customer(number=number, kind="person", name=f"人 {number}", created_at=now, sort_kana="", name_grams=[]) for number in numbers]
    )
    return list(Customer.rows.filter(number__in=numbers).order_by("pk"))


def listed(actor, leak, now):
    """The numbers in the file of affected people, and its lines."""
    file_id = order_audit_file(kind="affected", wishes=leak.as_json(), file_format="csv", reason="漏えいの調査", actor=actor, now=now)
    while run_on(file_id, seconds=-1):
        pass
    assert AuditFile.rows.get(pk=file_id).state == "done", AuditFile.rows.get(pk=file_id).failure
    path = fetch_audit_file(file_id=file_id, actor=actor, now=now).path
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    return [row[0] for row in rows[1:]], rows


def test_a_planted_breach_of_1001_people_gives_the_exact_list(many, thief, misaki, auditor, now, monkeypatch):
    """Seen in lists, by the page, through a note and as somebody who was merged since; and what must not be counted: looks before
    and after, and of others."""
    leak = Leak(now, now + timedelta(hours=1), actor_id=thief.user_id)
    at = now

    def look(actor, model, ids, *, after=timedelta(0)):
        monkeypatch.setattr("enishi.platform.views_log.time.now", lambda: at + after)
        assert views_log.record(actor, model, ids, columns=("name", "phone"))

    ids = [customer.pk for customer in many]
    for start in range(0, 950, 50):
        look(thief, Customer, ids[start : start + 50])
    look(thief, Customer, ids[900:999], after=timedelta(minutes=30))  # some of them again
    note = Activity.rows.create(customer=many[999], kind="note", text="体調について", at=now, author_id=misaki.user_id)
    look(thief, Activity, [note.pk], after=timedelta(minutes=59))
    old = many[1_000]
    CustomerAlias.rows.create(old_id=10**9, number="C-999999", current=old, merged_at=now)
    look(thief, Customer, [10**9], after=timedelta(minutes=1))
    look(thief, Customer, ids[1_010:1_020], after=-timedelta(seconds=1))
    look(thief, Customer, ids[1_020:1_030], after=timedelta(hours=1))
    look(misaki, Customer, ids[1_030:1_100])
    monkeypatch.undo()

    expected = sorted(customer.number for customer in many[:1_001])
    numbers, rows = listed(auditor, leak, now)
    assert (len(numbers), sorted(numbers)) == (1_001, expected)
    extent = breach.extent(auditor, leak)
    assert (extent.people, extent.is_many, [one.name for one in extent.by]) == (1_001, True, ["乗っ取られた人"])
    assert {(c.label, c.people) for c in extent.columns} >= {("電話番号", 1_000)}
    assert "3. 本人の数：1,001人" in extent.draft
    twice = next(row for row in rows if row[0] == many[930].number)
    assert (twice[1], twice[8]) == (many[930].name, "2")


def test_a_leaked_token_is_asked_for_by_itself(many, misaki, auditor, now):
    token = replace(misaki, kind="token", token_id=77)
    views_log.record(token, Customer, [many[0].pk])
    views_log.record(misaki, Customer, [many[1].pk])
    leak = Leak(now - timedelta(hours=1), now + timedelta(hours=1), token_id=77)
    assert listed(auditor, leak, now)[0] == [many[0].number]
    assert breach.extent(auditor, leak).untold_looks == 1


def test_whom_the_investigator_may_not_see_is_a_number_alone(many, thief, admin_only, now):
    views_log.record(thief, Customer, [many[0].pk])
    numbers, rows = listed(admin_only, Leak(now - timedelta(hours=1), now + timedelta(hours=1)), now)
    assert (numbers, rows[1][1:6]) == ([many[0].number], [""] * 5)


def test_a_name_is_told_of_whom_the_investigator_sees(many, thief, auditor, now):
    views_log.record(thief, Customer, [many[0].pk])
    leak = Leak(now - timedelta(hours=1), now + timedelta(hours=1)).as_json()
    sees_nobody = replace(auditor, grants={right: width for right, width in auditor.grants.items() if right != ("customer", "read")})
    for actor, is_told in ((auditor, True), (sees_nobody, False)):
        ((number, name, *_rest),) = breach._rows(actor, leak, "", 10)[0]
        assert (number, bool(name)) == (many[0].number, is_told)


def test_the_page_asks_and_answers(many, thief, auditor, sign_in, now):
    client = sign_in(auditor)
    assert client.get("/customers/leak/").status_code == 200
    asked = {"since": "2026-11-22T00:00", "until": "2026-11-23T00:00", "actor_id": thief.user_id, "token_id": ""}
    assert "だれの個人情報も見られていません" in client.get("/customers/leak/", asked).content.decode()
    views_log.record(thief, Customer, [c.pk for c in many[:3]], columns=("name",))
    page = client.get("/customers/leak/", asked).content.decode()
    assert "3人の一覧を書き出す" in page
    assert client.get("/customers/leak/", asked | {"until": "2026-11-21T00:00"}).status_code == 422
    assert "一覧を書き出す" in client.get("/customers/leak/file/", asked).content.decode()
    assert client.post("/customers/leak/file/", asked | {"format": "csv", "reason": ""}).status_code == 422
    answer = client.post("/customers/leak/file/", asked | {"format": "csv", "reason": "漏えいの調査"})
    assert answer.headers["Location"] == f"/settings/audit/files/{AuditFile.rows.get().pk}/"
    assert AuditFile.rows.get().kind == "affected"


def test_who_may_not_read_the_audit_investigates_nothing(many, yoshida, now):
    with pytest.raises(NotAllowed):
        breach.extent(yoshida, Leak(now - timedelta(hours=1), now))
    with pytest.raises(NotAllowed):
        order_audit_file(kind="affected", wishes=Leak(now, now).as_json(), file_format="csv", reason="x", actor=yoshida, now=now)
    with pytest.raises(NotAllowed):
        breach._rows(yoshida, Leak(now, now).as_json(), "", 1)


# ---- 閲覧履歴 ------------------------------------------------------------------------------------------------


def test_a_persons_page_tells_who_saw_them_where_and_what(misaki, misaki_client, auditor, now):
    yuriko = factories.customer(name="齋藤 百合子")
    misaki_client.get(f"/customers/{yuriko.number}/")
    note = Activity.rows.create(customer=yuriko, kind="note", text="秘密", at=now, author_id=misaki.user_id)
    views_log.record(misaki, Activity, [note.pk], columns=("text",), reason="折り返しのため")
    lines = looks_at(auditor, yuriko.pk).lines
    assert {line.who for line in lines} == {"髙橋 美咲"}
    assert (lines[0].reason, lines[0].what) == ("折り返しのため", "活動：内容")
    assert any(line.place == "顧客の画面" and "氏名" in line.what for line in lines)


def test_views_before_a_merge_and_beside_others_count(misaki, auditor, now):
    first, second = factories.customer(name="A"), factories.customer(name="B")
    CustomerAlias.rows.create(old_id=10**9, number="C-999998", current=first, merged_at=now)
    views_log.record(misaki, Customer, [10**9, second.pk])
    assert [(line.who, line.others) for line in looks_at(auditor, first.pk).lines] == [("髙橋 美咲", 1)]


def test_the_history_of_looks_is_for_those_who_read_the_audit(misaki, yoshida, auditor, sign_in, now):
    yuriko = factories.customer(name="齋藤 百合子")
    RoleGrant.rows.filter(object="audit", role__key="ec_lead").delete()
    assert sign_in(misaki).get(f"/customers/{yuriko.number}/looks/").status_code == 403
    assert "閲覧履歴" not in sign_in(misaki).get(f"/customers/{yuriko.number}/").content.decode()
    page = sign_in(auditor).get(f"/customers/{yuriko.number}/")
    assert "閲覧履歴を見る" in page.content.decode()
    customer_record(misaki, yuriko.pk, now=now)
    assert "髙橋 美咲" in sign_in(auditor).get(f"/customers/{yuriko.number}/looks/").content.decode()


def test_pages_of_looks_go_on(misaki, auditor, now):
    yuriko = factories.customer(name="齋藤 百合子")
    for _ in range(60):
        views_log.record(misaki, Customer, [yuriko.pk])
    first = looks_at(auditor, yuriko.pk)
    rest = looks_at(auditor, yuriko.pk, before=first.next)
    assert (len(first.lines), len(rest.lines), rest.next) == (50, 10, None)
    assert ViewLog.rows.count() == 60


def test_a_stranger_stays_unseen(make_user, now):
    """Reading the audit opens no customer's page."""
    reader = rights.actor_of(make_user("reader", "admin", "sales"))
    hidden = factories.customer(name="他人", team=Team.rows.create(name="他部署"))
    with pytest.raises(NotFound):
        looks_at(reader, hidden.pk)
