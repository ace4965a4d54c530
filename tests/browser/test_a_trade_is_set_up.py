"""A wholesaler's first day: the template of the trade looked at and used by keyboard, a company registered with its terms, one
word changed, and all of it taken back, but for what was written and changed since.

At the size of a desk and of a phone.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, press

COMPANY = "株式会社やまと流通ホールディングス東日本カスタマーサポートセンター"


def test_a_wholesaler_uses_the_template_of_the_trade_and_takes_it_back(page: Page, screens: Screens) -> None:
    begin(page)
    look_and_use(page, screens)
    register_a_company(page, screens)
    choose_another_word(page, screens)
    take_it_back(page, screens)


def look_and_use(page: Page, screens: Screens) -> None:
    page.goto("/customers/fields/")
    screens.look("fields-empty")
    press(page, page.locator("#main").get_by_role("link", name="卸・B2B"))
    expect(heading(page)).to_have_text("業種テンプレート：卸・B2B")
    expect(page.get_by_text("「基本契約」が締結済みのとき表示")).to_be_visible()
    screens.look("before")
    press(page, page.get_by_role("button", name="このテンプレートを使う"))
    expect(page.get_by_text("このテンプレートの内容は、すべてそろっています。")).to_be_visible()
    expect(page.get_by_role("button", name="このテンプレートを使う")).to_have_count(0)
    screens.look("used")


def register_a_company(page: Page, screens: Screens) -> None:
    page.goto("/customers/new/")
    expect(heading(page)).to_have_text("取引先を登録")
    expect(page.get_by_role("heading", name="締め・支払・与信")).to_be_hidden()
    page.get_by_label("法人", exact=True).check()
    expect(page.get_by_role("heading", name="締め・支払・与信")).to_be_visible()
    expect(page.get_by_label("基本契約の期限")).to_be_hidden()
    page.get_by_label("会社・団体の名称").fill(COMPANY)
    page.get_by_label("与信限度額").fill("３，０００，０００")
    page.get_by_label("基本契約", exact=True).select_option("締結済み")
    page.get_by_label("基本契約の期限").fill("2027/3/31")
    screens.look("form")
    page.get_by_role("button", name="取引先を登録する").click()
    expect(page.get_by_text("¥3,000,000")).to_be_visible()
    page.goto("/customers/")
    expect(heading(page)).to_have_text("取引先")
    page.get_by_role("link", name="取引前の会社").click()
    expect(page.get_by_role("link", name=COMPANY)).to_be_visible()
    screens.look("list")


def choose_another_word(page: Page, screens: Screens) -> None:
    page.goto("/settings/words/")
    page.get_by_label("「担当」の呼び方").fill("")
    page.get_by_role("button", name="呼び方を保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("日本語と英語の両方を入力してください。")
    screens.look("words-refused")
    page.get_by_label("「担当」の呼び方").fill("渉外")
    page.get_by_role("button", name="呼び方を保存する").click()
    expect(page.get_by_text("呼び方を変えました。全員の画面に反映されています。")).to_be_visible()


def take_it_back(page: Page, screens: Screens) -> None:
    page.goto("/customers/fields/trades/wholesale/")
    press(page, page.get_by_role("button", name="元に戻す"))
    left = page.get_by_role("list").filter(has_text="残っているもの")
    for words in ("「与信限度額」：入力ずみの値があるため", "「基本契約」：入力ずみの値", "「渉外」：あとから変更"):
        expect(left.first).to_contain_text(words)
    screens.look("taken-back")
    page.goto("/customers/fields/")
    expect(page.get_by_role("heading", name="使用をやめた項目")).to_be_visible()
    screens.look("fields-left")
    page.goto("/customers/")
    expect(heading(page)).to_have_text("顧客")
