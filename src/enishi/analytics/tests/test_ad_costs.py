"""広告費台帳 and 流入経路: what is booked, what is refused and how it is said, which spellings count as one."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from enishi.analytics.actions.ad_costs import Entry, put_ad_costs
from enishi.analytics.actions.sources import add_source, merge_source, part_spelling
from enishi.analytics.forms.ad_costs import read_month
from enishi.analytics.models import AdCost, Source, Spelling
from enishi.analytics.queries.ad_costs import ledger
from enishi.platform import rights
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event, FieldChange

pytestmark = pytest.mark.django_db
MONTH = date(2026, 10, 1)


@pytest.fixture
def instagram(misaki, now):
    return add_source(name="Instagram広告", actor=misaki, now=now)


def put(actor, now, *cells):
    entries = [Entry(str(nth), *cell) for nth, cell in enumerate(cells)]
    return put_ad_costs(entries=entries, actor=actor, now=now)


def booked():
    return sorted(AdCost.rows.values_list("month", "source__name", "medium", "amount_jpy"))


def test_what_is_booked_is_kept_with_what_it_was(misaki, now, instagram):
    assert put(misaki, now, (MONTH, instagram, "リール", 300_000), (MONTH, instagram, "", 0)) == 2
    assert put(misaki, now, (MONTH, instagram, "リール", 250_000), (MONTH, instagram, "", None)) == 2
    assert put(misaki, now, (MONTH, instagram, "リール", 250_000)) == 0
    assert booked() == [(MONTH, "Instagram広告", "リール", 250_000)]
    told = FieldChange.rows.filter(object="analytics.adcost").order_by("pk").values_list("before", "after")
    assert list(told) == [(None, 0), (None, 300_000), (0, None), (300_000, 250_000)]
    assert Event.rows.filter(kind="ad_costs.changed").count() == 2


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ((MONTH, None, "", -1), "マイナスの金額は入れられません"),
        ((date(2026, 12, 1), None, "", 1), "まだ来ていない月です（2026/12）"),
        ((date(1999, 12, 1), None, "", 1), "月は2000年1月からです"),
        ((date(2026, 10, 2), None, "", 1), "月は2000年1月からです"),
        ((MONTH, 999_999, "", 1), "この流入経路はありません"),
        ((MONTH, None, "長" * 41, 1), "媒体は40文字までです"),
        ((MONTH, None, "", 10**11), "金額が大きすぎます"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(misaki, now, instagram, cell, words):
    month, source, medium, amount = cell
    with pytest.raises(Invalid) as refused:
        put(misaki, now, (MONTH, instagram, "ok", 5), (month, source or instagram, medium, amount))
    assert words in str(refused.value.fields["1"][0])
    assert booked() == []


def test_the_month_of_today_may_be_booked(misaki, now, instagram):
    assert put(misaki, now, (date(2026, 11, 1), instagram, "", 1)) == 1


def test_who_may_not_change_costs_does_not(make_user, now, instagram):
    with pytest.raises(NotAllowed):
        put(rights.actor_of(make_user("kenji", "director")), now, (MONTH, instagram, "", 1))


def test_twelve_months_are_added_up(misaki, now, instagram):
    other = add_source(name="検索広告", actor=misaki, now=now)
    put(
        misaki,
        now,
        (MONTH, instagram, "", 100),
        (date(2026, 9, 1), instagram, "", 20),
        (MONTH, other, "", 3),
        (date(2025, 10, 1), other, "", 9),
    )
    page = ledger(misaki, until=date(2026, 10, 31))
    assert (page.months[0], page.months[-1]) == (date(2025, 11, 1), MONTH)
    assert [(line.source, line.total_jpy) for line in page.lines] == [("Instagram広告", 120), ("検索広告", 3)]
    assert (page.totals[-2:], page.total_jpy) == ([20, 103], 123)


# ---- the grid and files ---------------------------------------------------------------------------------------------


def test_the_grid_writes_changed_cells_alone(misaki_client, misaki, now, instagram):
    put(misaki, now, (MONTH, instagram, "", 100), (date(2026, 9, 1), instagram, "", 20))
    page = misaki_client.get("/analytics/ad-costs/?until=2026-10")
    was = page.context["was"]
    put(misaki, now, (date(2026, 9, 1), instagram, "", 77))  # somebody else, meanwhile
    told = {"was": was, "row-0-source": instagram, "row-0-medium": "", "row-0-2026-10": "1,200円", "row-0-2026-09": "20"}
    told |= {"row-1-source": instagram, "row-1-medium": "リール", "row-1-2026-10": "９９"}
    assert misaki_client.post("/analytics/ad-costs/?until=2026-10", told).status_code == 302
    assert booked() == [
        (date(2026, 9, 1), "Instagram広告", "", 77),
        (MONTH, "Instagram広告", "", 1_200),
        (MONTH, "Instagram広告", "リール", 99),
    ]


def test_what_was_typed_stays_where_it_is_refused(misaki_client, instagram):
    told = {"was": "{}", "row-0-source": instagram, "row-0-medium": "リール", "row-0-2026-10": "-5", "row-1-2026-10": "7"}
    answer = misaki_client.post("/analytics/ad-costs/?until=2026-10", told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "流入経路を選んでください" in page
    assert 'value="-5"' in page
    assert 'value="リール"' in page
    assert booked() == []


def upload(client, text, name="costs.csv", encoding="utf-8"):
    return client.post("/analytics/ad-costs/import/", {"file": SimpleUploadedFile(name, text.encode(encoding))})


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_file_is_taken_in(misaki_client, instagram, encoding):
    text = '月,流入経路,媒体,金額（円）\n2026/10,instagram広告,リール,"300,000"\n2026年9月,Ｉｎｓｔａｇｒａｍ広告,,￥20\n'
    assert upload(misaki_client, text, encoding=encoding).status_code == 302
    assert booked() == [(date(2026, 9, 1), "Instagram広告", "", 20), (MONTH, "Instagram広告", "リール", 300_000)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026/10,TikTok,,5", "流入経路「TikTok」は一覧にありません"),
        ("2026/13,Instagram広告,,5", "月として読めません（2026/13）"),
        ("2026/12,Instagram広告,,5", "まだ来ていない月です"),
        ("2026/10,Instagram広告,,-5", "マイナスの金額"),
        ("2026/10,Instagram広告,,いくらか", "金額として読めません（いくらか）"),
        ("2026/10,Instagram広告,,", "金額として読めません"),
        ("2026/9,Instagram広告,,5", "2行目と同じ月・流入経路・媒体です"),
    ],
)
def test_a_file_with_one_bad_line_changes_nothing_and_says_which(misaki_client, instagram, line, words):
    answer = upload(misaki_client, f"月,流入経路,媒体,金額\n2026/09,Instagram広告,,1\n{line}\n")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "3行目：" in page
    assert words in page
    assert booked() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\n1,2\n", "見出し「月・流入経路・金額」が見つかりません"), ("", "ファイル"), ("月,流入経路,媒体,金額\n", "")],
)
def test_a_file_of_something_else_is_refused(misaki_client, instagram, text, words):
    answer = upload(misaki_client, text)
    assert answer.status_code == 422
    assert words in answer.content.decode()


@given(year=st.integers(2000, 2099), month=st.integers(1, 12))
def test_months_are_read_as_people_write_them(year, month):
    day = date(year, month, 1)
    for text in (
        f"{year}/{month}",
        f"{year}-{month:02d}",
        f"{year}年{month}月",
        f"{year}{month:02d}",
        f"{year}/{month:02d}/01",
        f"{year}.{month}",
    ):
        assert read_month(text) == day
    assert read_month(f"{year}/13") is None
    assert read_month("10月") is None


# ---- 流入経路 -------------------------------------------------------------------------------------------------------


def test_a_source_is_named_once_however_it_is_written(misaki, now, instagram):
    with pytest.raises(Invalid) as refused:
        add_source(name="ｉｎｓｔａｇｒａｍ 広告", actor=misaki, now=now)
    assert "「Instagram広告」として、もうあります" in str(refused.value.fields["name"][0])
    with pytest.raises(Invalid):
        add_source(name=" ", actor=misaki, now=now)


def test_a_merged_source_gives_its_costs_and_spellings_away(misaki, now, instagram):
    old = add_source(name="インスタ", actor=misaki, now=now)
    merge_source(text="insta", into_id=old, actor=misaki, now=now)
    put(misaki, now, (MONTH, instagram, "", 100), (MONTH, old, "", 5), (MONTH, old, "リール", 7))
    merge_source(text="インスタ", into_id=instagram, actor=misaki, now=now)
    assert booked() == [(MONTH, "Instagram広告", "", 105), (MONTH, "Instagram広告", "リール", 7)]
    assert dict(Spelling.rows.values_list("text", "source_id")) == {"insta": instagram, "インスタ": instagram}
    assert list(Source.rows.values_list("name", flat=True)) == ["Instagram広告"]
    part_spelling(text="insta", actor=misaki, now=now)
    assert list(Spelling.rows.values_list("text", flat=True)) == ["インスタ"]


def test_a_source_is_not_merged_into_itself(misaki, now, instagram):
    with pytest.raises(Invalid):
        merge_source(text="Instagram広告", into_id=instagram, actor=misaki, now=now)


def test_the_list_tells_what_customers_carry(misaki_client, engine, make_customer):
    for text in ("Instagram広告", "Instagram広告", "instagram広告", ""):
        make_customer(acquisition_source=text)
    engine()
    assert "流入経路のない顧客は1人" in misaki_client.get("/analytics/sources/").content.decode()
    misaki_client.post("/analytics/sources/add/", {"name": "Instagram広告"})
    assert "「Instagram広告」と同じ？" in misaki_client.get("/analytics/sources/").content.decode()
    misaki_client.post("/analytics/sources/merge/", {"text": "instagram広告", "into": Source.rows.get().pk})
    assert "「Instagram広告」として数える" in misaki_client.get("/analytics/sources/").content.decode()
    misaki_client.post("/analytics/sources/merge/", {"text": "instagram広告"})
    assert not Spelling.rows.exists()
    answer = misaki_client.post("/analytics/sources/merge/", {"text": "instagram広告"})
    assert answer.status_code == 422
    assert "画面を開き直してください" in answer.content.decode()
