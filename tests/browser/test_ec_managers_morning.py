"""An EC manager's morning: a field of the company's own, filled from a shop's file, found in the list, written to a workbook for
the printer, one value put right and back again, and the whole import taken back but for what has been used since.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import begin, heading

RANK = "会員ランク"
LONG_COMPANY = "株式会社やまと流通ホールディングス東日本カスタマーサポートセンター"
#: A workbook's own words: an old letter, one outside CP932, half-width kana, a firm, a rank that does not exist.
ROWS = (
    ("M-001", "髙橋 﨑子", "ﾀｶﾊｼ ｻｷｺ", "03-1111-0001", "ゴールド"),
    ("M-002", "𠮷田 一", "ヨシダ ハジメ", "090-1111-0002", "シルバー"),
    ("M-003", "林 花", "はやし はな", "09011110003", "ゴールド"),
    ("M-004", "㈱縁日屋 谷口 実", "タニグチ ミノル", "090-1111-0004", "プラチナ"),
    ("M-005", "齋藤 百合子", "サイトウ ユリコ", "090-1111-0005", ""),
)

pytestmark = pytest.mark.parametrize("size", ["desktop"], indirect=True)


def test_an_ec_manager_adds_a_field_fills_it_uses_it_and_takes_the_import_back(page: Page, screens: Screens) -> None:
    begin(page)
    add_a_field(page, screens)
    fill_it_from_a_file(page, screens)
    find_the_gold_ones(page, screens)
    write_them_to_a_workbook(page, screens)
    put_one_value_right_and_back(page, screens)
    take_the_import_back(page, screens)


def add_a_field(page: Page, screens: Screens) -> None:
    page.goto("/customers/fields/")
    screens.look("fields-empty")
    page.get_by_role("link", name="項目を加える").first.click()
    page.get_by_label("項目名").fill(RANK)
    page.get_by_label("種類").select_option(label="選択（1つ）")
    page.get_by_role("button", name="項目を加える").click()
    expect(page.get_by_role("alert")).to_be_visible()
    screens.look("field-refused")
    expect(page.get_by_label("項目名")).to_have_value(RANK)
    page.get_by_label("選択肢", exact=True).fill("ゴールド\nシルバー\nレギュラー")
    page.get_by_label("この項目の意味").fill("年間のお買い上げで決まる区分。毎年4月に見直す。")
    page.get_by_role("button", name="項目を加える").click()
    expect(page.get_by_role("row").filter(has_text=RANK)).to_be_visible()
    screens.look("fields")


def fill_it_from_a_file(page: Page, screens: Screens) -> None:
    head = f"会員番号,氏名,フリガナ,電話番号,{RANK}"
    text = "\r\n".join([head, *(",".join(row) for row in ROWS)]) + "\r\n"
    page.goto("/imports/new/")
    page.get_by_role("radio", name="顧客").check()
    page.locator("input[type=file]").set_input_files(
        FilePayload(name="会員ランク.csv", mimeType="text/csv", buffer=text.encode("utf-8-sig"))
    )
    page.get_by_role("button", name="ファイルを読み込む").click()
    page.get_by_role("link", name="次へ：列の対応").click()
    expect(page.get_by_label(RANK, exact=True).locator("option:checked")).to_have_text(RANK)
    page.get_by_role("button", name="次へ").click()
    while page.get_by_role("button", name="試し取り込みを始める").count() == 0:
        if page.get_by_role("radio", name="不明").count():
            page.get_by_role("radio", name="不明").check()
        page.get_by_role("button", name=re.compile("^次へ")).click()
        page.wait_for_load_state()
    page.get_by_role("button", name="試し取り込みを始める").click()
    expect(page.get_by_text("まだ何も登録していません")).to_be_visible()
    screens.look("import-checked")
    page.get_by_role("button", name="4行を取り込む").click()
    expect(page.get_by_text("取り込みが終わりました")).to_be_visible()
    expect(page.get_by_label("結果")).to_contain_text(re.compile(r"登録した行\s*4\s*行"))


def find_the_gold_ones(page: Page, screens: Screens) -> None:
    page.goto("/customers/")
    page.get_by_role("button", name="列", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name=RANK).check()
    screens.look("columns")
    dialog.get_by_role("button", name="この列で表示する").click()
    expect(page.get_by_role("columnheader", name=RANK)).to_be_visible()
    page.get_by_role("link", name="絞り込む").click()
    page.get_by_role("button", name="＋ 条件", exact=True).click()
    page.locator("#facts-main").get_by_role("button", name=RANK).click()
    page.get_by_label(RANK, exact=True).select_option(label="ゴールド")
    expect(page.locator("#filter-count")).to_contain_text("2人")
    page.get_by_role("button", name="この条件で絞り込む").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    screens.look("gold")


def write_them_to_a_workbook(page: Page, screens: Screens) -> None:
    page.get_by_role("checkbox", name="このページをすべて選ぶ").check()
    page.get_by_role("button", name="書き出す").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="2人を書き出す").click()
    expect(dialog.get_by_label("書き出す理由")).to_have_attribute("aria-invalid", "true")
    screens.look("export-refused")
    dialog.get_by_label("書き出す理由").fill("ゴールド会員の案内状の印刷")
    dialog.get_by_role("button", name="2人を書き出す").click()
    expect(page.get_by_role("link", name="をダウンロード")).to_be_visible()
    screens.look("export-done")
    with page.expect_download() as download:
        page.get_by_role("link", name="をダウンロード").click()
    rows = list(load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active.iter_rows(values_only=True))
    rank = rows[0].index(RANK)
    assert [row[rank] for row in rows[1:]] == ["ゴールド", "ゴールド"]
    assert any("髙橋 﨑子" in row for row in rows)


def put_one_value_right_and_back(page: Page, screens: Screens) -> None:
    page.goto("/customers/?q=ﾊﾔｼ ﾊﾅ")
    page.locator("#rows").get_by_role("link").first.click()
    expect(heading(page)).to_contain_text("林 花")
    page.get_by_role("link", name="編集").first.click()
    page.get_by_label(RANK).select_option(label="レギュラー")
    page.get_by_role("button", name="変更を保存する").click()
    expect(heading(page)).to_contain_text("林 花")
    expect(page.get_by_role("main")).to_contain_text("レギュラー")
    page.goto(f"{page.url}history/")
    page.get_by_role("button", name=f"{RANK}：この値に戻す").first.click()
    screens.look("restore")
    page.get_by_role("dialog").get_by_role("button", name="この値に戻す").click()
    expect(page.get_by_text("戻しました")).to_be_visible()
    screens.look("history")


def take_the_import_back(page: Page, screens: Screens) -> None:
    page.goto("/imports/")
    page.get_by_role("link", name="会員ランク.csv").click()
    page.get_by_role("button", name=re.compile("元に戻")).click()
    expect(page.get_by_text("まだ何も変更していません")).to_be_visible()
    screens.look("undo-checked")
    page.get_by_role("button", name="この取り込みを元に戻す").click()
    screens.look("undo-confirm")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("元に戻す")).click()
    expect(page.get_by_text("取り込みを元に戻しました")).to_be_visible()
    screens.look("undo-done")
    page.goto("/customers/")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("林 花")
