"""The work list of duplicates: who opens it, what it tells, and the way of each decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from enishi.customers.models import ImportResult, ImportRun, TwinPair, TwinSearch
from enishi.customers.queries.twins import Asked, open_count_of_import, twin_page
from enishi.customers.tests.test_twins import HANAKO
from enishi.platform.errors import NotAllowed
from enishi.platform.models import RoleLevel, StoredFile, ViewLog

URL = "/duplicates/"


@pytest.fixture
def pair(make_customer, now):
    """Two records whose likeness was found, one of them with another writing and no mail address."""
    first = make_customer(**HANAKO, prefecture="東京都")
    second = make_customer(**HANAKO | {"name": "高橋 花子", "family_name": "高橋", "email": ""})
    return make_pair(first, second, now)


def make_pair(first, second, now, **columns):
    outcomes = {"name": "same", "birthday": "same", "phone": "same", "address": "other"}
    given = {"score_ppm": 999_900, "outcomes": outcomes, "group_id": first.pk, "found_at": now} | columns
    return TwinPair.rows.create(first_id=first.pk, second_id=second.pk, **given)


def test_the_list_tells_why_two_may_be_one_and_what_differs(pair, misaki, now):
    [group] = twin_page(misaki, Asked(), now=now).groups
    assert group.is_sure
    assert group.score == "99.9"
    assert {reason.words for reason in group.pairs[0].reasons if reason.speaks_for} == {
        "氏名とフリガナが同じ",
        "生年月日が同じ",
        "電話番号が同じ",
    }
    differing = {line.label for line in group.lines if line.differs}
    assert differing == set()  # 髙橋 and 高橋 are one name, and what is missing is no difference
    assert group.merge_ids == f"{pair.first_id},{pair.second_id}"
    assert ViewLog.rows.filter(object="customers.customer").exists()


def test_three_records_are_one_thing_to_decide(pair, make_customer, misaki, now):
    third = make_customer(**HANAKO)
    first = TwinPair.rows.get()
    TwinPair.rows.create(
        first_id=first.second_id, second_id=third.pk, score_ppm=950_000, held_by=["birthday"], group_id=first.group_id, found_at=now
    )
    [group] = twin_page(misaki, Asked(), now=now).groups
    assert len(group.members) == 3
    assert len(group.pair_ids.split(",")) == 2
    assert group.held == ("生年月日が違う",)
    assert twin_page(misaki, Asked(band="sure"), now=now).count == "1"
    assert twin_page(misaki, Asked(band="doubtful"), now=now).count == "1"


def test_each_decision_moves_the_pair_to_another_list_and_back(pair, misaki_client, misaki, now):
    for name, shown in (("apart", "distinct"), ("later", "later")):
        answer = misaki_client.post(reverse(f"twins:{name}"), {"pairs": str(pair.pk), "next": URL})
        assert answer["Location"] == URL
        page = misaki_client.get(URL, {"shown": shown})
        assert "髙橋 花子" in page.content.decode()
        assert "髙橋 花子" not in "".join(member.name for group in twin_page(misaki, Asked(), now=now).groups for member in group.members)
        misaki_client.post(f"{reverse('twins:reopen')}?pairs={pair.pk}&next={URL}")
        assert len(twin_page(misaki, Asked(), now=now).groups) == 1


def test_put_off_it_comes_back_by_itself(pair, misaki, now):
    TwinPair.rows.update(snoozed_until=(now + timedelta(days=3)).date())
    assert twin_page(misaki, Asked(), now=now).groups == ()
    assert len(twin_page(misaki, Asked(), now=now + timedelta(days=4)).groups) == 1


def test_who_may_not_merge_or_does_not_read_what_is_compared_opens_no_list(pair, hayashi_client, misaki_user, misaki_client, misaki, now):
    assert hayashi_client.get(URL).status_code == 403
    RoleLevel.rows.filter(privacy_class="personal").update(level=1)
    assert misaki_client.get(URL).status_code == 403
    assert misaki_client.post(reverse("twins:apart"), {"pairs": str(pair.pk)}).status_code == 403


def test_a_search_is_ordered_and_stopped_by_who_may_merge_everybody(pair, misaki_client):
    assert misaki_client.post(reverse("twins:search"), {"whole": "1"}).status_code == 302
    search = TwinSearch.rows.get()
    assert "重複を探しています" in misaki_client.get(URL).content.decode()
    assert misaki_client.get(reverse("twins:progress")).status_code == 200
    misaki_client.post(reverse("twins:stop", args=[search.pk]))
    assert TwinSearch.rows.get().state == "stopped"
    assert misaki_client.get(reverse("twins:progress"))["HX-Redirect"] == URL


def test_an_import_tells_how_many_of_its_people_are_there_already(pair, misaki, hayashi, now):
    file = StoredFile.rows.create(token="t" * 20, name="顧客.csv", size_bytes=1, sha256="0" * 64, created_at=now)
    run = ImportRun.rows.create(target="customers", file=file, state="done", created_at=now)
    assert open_count_of_import(misaki, run.pk, now=now) == 0
    ImportResult.rows.create(run=run, position=0, outcome="created", object_id=pair.second_id)
    assert open_count_of_import(misaki, run.pk, now=now) == 1
    assert open_count_of_import(hayashi, run.pk, now=now) == 0
    assert len(twin_page(misaki, Asked(import_id=run.pk), now=now).groups) == 1
    with pytest.raises(NotAllowed):
        twin_page(hayashi, Asked(), now=now)
