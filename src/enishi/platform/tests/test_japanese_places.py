from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.japanese.address import address_key, join_address, parse_prefecture, split_address
from enishi.platform.japanese.company import company_key, is_company, parse_company, parse_corporate_number, parse_invoice_number
from enishi.platform.japanese.postal import lookup, municipalities, parse_postal


@pytest.mark.parametrize(
    "typed", ["106-0032", "1060032", "〒106-0032", "１０６－００３２", "１０６ー００３２", "106 0032", "郵便番号:106-0032"]
)
def test_a_postal_code_has_one_form(typed):
    assert parse_postal(typed) == "106-0032"


@pytest.mark.parametrize("typed", ["", "600001", "60-0001", "106-003", "106-00322", "あ"])
def test_what_is_no_postal_code_is_refused(typed):
    assert parse_postal(typed) is None


def test_a_postal_code_leads_to_its_addresses():
    assert [(a.prefecture, a.city, a.town) for a in lookup("106-0032")] == [("東京都", "港区", "六本木")]
    assert {a.prefecture for a in lookup("498-0000")} == {"愛知県", "三重県"}
    assert lookup("100-8111")[0].office == "宮内庁"
    assert lookup("999-9999") == []
    assert len(municipalities()) == 47


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("東京都港区六本木1-2-3 縁ビル5F", ("東京都", "港区", "六本木1-2-3", "縁ビル5F")),
        ("東京都港区六本木１丁目２番３号縁ビル501号室", ("東京都", "港区", "六本木１丁目２番３号", "縁ビル501号室")),
        ("神奈川県葉山町堀内123", ("神奈川県", "葉山町", "堀内123", "")),
        ("神奈川県三浦郡葉山町堀内一丁目2番地の3", ("神奈川県", "三浦郡葉山町", "堀内一丁目2番地の3", "")),
        ("三重県四日市市諏訪町1-5", ("三重県", "四日市市", "諏訪町1-5", "")),
        ("千葉県市川市八幡1-1-1", ("千葉県", "市川市", "八幡1-1-1", "")),
        ("茨城県龍ヶ崎市3710", ("茨城県", "龍ヶ崎市", "3710", "")),
        ("京都府京都市中京区寺町通御池上る上本能寺前町488番地", ("京都府", "京都市中京区", "寺町通御池上る上本能寺前町488番地", "")),
        ("北海道札幌市中央区北1条西2丁目", ("北海道", "札幌市中央区", "北1条西2丁目", "")),
        ("どこか遠く", ("", "", "どこか遠く", "")),
    ],
)
def test_an_address_is_taken_apart(typed, parts):
    found = split_address(typed)
    assert (found.prefecture, found.city, found.street, found.building) == parts


def test_postal_code_and_missing_prefecture_are_understood():
    assert split_address("〒106-0032 東京都港区六本木1-2-3").postal_code == "106-0032"
    found = split_address("横浜市中区本町1-1")
    assert (found.prefecture, found.inferred_prefecture) == ("神奈川県", True)
    assert split_address("府中市宮西町2-24").prefecture == ""  # 東京都 or 広島県


@given(st.text("東京都港区六本木市町村丁目番号地0123一二- 　ビルF"))
def test_no_letter_of_an_address_is_lost(text):
    found = split_address(text)
    if not found.postal_code and not found.inferred_prefecture:
        assert join_address(found).replace(" ", "").replace("　", "") == text.replace(" ", "").replace("　", "")


def test_one_address_has_one_key():
    keys = {
        address_key(text)
        for text in ("東京都港区六本木一丁目2番3号", "東京都港区六本木１－２－３", "東京都港区六本木1丁目2-3", "東京都港区大字六本木1-2-3")
    }
    assert len(keys) == 1
    assert address_key("鎌ヶ谷市新鎌ヶ谷2-6") == address_key("鎌ケ谷市新鎌ケ谷2の6")


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("東京", "東京都"),
        ("大阪府", "大阪府"),
        ("北海道", "北海道"),
        ("Tokyo", "東京都"),
        ("kyoto-fu", "京都府"),
        ("東北", None),
        ("", None),
    ],
)
def test_a_prefecture_is_known_by_any_of_its_names(typed, full):
    assert parse_prefecture(typed) == full


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("㈱縁日堂", "株式会社縁日堂"),
        ("（株）縁日堂", "株式会社縁日堂"),
        ("㍿縁日堂", "株式会社縁日堂"),
        ("株式会社　縁日堂", "株式会社縁日堂"),
        ("縁日堂㈱", "縁日堂株式会社"),
        ("ｶ)ｴﾝﾆﾁﾄﾞｳ", "株式会社エンニチドウ"),
        ("エンニチドウ（カ", "エンニチドウ株式会社"),
        ("(有)小町屋", "有限会社小町屋"),
        ("NPO法人えにし", "特定非営利活動法人えにし"),
        ("Ennichido Co., Ltd.", "Ennichido Co., Ltd."),
        ("縁日堂", "縁日堂"),
    ],
)
def test_a_company_has_one_full_name(typed, canonical):
    assert parse_company(typed).canonical == canonical


def test_the_place_of_the_legal_form_does_not_matter_for_matching():
    assert len({company_key(text) for text in ("㈱縁日堂", "縁日堂（株）", "株式会社 縁日堂", "縁日堂")}) == 1
    assert company_key("㈱髙島屋") == company_key("高島屋株式会社")


@pytest.mark.parametrize(
    ("name", "answer"),
    [("㈱縁日堂", True), ("名古屋銀行", True), ("ABC K.K.", True), ("山田太郎", False), ("株 太郎", False), ("有村架純", False)],
)
def test_companies_are_told_from_people(name, answer):
    assert is_company(name) is answer


def test_a_corporate_number_has_a_check_digit():
    assert parse_corporate_number("７０００−０１２０５０００２") == "7000012050002"
    assert parse_corporate_number("T7000012050002") == "7000012050002"
    assert parse_corporate_number("7000012050003") is None
    assert parse_invoice_number("Ｔ7000012050002") == "T7000012050002"


@given(st.text())
def test_no_text_breaks_the_parsers_of_places_and_companies(text):
    split_address(text)
    address_key(text)
    parse_company(text).key  # noqa: B018
    is_company(text)
    parse_prefecture(text)
    lookup(text)


@given(
    area=st.sampled_from(
        [
            "東京都港区六本木",
            "港区六本木",
            "府中市本",
            "野々市市本町",
            "三重県四日市市",
            "葉山町堀内",
            "龍ヶ崎市",
            "三田",
            "北海道",
            "ー",
            "々",
            "六番町",
        ]
    ),
    number=st.sampled_from(["1", "1-2-3", "１-2", "1-", "1の2", "12-3-456"]),
    rest=st.sampled_from(["", " ", " 縁ビル5F", "　101", " 101号室", " 番館", "縁ビル", " 縁  ビル", " か\u3099", " A 棟", "号"]),
)
def test_an_address_taken_apart_at_one_look_is_taken_apart_as_any_other(area, number, rest):
    plain = split_address(area + number + rest)
    # A postal code before it, which is taken off, leads the long way.
    assert split_address(f"〒106-0032 {area}{number}{rest}") == plain._replace(postal_code="106-0032")
