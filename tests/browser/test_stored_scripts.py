"""What strangers write is opened by the administrator: nothing of it runs, asks the server for anything, or is blocked on its way out."""

from __future__ import annotations

from playwright.sync_api import Dialog, FilePayload, Page, Request, expect

from enishi.platform.tests.test_file_kinds import PDF
from tests.browser.steps import begin, heading

EVIL = (
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "<a hx-get=/evil hx-trigger=load>x</a>",
    "<svg onload=alert(1)>\u2028{{7*7}}",
    "javascript:alert(1)//'><b>",
)
PLACES = (
    *("/", "/customers/", "/customers/?q=alert", "/customers/bin/", "/customers/fields/", "/customers/fields/form/"),
    *("/settings/audit/", "/settings/users/", "/settings/roles/", "/exports/", "/imports/", "/segments/", "/deliveries/"),
)


def test_nothing_that_was_stored_runs(page: Page) -> None:
    faults: list[str] = []
    page.on("dialog", lambda dialog: _note(faults, dialog))
    page.on("request", lambda request: _ask(faults, request))
    begin(page)
    page.goto("/customers/fields/new/")
    page.get_by_label("項目名").fill(EVIL[0])
    page.get_by_role("button", name="項目を加える").click()
    expect(page.get_by_text(f"「{EVIL[0]}」を加えました。")).to_be_visible()
    address = register(page)
    say(page)
    for place in (address, f"{address}edit/", *PLACES):
        page.goto(place)
        expect(heading(page)).to_be_attached()
    page.goto(address)
    page.keyboard.press("Control+k")
    page.keyboard.type("alert")
    expect(page.get_by_role("dialog").get_by_text("alert").first).to_be_visible()
    assert faults == []
    assert page.evaluate("document.querySelectorAll('[onerror], [onload], [hx-get=\"/evil\"], script:not([src])').length") == 0


def register(page: Page) -> str:
    """A customer whose every text is a script; the address of their page."""
    page.goto("/customers/new/")
    for place, name in enumerate(("family_name", "given_name", "former_name", "city", "street", "building")):
        page.locator(f"main [name={name}]").fill(EVIL[place % len(EVIL)])
    page.get_by_label(EVIL[0]).fill(EVIL[1])
    page.get_by_role("button", name="顧客を登録する").click()
    expect(page.get_by_role("button", name="記録する")).to_be_visible()
    return page.url


def say(page: Page) -> None:
    """A note, and a file whose name is a script."""
    box = page.get_by_placeholder("何がありましたか")
    box.fill("\n".join(EVIL))
    page.get_by_role("button", name="記録する").click()
    expect(box).to_have_value("")
    page.wait_for_load_state("networkidle")
    paper = "<img src=x onerror=alert(1)>.pdf"
    page.locator("#file-add").set_input_files(FilePayload(name=paper, mimeType="application/pdf", buffer=PDF))
    expect(page.locator("#file-list")).to_contain_text("onerror=alert(1)")
    page.wait_for_load_state("networkidle")


def _note(faults: list[str], dialog: Dialog) -> None:
    faults.append(f"a dialog: {dialog.message}")
    dialog.dismiss()


def _ask(faults: list[str], request: Request) -> None:
    if "evil" in request.url or request.url.endswith("/x"):
        faults.append(f"asked for {request.url}")
