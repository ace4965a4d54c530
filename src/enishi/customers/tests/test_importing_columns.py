from __future__ import annotations

import pytest

from enishi.customers.importing.addresses import compose_address
from enishi.customers.importing.columns import guess_columns, missing_fields
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS, ORDER_FIELDS, TargetField, heading_key, is_known_heading


def fields_of(header: str, rows: list[str], fields=CUSTOMER_FIELDS) -> dict[str, str | None]:
    guesses = guess_columns(header.split(","), [row.split(",") for row in rows], fields)
    return {guess.heading: guess.field for guess in guesses}


def test_headings_of_japanese_customer_files_are_known():
    found = fields_of(
        "会員No,お名前（必須）,フリガナ,TEL,携帯,E-Mail,〒,都道府県,住所1,住所2,生年月日（西暦）,性別,"
        "メルマガ希望,DM可否,配信停止,備考,会員ランク,登録日時,何で知ったか",
        ["K001,髙橋 花子,ﾀｶﾊｼ ﾊﾅｺ,9012345678,,a@b.jp,600001,東京都,台東区谷中1-2,縁ビル,S60.4.1,女,希望,可,0,x,A,2026/1/1 10:00,SNS"],
    )
    assert list(found.values()) == [
        "member_number",
        "name",
        "kana",
        "phone",
        "mobile",
        "email",
        "postal_code",
        "prefecture",
        "address",
        "address",
        "birthday_on",
        "gender",
        "mail_consent",
        "dm_consent",
        "mail_refusal",
        "note",
        "tags",
        "registered_on",
        "acquisition_source",
    ]


def test_a_field_of_ones_own_goes_before_a_synonym_of_another():
    own = TargetField("cf_1", "会員ランク", kinds=("own",), synonyms=("cf_1",))
    assert fields_of("会員No,会員ランク", ["K001,ゴールド"], (*CUSTOMER_FIELDS, own)) == {"会員No": "member_number", "会員ランク": "cf_1"}


def test_joined_headings_and_parts_of_names_are_known():
    found = fields_of("氏名 姓,氏名 名,セイ,メイ,住所 都道府県,会社名", ["山田,太郎,ヤマダ,タロウ,東京,㈱縁"])
    assert list(found.values()) == ["family_name", "given_name", "family_kana", "given_kana", "prefecture", "company"]


def test_headings_of_order_files_are_known_in_japanese_and_english():
    found = fields_of(
        "受注番号,受注日,注文者氏名,商品コード,商品名,数量,単価（税込）,小計,送料,クーポン利用額,ポイント利用,"
        "支払方法,店舗名,ステータス,返品フラグ,お届け先氏名,税率,合計金額",
        ["1,2026/1/1,山田,A1,茶,1,1000,1000,500,0,0,カード,本店,発送済み,0,田中,8%,1500"],
        ORDER_FIELDS,
    )
    assert list(found.values()) == [
        "order_number",
        "ordered_at",
        "name",
        "product_code",
        "product_name",
        "quantity",
        "unit_price",
        "amount",
        "shipping",
        "coupon_amount",
        "points_used",
        "payment",
        "store",
        "state",
        "return_flag",
        "recipient_name",
        "tax_rate",
        "total",
    ]
    english = fields_of("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", [], ORDER_FIELDS)
    assert list(english.values()) == [
        "order_number",
        "product_code",
        "product_name",
        "quantity",
        "ordered_at",
        "unit_price",
        "member_number",
        None,
    ]


def test_values_speak_where_headings_do_not():
    found = fields_of("A列,B列,C列,D列,E列", ["山田 太郎,090-1234-5678,a@example.jp,106-0032,東京都港区六本木1-2"] * 3)
    assert list(found.values()) == ["name", "phone", "email", "postal_code", "address"]


def test_a_heading_that_its_values_contradict_is_doubted():
    guess = guess_columns(["電話番号"], [["a@example.jp"]] * 5, CUSTOMER_FIELDS)[0]
    assert guess.field == "email" or guess.confidence < 0.6
    assert guess.reason


def test_each_field_goes_to_one_column_and_somebody_else_is_not_the_customer():
    found = fields_of("氏名,お名前,紹介者氏名,お届け先氏名", ["山田,山田,鈴木,田中"])
    assert found == {"氏名": "name", "お名前": None, "紹介者氏名": None, "お届け先氏名": None}


def test_required_fields_that_are_missing_are_named():
    guesses = guess_columns(["商品名"], [], ORDER_FIELDS)
    assert [field.key for field in missing_fields(guesses, ORDER_FIELDS)] == ["order_number", "ordered_at"]


def test_other_apps_bring_their_own_fields():
    own = TargetField("favourite", "好きな色", kinds=("text",), synonyms=("カラー",))
    guesses = guess_columns(["好きな色", "氏名"], [["赤", "山田"]], [own, *CUSTOMER_FIELDS])
    assert [guess.field for guess in guesses] == ["favourite", "name"]


@pytest.mark.parametrize(
    "heading", ["※氏名（必須）", "氏　名", "ご氏名", "お名前", "Ｅ－ｍａｉｌ", "メールアドレス（半角）", "Customer_Name", "ﾒｰﾙｱﾄﾞﾚｽ"]
)
def test_headings_are_compared_without_decoration(heading):
    assert is_known_heading(heading)
    assert heading_key(heading) == heading_key(f" {heading}")


def test_field_keys_and_headings_are_unique_within_a_list():
    for fields in (CUSTOMER_FIELDS, ORDER_FIELDS):
        assert len({field.key for field in fields}) == len(fields)
        owners: dict[str, str] = {}
        for field in fields:
            for word in field.synonyms:
                assert owners.setdefault(heading_key(word), field.key) == field.key, word


@pytest.mark.parametrize(
    ("cells", "parts"),
    [
        ({"address": ["東京都港区六本木1-2-3", "縁ビル5F"]}, ("東京都", "港区", "六本木1-2-3", "縁ビル5F")),
        ({"prefecture": ["東京"], "address": ["港区六本木1-2-3", "縁ビル5F"]}, ("東京都", "港区", "六本木1-2-3", "縁ビル5F")),
        ({"prefecture": ["東京都"], "city": ["港区"], "street": ["六本木1-2-3"], "building": [""]}, ("東京都", "港区", "六本木1-2-3", "")),
        ({"prefecture": ["東京都"], "city": ["港区"], "address": ["六本木1-2-3"]}, ("東京都", "港区", "六本木1-2-3", "")),
        ({"address": ["横浜市中区本町1-1"]}, ("神奈川県", "横浜市中区", "本町1-1", "")),
        ({"address": [""]}, ("", "", "", "")),
    ],
)
def test_an_address_is_composed_however_the_file_cuts_it(cells, parts):
    found = compose_address(cells)
    assert (found.prefecture, found.city, found.street, found.building) == parts
