"""A morning in the shop with one free hand: on a phone, somebody of the shop registers a guest, notes what was tasted, keeps a
picture of the application form, finds the guest again by four digits, and meets no one of another shop.
"""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, sign_in

PHONE = "090-5550-1209"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

pytestmark = pytest.mark.parametrize("size", ["phone"], indirect=True)


def test_somebody_of_the_shop_serves_a_guest(page: Page, screens: Screens, installation: Installation) -> None:
    begin(page)
    register_somebody_of_another_shop(page)
    installation.hire("kobayashi", "小林 直人", role="store_manager", team="谷中本店")
    sign_in(page, "kobayashi")
    register_a_guest(page, screens)
    note_the_visit(page, screens)
    keep_the_form(page, screens)
    find_the_guest_again(page, screens)
    do_what_was_promised(page, screens)


def register_somebody_of_another_shop(page: Page) -> None:
    page.goto("/customers/new/")
    page.locator("[name=family_name]").fill("鎌倉")
    page.locator("[name=given_name]").fill("小町")
    page.get_by_label("電話番号").fill("0467-22-1209")
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text("鎌倉 小町")


def register_a_guest(page: Page, screens: Screens) -> None:
    page.get_by_role("button", name="追加").click()
    screens.look("add")
    page.get_by_role("link", name="顧客を登録").click()
    page.get_by_role("button", name="顧客を登録する").click()
    expect(page.get_by_role("alert")).to_be_visible()
    screens.look("guest-refused")
    page.locator("[name=family_name]").fill("𠮷﨑")
    page.locator("[name=given_name]").fill("髙之進")
    page.get_by_label("フリガナ（姓）").fill("ﾖｼｻﾞｷ")
    page.get_by_label("電話番号").fill(PHONE.replace("-", ""))
    page.get_by_label("流入経路").fill("店頭")
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text("𠮷﨑 髙之進")
    screens.look("guest")


def note_the_visit(page: Page, screens: Screens) -> None:
    page.get_by_role("radio", name="来店").check(force=True)
    page.get_by_role("textbox", name="内容").fill("深蒸し煎茶を試飲。母の日の贈り物を探している。")
    page.get_by_label("次にすること").fill("新茶が入ったら電話する")
    page.get_by_role("button", name="記録する").click()
    expect(page.locator("#story .event").first).to_contain_text("深蒸し煎茶を試飲。")
    expect(page.locator("#story .task")).to_contain_text("新茶が入ったら電話する")
    screens.look("visit")


def keep_the_form(page: Page, screens: Screens) -> None:
    page.locator("#file-add").set_input_files(FilePayload(name="会員申込書（表）.png", mimeType="image/png", buffer=PIXEL))
    expect(page.locator("#file-list")).to_contain_text("会員申込書（表）.png")
    page.locator("#file-list").scroll_into_view_if_needed()
    screens.look("form-kept")


def find_the_guest_again(page: Page, screens: Screens) -> None:
    page.goto("/customers/")
    page.get_by_role("searchbox").fill(PHONE[-4:])
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("𠮷﨑 髙之進")
    expect(page.get_by_text("鎌倉 小町")).to_have_count(0)
    screens.look("found")
    rows.get_by_role("link", name="𠮷﨑 髙之進").click()
    expect(heading(page)).to_contain_text("𠮷﨑 髙之進")


def do_what_was_promised(page: Page, screens: Screens) -> None:
    page.goto("/tasks/")
    page.get_by_role("button", name="「新茶が入ったら電話する」を完了にする").click()
    expect(page.get_by_role("button", name="元に戻す")).to_be_visible()
    screens.look("done")
    page.goto("/")
    expect(page.locator("#today-tasks .task")).to_have_count(0)
