"""A sales assistant keeps the papers of a customer, talks about them with colleagues, and moves the customer on in a board.

At the size of a desk and of a phone, cards by keyboard at the one and by their menu at the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from enishi.platform.tests.test_file_kinds import PDF
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, press

GRADES = ("検討中", "見積もり済み", "成約")
CONTRACT = "取引基本契約書_株式会社髙﨑𠮷商店_改定版（押印済み）.pdf"


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    """A contract, a photo, and what only says that it is one."""
    contract, photo, broken = tmp_path / CONTRACT, tmp_path / "外観.jpg", tmp_path / "こわれた写真.jpg"
    contract.write_bytes(PDF)
    Image.new("RGB", (600, 400), "#2f6f4f").save(photo)
    broken.write_text("これは写真ではない")
    return [contract, photo, broken]


def test_papers_talk_and_a_board(page: Page, screens: Screens, papers: list[Path]) -> None:
    begin(page)
    add_field(page, "進みぐあい", "choice", "\n".join(GRADES))
    add_field(page, "契約書", "file")
    add_field(page, "外観の写真", "image")
    register_with_papers(page, screens, papers)
    talk(page, screens)
    move_on(page, screens)


def add_field(page: Page, label: str, kind: str, choices: str = "") -> None:
    page.goto("/customers/fields/new/")
    page.get_by_label("項目名").fill(label)
    page.get_by_label("種類").select_option(kind)
    if choices:
        page.get_by_label("選択肢", exact=True).fill(choices)
    page.get_by_role("button", name="項目を加える").click()
    expect(page.get_by_text(f"「{label}」を加えました。")).to_be_visible()


def register_with_papers(page: Page, screens: Screens, papers: list[Path]) -> None:
    """A mail address is wrong at first: the papers stay. A picture that is none is refused beside its name."""
    page.goto("/customers/new/")
    page.get_by_label("法人", exact=True).check()
    page.get_by_label("会社・団体の名称").fill("株式会社髙﨑𠮷商店")
    page.get_by_label("メールアドレス").fill("だめ")
    contract, photo = (page.get_by_role("group", name=name) for name in ("契約書", "外観の写真"))
    contract.locator("input[type=file]").set_input_files(papers[0])
    photo.locator("input[type=file]").set_input_files(papers[2])
    expect(photo.get_by_text("画像として開けません")).to_be_visible()
    photo.locator("input[type=file]").set_input_files(papers[1])
    expect(photo.get_by_role("button", name="「外観.jpg」を外す")).to_be_visible()
    expect(contract.get_by_text(CONTRACT)).to_be_visible()
    screens.look("papers")
    page.get_by_role("button", name="顧客を登録する").click()
    expect(page.get_by_text("＠がありません").first).to_be_visible()
    expect(contract.get_by_text(CONTRACT)).to_be_visible()
    page.get_by_label("メールアドレス").fill("info@takasaki.example.jp")
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text("株式会社髙﨑𠮷商店")
    expect(page.get_by_role("link", name=CONTRACT)).to_be_visible()
    picture = page.locator(".own-files img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 600)
    screens.look("record")
    page.get_by_role("link", name="外観.jpg").click()
    expect(page.get_by_role("dialog", name="外観.jpg")).to_be_visible()
    page.keyboard.press("Escape")


def talk(page: Page, screens: Screens) -> None:
    page.get_by_placeholder("何がありましたか").fill("見積もりをお送りした。")
    page.get_by_role("button", name="記録する").click()
    thread = page.locator(".thread")
    press(page, thread.get_by_role("button", name="コメントする"))
    expect(thread.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("契約書の押印を確かめました。")
    screens.look("comment")
    thread.get_by_role("button", name="コメントする").click()
    expect(thread.get_by_role("listitem")).to_contain_text("契約書の押印を確かめました。")
    thread.get_by_role("button", name="編集").click()
    thread.get_by_role("textbox").fill("契約書の押印を確かめました。控えは棚にあります。")
    thread.get_by_role("button", name="変更を保存する").click()
    expect(thread.get_by_role("listitem")).to_contain_text("編集済み")


def move_on(page: Page, screens: Screens) -> None:
    """Into another column by the menu, back by the undo, and the board kept as a view."""
    page.goto("/customers/")
    page.get_by_role("button", name="表", exact=True).click()
    page.get_by_role("link", name="ボード：進みぐあい").click()
    column = {name: page.get_by_role("region", name=name, exact=True) for name in ("未設定", *GRADES)}
    expect(column["未設定"].get_by_role("listitem")).to_have_count(1)
    screens.look("board")
    press(page, column["未設定"].get_by_role("button", name="移動…"))
    choice = page.get_by_role("dialog").get_by_label("見積もり済み")
    expect(choice).to_be_visible()
    choice.check()
    screens.look("board-move")
    page.keyboard.press("Enter")
    expect(column["見積もり済み"].get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="元に戻す").click()
    expect(column["未設定"].get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="ビュー", exact=True).click()
    page.get_by_role("button", name="この表示をビューとして保存").click()
    page.get_by_label("ビューの名前").fill("進みぐあい")
    page.get_by_role("button", name="ビューを保存する").click()
    expect(page.get_by_role("link", name="進みぐあい", exact=True)).to_have_attribute("aria-current", "page")
    expect(column["未設定"].get_by_role("listitem")).to_have_count(1)
