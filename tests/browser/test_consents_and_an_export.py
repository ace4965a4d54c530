"""An afternoon with consents and a large export: somebody wants no more mail and has it in writing, an address is stopped for good;
a file of customers waits for a second person, who says no once, and yes on a phone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, sign_in

MAIL = "yuriko@example.jp"

pytestmark = pytest.mark.parametrize("size", ["desktop"], indirect=True)


def test_a_refusal_is_proved_and_an_export_takes_two(
    page: Page, screens: Screens, installation: Installation, another: Callable[[str], Page]
) -> None:
    begin(page)
    customer = register(page)
    refuse_mail(page, screens)
    prove_it(page, screens, customer)
    stop_an_address(page, screens, customer)
    installation.hire("mori", "森 拓海", role="ec_lead", team="EC課")
    installation.hire("enta", "縁田 宗一郎", role="ec_lead", team="経営企画室")
    ask_for_two_people(page, screens)
    sign_in(page, "mori")
    theirs = another("phone")
    sign_in(theirs, "enta")
    on_their_phone = screens.of(theirs, "phone")
    order_an_export(page, screens, "年賀状")
    say_no(theirs, on_their_phone)
    page.reload()
    expect(page.get_by_text("書き出せませんでした。")).to_be_visible()
    expect(page.get_by_text("宛名印刷の会社と相談してからにしてください。")).to_be_visible()
    screens.look("export-rejected")
    order_an_export(page, screens, "年賀状の宛名印刷")
    say_yes(theirs, on_their_phone)
    fetch_the_file(page, screens)


# ---- consent ------------------------------------------------------------------------------------------------------------


def register(page: Page) -> str:
    page.goto("/customers/new/")
    page.locator("[name=family_name]").fill("齋藤")
    page.locator("[name=given_name]").fill("百合子")
    page.get_by_label("メールアドレス").fill(MAIL)
    page.get_by_role("button", name="顧客を登録する").click()
    expect(heading(page)).to_contain_text("百合子")
    return page.url


def refuse_mail(page: Page, screens: Screens) -> None:
    page.get_by_role("button", name="メール 変える").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("配信可", exact=True).check()
    dialog.get_by_role("button", name="同意を記録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("根拠")
    screens.look("consent-refused")
    dialog.get_by_label("配信不可（本人の希望）").check()
    dialog.get_by_label("どこで").fill("電話")
    dialog.get_by_role("button", name="同意を記録する").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("配信不可").first).to_be_visible()


def prove_it(page: Page, screens: Screens, customer: str) -> None:
    page.goto(f"{customer}consents/")
    expect(page.get_by_role("row").filter(has_text="配信不可").first).to_be_visible()
    screens.look("proof")
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def stop_an_address(page: Page, screens: Screens, customer: str) -> None:
    page.goto("/customers/suppressions/")
    page.get_by_label("メールアドレス").fill(MAIL.upper())
    page.get_by_role("button", name="調べる").click()
    page.get_by_role("button", name="この宛先への配信を止める").click()
    expect(page.get_by_text("この宛先は配信停止リストにあります。")).to_be_visible()
    screens.look("suppressed")
    page.goto(customer)
    page.get_by_role("button", name="メール 変える").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("配信可", exact=True).check()
    dialog.get_by_label("根拠").select_option(index=1)
    dialog.get_by_role("button", name="同意を記録する").click()
    expect(dialog.get_by_role("alert")).to_contain_text("配信停止リスト")
    screens.look("consent-of-a-suppressed")


# ---- an export by two ---------------------------------------------------------------------------------------------------


def ask_for_two_people(page: Page, screens: Screens) -> None:
    page.goto("/settings/approvals/")
    page.get_by_label("承認を求める").check()
    page.get_by_label("承認が要る件数").fill("0")
    page.get_by_role("button", name="承認のきまりを保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("1人目の承認者")
    screens.look("rule-refused")
    page.get_by_label("1人目の承認者").select_option("縁田 宗一郎")
    page.get_by_role("button", name="承認のきまりを保存する").click()
    expect(page.get_by_text("承認のきまりを保存しました。")).to_be_visible()


def order_an_export(page: Page, screens: Screens, reason: str) -> None:
    page.goto("/customers/")
    page.get_by_role("button", name="書き出す").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("書き出す理由").fill(reason)
    dialog.get_by_role("button", name="1人を書き出す").click()
    expect(page.get_by_text("1人の書き出しは、承認を待っています。")).to_be_visible()
    screens.look("export-waits")


def say_no(page: Page, screens: Screens) -> None:
    page.goto("/approvals/")
    screens.look("approvals")
    page.get_by_role("link", name="年賀状").first.click()
    page.get_by_role("button", name="却下する").click()
    expect(page.get_by_role("alert")).to_contain_text("コメント")
    screens.look("no-without-a-word")
    page.get_by_label("コメント").fill("宛名印刷の会社と相談してからにしてください。")
    page.get_by_role("button", name="却下する").click()
    expect(page.get_by_text("却下しました。")).to_be_visible()


def say_yes(page: Page, screens: Screens) -> None:
    page.goto("/approvals/")
    page.get_by_role("link", name="年賀状の宛名印刷").click()
    screens.look("approval")
    page.get_by_role("button", name="承認する").click()
    expect(page.get_by_text("承認しました。")).to_be_visible()


def fetch_the_file(page: Page, screens: Screens) -> None:
    page.reload()
    expect(page.get_by_text("1人を書き出しました。")).to_be_visible()
    screens.look("export-done")
    with page.expect_download() as download:
        page.get_by_role("link", name="ダウンロード").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    page.goto("/approvals/?part=own")
    expect(page.locator(".link-cards li")).to_have_count(2)
    screens.look("own-requests")
