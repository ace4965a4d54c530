"""The main job of a shop's owner, as they do it in a browser: from two dirty files to a mail that brought an order back.

The base is empty at first and everything is real: web server, worker, database, a mail server on loopback. Each step begins
where the one before ended, as in life; so the walk is one test, at the size of a desk and of a phone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser import files
from tests.browser.conftest import Installation
from tests.browser.screens import Screens
from tests.browser.shop import shop
from tests.browser.steps import PASSWORD, heading, tab_to

SEGMENT = "1回だけ買った人（30〜90日前）"
SEVEN_DAYS = 60_000  # ms that the simulated people take for them, at most
LONG_NAME = "秋の2回目のご案内 — 1回だけお買い上げのお客さまに、はじめての定期便をおすすめする配信"


def test_from_two_files_to_a_mail_that_brought_an_order_back(page: Page, screens: Screens, installation: Installation) -> None:
    customers = files.people()
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()

    make_the_first_user_and_log_in(page, screens)
    import_the_customers(page, screens, customers)
    import_a_list_without_consents(page, screens)
    import_the_orders(page, screens, customers, today)
    find_one_and_read_the_timeline(page, screens, customers)
    people = make_a_segment_with_the_keyboard(page, screens)
    set_up_sending(page, screens, installation.mail_port)
    with shop() as address:
        write_a_mail(page, screens, people, address)
        send_it(page, screens)
        reader = open_it_and_click(page, screens)
    see_both_on_the_timeline(page, screens, reader)
    see_what_it_changed(page, screens)


# ---- 1: the first user ----------------------------------------------------------------------------------


def make_the_first_user_and_log_in(page: Page, screens: Screens) -> None:
    page.goto("/")
    expect(heading(page)).to_have_text("はじめの設定")
    screens.look("first-run")
    page.get_by_label("会社名").fill("株式会社縁日堂")
    page.get_by_label("住所").fill("東京都台東区谷中1-2-3")
    page.get_by_label("問い合わせ先").fill("0120-000-000")
    page.get_by_label("あなたの氏名").fill("髙橋 美咲")
    page.get_by_label("ログイン名").fill("takahashi")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password_again").fill("something else")
    page.get_by_role("button", name="この内容で始める").click()
    expect(page.get_by_role("alert")).to_contain_text("パスワードが一致しません")
    screens.look("first-run-refused")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password_again").fill(PASSWORD)
    page.get_by_role("button", name="この内容で始める").click()
    expect(heading(page)).to_have_text("今日やること")
    expect(page.get_by_role("link", name="顧客を取り込む")).to_be_visible()
    screens.look("home-empty")
    log_out(page)
    screens.look("log-in")
    page.locator("[name=login]").fill("takahashi")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("今日やること")


def log_out(page: Page) -> None:
    menu(page, "髙橋 美咲").click()
    page.locator("button:visible", has_text="ログアウト").click()
    expect(heading(page)).to_have_text("ログイン")


# ---- 2: the files ---------------------------------------------------------------------------------------


def import_the_customers(page: Page, screens: Screens, customers: Sequence[files.Person]) -> None:
    """With a メルマガ希望 column. Two rows come back as a file, are mended and put back."""
    go(page, "取り込み")
    screens.look("imports-empty")
    choose_file(page, "顧客", "顧客.csv", files.customer_file(customers, asks_consent=False), screens)
    expect(page.get_by_text("文字コード: Shift_JIS")).to_be_visible()
    expect(page.get_by_role("region", name="最初の10行")).to_contain_text(customers[0].family)
    screens.look("import-content")
    page.get_by_role("link", name="次へ：列の対応").click()
    expect(page.get_by_label("メルマガ希望", exact=True)).to_have_value("mail_consent")
    expect(page.get_by_label("氏名", exact=True)).to_have_value("name")
    screens.look("import-columns")
    page.get_by_role("button", name="次へ").click()
    expect(page.get_by_text("電話番号の先頭の0が消えています。")).to_be_visible()
    expect(page.get_by_text("郵便番号の先頭の0が消えています。")).to_be_visible()
    screens.look("import-findings")
    page.get_by_role("button", name="次へ").click()
    try_and_run(page, screens, "import-customers")

    expect(page.get_by_text("2行を取り込めませんでした。")).to_be_visible()
    for reason in ("メールを送れる人", "メールアドレスがない", "本人の希望で停止"):
        expect(page.get_by_role("row").filter(has=page.get_by_text(reason, exact=True))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="エラーの行を受け取る").click()
    mended = Path(download.value.path()).read_bytes().decode("cp932").replace("example,jp", "example.jp").replace("1985/2/30", "1985/2/28")
    assert "エラー内容" in mended
    choose_file(page, "顧客", download.value.suggested_filename, mended.encode("cp932"))
    page.get_by_role("link", name="次へ：列の対応").click()
    page.get_by_role("button", name="次へ").click()
    try_and_run(page)
    expect(page.get_by_label("結果")).to_contain_text(re.compile(r"登録した行\s*2\s*行"))
    expect(page.get_by_label("結果")).to_contain_text(re.compile(r"取り込めない行\s*0\s*行"))


def import_a_list_without_consents(page: Page, screens: Screens) -> None:
    """A shop's own list says nothing about mail: its owner is asked once on what basis these people may be written to."""
    people = files.people(files.SHOP_PEOPLE, prefix="S", seed=3)
    choose_file(page, "顧客", "店頭名簿.csv", files.customer_file(people, asks_consent=True))
    page.get_by_role("link", name="次へ：列の対応").click()
    page.get_by_role("button", name="次へ").click()
    page.get_by_role("button", name="次へ").click()
    page.get_by_role("radio", name="同意あり").check()
    page.get_by_role("button", name="次へ：試し取り込み").click()
    expect(page.get_by_role("alert")).to_contain_text("どこで同意を得たか")
    screens.look("import-consent-refused")
    page.get_by_label("どこで同意を得ましたか").fill("店頭の入会申込書")
    page.get_by_label("示した文言").fill("季節のご案内をメールでお送りします。")
    page.get_by_role("button", name="次へ：試し取り込み").click()
    try_and_run(page)
    expect(page.get_by_role("row", name="メールを送れる人")).to_be_visible()


def import_the_orders(page: Page, screens: Screens, customers: Sequence[files.Person], today: date) -> None:
    choose_file(page, "注文", "注文.csv", files.order_file(customers, today=today))
    page.get_by_role("link", name="次へ：列の対応").click()
    expect(page.get_by_label("注文番号", exact=True)).to_have_value("order_number")
    screens.look("import-order-columns")
    page.get_by_role("button", name="次へ").click()
    expect(page.get_by_text("合計や小計の行があります。")).to_be_visible()
    page.get_by_role("button", name="次へ").click()
    try_and_run(page, screens, "import-orders")
    expect(page.get_by_text("顧客に結び付いた注文")).to_be_visible()
    expect(page.get_by_text("注文者がまだ登録されていない注文")).to_have_count(0)
    go(page, "取り込み")
    expect(page.get_by_role("link", name="注文.csv")).to_be_visible()
    screens.look("imports")


def choose_file(page: Page, target: str, name: str, data: bytes, screens: Screens | None = None) -> None:
    """The first step of an import; ends where the file's content is shown."""
    page.get_by_role("link", name=re.compile("ファイルを取り込む|続けて取り込む")).click()
    page.get_by_role("radio", name=target).check()
    if screens:
        screens.look("import-new")
    page.locator("input[type=file]").set_input_files(FilePayload(name=name, mimeType="text/csv", buffer=data))
    page.get_by_role("button", name="ファイルを読み込む").click()
    expect(page.get_by_role("region", name="最初の10行")).to_be_visible()


def try_and_run(page: Page, screens: Screens | None = None, name: str = "") -> None:
    """試し取り込み, then the run to its report. Both are jobs of the worker."""
    page.get_by_role("button", name="試し取り込みを始める").click()
    expect(page.get_by_text("まだ何も登録していません")).to_be_visible()
    if screens:
        screens.look(f"{name}-checked")
    page.get_by_role("button", name=re.compile("行を取り込む")).click()
    expect(page.get_by_text("取り込みが終わりました")).to_be_visible()
    if screens:
        screens.look(f"{name}-done")


# ---- 3: the people --------------------------------------------------------------------------------------


def find_one_and_read_the_timeline(page: Page, screens: Screens, customers: Sequence[files.Person]) -> None:
    go(page, "顧客")
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(50)
    screens.look("customers")
    choose_and_leave(page, screens, rows)

    one = next(person for place, person in enumerate(customers) if place % 3 == 0 and len(person.family) > 1)
    search = page.get_by_role("searchbox")
    for words in (one.family[:2], one.kana.split(" ")[0], one.phone[-8:]):
        search.fill(words)
        expect(rows.filter(has_text=one.name)).not_to_have_count(0)
    expect(rows).to_have_count(1)
    screens.look("customers-found")
    search.fill("いない人")
    expect(page.get_by_text("「いない人」に合う顧客はいません")).to_be_visible()
    screens.look("customers-none")
    search.fill(one.phone[-8:])
    rows.get_by_role("link", name=one.name).click()
    expect(heading(page)).to_contain_text(one.name)
    expect(page.locator("#story")).to_contain_text("注文")
    expect(page.get_by_role("heading", name="購入の要約")).to_be_visible()
    screens.look("customer")


def choose_and_leave(page: Page, screens: Screens, rows: Locator) -> None:
    """Choosing people moves no row."""
    before = rows.nth(3).bounding_box()
    rows.nth(0).get_by_role("checkbox").check()
    expect(page.get_by_text("1件を選択")).to_be_visible()
    assert rows.nth(3).bounding_box() == before
    screens.look("customers-chosen")
    page.get_by_role("button", name="選択を解除").click()


# ---- 4: the segment -------------------------------------------------------------------------------------


def make_a_segment_with_the_keyboard(page: Page, screens: Screens) -> int:
    """Three presses, the count beside them. No mouse on this screen. Gives the number of its people."""
    go(page, "セグメント")
    screens.look("segments-empty")
    page.get_by_role("link", name="セグメントを作る").press("Enter")
    expect(page.locator("#people .big-figure")).to_have_text(re.compile(r"9\d\d人"))
    page.get_by_label("セグメント名").focus()
    page.keyboard.type(SEGMENT)
    for suggestion in ("1回だけ購入", "30〜90日前に購入", "メールを送れる"):
        button = page.get_by_role("button", name=suggestion, exact=True)
        tab_to(page, button)
        page.keyboard.press("Enter")
        expect(button).to_have_count(0)
    expect(page.locator("#rule-sentence")).to_contain_text("購入回数が1回で、最終購入が30〜90日前で、メールを送れる人")
    expect(page.locator("#people .big-figure")).to_have_text(re.compile(r"[123]\d\d人"))
    screens.look("segment-builder")
    page.get_by_label("セグメント名").focus()
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(SEGMENT)
    expect(page.get_by_text("購入回数が1回で、最終購入が30〜90日前で、メールを送れる人")).to_be_visible()
    screens.look("segment")
    return int(re.sub(r"\D", "", page.locator(".pager").inner_text().split("／")[-1].split("件")[0].split("人")[0]))


# ---- 5: the mail ----------------------------------------------------------------------------------------


def set_up_sending(page: Page, screens: Screens, port: int) -> None:
    go(page, "設定")
    page.get_by_role("link", name="送信設定").click()
    screens.look("accounts-empty")
    page.get_by_role("link", name="送信設定を足す").click()
    expect(page.get_by_role("link", name="Google Workspace")).to_be_visible()
    screens.look("account-presets")
    page.get_by_role("link", name="そのほかのサーバー").click()
    page.get_by_label("この設定の名前").fill("縁日堂オンライン")
    page.get_by_label("差出人名").fill("縁日堂 髙橋")
    page.get_by_label("差出人メールアドレス").fill("news@ennichido.example")
    page.get_by_role("textbox", name="送信サーバー").fill("127.0.0.1")
    page.get_by_label("ポート").fill("26")
    page.get_by_label("暗号化").select_option("none")
    page.get_by_label("1秒あたりの上限（通）").fill("500")
    screens.look("account")
    page.get_by_role("button", name="保存して、自分に1通送る").click()
    prove(page)
    expect(page.get_by_text("送れませんでした。")).to_be_visible()
    screens.look("account-refused")
    page.get_by_role("link", name="設定を直す").click()
    page.get_by_label("ポート").fill(str(port))
    page.get_by_role("button", name="保存して、自分に1通送る").click()
    prove(page)
    expect(page.get_by_text("確認済み")).to_be_visible()
    screens.look("accounts")
    go(page, "デモの受信箱")
    page.get_by_role("link", name="送信設定の確認").click()
    expect(page.frame_locator("iframe").get_by_text("届いていれば、設定は終わりです")).to_be_visible()


def prove(page: Page) -> None:
    page.get_by_label("宛先").fill("takahashi@ennichido.example")
    page.get_by_role("button", name="自分に1通送る").click()


def write_a_mail(page: Page, screens: Screens, people: int, address: str) -> None:
    go(page, "配信")
    screens.look("deliveries-empty")
    go(page, "セグメント")
    page.get_by_role("link", name=SEGMENT).click()
    page.get_by_role("button", name="この人たちに配信する").click()
    expect(page.get_by_label("送る相手")).to_have_value(re.compile(r"\d+"))
    side = page.locator("#side")
    expect(side).to_contain_text(f"{people}人に送れます")
    expect(side).to_contain_text(re.compile(r"2,000人より少ないため、購入率に \d+\.\d ポイント以上の差がないと"))
    mail = page.frame_locator("#side iframe")
    expect(mail.get_by_text("株式会社縁日堂", exact=True)).to_be_visible()
    expect(mail.get_by_text("東京都台東区谷中1-2-3")).to_be_visible()
    expect(mail.get_by_text("配信停止はこちら")).to_be_visible()
    screens.look("delivery-first-template")

    subject = page.get_by_label("件名")
    page.get_by_label("配信名").fill(LONG_NAME)
    expect(heading(page)).to_have_text(LONG_NAME)
    subject.fill("")
    expect(side).to_contain_text("件名: ")
    screens.look("delivery-faulty")
    subject.fill("{{ customer.name | default: 'お客様' }}様、2回目のご案内です")
    page.get_by_label("リンク先").fill(address)
    page.get_by_label("比較用に配信しない人").select_option("10")
    chosen = page.get_by_label("見てみる人")
    chosen.select_option(index=1)
    name = chosen.locator("option").nth(1).inner_text()
    expect(side.get_by_text(f"{name}様、2回目のご案内です")).to_be_visible()
    expect(mail.get_by_text(f"{name} 様")).to_be_visible()
    screens.look("delivery-draft")


def send_it(page: Page, screens: Screens) -> None:
    """The last look, 送信待ち with its way back, and off without waiting."""
    confirm = page.get_by_role("button", name="内容を確かめて配信する")
    dialog = page.get_by_role("dialog")
    confirm.click()
    expect(dialog).to_contain_text("2回目のご案内です")
    expect(dialog).to_contain_text("縁日堂 髙橋 <news@ennichido.example>")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text(re.compile(r"約\d+人に配信します"))
    expect(dialog.frame_locator("iframe").get_by_role("link", name="おすすめの品を見る")).to_be_visible()
    screens.look("confirm")
    dialog.get_by_role("button", name=re.compile("人に配信する")).click()
    expect(page.get_by_text("取り消せるのは")).to_be_visible()
    expect(page.locator("#state")).to_have_text("送信待ち")
    expect(page.get_by_role("button", name="取り消す")).to_be_visible()
    screens.look("waiting")
    go(page, "ホーム", "今日やること")
    expect(page.get_by_text(re.compile(r"あと\d分"))).to_be_visible()
    screens.look("home-waiting")
    page.get_by_role("link", name=LONG_NAME).click()
    page.get_by_role("button", name="待たずに送る").click()
    expect(page.locator("#state")).to_have_text("完了")
    expect(page.get_by_text("取り消せません")).to_be_visible()
    screens.look("sent")


# ---- 6: in the mailbox ----------------------------------------------------------------------------------


def open_it_and_click(page: Page, screens: Screens) -> str:
    """Gives the name of the one who read it."""
    go(page, "デモの受信箱")
    screens.look("mailbox")
    mail = page.get_by_role("link", name="2回目のご案内です").first
    name = mail.inner_text().partition("様、")[0]
    mail.click()
    link = page.frame_locator("iframe").get_by_role("link", name="おすすめの品を見る")
    expect(link).to_be_visible()
    screens.look("mail")
    with page.expect_popup() as window:
        link.click()
    expect(window.value.get_by_role("heading", name="今月のおすすめ")).to_be_visible()
    window.value.close()
    return name


def see_both_on_the_timeline(page: Page, screens: Screens, name: str) -> None:
    go(page, "顧客")
    page.get_by_role("searchbox").fill(name)
    page.locator("#rows").get_by_role("link", name=name).first.click()
    story = page.locator("#story")
    expect(story).to_contain_text("開封")
    expect(story).to_contain_text("クリック")
    screens.look("customer-clicked")


# ---- 7: what it changed ---------------------------------------------------------------------------------


def see_what_it_changed(page: Page, screens: Screens) -> None:
    go(page, "ホーム", "今日やること")
    page.get_by_role("button", name="7日進める").click()
    expect(page.get_by_role("button", name="実行中 1件")).to_be_visible()
    screens.look("days-passing")
    expect(page.get_by_role("button", name="最近の処理")).to_be_visible(timeout=SEVEN_DAYS)
    go(page, "配信")
    page.get_by_role("link", name=LONG_NAME).click()
    expect(page.get_by_text("時点で確定")).to_be_visible()
    lift = page.locator("section").filter(has=page.get_by_role("heading", name="配信による増分"))
    expect(lift).to_contain_text(re.compile(r"[+−]\d+\.\d\s*ポイント"))
    expect(lift).to_contain_text(re.compile(r"95%区間\s*[+−]\d+\.\d ～ [+−]\d+\.\d"))
    attributed = page.locator("section").filter(has=page.get_by_role("heading", name="クリック後の購入"))
    expect(attributed).to_contain_text("参考値")
    expect(attributed).not_to_contain_text(re.compile(r"購入した人\s*0\s*人"))
    screens.look("result")


# ---- around ---------------------------------------------------------------------------------------------


def menu(page: Page, name: str) -> Locator:
    """An item of the menu, which on a phone waits behind 「ほか」 unless the tab bar has it."""
    bars = page.locator(".rail, .tab-bar")
    item = bars.get_by_role("link", name=name, exact=True).or_(bars.get_by_role("button", name=name, exact=True))
    if not item.count():
        page.get_by_role("button", name="ほか").click()
    return item.first


def go(page: Page, name: str, title: str = "") -> None:
    menu(page, name).click()
    expect(heading(page)).to_have_text(title or name)
