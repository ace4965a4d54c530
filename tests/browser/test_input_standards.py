"""An admin's input standards: a rule is written, refused and published; it speaks beside the field, stands in the printed rulebook,
mends who was there before after a look at whom, and is taken back; then the quality of what is left, and whom to look at first.

At the size of a desk and of a phone.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, press, skip_to_content

TYPED, WRITTEN = "谷中１丁目２番３号", "谷中1丁目2番3号"


def test_a_standard_is_set_obeyed_printed_and_used_on_who_was_there(page: Page, screens: Screens) -> None:
    begin(page)
    register(page, "髙橋", TYPED)
    write_a_rule(page, screens)
    see_it_beside_the_field(page, screens)
    print_the_rulebook(page)
    cleanse(page, screens)
    measure(page, screens)


def register(page: Page, family_name: str, street: str) -> None:
    page.goto("/customers/new/")
    page.locator("[name=family_name]").fill(family_name)
    page.locator("[name=street]").fill(street)
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text(family_name)


def write_a_rule(page: Page, screens: Screens) -> None:
    page.goto("/customers/standards/")
    screens.look("standards-empty")
    skip_to_content(page)
    press(page, page.get_by_role("link", name="基準を加える"))
    page.locator("[name=field]").select_option("street")
    page.locator("[name=check]").select_option("forbidden")
    page.get_by_label("受けつけない").check()
    page.get_by_role("button", name="下書きに入れる").press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("[name=field]")).to_have_value("street")
    screens.look("rule-refused")
    page.locator("[name=check]").select_option("width")
    page.locator("[name=choice_width]").select_option("digits_half")
    page.get_by_label("自動で直す").check()
    page.locator("[name=example]").fill(TYPED)
    screens.look("rule")
    page.get_by_role("button", name="下書きに入れる").press("Enter")
    expect(page.get_by_text(f"{TYPED} → {WRITTEN}")).to_be_visible()
    screens.look("standards-draft")
    press(page, page.get_by_role("button", name="下書きを公開する"))
    expect(page.get_by_text("入力基準を公開しました。")).to_be_visible()
    screens.look("standards")


def see_it_beside_the_field(page: Page, screens: Screens) -> None:
    page.goto("/customers/new/")
    page.locator("[name=family_name]").fill("𠮷田")
    street = page.locator("[name=street]")
    street.fill(TYPED)
    street.blur()
    better = page.get_by_role("button", name=f"「{WRITTEN}」にする")
    expect(better).to_be_visible()
    better.scroll_into_view_if_needed()
    screens.look("hint")
    better.press("Enter")
    expect(street).to_have_value(WRITTEN)
    expect(better).to_be_hidden()
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text("𠮷田")


def print_the_rulebook(page: Page) -> None:
    page.goto("/customers/standards/")
    with page.expect_download() as printing:
        page.get_by_role("button", name="基準書を印刷する").click()
    assert printing.value.suggested_filename.startswith("入力基準_")
    assert Path(printing.value.path()).read_bytes().startswith(b"%PDF")


def cleanse(page: Page, screens: Screens) -> None:
    page.goto("/customers/cleansing/")
    screens.look("cleansing")
    skip_to_content(page)
    press(page, page.get_by_role("button", name="試しに確かめる"))
    expect(page.get_by_text("2人のうち1人が変わります。")).to_be_visible()
    expect(page.get_by_text(WRITTEN)).to_be_visible()
    screens.look("trial")
    page.get_by_role("button", name="この内容で1人を整える").press("Enter")
    expect(page.get_by_text("1人を変更しました。")).to_be_visible()
    screens.look("cleansed")
    page.get_by_role("button", name="1人の変更を元に戻す").press("Enter")
    expect(page.get_by_text("1人を元に戻しました。")).to_be_visible()
    page.goto("/customers/cleansing/")
    screens.look("cleansings")
    page.goto("/customers/?q=髙橋")
    page.get_by_role("link", name="髙橋").first.click()
    expect(page.locator("#main")).to_contain_text(TYPED)


def measure(page: Page, screens: Screens) -> None:
    page.goto("/customers/quality/")
    screens.look("quality-before")
    page.get_by_role("button", name="いま測り直す").press("Enter")
    expect(page.get_by_role("link", name="町名・番地")).to_be_visible()  # without a look by hand
    screens.look("quality")
    page.get_by_role("link", name="町名・番地").press("Enter")
    expect(page.get_by_role("link", name="髙橋")).to_be_visible()
    expect(page.get_by_role("link", name="𠮷田")).to_have_count(0)
    screens.look("worst")
    page.get_by_role("link", name="一覧で開く").press("Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("髙橋")
    screens.look("worst-as-a-list")
