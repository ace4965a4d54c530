"""An administrator's morning: the company's settings, a token for the shop's system, whom it brought found by conditions that
are kept as a view, all of them given to somebody, and back again.

The list is worked through by keyboard alone; at the size of a desk and of a phone.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.steps import begin, heading, press, skip_to_content, tab_to

LONG_COMPANY = "株式会社やまと流通ホールディングス東日本カスタマーサポートセンター"
VIEW = "東京のお客さま（今月フォローする人と来月の候補）"
IN_TOKYO = 24
PLACE_OF_TOKYO = 13  # among the prefectures
PEOPLE = (
    {"kind": "company", "name": LONG_COMPANY, "kana": "ヤマトリュウツウ", "phone": "03-1111-2222"},
    {
        "family_name": "𠮷﨑",
        "given_name": "髙之進",
        "kana": "ヨシザキ タカノシン",
        "phone": "090-1111-2222",
        "email": "yoshizaki@example.jp",
    },
    {"family_name": "林", "given_name": "一", "kana": "ハヤシ ハジメ", "phone": "090-1111-3333"},
)


def test_an_admin_sets_up_filters_keeps_a_view_and_changes_all_of_it(page: Page, screens: Screens, installation: Installation) -> None:
    begin(page)
    settle_the_calendar(page, screens)
    name_a_kind_of_relation(page, screens)
    token = make_a_token(page, screens)
    push_people(page, token)
    filter_by_keyboard(page, screens)
    keep_it_as_a_view(page, screens)
    change_all_that_match(page, screens, installation)
    undo_the_change(page, screens)
    tie_somebody_to_a_company(page, screens)


# ---- settings -------------------------------------------------------------------------------------------


def settle_the_calendar(page: Page, screens: Screens) -> None:
    page.goto("/settings/organisation/")
    days = page.get_by_label("会社の休業日")
    days.fill("盆休み\n2026/12/30")
    page.get_by_role("button", name="設定を保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("日付として読めません")
    screens.look("organisation-refused")
    days.fill("2026/12/30\nR8.12.31")
    page.get_by_role("button", name="設定を保存する").click()
    expect(days).to_have_value("2026/12/30\n2026/12/31")
    page.goto("/settings/modules/")
    page.locator("#module-segments").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("先に「配信」をオフにしてください")
    screens.look("modules-refused")


def name_a_kind_of_relation(page: Page, screens: Screens) -> None:
    page.goto("/customers/relation-types/")
    page.get_by_label("関係の名前").fill("顧問・アドバイザリー契約の相手先")
    page.get_by_label("相手の呼び方").fill("顧問先")
    page.get_by_label("相手から見た呼び方").fill("顧問")
    page.get_by_role("button", name="種類を加える").click()
    expect(page.get_by_role("cell", name="顧問・アドバイザリー契約の相手先")).to_be_visible()
    screens.look("relation-types")


def make_a_token(page: Page, screens: Screens) -> str:
    page.goto("/settings/tokens/")
    page.get_by_role("button", name="トークンを作る").click()
    expect(page.get_by_role("alert")).to_be_visible()
    screens.look("tokens-refused")
    page.get_by_label("用途").fill("自社ECの会員連携（夜間の一括と在庫照会）")
    page.get_by_label("読み書き").check()
    page.get_by_role("button", name="トークンを作る").click()
    fresh = page.locator("#fresh-token")
    expect(fresh).to_be_visible()
    screens.look("token-fresh")
    return fresh.inner_text()


def push_people(page: Page, token: str) -> None:
    """As the shop's system would: people of Tokyo and of Kyoto, and names that lists do not love."""
    plain = [
        {"family_name": "田中", "given_name": f"{number}子", "prefecture": "東京都" if number < IN_TOKYO else "京都府"}
        for number in range(40)
    ]
    items = [{"kind": "member", "value": f"M{place:04}", "fields": fields} for place, fields in enumerate([*PEOPLE, *plain])]
    answer = page.request.post("/api/v1/customers/bulk", data={"items": items}, headers={"Authorization": f"Bearer {token}"})
    assert answer.ok, answer.text()


# ---- the list, by keyboard ------------------------------------------------------------------------------


def filter_by_keyboard(page: Page, screens: Screens) -> None:
    page.goto("/customers/")
    skip_to_content(page)
    press(page, page.get_by_role("link", name="絞り込む"))
    expect(heading(page)).to_have_text("顧客を絞り込む")
    skip_to_content(page)
    press(page, page.get_by_role("button", name="＋ 条件", exact=True))
    press(page, page.locator("#facts-main").get_by_role("button", name="都道府県"))
    expect(page.get_by_label("都道府県", exact=True)).to_be_focused()
    for _arrow in range(PLACE_OF_TOKYO + 1):  # the first one opens the list
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#rule-sentence")).to_contain_text("東京都")
    expect(page.locator("#filter-count")).to_contain_text(f"{IN_TOKYO}人")
    screens.look("filter")
    press(page, page.get_by_role("button", name="この条件で絞り込む"), back=True)
    expect(page.locator("#list-count")).to_have_text(str(IN_TOKYO))
    screens.look("filtered")


def keep_it_as_a_view(page: Page, screens: Screens) -> None:
    skip_to_content(page)
    press(page, page.get_by_role("button", name="ビュー", exact=True))
    press(page, page.get_by_role("button", name="この表示をビューとして保存"))
    expect(page.get_by_label("ビューの名前")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("ビューの名前を40文字以内で入力してください。")
    screens.look("view-refused")
    expect(page.get_by_label("ビューの名前")).to_be_focused()
    page.keyboard.type(VIEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="顧客の表示").get_by_role("link", name=VIEW)).to_have_attribute("aria-current", "page")
    screens.look("view")


def change_all_that_match(page: Page, screens: Screens, installation: Installation) -> None:
    skip_to_content(page)
    tab_to(page, page.locator("#rows").get_by_role("checkbox").first)
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name=f"条件に合う {IN_TOKYO}件すべてを選ぶ"), back=True)
    expect(page.get_by_role("button", name="書き出す").last).to_be_focused()  # the first of the bar
    press(page, page.get_by_role("button", name="担当を変える"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("新しい担当")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    screens.look("bulk-preview")
    with installation.customers_held():
        press(page, dialog.get_by_role("button", name=f"{IN_TOKYO}人の担当を変える"))
        expect(page.get_by_text(f"0／{IN_TOKYO}人")).to_be_visible()
        screens.look("bulk-progress")
    expect(page.get_by_text(f"{IN_TOKYO}人を変更しました。")).to_be_visible()
    screens.look("bulk-done")


def undo_the_change(page: Page, screens: Screens) -> None:
    skip_to_content(page)
    press(page, page.get_by_role("button", name=f"{IN_TOKYO}人の変更を元に戻す"))
    expect(page.get_by_text(f"{IN_TOKYO}人を元に戻しました。")).to_be_visible()
    screens.look("bulk-undone")


# ---- relations, by keyboard -----------------------------------------------------------------------------


def tie_somebody_to_a_company(page: Page, screens: Screens) -> None:
    page.goto("/customers/?q=よしざき")
    page.locator("#rows").get_by_role("link").first.click()
    skip_to_content(page)
    press(page, page.get_by_role("button", name="関係を登録"))
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_role("textbox", name="相手"))
    page.keyboard.type("やまと")
    expect(dialog.get_by_role("radio", name=LONG_COMPANY)).to_be_checked()
    screens.look("relation")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=LONG_COMPANY)).to_be_visible()
    screens.look("related")
