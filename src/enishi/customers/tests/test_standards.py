"""入力基準: one set of rules, obeyed at every door; what is mended stays mended, and no kanji is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.actions.bulk import change_many
from enishi.customers.actions.customers import create_customer, update_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.standards import bring_back, discard_draft, drop_rule, publish_standards, put_rule, take_proposed
from enishi.customers.bulk.selection import Selection
from enishi.customers.details import Details, details_of, fingerprint
from enishi.customers.fields import catalogue
from enishi.customers.imports import running
from enishi.customers.models import ContactPoint, Customer, ImportResult, ImportRun, StandardBook
from enishi.customers.queries.standards import standards_page
from enishi.customers.standards import current
from enishi.customers.standards.book import Book
from enishi.customers.standards.patterns import fits, objection
from enishi.customers.standards.presets import proposed
from enishi.customers.standards.rule import Rule
from enishi.customers.standards.writing import WRITINGS
from enishi.customers.tests import import_files
from enishi.platform.actions.tokens import create_token
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event
from enishi.platform.rights import actor_of


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers"))


@pytest.fixture
def publish(admin, now):
    """Publish these rules, each later than the last."""
    clock = iter(range(1, 100))

    def say(*rules):
        at = now + timedelta(seconds=next(clock))
        for rule in rules:
            put_rule(rule=rule, actor=admin, now=at)
        return publish_standards(note="", actor=admin, now=at)

    return say


def rule(field, check, mode="refuse", key="r1", **more):
    return Rule(key=key, field=field, check=check, mode=mode, **more)


HALF = rule("street", "width", "fix", choice="ascii_half")
NO_TEST = rule("family_name", "forbidden", words=("テスト",), message="試しの登録は、確認用の環境でお願いします。", key="r2")
LOOKALIKE = rule("family_name", "lookalikes", "warn", key="r3")


def person(**more):
    return Details(**({"family_name": "髙橋", "given_name": "花子"} | more))


def register(admin, now, **more):
    made = create_customer(details=person(**more), actor=admin, now=now)
    return Customer.rows.get(pk=made.id)


# ---- the writings ---------------------------------------------------------------------------------------------------

_TEXTS = st.text("髙橋﨑𠮷㈱㍿株式会社(（)）ｱｲｶﾞアがＡａa1１①-－ー 　・縁日堂", max_size=16)


@given(_TEXTS, st.sampled_from(sorted(WRITINGS)))
def test_a_writing_is_its_own_fixed_point(text, key):
    once = WRITINGS[key](text)
    if once:
        assert WRITINGS[key](once) == once


@given(_TEXTS, st.lists(st.sampled_from(sorted(WRITINGS)), min_size=1, max_size=4, unique=True))
def test_what_was_mended_passes_and_stays(text, keys):
    book = Book(1, tuple(Rule(key=f"r{i}", field="name", check=c, choice=k, mode="fix") for i, (c, k) in enumerate(keys, 1)))
    said = {"kind": "company", "name": text}
    after = book.judge(said).fixed.get("name", text)
    assert book.judge(said | {"name": after}).fixed.get("name", after) == after


@given(st.text("髙橋﨑𠮷邉斎圡ａＢ１ ﾅ", max_size=12), st.sampled_from(sorted(key for key in WRITINGS if key[0] != "company_form")))
def test_no_writing_touches_a_kanji(text, key):
    def kanji(typed):
        return [letter for letter in typed if letter in "髙橋﨑𠮷邉斎圡"]

    assert kanji(WRITINGS[key](text)) == kanji(text)


@pytest.mark.parametrize(
    ("check", "choice", "typed", "written"),
    [
        ("width", "ascii_half", "Ａ棟２０１　ｴﾆｼ", "A棟201 エニシ"),
        ("width", "ascii_full", "A棟201", "Ａ棟２０１"),
        ("width", "digits_half", "Ａ棟２０１", "Ａ棟201"),
        ("width", "kana_full", "ｶﾞｰﾃﾞﾝＡ", "ガーデンＡ"),
        ("spaces", "none", "山 田", "山田"),
        ("spaces", "full", "縁 日 堂", "縁　日　堂"),
        ("hyphens", "half", "1ー2－3", "1-2-3"),
        ("hyphens", "half", "コーポー2", "コーポー2"),
        ("kana", "hiragana", "ヤマダ", "やまだ"),
        ("kana", "katakana", "とらや本店", "とらや本店"),
        ("case", "upper", "ab-1ｂ", "AB-1Ｂ"),
        ("company_form", "long", "㈱髙島屋", "株式会社髙島屋"),
        ("company_form", "short", "髙島屋株式会社", "髙島屋（株）"),
    ],
)
def test_texts_are_written_as_the_rule_says(check, choice, typed, written):
    assert WRITINGS[check, choice](typed) == written


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)a", "[", "a)|(b", r"(?:\w{1000}){1000}", ""])
def test_a_pattern_that_no_machine_reads_is_not_taken(pattern):
    assert objection(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|ab|a*)+", "a*" * 20, "(?:a?){60}"])
def test_a_clumsy_pattern_does_not_run_for_ever(pattern):
    assert objection(pattern) == ""
    assert fits(pattern, "a" * 40)
    assert not fits(pattern, "a" * 199 + "!")


def test_a_usual_pattern_is_taken_and_meant_whole():
    assert objection("[A-Z]{2}-[0-9]{4}") == ""
    assert fits("[A-Z]{2}-[0-9]{4}", "AB-0123")
    assert not fits("[A-Z]{2}-[0-9]{4}", "AB-01234")
    assert fits("ab|[ァ-ヶー]+", "テスト")
    assert not fits("ab|cd", "abcd")
    assert not fits(".*", "あ" * 201)


# ---- writing and publishing -----------------------------------------------------------------------------------------


def test_a_draft_counts_only_once_it_is_published(organisation, admin, now):
    put_rule(rule=HALF, actor=admin, now=now)
    assert register(admin, now, street="六本木１－２").street == "六本木１－２"
    version = publish_standards(note="数字を半角に", actor=admin, now=now)
    assert register(admin, now, street="六本木１－２").street == "六本木1-2"
    assert Event.rows.filter(kind="standards.published", subject_id=version).count() == 1
    with pytest.raises(NotFound):
        publish_standards(note="", actor=admin, now=now)


def test_an_earlier_version_counts_again(organisation, admin, now, publish):
    first = publish(NO_TEST)
    drop_rule(key="r2", actor=admin, now=now + timedelta(minutes=2))
    publish_standards(note="", actor=admin, now=now + timedelta(minutes=2))
    assert register(admin, now, family_name="テスト").family_name == "テスト"
    bring_back(version_id=first, actor=admin, now=now + timedelta(minutes=3))
    with pytest.raises(Invalid):
        register(admin, now, family_name="テスト")


def test_a_discarded_draft_leaves_what_is_published(organisation, admin, now, publish):
    publish(HALF)
    put_rule(rule=NO_TEST, actor=admin, now=now)
    discard_draft(actor=admin)
    assert [one.key for one in current.current().rules] == ["r1"]


def test_the_proposed_rules_hold_and_come_once(organisation, admin, now):
    take_proposed(actor=admin, now=now)
    take_proposed(actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    assert len(StandardBook.rows.get().rules) == len(proposed())
    assert not any(one.mode == "refuse" for one in current.current().rules)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rule("street", "company_form", "fix", choice="long"), "check"),
        (rule("kana", "width", "fix", choice="ascii_half"), "check"),
        (rule("street", "width", "fix", choice="elsewhere"), "choice"),
        (rule("street", "forbidden"), "words"),
        (rule("street", "longest"), "most"),
        (rule("email", "pattern", pattern="(a+"), "pattern"),
        (rule("street", "required", "fix"), "mode"),
        (rule("name", "company_form", "fix", choice="before"), "mode"),
        (rule("family_name", "lookalikes", "refuse"), "mode"),
        (rule("cf_999", "required"), "check"),
    ],
)
def test_a_rule_that_makes_no_sense_is_told_beside_its_field(organisation, admin, now, wrong, field):
    with pytest.raises(Invalid) as refusal:
        put_rule(rule=wrong, actor=admin, now=now)
    assert list(refusal.value.fields) == [field]


def test_only_who_configures_writes_rules(organisation, hayashi, now):
    for act in (
        lambda: put_rule(rule=HALF, actor=hayashi, now=now),
        lambda: publish_standards(note="", actor=hayashi, now=now),
        lambda: take_proposed(actor=hayashi, now=now),
        lambda: discard_draft(actor=hayashi),
        lambda: bring_back(version_id=1, actor=hayashi, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()


# ---- the doors ------------------------------------------------------------------------------------------------------


def test_the_form_mends_refuses_and_tells(sign_in, admin, now, publish):
    publish(HALF, NO_TEST, LOOKALIKE)
    client = sign_in(admin)
    typed = {"kind": "person", "given_name": "花子", "consent-state": "unknown"}
    refused = client.post(reverse("customers:new"), typed | {"family_name": "テスト"})
    assert refused.status_code == 422
    assert NO_TEST.message in refused.content.decode()
    saved = client.post(reverse("customers:new"), typed | {"family_name": "ニ宮", "street": "六本木１－２"}, follow=True).content.decode()
    assert Customer.rows.get().street == "六本木1-2"
    assert Customer.rows.get().family_name == "ニ宮"
    assert "「ニ」は「二」の打ち間違いではありませんか" in saved
    assert "入力基準に合わせて「六本木1-2」に直しました" in saved


def test_what_stood_there_before_is_not_todays_matter(organisation, admin, now, publish, make_customer):
    known = make_customer(name="テスト 花子", family_name="テスト", given_name="花子", street="六本木１－２")
    publish(HALF, NO_TEST)
    before = details_of(known)
    after = Details(**{name: getattr(before, name) for name in before.__dataclass_fields__} | {"city": "港区"})
    update_customer(customer_id=known.pk, details=after, seen=fingerprint(before), actor=admin, now=now)
    known.refresh_from_db()
    assert (known.city, known.street, known.family_name) == ("港区", "六本木１－２", "テスト")


def test_what_is_required_is_asked_by_stage_and_not_of_whom_it_was_never_asked(organisation, admin, now, publish, make_customer):
    publish(rule("kana", "required", stages=("prospect",)))
    with pytest.raises(Invalid) as refusal:
        register(admin, now)
    assert list(refusal.value.fields) == ["kana"]
    known = make_customer(kana="")
    before = details_of(known)
    after = Details(**{name: getattr(before, name) for name in before.__dataclass_fields__} | {"city": "港区"})
    update_customer(customer_id=known.pk, details=after, seen=fingerprint(before), actor=admin, now=now)
    assert Customer.rows.get(pk=known.pk).city == "港区"


def test_rules_of_companies_leave_people_alone(organisation, admin, now, publish):
    publish(rule("name", "company_form", "fix", choice="long"))
    assert register(admin, now).name == "髙橋 花子"
    made = create_customer(details=Details(kind="company", name="㈱縁日堂"), actor=admin, now=now)
    assert Customer.rows.get(pk=made.id).name == "株式会社縁日堂"


@pytest.mark.parametrize(
    ("about", "typed", "written"),
    [
        ({}, "佐 々 木", "佐々木"),
        ({}, "ｻﾄｳ", "ｻﾄｳ"),
        ({"kind": "company", "name": "縁日堂"}, "㈱﨑ｼｮｳﾃﾝ", "株式会社﨑ショウテン"),
    ],
)
def test_a_former_name_obeys_the_rules_of_the_name_that_it_was(organisation, admin, now, publish, about, typed, written):
    publish(
        rule("family_name", "spaces", "fix", choice="none"),
        rule("name", "width", "fix", choice="kana_full", key="r2"),
        rule("name", "company_form", "fix", choice="long", key="r3"),
        rule("family_name", "forbidden", words=("不明",), key="r4"),
    )
    details = Details(**about) if about else person()
    made = create_customer(details=replace(details, former_name=typed), actor=admin, now=now)
    assert Customer.rows.get(pk=made.id).former_name == written
    with pytest.raises(Invalid) as refusal:
        register(admin, now, former_name="不明")
    assert set(refusal.value.fields) == {"former_name"}


def test_the_rulebook_tells_what_else_obeys_a_rule(organisation, admin, now, publish):
    publish(rule("family_name", "spaces", "fix", choice="none"), rule("street", "hyphens", "fix", choice="half", key="r2"))
    assert [row.words.who for row in standards_page(admin).rows] == ["旧姓にも", "ほかの連絡先にも"]


def test_a_field_of_the_companys_own_has_rules(organisation, admin, now, publish):
    define_field(definition=Definition(kind="text", label="法人番号"), section="", actor=admin, now=now)
    key = next(iter(catalogue.all_fields()))
    publish(rule(key, "corporate_number"))
    with pytest.raises(Invalid) as refusal:
        register(admin, now, custom={key: "7000012050003"})
    assert "法人番号として正しくありません" in refusal.value.fields[key][0]
    assert register(admin, now, custom={key: "7000012050002"}).custom == {key: "7000012050002"}


def test_nobody_is_left_without_an_owner_where_one_is_required(organisation, admin, now, publish, make_customer):
    publish(rule("owner_id", "required", message="担当は空けないでください。"))
    with pytest.raises(Invalid) as refusal:
        change_many(verb="owner", selection=Selection(ids=(make_customer().pk,)), value="", actor=admin, now=now)
    assert refusal.value.fields == {"value": ["担当は空けないでください。"]}


def test_the_page_tries_the_draft_on_the_base(sign_in, admin, now, make_customer):
    number = make_customer(street="六本木１－２").number
    make_customer(street="六本木1-2")
    put_rule(rule=HALF, actor=admin, now=now)
    row = standards_page(admin).rows[0]
    assert (row.hits, row.percent, row.numbers) == (1, "50.0%", (number,))
    page = sign_in(admin).get(reverse("customers:standards")).content.decode()
    assert "下書きを公開する" in page
    assert number in page


def test_a_rule_is_written_on_its_screen(sign_in, admin):
    client = sign_in(admin)
    typed = {"field": "street", "check": "width", "choice_width": "digits_half", "mode": "fix", "example": "１-2"}
    assert client.post(reverse("customers:standard-new"), typed).status_code == 302
    assert client.post(reverse("customers:standard-new"), typed | {"field": "kana"}).status_code == 422
    assert client.post(reverse("customers:standard", args=["r1"]), typed | {"choice_width": "ascii_half"}).status_code == 302
    assert "１-2 → 1-2" in client.get(reverse("customers:standards")).content.decode()
    client.post(reverse("customers:standards-publish"), {"note": "数字"})
    assert current.current().rules[0].choice == "ascii_half"
    printed = client.post(reverse("customers:standards-print"))
    assert b"".join(printed.streaming_content)[:5] == b"%PDF-"
    client.post(reverse("customers:standard-drop", args=["r1"]))
    client.post(reverse("customers:standards-publish"))
    assert current.current().rules == ()
    client.post(reverse("customers:standards-version", args=[StandardBook.rows.order_by("pk").first().pk]))
    assert current.current().rules != ()


# ---- files and the API ----------------------------------------------------------------------------------------------

_FILE = import_files.csv(
    "M001,ニ宮 和也,ニノミヤ カズヤ,,,,東京都港区六本木１－２,,",
    "M002,テスト 太郎,テスト タロウ,,,,東京都港区六本木1-2,,",
    "M003,山田 花子,,,,,,,",
)
_FOR_FILES = (
    HALF,
    NO_TEST,
    LOOKALIKE,
    rule("kana", "required", key="r4", for_kind="person"),
)


def test_a_file_is_taken_as_the_form_would_take_it(organisation, settings, tmp_path, publish):
    settings.DATA_DIR = tmp_path
    publish(*_FOR_FILES)
    tried = import_files.checked(import_files.answered(import_files.staged(_FILE)))
    assert tried.report["check"]["created_count"] == 1
    assert tried.report["check"]["rejected_count"] == 2
    counters = tried.report["check"]["counters"]
    assert (counters["mended"], counters["odd"]) == (1, 1)
    run = import_files.begun(tried)
    list(running.run_stretch(run.pk, seconds=600))
    (made,) = Customer.rows.all()
    assert (made.name, made.street) == ("ニ宮 和也", "六本木1-2")
    assert import_files.messages_of(run) == [f"姓：{NO_TEST.message}", "入力してください。"]
    assert ImportResult.rows.filter(run=run, outcome="rejected").count() == 2


def test_a_name_is_put_together_anew_from_its_mended_parts(organisation, settings, tmp_path, publish):
    settings.DATA_DIR = tmp_path
    publish(rule("given_name", "spaces", "fix", choice="none"))
    headings = "会員番号,姓,名"
    import_files.imported(import_files.csv("M001,山田,太 郎", headings=headings))
    (made,) = Customer.rows.all()
    assert (made.name, made.given_name) == ("山田 太郎", "太郎")
    assert ImportRun.rows.get().rejected_count == 0


def test_a_further_address_of_a_file_is_mended_and_known_again(organisation, settings, tmp_path, publish):
    settings.DATA_DIR = tmp_path
    publish(HALF)
    headings = "会員番号,姓,名,住所,届け先住所"
    for _time in range(2):
        import_files.imported(import_files.csv("M001,山田,太郎,東京都港区六本木１－１,東京都港区赤坂２－２", headings=headings))
    import_files.imported(import_files.csv("M002,佐藤,花子,,東京都港区赤坂３－３", headings=headings))
    assert [(one.name, one.street) for one in Customer.rows.order_by("pk")] == [("山田 太郎", "六本木1-1"), ("佐藤 花子", "赤坂3-3")]
    assert [one.street for one in ContactPoint.rows.order_by("pk")][:1] == ["赤坂2-2"]
    assert ContactPoint.rows.filter(customer__name="山田 太郎").count() == 1


def test_the_api_refuses_with_the_companys_words(admin, now, publish):
    publish(HALF, NO_TEST)
    token = create_token(name="自社EC", read_only=False, actor=admin, now=now).token
    system, named = Client(), {"Authorization": f"Bearer {token}"}

    def send(**body):
        return system.post("/api/v1/customers", body, content_type="application/json", headers=named)

    refused = send(family_name="テスト")
    assert refused.status_code == 422
    assert refused.json()["error"]["fields"] == {"family_name": [NO_TEST.message]}
    assert send(family_name="山田", street="六本木１－２").status_code == 201
    assert Customer.rows.get().street == "六本木1-2"
