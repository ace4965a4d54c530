"""Somebody who lives in spreadsheets corrects the list where it stands: a cell, a block pasted from Excel, a row copied down, and
back again. By keyboard alone at a desk; on a phone the list stays what it is, whatever was chosen at the desk.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import begin, heading

PEOPLE = (("齋藤", "百合子"), ("山田", "太郎"), ("長谷川", "きよし"), ("林", "さくら"))
LIST = "/customers/?sort=kana&cols=phone,prefecture,birthday,source,registered"
PHONE, PREFECTURE, BIRTHDAY, SOURCE, REGISTERED = 2, 3, 4, 5, 6  # behind the box and the name
BLOCK = "０９０１２３４５６７８\t石川\tS60.4.1\r\n12\t東京都\t1990/2/3\r\n03-1234-5678\t大阪府\t\r\n"


def test_cells_are_edited_pasted_copied_down_and_taken_back(page: Page, screens: Screens, size: str) -> None:
    begin(page)
    for family, given in PEOPLE:
        register(page, family, given)
    page.goto(LIST)
    if size == "phone":
        nothing_changes_on_a_phone(page, screens)
        return
    edit_a_cell(page, screens)
    paste_a_block(page, screens)
    copy_down(page, screens)
    take_it_all_back(page)
    write_and_empty(page, screens)
    copy_for_a_spreadsheet(page)


def register(page: Page, family: str, given: str) -> None:
    page.goto("/customers/new/")
    page.locator("#id_family_name").fill(family)
    page.locator("#id_given_name").fill(given)
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text(f"{family} {given}")


def cell(page: Page, row: int, column: int) -> Locator:
    return page.locator("#rows tr").nth(row).locator("td").nth(column)


def texts(page: Page, column: int) -> list[str]:
    return [text.strip() for text in page.locator(f"#rows tr td:nth-child({column + 1})").all_inner_texts()]


def nothing_changes_on_a_phone(page: Page, screens: Screens) -> None:
    page.context.add_cookies([{"name": "cells", "value": "on", "url": page.url}])
    page.reload()
    expect(page.locator("#rows tr")).to_have_count(len(PEOPLE))
    expect(page.get_by_role("grid")).to_have_count(0)
    expect(page.get_by_role("button", name="セルを編集")).to_be_hidden()
    screens.look("list")
    page.locator("#rows tr").first.click()
    expect(heading(page)).to_contain_text("様")


def edit_a_cell(page: Page, screens: Screens) -> None:
    """The switch, then arrows; a bad value is told beside the cell and stays, Escape gives it back, Enter keeps and goes down."""
    expect(page.locator("cell-grid:defined")).to_have_count(1)
    page.get_by_role("button", name="セルを編集").press("Enter")
    expect(page.get_by_role("grid")).to_have_count(1)
    expect(cell(page, 0, 1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    field = page.get_by_label("電話番号", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_text("電話番号として読めません")).to_be_visible()
    expect(field).to_have_value("12")
    screens.look("cell-refused")
    page.keyboard.press("Escape")
    expect(cell(page, 0, PHONE)).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("０３１２３４５６７８")
    page.keyboard.press("Enter")
    expect(cell(page, 0, PHONE)).to_have_text("03-1234-5678")
    expect(cell(page, 1, PHONE)).to_be_focused()
    page.get_by_role("button", name="元に戻す").last.click()
    expect(cell(page, 0, PHONE)).to_have_text("―")


def paste_a_block(page: Page, screens: Screens) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", BLOCK)
    cell(page, 0, PHONE).focus()
    page.keyboard.press("Control+v")
    dialog = page.get_by_role("dialog", name="貼り付ける内容の確認")
    expect(dialog.get_by_text("電話番号として読めません")).to_be_visible()
    screens.look("paste-previewed")
    dialog.get_by_role("button", name="7個のセルを変える").press("Enter")
    expect(cell(page, 2, PREFECTURE)).to_have_text("大阪府")
    assert texts(page, PHONE) == ["090-1234-5678", "―", "03-1234-5678", "―"]
    assert texts(page, PREFECTURE) == ["石川県", "東京都", "大阪府", "―"]
    assert texts(page, BIRTHDAY) == ["1985/04/01(月)", "1990/02/03(土)", "―", "―"]
    screens.look("pasted")


def copy_down(page: Page, screens: Screens) -> None:
    cell(page, 0, PREFECTURE).click()
    cell(page, 2, BIRTHDAY).click(modifiers=["Shift"])
    screens.look("range")
    page.get_by_role("button", name="下へコピー").click()
    dialog = page.get_by_role("dialog", name="下へコピーする内容の確認")
    dialog.get_by_role("button", name="4個のセルを変える").press("Enter")
    expect(cell(page, 2, BIRTHDAY)).to_have_text("1985/04/01(月)")
    assert texts(page, PREFECTURE) == ["石川県", "石川県", "石川県", "―"]


def take_it_all_back(page: Page) -> None:
    cell(page, 3, SOURCE).focus()
    page.keyboard.press("Control+z")
    expect(cell(page, 2, BIRTHDAY)).to_have_text("―")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, BIRTHDAY)).to_have_text("―")
    assert {*texts(page, PHONE), *texts(page, PREFECTURE), *texts(page, BIRTHDAY)} == {"―"}


def write_and_empty(page: Page, screens: Screens) -> None:
    """Typing begins in the cell one stands at, a conversion from kana with its first letter; Delete empties it, a range after a look."""
    cell(page, 0, SOURCE).click()
    page.keyboard.type("SNS")
    expect(page.get_by_label("流入経路", exact=True)).to_have_value("SNS")
    page.keyboard.press("Enter")
    expect(cell(page, 0, SOURCE)).to_have_text("SNS")
    expect(cell(page, 1, SOURCE)).to_be_focused()
    keyboard = page.context.new_cdp_session(page)
    for typed in ("し", "しょう", "しょうかい", "紹介"):
        keyboard.send("Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)})
    expect(cell(page, 1, SOURCE)).to_have_text("紹介")
    screens.look("converting")
    keyboard.send("Input.insertText", {"text": "紹介"})
    expect(page.get_by_label("流入経路", exact=True)).to_have_value("紹介")
    page.keyboard.press("Enter")
    expect(cell(page, 1, SOURCE)).to_have_text("紹介")
    cell(page, 0, SOURCE).focus()
    page.keyboard.press("Delete")
    expect(cell(page, 0, SOURCE)).to_have_text("―")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, SOURCE)).to_have_text("SNS")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Backspace")
    dialog = page.get_by_role("dialog", name="空にする内容の確認")
    dialog.get_by_role("button", name="2個のセルを変える").press("Enter")
    expect(cell(page, 1, SOURCE)).to_have_text("―")
    assert set(texts(page, SOURCE)) == {"―"}


def copy_for_a_spreadsheet(page: Page) -> None:
    cell(page, 1, 1).focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+c")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    lines = copied.splitlines()
    assert len(lines) == 2
    assert set(lines) <= {f"{family} {given}" for family, given in PEOPLE}
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text(lines[1])
