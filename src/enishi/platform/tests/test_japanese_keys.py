"""What two writings of one thing have in common: addresses, companies, old kanji; and letters that look like others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.japanese.address import address_key, address_parts
from enishi.platform.japanese.company import company_key, parse_company
from enishi.platform.japanese.lookalikes import lookalikes
from enishi.platform.japanese.normalise import fold
from enishi.platform.japanese.postal import lookup

# town and numbers, then writings of it as they stand in files.
ADDRESSES = """
六本木 1-2-3 | 六本木一丁目2番3号 | 六本木１丁目２番３号 | 六本木１－２－３ | 六本木1-2-3 | 六本木1ー2ー3 | 六本木1−2−3 | 六本木1の2の3
六本木 1-2-3 | 六本木一の二の三 | 六本木一ノ二ノ三 | 六本木一－二－三 | 六本木一丁目二番三号 | 六本木一丁目二番地三 | 六本木1丁目2番地の3 | 六本木1丁目2-3
六本木 1-2-3 | 六本木 1-2-3 | 六本木　１－２－３ | 大字六本木1-2-3 | 六本木字1-2-3 | 六本木1・2・3 | 六本木1丁目 2番 3号 | 六本木01-02-03
六本木 1-2 | 六本木1-2 | 六本木1丁目2番地 | 六本木1丁目2番 | 六本木一丁目二番地 | 六本木1丁目2号
八丁堀 2-1-1 | 八丁堀2-1-1 | 八丁堀二丁目1番1号 | 八丁堀２丁目１－１
3番町 3 | 三番町3番地 | 三番町３ | 3番町3番 | 三番町三番地
上10条 3-4 | 上十条三丁目4 | 上十条3-4 | 上10条３丁目４番
北1条西 2-3 | 北1条西2丁目3 | 北一条西二丁目3番地 | 北１条西２－３ | 北一条西2丁目3番
24軒4条 1-2-3 | 24軒4条1丁目2-3 | 24軒四条一丁目2番3号
東1線北 2 | 東1線北2号 | 東一線北2 | 東１線北２
種市 22-131 | 種市第22地割131 | 種市22-131 | 種市第２２地割１３１番地 | 種市22地割131
上本能寺前町 488 | 寺町通御池上る上本能寺前町488番地 | 上本能寺前町488 | 寺町通御池上ル上本能寺前町四百八十八番地 | 寺町御池上る上本能寺前町488
長刀鉾町 20 | 四条通烏丸東入長刀鉾町20 | 四条通烏丸東入ル長刀鉾町20 | 四条通烏丸東入る長刀鉾町20番地 | 長刀鉾町20
虎屋町 566-1 | 烏丸通御池下る虎屋町566-1 | 烏丸通御池さがる虎屋町566-1 | 虎屋町566番地の1 | 虎屋町五六六－一
長岡 1234-5 | 長岡1234番地5 | 長岡1,234番地の5 | 長岡千二百三十四番地五 | 長岡1234-5 | 大字長岡字1234番地の5
長岡甲 123 | 長岡甲123番地 | 長岡甲123 | 大字長岡甲１２３番地 | 長岡甲百二十三番地
十文字町 1-2 | 十文字町1-2 | 十文字町一丁目2 | 大字十文字町１－２
新鎌ケ谷 2-6 | 新鎌ヶ谷2-6 | 新鎌ケ谷２の６ | 新鎌ケ谷二丁目6番
桜丘 102 | 桜丘百二番地 | 桜丘102番地 | 桜丘一〇二番地 | 櫻丘102
沢 7 | 沢7番地 | 澤七番地 | 大字沢7 | 沢７
"""
# One flat: town and numbers, building, room; then street and building as they are typed.
FLATS = [
    (
        "六本木1-2-3",
        "縁ビル",
        "405",
        [("六本木1-2-3 縁ビル405号室", ""), ("六本木1-2-3", "縁ビル405"), ("六本木1丁目2番3号縁ビル４０５号", "")],
    ),
    (
        "六本木1-2-3",
        "縁ビル",
        "",
        [("六本木1-2-3縁ビル4F", ""), ("六本木1-2-3", "縁ビル4階"), ("六本木1-2-3", "縁ビル"), ("六本木1-2-3", "縁ビル B1F")],
    ),
    ("六本木1-2-3", "", "405", [("六本木1-2-3-405", ""), ("六本木1-2-3", "405号室"), ("六本木1-2-3", "４０５"), ("六本木1-2-3 405号", "")]),
    ("六本木1-2-3", "メゾン高橋", "A101", [("六本木1-2-3 メゾン髙橋 A-101", ""), ("六本木1-2-3", "メゾン高橋Ａ－１０１号室")]),
    ("六本木1-2-3", "b棟", "203", [("六本木1-2-3 B棟 203", ""), ("六本木1-2-3", "Ｂ棟203号室")]),
]


def _groups():
    for line in ADDRESSES.strip().splitlines():
        key, *writings = line.split(" | ")
        yield from ((writing, *key.split(" ")) for writing in writings)


@pytest.mark.parametrize(("typed", "town", "numbers"), [*_groups()])
def test_every_writing_of_an_address_has_its_key(typed, town, numbers):
    found = address_parts(typed)
    assert (found.town, found.numbers) == (fold(town), numbers)


@pytest.mark.parametrize(("text", "building", "room", "writings"), FLATS)
def test_building_and_room_are_kept_apart(text, building, room, writings):
    for street, typed in writings:
        found = address_parts(street, typed)
        assert (found.text, found.building, found.room) == (fold(text), fold(building), room)


def test_neighbours_are_no_twins():
    assert len({address_parts(text).text for text in ("六本木1-2-3", "六本木1-2-4", "六本木1-23", "六本木12-3", "六本木2-1-3")}) == 5
    assert address_key("六本木一丁目2番3号 縁ビル") == address_key("六本木1-2-3縁ビル")


def test_the_quirks_of_the_postal_data_do_not_reach_anybody():
    """以下に掲載がない場合, streets of Kyoto, one code in two prefectures, a tower with its floors, an office with its own code."""
    assert [(a.prefecture, a.town) for a in lookup("060-0000")] == [("北海道", "")]
    assert [a.town for a in lookup("604-0925")] == ["上本能寺前町"]
    assert {a.prefecture for a in lookup("871-0000")} == {"福岡県", "大分県"}
    assert not any(sign in a.town for code in ("106-6101", "028-7917", "389-2261") for a in lookup(code) for sign in "（(、")


COMPANIES = """
縁日堂 | ㈱縁日堂 | （株）縁日堂 | (株)縁日堂 | ㍿縁日堂 | 株式会社縁日堂 | 株式会社　縁日堂
縁日堂 | 縁日堂㈱ | 縁日堂（株） | 縁日堂 株式会社 | 株)縁日堂 | 縁日堂(株 | 株式會社縁日堂
エンニチドウ | ｶ)ｴﾝﾆﾁﾄﾞｳ | カ）エンニチドウ | エンニチドウ（カ | エンニチドウ（カ）| カブシキガイシャエンニチドウ
小町屋 | ㈲小町屋 | (有)小町屋 | 有限会社小町屋 | 小町屋有限会社 | 有限會社小町屋
高島屋 | ㈱髙島屋 | 高島屋株式会社 | 株式会社高嶋屋
エニシ | 一般社団法人えにし | （一社）えにし | えにし(一社) | NPO法人えにし | 特定非営利活動法人エニシ
健康会 | 医療法人社団健康会 | （医）健康会 | 医療法人健康会
"""


@pytest.mark.parametrize("line", COMPANIES.strip().splitlines())
def test_every_writing_of_a_company_has_its_key(line):
    key, *writings = (part.strip() for part in line.split("|"))
    assert {company_key(writing) for writing in writings} == {fold(key)}


def test_a_company_has_a_short_name_for_narrow_places():
    assert parse_company("縁日堂株式会社").short == "縁日堂（株）"
    assert parse_company("㈲小町屋").short == "（有）小町屋"
    assert parse_company("社会医療法人えにし").short == "社会医療法人えにし"
    assert parse_company("㈱").core == "(株)"  # nothing but a legal form is a name


@pytest.mark.parametrize(
    ("old", "common"), ["彥彦", "產産", "熙煕", "達逹", "寳宝", "髙高", "﨑崎", "邉辺", "齋斎", "𠮷吉", "穰穣", "冲沖"]
)
def test_old_kanji_are_found_by_common_ones(old, common):
    assert fold(old) == fold(common)


@pytest.mark.parametrize("pair", ["坂阪", "畑畠", "脇脅", "葉叶"])
def test_surnames_that_people_tell_apart_stay_apart(pair):
    assert fold(pair[0]) != fold(pair[1])


@pytest.mark.parametrize(
    ("text", "typed", "meant"),
    [
        ("ニ宮 和也", "ニ", "二"),
        ("山ロ 太郎", "ロ", "口"),
        ("大エ 一郎", "エ", "工"),
        ("タ日町", "タ", "夕"),
        ("カ士", "カ", "力"),
        ("第ニ営業部", "ニ", "二"),
        ("工ステサロン", "工", "エ"),
        ("夕カラ", "夕", "タ"),
        ("力ステラ", "力", "カ"),
        ("口ーソン", "口", "ロ"),
        ("二チレイ", "二", "ニ"),
        ("ソニ一", "一", "ー"),
        ("ス－パー", "－", "ー"),
        ("マンション-", "-", "ー"),
        ("六本木1一2", "一", "-"),
        ("09O-1234-5678", "O", "0"),
        ("へアサロン", "へ", "ヘ"),
        ("аnna", "а", ""),
    ],
)
def test_a_letter_that_looks_like_another_is_told(text, typed, meant):
    assert [(one.typed, one.meant) for one in lookalikes(text)] == [(typed, meant)]


_RIGHT = """
二宮 和也|八ケ岳|八ツ橋|三ツ矢|霞ヶ関|茶ノ水|主力カード|窓口サービス|口コミ|木村カエラ|トヨタ自動車|工藤 タカ|A-1|六本木1-2-3|メゾン-101|りんご
キヤノン|マツダ|田中 力|入口ドア|アカネ|山田 一
"""


@pytest.mark.parametrize("text", _RIGHT.strip().replace("\n", "|").split("|"))
def test_what_is_right_is_not_told(text):
    assert lookalikes(text) == []


def test_large_kana_are_told_of_companies_alone():
    assert [one.meant for one in lookalikes("シヨツプえにし", big_kana=True)] == ["ョ", "ッ"]
    assert lookalikes("キヨミ") == []


_STREETS = st.text("六本木大字番地丁目号条の0123456789一二三十百-ー－ 　上る東入通縁ビルF室", max_size=30)


@given(_STREETS)
def test_a_key_does_not_change_with_width_and_is_its_own_key(text):
    wide = text.translate({code: chr(code + 0xFEE0) for code in range(0x30, 0x3A)})
    assert address_parts(text) == address_parts(wide)
    assert address_parts(text).text == address_parts(text.strip()).text


@given(st.text())
def test_no_text_breaks_a_key_or_the_look_for_lookalikes(text):
    address_parts(text, text)
    assert all(text[one.at] == one.typed for one in lookalikes(text, big_kana=True))


def test_the_short_way_to_a_key_says_what_the_long_one_says():
    streets = (
        "谷中3-10-1",
        "本町12-4",
        "上篠崎2-31-8",
        "西五反田1-3-23",
        "由比が浜1-17-3",
        "三田2-1-5",
        "六本木6-10-1",
        "一ツ橋2-3",
        "髙田3-1-2",
    )
    for street in streets:
        for building in ("", "メゾン東106号室", "パークハイツ1203号室"):
            # A space in front is cleaned away, and takes the long way.
            assert address_parts(street, building) == address_parts(" " + street, building), (street, building)
