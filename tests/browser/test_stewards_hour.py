"""A data steward's hour: who is twice is found, looked at, merged and parted again; a family is told apart; what is sure is merged at
once and taken back, and a colleague in a shop asks to be shown somebody. By keyboard where it is done many times a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, press, sign_in, tab_to

ERRORS = re.compile(r"<p class=.error.*?</p>")
pytestmark = pytest.mark.parametrize("size", ["desktop"], indirect=True)

HANAKO = {"family_name": "髙橋", "given_name": "花子", "family_kana": "タカハシ", "given_kana": "ハナコ", "birthday_on": "1984-05-21"}
KEN = {"family_name": "﨑山", "given_name": "健", "family_kana": "サキヤマ", "given_kana": "ケン", "birthday_on": "1990-01-09"}
YOSHIDA = {"family_name": "𠮷田", "given_name": "大輔", "family_kana": "ヨシダ", "given_kana": "ダイスケ", "birthday_on": "1968-03-15"}
MORI = {"family_name": "森", "given_name": "由紀", "family_kana": "モリ", "given_kana": "ユキ", "birthday_on": "1975-11-03"}
HOME = {"postal_code": "110-0001", "prefecture": "東京都", "city": "台東区", "street": "谷中3-4-5", "phone": "03-5555-0134"}
PEOPLE = (
    {**HANAKO, "phone": "090-1234-5678", "email": "hanako@example.jp"},
    {**HANAKO, "family_name": "高橋", "phone": "090-1234-5678", "email": "hanako.t@example.jp"},
    {**KEN, **HOME},
    {**KEN, **HOME, "given_name": "翔", "given_kana": "ショウ"},
    *({**YOSHIDA, "phone": "080-2222-3333", "email": "daisuke@example.jp"} for _side in range(2)),
    *({**MORI, "phone": "080-4444-5555", "email": "mori@example.jp"} for _side in range(2)),
)


def test_an_hour_with_duplicates(page: Page, screens: Screens, installation: Installation, another: Callable[[str], Page]) -> None:
    begin(page)
    register(page)
    search(page, screens)
    merge_by_keyboard(page, screens)
    part_again(page, screens)
    tell_a_family_apart(page)
    merge_what_is_sure(page, screens)
    take_it_all_back(page, screens)
    installation.hire("hayashi", "林 さくら", role="sales", team="鎌倉店")
    hers = another("phone")
    in_the_shop = screens.of(hers, "phone")
    ask_to_see(hers, in_the_shop)
    show_for_a_time(page, screens)
    read_the_answer(hers, in_the_shop)


def register(page: Page) -> None:
    """By the form's own address: what the form looks like is another walk's matter."""
    page.goto("/customers/new/")
    token = page.locator("main input[name=csrfmiddlewaretoken]").first.input_value()
    for person in PEOPLE:
        form = {"csrfmiddlewaretoken": token, "kind": "person", "shares_address": "on", "consent-state": "unknown", **person}
        answer = page.request.post("/customers/new/", form=form, headers={"Referer": page.url})
        assert "/customers/new/" not in answer.url, ERRORS.findall(answer.text())


def search(page: Page, screens: Screens) -> None:
    page.goto("/duplicates/")
    screens.look("nothing-found-yet")
    page.get_by_role("button", name="すべての顧客を調べ直す").click()
    expect(group(page, "花子")).to_be_visible()
    expect(group(page, "花子").get_by_text("生年月日が同じ")).to_be_visible()
    expect(group(page, "健").filter(has_text="翔").get_by_text("名が違う（家族かもしれない）")).to_be_visible()
    expect(page.get_by_text("重複を探しています")).to_have_count(0)  # the page has come anew
    screens.look("work-list")


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name)).first


def merge_by_keyboard(page: Page, screens: Screens) -> None:
    """The second mail address stays the first one; the other becomes a further one."""
    takahashi = page.get_by_role("article").filter(has_text="hanako@example.jp")
    press(page, takahashi.get_by_role("link", name="統合へ進む"))
    expect(heading(page)).to_contain_text("顧客を統合する")
    screens.look("side-by-side")
    tab_to(page, page.locator("input[name=choice-email]:checked"))
    page.keyboard.press("ArrowRight")
    tab_to(page, page.get_by_label("統合する理由"))
    page.keyboard.type("お電話でご本人に確認")
    press(page, page.get_by_role("button", name="この2件を統合する"))
    expect(page.get_by_text("に統合しました")).to_be_visible()
    expect(page.get_by_text("hanako.t@example.jp").first).to_be_visible()


def part_again(page: Page, screens: Screens) -> None:
    history = page.locator("#merges")
    expect(history).to_contain_text("お電話でご本人に確認")
    press(page, history.get_by_role("link").first)
    screens.look("parting")
    press(page, page.get_by_role("button", name="この統合を取り消す"))
    expect(page.get_by_text("統合を取り消し、2件に戻しました")).to_be_visible()
    expect(page.locator("#merges")).to_contain_text("取り消し")


def tell_a_family_apart(page: Page) -> None:
    page.goto("/duplicates/")
    family = page.get_by_role("article").filter(has_text="翔")
    press(page, family.get_by_role("button", name="この2件は同じ人ではない"))
    expect(page.get_by_text("「同じ人ではない」としました")).to_be_visible()
    expect(family).to_have_count(0)
    page.get_by_role("link", name="同じ人ではない").click()
    expect(family).to_be_visible()


def merge_what_is_sure(page: Page, screens: Screens) -> None:
    """Who was parted a moment ago is compared anew first: they are left out, and it is said why."""
    page.goto("/duplicates/")
    press(page, page.get_by_role("button", name="対象を確かめる"))
    expect(page.get_by_text("2組を統合し、顧客が2件減ります。")).to_be_visible()
    expect(page.get_by_text("調べたあとに変更された")).to_be_visible()
    screens.look("plan")
    press(page, page.get_by_role("button", name="この内容で2組を統合する"))
    expect(page.get_by_text("2組を統合しました。")).to_be_visible()
    screens.look("merged-at-once")


def take_it_all_back(page: Page, screens: Screens) -> None:
    press(page, page.get_by_role("button", name="2組の統合をすべて取り消す"))
    expect(page.get_by_text("2組の統合を取り消しました。")).to_be_visible()
    screens.look("taken-back")
    page.goto("/customers/")
    expect(page.get_by_role("row").filter(has_text="𠮷田 大輔")).to_have_count(2)


def ask_to_see(page: Page, screens: Screens) -> None:
    """Who calls the shop is there already, as somebody else's customer: that alone is told. By keyboard, with a receiver in the hand; then
    the form of a new customer says the same."""
    sign_in(page, "hayashi")
    page.goto("/customers/call/")
    expect(page.get_by_label("電話番号")).to_be_focused()
    page.keyboard.type("08044445555")
    expect(page.get_by_text("新しい顧客として登録します")).to_be_visible()
    ask = page.get_by_role("button", name="見せてもらう…")
    page.keyboard.press("Tab")
    expect(ask).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("由紀")
    screens.look("told-in-a-call")
    press(page, ask)
    dialog = page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="依頼する")
    press(page, send)
    expect(dialog.locator(".error")).to_be_visible()
    tab_to(page, dialog.get_by_label("見たい理由"), back=True)
    page.keyboard.type("ご来店中で、髙島屋でのお取り置きを確かめたい")
    screens.look("asking")
    press(page, send)
    expect(page.get_by_text("閲覧を依頼しました")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="閲覧を依頼済み（返事待ち）")).to_be_visible()
    page.goto("/customers/new/")
    page.get_by_label("電話番号").fill("08044445555")
    page.get_by_label("電話番号").blur()
    expect(page.get_by_role("link", name="閲覧を依頼済み（返事待ち）")).to_be_visible()
    page.goto("/customers/access/")
    expect(page.locator("main")).to_contain_text("返事待ち")
    screens.look("asked")


def show_for_a_time(page: Page, screens: Screens) -> None:
    page.goto("/")
    panel = page.locator("#access-home")
    expect(panel).to_contain_text("林 さくらさんから")
    screens.look("asked-by-a-colleague")
    press(page, panel.get_by_role("button", name="断る…"))
    expect(page.get_by_role("dialog")).to_contain_text("断る理由")
    screens.look("declining")
    page.keyboard.press("Escape")
    page.goto("/customers/access/")
    press(page, page.get_by_role("button", name="30日間見せる"))
    expect(page.get_by_text("共有しました。")).to_be_visible()


def read_the_answer(page: Page, screens: Screens) -> None:
    page.goto("/")
    panel = page.locator("#access-home")
    expect(panel).to_contain_text("共有されました")
    screens.look("answered")
    panel.get_by_role("button", name="確認した").click()
    expect(panel).to_have_count(0)
    page.goto("/customers/access/")
    page.locator("main").get_by_role("link", name="C-").click()
    expect(heading(page)).to_contain_text("由紀")
