"""What makes two records one customer, and what does not: the model alone, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from enishi.customers.twins import model
from enishi.customers.twins.matching import LEAST_COUNTED, MOST_AT_A_KEY, Bench, NameCounts, compare
from enishi.customers.twins.traits import SOURCES, Beside, traits_of
from enishi.customers.twins.words import OUTCOMES

BORN = date(1984, 5, 21)
HANAKO = {
    "kind": "person",
    "name": "髙橋 花子",
    "family_name": "髙橋",
    "given_name": "花子",
    "kana": "タカハシ ハナコ",
    "email": "hanako.t@example.jp",
    "phone_e164": "+819012345678",
    "postal_code": "110-0001",
    "prefecture": "東京都",
    "city": "台東区",
    "street": "谷中3-10-1",
    "building": "メゾン谷中203号室",
    "birthday_on": BORN,
    "gender": "female",
}
NOTHING = dict.fromkeys(SOURCES, "") | {"birthday_on": None, "kind": "person"}
#: Of so many customers a pair is judged.
BASE = 100_000


def traits(pk=1, besides=(), **columns):
    return traits_of([({**NOTHING, **columns, "id": pk})[name] for name in SOURCES], besides)


def like(one, other, customers=BASE):
    found = compare([traits(1, **one), traits(2, **other)], customers=customers)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("width, space and register kanji", {"name": "高橋　花子", "family_name": "", "given_name": "", "kana": "ﾀｶﾊｼ ﾊﾅｺ"}),
        ("hiragana and a long vowel", {"kana": "たかはし はなこ"}),
        ("a letter of the reading", {"kana": "タカハシ ハナモ"}),
        ("a name of the same sound", {"given_name": "華子", "name": "髙橋 華子"}),
        ("a figure of the phone", {"phone_e164": "+819012345679"}),
        ("a day of the birthday", {"birthday_on": date(1984, 5, 22), "email": ""}),
        ("the address written out", {"street": "谷中三丁目10番1号", "building": ""}),
        ("moved", {"postal_code": "604-0022", "prefecture": "京都府", "city": "京都市中京区", "street": "御池町1-2-3", "building": ""}),
        ("married", {"family_name": "佐藤", "name": "佐藤 花子", "kana": "サトウ ハナコ"}),
    ],
)
def test_a_record_that_was_typed_anew_is_the_same_person(what, other):
    found = like(HANAKO, HANAKO | other)
    assert found is not None, what
    assert found.is_automatic, (what, found)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        (
            "a household",
            {
                "given_name": "太郎",
                "name": "髙橋 太郎",
                "kana": "タカハシ タロウ",
                "email": "",
                "birthday_on": date(1982, 1, 3),
                "gender": "male",
            },
        ),
        (
            "a household of which no birthday is known",
            {"given_name": "太郎", "name": "髙橋 太郎", "kana": "", "email": "", "birthday_on": None},
        ),
        ("a real twin", {"given_name": "花江", "name": "髙橋 花江", "kana": "タカハシ ハナエ", "email": ""}),
        ("a daughter of the same name", {"birthday_on": date(2011, 2, 7), "email": ""}),
        ("a shared phone", NOTHING | {"name": "鈴木 一郎", "family_name": "鈴木", "given_name": "一郎", "phone_e164": "+819012345678"}),
        ("a namesake", NOTHING | {"name": "髙橋 花子", "family_name": "髙橋", "given_name": "花子", "kana": "タカハシ ハナコ"}),
    ],
)
def test_who_lives_together_or_is_called_the_same_is_never_one_by_itself(what, other):
    found = like(HANAKO, HANAKO | other)
    assert found is None or not found.is_automatic, (what, found)


def test_the_reasons_tell_what_was_compared():
    found = like(HANAKO, HANAKO | {"kana": "", "phone_e164": "", "birthday_on": date(1984, 5, 22)})
    assert found.outcomes == {"name": "written", "birthday": "a_day", "mail": "same", "address": "room", "gender": "same"}
    assert all(model.bits_of(name, code) > 0 for name, code in found.outcomes.items())


@pytest.mark.parametrize(
    "mail", ["abc123def@pc.fw.rakuten.ne.jp", "x7f9k2@marketplace.amazon.co.jp", "info@inn.example.jp", "support+a@inn.example.jp"]
)
def test_an_address_of_a_mall_or_of_a_post_recognises_nobody(mail):
    assert traits(email=mail).mails == []
    assert traits(email="", besides=[Beside(email=mail)]).mails == []
    assert traits(email="taro@rakuten.example.jp").mails == ["taro@rakuten.example.jp"]


def test_a_further_phone_that_is_the_others_first_one_is_the_same_phone():
    one = traits(1, **HANAKO | {"phone_e164": "+81312345678", "email": ""}, besides=[Beside(phone_e164="+819012345678")])
    [found] = compare([one, traits(2, **HANAKO | {"email": "", "street": ""})], customers=BASE)
    assert found.outcomes["phone"] == "same"


def test_a_key_that_very_many_share_brings_nobody_together():
    crowd = [traits(pk, name=f"顧客{pk}", phone_e164="+81312345678") for pk in range(1, MOST_AT_A_KEY + 2)]
    assert compare(crowd, customers=BASE) == []


def test_companies_are_one_by_name_without_its_form_and_a_way_to_reach_them():
    inn = {"kind": "company", "name": "㈱縁日堂", "phone_e164": "+81312345678", "prefecture": "東京都"}
    assert like(inn, inn | {"name": "縁日堂株式会社"}).is_automatic
    assert like(inn, inn | {"name": "株式会社縁日堂", "phone_e164": "+81662345678"}) is None
    assert like(inn, inn | {"kind": "person"}) is None


def test_fresh_ones_are_compared_with_all_and_known_ones_with_those_alone():
    twins = [traits(pk, **HANAKO) for pk in (1, 2)]
    assert [(one.first, one.second) for one in compare([traits(3, **HANAKO)], twins, customers=BASE)] == [(1, 3), (2, 3)]


def test_of_more_people_more_is_asked():
    thin = {"email": "", "phone_e164": "", "street": "", "prefecture": "", "gender": ""}
    small, large = like(HANAKO, HANAKO | thin, customers=5_000), like(HANAKO, HANAKO | thin, customers=5_000_000)
    assert small.is_automatic
    assert small.score > large.score
    assert not large.is_automatic


ELSEWHERE = {"postal_code": "604-0022", "prefecture": "京都府", "city": "京都市中京区", "street": "御池町1-2-3", "building": ""}
NEW_WAYS = {"phone_e164": "+818011112222", "email": "h.suzuki@example.com", "birthday_on": None}


@pytest.mark.parametrize(
    ("what", "known", "other", "reason"),
    [
        (
            "a phone of before",
            Beside(phone_e164="+818011112222", is_past=True),
            ELSEWHERE | NEW_WAYS | {"email": ""},
            ("phone", "before"),
        ),
        ("a mail address of before", Beside(email="h.suzuki@example.com", is_past=True), ELSEWHERE | NEW_WAYS, ("mail", "before")),
        (
            "where they lived before",
            Beside(postal_code="604-0022", city="京都市中京区", street="御池町1丁目2番3号", is_past=True),
            ELSEWHERE | NEW_WAYS | {"email": ""},
            ("address", "besides"),
        ),
        (
            "a further address",
            Beside(postal_code="604-0022", city="京都市中京区", street="御池町1-2-3"),
            ELSEWHERE | NEW_WAYS | {"email": ""},
            ("address", "besides"),
        ),
        (
            "the name before a marriage",
            Beside(former_name="鈴木", is_past=True),
            {
                "family_name": "鈴木",
                "name": "鈴木 花子",
                "kana": "スズキ ハナコ",
                "birthday_on": None,
                "email": "",
                "street": "",
                "gender": "",
            },
            ("name", "former"),
        ),
    ],
)
def test_what_a_customer_said_before_is_evidence_with_words_of_its_own(what, known, other, reason):
    one, two = traits(1, [known], **HANAKO), traits(2, **HANAKO | other)
    assert like(HANAKO, HANAKO | other) is None or not like(HANAKO, HANAKO | other).is_automatic, what
    [found] = compare([one, two], customers=BASE)
    assert found.outcomes[reason[0]] == reason[1]
    assert found.is_automatic, (what, found)
    assert reason in OUTCOMES


def test_what_leads_to_a_customer_today_is_not_told_again_as_what_led_there_once():
    again = [Beside(phone_e164=HANAKO["phone_e164"], is_past=True), Beside(email=HANAKO["email"], is_past=True)]
    home = Beside(postal_code="110-0001", city="台東区", street="谷中3-10-1", is_past=True)
    who = traits(1, [*again, home, Beside(former_name="髙橋", is_past=True)], **HANAKO)
    assert (who.phones_before, who.mails_before, who.places_besides, who.formers) == ([], [], [], [])


def test_a_company_that_was_renamed_is_found_by_its_name_of_before():
    inn = {"kind": "company", "name": "㈱縁日堂", "phone_e164": "+81312345678", "prefecture": "東京都"}
    renamed = traits(1, [Beside(former_name="縁日堂株式会社", is_past=True)], **inn | {"name": "株式会社えにし"})
    [found] = compare([renamed, traits(2, **inn)], customers=BASE)
    assert (found.outcomes["name"], found.is_automatic) == ("former", True)


def test_a_rare_name_says_more_than_one_that_many_have():
    counts = NameCounts({"佐藤": 600, "鷹觜": 1, "他": 9_399}, {"花子": 60, "紗夜香": 1, "他": 9_939})
    said = {"birthday_on": BORN, "phone_e164": "", "email": "", "street": "", "prefecture": "", "gender": ""}

    def score_of(family, given, counts):
        named = HANAKO | said | {"family_name": family, "given_name": given, "name": f"{family} {given}", "kana": ""}
        with Bench() as bench:
            bench.lay_out([traits(1, **named), traits(2, **named)], fresh=True)
            bench.know_names(counts)
            [found] = bench.likenesses(BASE)
        return found

    common, rare = score_of("佐藤", "花子", counts), score_of("鷹觜", "紗夜香", counts)
    assert (common.outcomes["rarity"], rare.outcomes["rarity"]) == ("very_common", "very_rare")
    assert rare.is_automatic
    assert not common.is_automatic
    # Among few people nobody can say which names are rare.
    few = NameCounts({"鷹觜": 1, "他": LEAST_COUNTED - 2}, {"紗夜香": 1, "他": LEAST_COUNTED - 2})
    assert "rarity" not in score_of("鷹觜", "紗夜香", few).outcomes


def test_a_phone_in_common_says_as_much_in_a_large_base_as_in_a_small_one():
    moved = HANAKO | ELSEWHERE | {"email": "", "birthday_on": None}
    assert like(HANAKO, moved).is_automatic
    assert like(HANAKO, moved, customers=10_000_000).is_automatic
