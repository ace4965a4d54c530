"""Steps that walks have in common: the first user without a look, the way around the frame, and a keyboard without a mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

PASSWORD = "en-nichi-do-2026"
COMPANY = {
    "会社名": "株式会社縁日堂",
    "住所": "東京都台東区谷中1-2-3",
    "問い合わせ先": "0120-000-000",
    "あなたの氏名": "髙橋 美咲",
    "ログイン名": "takahashi",
}
MOST_PRESSES = 80  # reach all of a screen


def begin(page: Page) -> None:
    """The organisation and its first user, signed in; the walk of the main job looks at these screens."""
    page.goto("/")
    for label, text in COMPANY.items():
        page.get_by_label(label).fill(text)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password_again").fill(PASSWORD)
    page.get_by_role("button", name="この内容で始める").click()
    expect(heading(page)).to_have_text("今日やること")


def sign_in(page: Page, login: str) -> None:
    """Somebody else at this browser; everybody has the first user's password."""
    page.context.clear_cookies()
    page.goto("/")
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("今日やること")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def skip_to_content(page: Page) -> None:
    """By the first stop of the keyboard, past the menu. A page that one came to from the content begins there by itself."""
    page.keyboard.press("Tab")
    if _has_focus(page.get_by_role("link", name="本文へ")):
        page.keyboard.press("Enter")
    else:
        page.keyboard.press("Shift+Tab")


def _has_focus(element: Locator) -> bool:
    return bool(element.evaluate("element => element === document.activeElement"))


def tab_to(page: Page, wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until the focus is there, as somebody without a mouse would."""
    for _press in range(MOST_PRESSES):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if _has_focus(wanted):
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def press(page: Page, wanted: Locator, *, back: bool = False) -> None:
    tab_to(page, wanted, back=back)
    page.keyboard.press("Enter")
