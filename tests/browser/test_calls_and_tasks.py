"""A morning at the telephone: somebody new calls, calls again, and what was promised is on ホーム until it is done.

By keyboard, as with a receiver in the other hand; at the size of a desk and of a phone.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import begin, heading

NUMBER = "090-1234-5678"


def test_a_call_is_noted_its_promise_kept_and_a_slip_undone(page: Page, screens: Screens) -> None:
    begin(page)
    take_a_call_of_somebody_new(page, screens)
    take_the_second_call(page, screens)
    write_in_the_composer_and_take_it_back(page, screens)
    tick_off_undo_and_put_off(page, screens)


def take_a_call_of_somebody_new(page: Page, screens: Screens) -> None:
    page.goto("/customers/call/")
    expect(page.get_by_label("電話番号")).to_be_focused()
    page.keyboard.type(NUMBER.replace("-", ""))
    expect(page.get_by_text("新しい顧客として登録します")).to_be_visible()
    screens.look("call-of-somebody-new")
    for text in ("齋藤", "百合子", "のしの名入れが違う。", "刷り直して送る"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("齋藤 百合子")
    expect(page.locator("#story .event").first).to_contain_text("のしの名入れが違う。")
    expect(page.locator("#story .task")).to_contain_text("刷り直して送る")


def take_the_second_call(page: Page, screens: Screens) -> None:
    """The number leads to the person, who is chosen already."""
    page.goto("/customers/call/")
    expect(page.get_by_label("電話番号")).to_be_focused()
    page.keyboard.type(NUMBER[-4:])
    expect(page.locator("#who")).to_contain_text("齋藤 百合子")
    page.get_by_label("電話番号").fill(NUMBER)
    expect(page.get_by_role("radio", name="齋藤 百合子")).to_be_checked()
    screens.look("call-of-somebody-known")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("用件")).to_be_focused()
    page.keyboard.type("届いたとのお礼。")
    page.get_by_role("button", name="電話メモを記録する").press("Enter")
    expect(page.locator("#story .event").first).to_contain_text("届いたとのお礼。")


def write_in_the_composer_and_take_it_back(page: Page, screens: Screens) -> None:
    page.get_by_role("radio", name="来店").check(force=True)
    page.get_by_role("textbox", name="内容").fill("栗きんとんを試食。")
    page.get_by_label("次にすること").fill("取り置きを知らせる")
    page.get_by_label("次にすること").press("Enter")
    expect(page.locator("#story .event").first).to_contain_text("来店")
    screens.look("recorded")
    page.get_by_role("button", name="元に戻す").click()
    expect(page.get_by_text("栗きんとんを試食。")).to_have_count(0)
    expect(page.get_by_text("取り置きを知らせる")).to_have_count(0)


def tick_off_undo_and_put_off(page: Page, screens: Screens) -> None:
    page.goto("/")
    task = page.locator("#today-tasks .task")
    expect(task).to_contain_text("刷り直して送る")
    screens.look("home")
    page.get_by_role("button", name="「刷り直して送る」を完了にする").press("Enter")
    expect(task).to_have_count(0)
    page.get_by_role("button", name="元に戻す").click()
    expect(task).to_have_count(1)
    page.goto("/tasks/")
    page.get_by_role("button", name="予定を変える").click()
    page.get_by_role("button", name="1週間後").click()
    expect(page.get_by_text("期限を")).to_be_visible()
    screens.look("tasks")
    page.goto("/")
    expect(page.locator("#today-tasks")).to_contain_text("今週までのタスクはありません。")
