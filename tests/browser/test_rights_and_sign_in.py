"""An administrator's morning with people and rights: somebody is invited, comes in and gets a second factor; a role is changed with
its consequences in sight, taken back and looked at from within; a device is signed out; a token is made and revoked.

By keyboard where there are dialogs or many fields.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.browser.steps import PASSWORD, begin, heading, press, skip_to_content, tab_to

NEWCOMER = "﨑山 髙之進左衛門尉源朝臣義時ヴィルヘルム・アレクサンダー"

pytestmark = pytest.mark.parametrize("size", ["desktop"], indirect=True)


def test_an_administrator_lets_somebody_in_and_keeps_the_rights(page: Page, screens: Screens, another: Callable[[str], Page]) -> None:
    begin(page)
    link = invite(page, screens)
    theirs = another("phone")
    on_their_phone = screens.of(theirs, "phone")
    accept(theirs, on_their_phone, link)
    secret = enrol_an_app(theirs, on_their_phone)
    come_in_by_the_app(theirs, on_their_phone, secret)
    change_a_role(page, screens)
    look_as_the_role(page, screens)
    sign_the_device_out(page, theirs, screens)
    make_and_revoke_a_token(page, screens)
    read_of_it_in_the_audit(page, screens)


# ---- somebody new -----------------------------------------------------------------------------------------------------


def invite(page: Page, screens: Screens) -> str:
    page.goto("/settings/users/")
    skip_to_content(page)
    press(page, page.get_by_role("link", name="招待する"))
    press(page, page.get_by_role("button", name="この人を招待する"))
    expect(page.get_by_role("alert")).to_be_focused()
    screens.look("invite-refused")
    press(page, page.get_by_role("alert").get_by_role("link", name="氏名"))
    expect(page.get_by_label("氏名")).to_be_focused()
    page.keyboard.type(NEWCOMER)
    tab_to(page, page.get_by_role("checkbox", name="店舗スタッフ"))
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="この人を招待する"))
    expect(heading(page)).to_have_text("招待しました")
    screens.look("invited")
    return page.locator("main code").inner_text()


def accept(page: Page, screens: Screens, link: str) -> None:
    page.goto(link)
    expect(page.get_by_label("氏名")).to_have_value(NEWCOMER)
    page.get_by_label("ログイン名").fill("sakiyama")
    page.get_by_label("パスワード", exact=False).first.fill("short")
    page.get_by_label("パスワード（確認）").fill("not the same")
    page.get_by_role("button", name="使い始める").click()
    expect(page.get_by_role("alert")).to_contain_text("10 文字以上")
    screens.look("account-refused")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password_again").fill(PASSWORD)
    page.get_by_role("button", name="使い始める").click()
    expect(heading(page)).to_have_text("今日やること")
    assert page.request.get(link).status == 404  # once, and never again


def enrol_an_app(page: Page, screens: Screens) -> str:
    page.goto("/settings/account/")
    screens.look("own-account")
    page.get_by_role("link", name="認証アプリを登録する").click()
    page.get_by_label("確認コード").fill("000 000")
    page.get_by_role("button", name="認証アプリを登録する").click()
    expect(page.get_by_role("alert")).to_contain_text("確認コードが違う")
    screens.look("app-refused")
    secret = page.locator("main code").inner_text()
    page.get_by_label("確認コード").fill(_code(secret, -1))
    page.get_by_role("button", name="認証アプリを登録する").click()
    expect(page.get_by_text("このページを離れると、二度と表示されません")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    screens.look("recovery-codes")
    page.get_by_role("link", name="控えました").click()
    expect(page.get_by_text("登録済み").first).to_be_visible()
    return secret


def _code(secret: str, step: int = 0) -> str:
    """Of this half minute, or of one beside it: each is taken once."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + step)))


def come_in_by_the_app(page: Page, screens: Screens, secret: str) -> None:
    page.context.clear_cookies()
    page.goto("/")
    page.locator("[name=login]").fill("sakiyama")
    page.locator("[name=password]").fill("wrong-for-once")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ログイン名かパスワードが違います")
    screens.look("sign-in-refused")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("2段階認証")
    page.get_by_label("確認コード").fill("123456")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    screens.look("code-refused")
    page.get_by_label("確認コード").fill(_code(secret))
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("今日やること")


# ---- rights -----------------------------------------------------------------------------------------------------------


def change_a_role(page: Page, screens: Screens) -> None:
    page.goto("/settings/roles/")
    screens.look("roles")
    page.get_by_role("link", name="店舗スタッフ").click()
    row = page.locator("select[name='g.customer.export']")
    skip_to_content(page)
    tab_to(page, row)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    difference = page.locator("#role-difference")
    expect(difference).to_contain_text("店舗スタッフ 1名が、自分の部署（下の部署を含む）の顧客をファイルに書き出し")
    expect(row).to_be_focused()
    screens.look("role-difference")
    press(page, page.get_by_role("button", name="このロールを保存する"), back=True)
    expect(page.get_by_role("button", name="この変更を元に戻す")).to_be_visible()
    expect(row).to_have_value("team")
    page.get_by_role("button", name="この変更を元に戻す").click()
    expect(row).to_have_value("none")


def look_as_the_role(page: Page, screens: Screens) -> None:
    page.get_by_role("button", name="この役割で見る").click()
    banner = page.get_by_text("「店舗スタッフ」として見ています。")
    expect(banner).to_be_visible()
    page.goto("/customers/")
    expect(page.get_by_role("link", name="顧客を登録")).to_have_count(0)
    screens.look("looking-as")
    page.get_by_role("button", name="見終わる").click()
    expect(banner).to_have_count(0)


def sign_the_device_out(page: Page, theirs: Page, screens: Screens) -> None:
    page.goto("/settings/users/")
    screens.look("users")
    page.get_by_role("link", name=NEWCOMER).click()
    expect(page.get_by_text("認証アプリ", exact=True)).to_be_visible()
    screens.look("user")
    page.get_by_role("button", name="すべて終わらせる").click()
    expect(page.get_by_text("この人のログインを、すべて終わらせました。")).to_be_visible()
    theirs.goto("/customers/")
    expect(heading(theirs)).to_have_text("ログイン")


# ---- tokens, and what is left of it all -------------------------------------------------------------------------------


def make_and_revoke_a_token(page: Page, screens: Screens) -> None:
    page.goto("/settings/tokens/")
    page.get_by_label("用途").fill("会員証アプリ")
    page.get_by_label("選んだことだけ", exact=True).check()
    page.get_by_role("button", name="トークンを作る").click()
    expect(page.get_by_role("alert")).to_be_visible()
    screens.look("token-without-scopes")
    page.get_by_role("checkbox", name="全社の顧客と、その履歴・ファイル・同意を見られます").check()
    page.get_by_role("button", name="トークンを作る").click()
    token = page.locator("#fresh-token").inner_text()
    screens.look("token-fresh")
    heads = {"Authorization": f"Bearer {token}"}
    assert page.request.get("/api/v1/customers", headers=heads).status == 200
    assert page.request.post("/api/v1/customers", headers=heads, data={"kind": "person", "family_name": "林"}).status == 403
    page.get_by_role("button", name="無効にする").click()
    question = page.get_by_role("dialog", name="確認")
    screens.look("token-to-be-revoked")
    question.get_by_role("button", name="無効にする").click()
    expect(page.locator("#fresh-token")).to_have_count(0)
    assert page.request.get("/api/v1/customers", headers=heads).status == 401


def read_of_it_in_the_audit(page: Page, screens: Screens) -> None:
    page.goto("/settings/audit/")
    page.get_by_label("種類").select_option("ユーザーと権限")
    page.get_by_role("button", name="この条件で見る").click()
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="ロールを変更").last).to_contain_text("顧客の書き出し：部署")
    expect(rows.filter(has_text="APIトークンを無効にした")).to_have_count(1)
    screens.look("audit-of-rights")
