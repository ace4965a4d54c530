"""A shop assistant whose role masks people: found by a complete phone number, opened with a reason, shared by a colleague; what belongs
to another shop is not there, and nothing is exported.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, sign_in

GUEST, PHONE = "﨑山 百合子", "090-5550-1209"
SHOP = "鎌倉小町通り本店カスタマーラウンジ・ギフトサロン併設店"

pytestmark = pytest.mark.parametrize("size", ["phone"], indirect=True)


def test_an_assistant_opens_what_is_masked_and_no_more(page: Page, screens: Screens, installation: Installation) -> None:
    begin(page)
    installation.hire("hayashi", "林 早紀", role="store_staff", team=SHOP)
    mine, other = register(page, "百合子", PHONE, team=SHOP), register(page, "小町", "0467-22-1209", team="")
    sign_in(page, "hayashi")
    find_by_a_complete_number(page, screens)
    open_with_a_reason(page, screens)
    read_why(page, screens)
    stay_out(page, screens, mine, other)
    sign_in(page, "takahashi")
    share_the_other(page, screens, other)
    sign_in(page, "hayashi")
    page.goto(other)
    expect(page.get_by_text("来店の予約を受けたため")).to_be_visible()
    screens.look("shared-with-me")


def register(page: Page, name: str, phone: str, *, team: str) -> str:
    page.goto("/customers/new/")
    page.locator("[name=family_name]").fill("﨑山")
    page.locator("[name=given_name]").fill(name)
    page.get_by_label("電話番号").fill(phone)
    if team:
        page.get_by_label("部署").select_option(team)
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text(name)
    return page.url


def find_by_a_complete_number(page: Page, screens: Screens) -> None:
    page.goto("/customers/")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(1)
    expect(page.get_by_text(GUEST)).to_have_count(0)
    screens.look("masked-list")
    page.get_by_role("searchbox").fill(PHONE[-4:])
    expect(page.get_by_text("氏名と連絡先を伏せて表示しているため")).to_be_visible()
    screens.look("part-of-a-number")
    page.get_by_role("searchbox").fill(PHONE)
    expect(rows).to_have_count(1)
    rows.get_by_role("link").first.click()
    expect(page.get_by_text("あなたのロールでは、氏名と連絡先を伏せて表示しています。")).to_be_visible()
    screens.look("masked")


def open_with_a_reason(page: Page, screens: Screens) -> None:
    page.get_by_role("button", name="理由を書いて開く").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("理由")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    screens.look("reveal-refused")
    dialog.get_by_label("理由").fill("取り置きの期限が今日までなので、電話で知らせる")
    dialog.get_by_role("button", name="理由を記録して開く").click()
    expect(heading(page)).to_contain_text(GUEST)
    expect(page.get_by_text("開いてから10分たつと、また伏せます。")).to_be_visible()
    screens.look("revealed")


def read_why(page: Page, screens: Screens) -> None:
    more = page.locator("main").get_by_role("button", name="その他")
    more.click()
    page.get_by_role("button", name="見える／見えない理由").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("個人情報の見え方")
    screens.look("why")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def stay_out(page: Page, screens: Screens, mine: str, other: str) -> None:
    assert page.request.get(mine).status == 200
    assert page.request.get(other).status == 404
    assert page.request.get("/settings/audit/").status == 403
    page.goto("/customers/")
    expect(page.get_by_role("button", name="書き出す")).to_have_count(0)
    token = str(page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value"))
    asked = {"selection": "all", "reason": "持ち帰り", "confirmed": "1"}
    assert page.request.post("/exports/new/", form=asked, headers={"X-CSRFToken": token, "Referer": page.url}).status == 403


def share_the_other(page: Page, screens: Screens, other: str) -> None:
    page.goto(other)
    page.locator("main").get_by_role("button", name="その他").click()
    page.get_by_role("button", name="共有", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="共有する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("だれに")
    screens.look("share-refused")
    dialog.get_by_label("だれに").select_option("林 早紀")
    dialog.get_by_label("理由").fill("来店の予約を受けたため")
    dialog.get_by_role("button", name="共有する").click()
    expect(page.get_by_text("共有しました。")).to_be_visible()
    page.locator("main").get_by_role("button", name="その他").click()
    page.get_by_role("button", name="共有", exact=True).click()
    expect(dialog).to_contain_text("いま共有している相手")
    screens.look("shared")
