"""顧客カルテ and 宛名ラベル: what the viewer may read, letter for letter, each print written down."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from enishi.customers.actions import exports
from enishi.customers.actions import printing as actions
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import Statement, record_consent
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import labels as exporting_labels
from enishi.customers.exporting import running
from enishi.customers.models import Customer, ExportRun
from enishi.customers.queries import printing as queries
from enishi.platform import printing, rights, runs, time
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, UserRole, ViewLog, Work

ADDRESS = {"postal_code": "920-0831", "prefecture": "石川県", "city": "金沢市", "street": "東山3-2-19", "building": "白鷺荘"}
HTMX = {"HX-Request": "true"}
NAUGHTY = Path(__file__).parents[5] / "shared" / "data" / "blns" / "blns.json"
AWKWARD = [
    "#panic() $x^2$ *太字* _斜体_ `code` <label> @ref //comment /*",
    '"); #read("/etc/passwd") ',
    "\\u{41} #let x = 1 ;",
    "𠮷﨑髙橋 ㈱ ①",
    "😀👨\u200d👩\u200d👧",
    "\u202eさかさ",
    "[[[{{{(((",
    "W" * 400,
    "",
]


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def yuriko(make_customer):
    return make_customer(phone="090-1234-5678", **ADDRESS)


def labels(*customers, actor, now, **wishes):
    """The id of the export that makes the labels, ordered."""
    selection = Selection(ids=tuple(customer.pk for customer in customers))
    wishes = actions.LabelWishes(**wishes)
    return actions.order_labels(selection=selection, wishes=wishes, reason="秋のDM", actor=actor, now=now)


def printed(run_id, actor, now):
    """The file of an order, and its name."""
    while running.run_stretch(run_id, seconds=600):
        pass
    found = exports.fetch_export(run_id=run_id, which="file", actor=actor, now=now)
    return found.path.read_bytes(), found.name


def post(customer, allowed, actor, now):
    basis = "consent" if allowed else "refused"
    statement = Statement(customer_id=customer.pk, channel="post", allowed=allowed, basis=basis, source="screen", place="店頭")
    record_consent(statement=statement, actor=actor, now=now)


# ---- 顧客カルテ


def test_a_card_is_a_pdf_and_is_written_down(yuriko, misaki, now):
    printed = actions.print_card(customer_id=yuriko.pk, actor=misaki, now=now)
    assert (printed.pdf[:5], printed.name) == (b"%PDF-", f"顧客カルテ_{yuriko.number}.pdf")
    event = Event.rows.get(kind="customer.printed")
    assert (event.customer_id, event.actor_id, event.data) == (yuriko.pk, misaki.user_id, {"sheet": "card"})
    assert ViewLog.rows.filter(actor_id=misaki.user_id, object_ids=[yuriko.pk]).exists()


def test_a_card_says_what_the_page_says(yuriko, misaki, now):
    record_activity(kind="call", customer_id=yuriko.pk, text="のしの件\n2行目", actor=misaki, now=now - timedelta(hours=1))
    card = queries.customer_card(misaki, yuriko.pk, now=now)
    lines = [line for group in card["groups"] for fact in group["properties"] for line in fact["lines"]]
    assert (card["name"], card["honorific"]) == ("齋藤 百合子", "様")
    assert {"〒920-0831", "白鷺荘"} <= set(lines) or "石川県金沢市東山3-2-19" in "".join(lines)
    orders, contacts = card["lists"]
    assert (orders["label"], contacts["rows"][0]["kind"], contacts["rows"][0]["lines"]) == ("最近の注文", "電話", ["のしの件", "2行目"])
    assert "髙橋 美咲" in card["footer"]


def test_a_card_is_masked_as_the_page_is(make_customer, misaki, hayashi, yanaka, now):
    customer = make_customer(team=yanaka, phone="090-1234-5678", **ADDRESS)
    record_activity(kind="note", customer_id=customer.pk, text="電話は午前中", actor=misaki, now=now)
    card = json.dumps(queries.customer_card(hayashi, customer.pk, now=now), ensure_ascii=False)
    assert [word in card for word in ("百合子", "1234-5678", "東山", "電話は午前中")] == [False] * 4
    assert actions.print_card(customer_id=customer.pk, actor=hayashi, now=now).pdf.startswith(b"%PDF-")


def test_strangers_print_nothing(yuriko, yoshida, now):
    with pytest.raises(NotFound):
        actions.print_card(customer_id=yuriko.pk, actor=yoshida, now=now)
    assert not Event.rows.filter(kind="customer.printed").exists()


def awkward_strings():
    return [*AWKWARD, *(json.loads(NAUGHTY.read_text()) if NAUGHTY.exists() else [])]


@pytest.mark.conformance
def test_no_text_is_ever_read_as_markup(yuriko, misaki, now):
    """Every awkward string at once: as a name, a tag, a fact, a line and a note, on the card and on labels."""
    strings = awkward_strings()
    card = queries.customer_card(misaki, yuriko.pk, now=now)
    row = {"at": "", "kind": "", "amount": ""}
    card |= {"tags": strings, "notices": strings, "marks": strings[:5]}
    card["lists"] = [{"label": "x", "rows": [{**row, "lines": text.split("\n"), "note": text} for text in strings]}]
    card["ties"] = {"label": "x", "properties": [{"label": text, "lines": [text], "note": text} for text in strings]}
    for text in AWKWARD:
        said = {"name": text, "ruby": text, "number": text, "footer": text}
        assert printing.pdf_of(queries.TEMPLATES / "card.typ", card | said)[:5] == b"%PDF-"
    words = [{"postal_code": text, "lines": [text, text], "name": text, "honorific": "様"} for text in strings]
    pages = queries.label_pages(words, queries.SHEETS["3x8"], skip=0, right_mm=0, down_mm=0)
    assert printing.pdf_of(queries.TEMPLATES / "labels.typ", pages)[:5] == b"%PDF-"


def test_without_japanese_fonts_it_says_what_is_missing(misaki_client, yuriko, misaki, now, monkeypatch):
    monkeypatch.setattr(printing, "FACES", ("No Such Face",))
    printing._fonts.cache_clear()
    try:
        answer = misaki_client.post(reverse("customers:print", args=[yuriko.number]), follow=True)
        assert "日本語の書体がサーバーにない" in answer.content.decode()
        assert not Event.rows.filter(kind="customer.printed").exists()
    finally:
        monkeypatch.undo()
        printing._fonts.cache_clear()


# ---- 宛名ラベル


def test_labels_are_printed_for_who_has_an_address_and_written_down_for_each(make_customer, misaki, now):
    here, company, nowhere = make_customer(**ADDRESS), make_customer(kind="company", name="株式会社白鷺荘", **ADDRESS), make_customer()
    run_id = labels(here, company, nowhere, actor=misaki, now=now)
    assert not Event.rows.filter(kind="customer.printed").exists()
    pdf, name = printed(run_id, misaki, now)
    assert (pdf[:5], name) == (b"%PDF-", "宛名ラベル_2枚.pdf")
    assert set(Event.rows.filter(kind="customer.printed").values_list("customer_id", flat=True)) == {here.pk, company.pk}
    assert set(ViewLog.rows.filter(actor_id=misaki.user_id).latest("pk").object_ids) == {here.pk, company.pk}
    run = ExportRun.rows.get(pk=run_id)
    assert (run.state, run.written_count, run.taken_count, run.reason) == ("done", 2, 1, "秋のDM")
    words = dict(queries.labels_of(misaki, [company.pk, here.pk, nowhere.pk]))
    assert [(label["name"], label["honorific"]) for label in words.values()] == [("株式会社白鷺荘", "御中"), ("齋藤 百合子", "様")]
    assert words[here.pk]["lines"] == ["石川県金沢市東山3-2-19", "白鷺荘"]


def test_the_order_is_that_of_the_wish(make_customer, misaki, now):
    later, first = make_customer(kana="ワダ", **ADDRESS | {"postal_code": "100-0001"}), make_customer(kana="アベ", **ADDRESS)
    for order, wanted in (("kana", [first.pk, later.pk]), ("postal", [later.pk, first.pk])):
        run_id = labels(later, first, actor=misaki, now=now, order=order)
        running.run_stretch(run_id, seconds=600)
        told = Event.rows.filter(kind="customer.printed", data__export=run_id).order_by("pk")
        assert list(told.values_list("customer_id", flat=True)) == wanted


def test_who_falls_out_of_reach_meanwhile_is_left_out(make_customer, misaki, now):
    stays, goes = make_customer(**ADDRESS), make_customer(**ADDRESS)
    run_id = labels(stays, goes, actor=misaki, now=now)
    with runs.taken_up(ExportRun, run_id, *running.OPEN, set_aside=lambda lease: None) as lease:
        running.stage(lease=lease)
    Customer.rows.filter(pk=goes.pk).update(archived_at=now)
    assert printed(run_id, misaki, now)[1] == "宛名ラベル_1枚.pdf"
    assert ExportRun.rows.get(pk=run_id).left_out_count == 1


def test_labels_can_be_stopped_and_the_file_goes_after_a_week(make_customer, misaki, now):
    run_id = labels(make_customer(**ADDRESS), actor=misaki, now=now)
    exports.stop_export(run_id=run_id, actor=misaki, now=now)
    assert not running.run_stretch(run_id)
    exports.resume_export(run_id=run_id, actor=misaki, now=now)
    printed(run_id, misaki, now)
    assert Work.rows.get(kind="export", subject_id=run_id).label == "宛名ラベルの印刷"
    exports.expire_exports(now=now + timedelta(days=8) + (time.now() - now))
    with pytest.raises(NotFound):
        exports.fetch_export(run_id=run_id, which="file", actor=misaki, now=now)


def test_a_long_print_keeps_its_lease(make_customer, misaki, now, monkeypatch):
    run_id = labels(make_customer(**ADDRESS), actor=misaki, now=now)
    renewed = threading.Event()
    monkeypatch.setattr(exporting_labels, "_A_WHILE", 0.01)
    monkeypatch.setattr(runs.Lease, "renew", lambda lease: renewed.set())
    monkeypatch.setattr(printing, "pdf_of", lambda template, data: b"%PDF-" if renewed.wait(20) else b"")
    assert printed(run_id, misaki, now)[0] == b"%PDF-"


def test_rights_are_asked_again_when_the_file_is_fetched(make_customer, misaki, misaki_user, now):
    run_id = labels(make_customer(**ADDRESS), actor=misaki, now=now)
    printed(run_id, misaki, now)
    UserRole.rows.filter(user=misaki_user).delete()
    with pytest.raises(NotFound):
        exports.fetch_export(run_id=run_id, which="file", actor=rights.actor_of(misaki_user), now=now)


def test_the_dialog_says_who_does_not_want_mail_and_leaves_them_out(make_customer, misaki, now):
    yes, no, unknown = (make_customer(**ADDRESS) for _each in range(3))
    nowhere = make_customer()
    post(yes, True, misaki, now)
    post(no, False, misaki, now)
    selection = Selection(ids=(yes.pk, no.pk, unknown.pk, nowhere.pk))
    counts = queries.label_counts(misaki, selection, now=now)
    assert counts == queries.LabelCounts(selected=4, printable=3, without_address=1, refused=1, unknown=1)
    assert queries.printable(misaki, selection, leave_out_refused=True, now=now).count() == 2
    assert queries.printable(misaki, selection, leave_out_refused=False, now=now).count() == 3


def test_labels_begin_where_a_used_sheet_goes_on():
    sheet = queries.SHEETS["2x6"]
    pages = queries.label_pages([{"name": str(n)} for n in range(3)], sheet, skip=11, right_mm=1.5, down_mm=-1)["pages"]
    assert [[(label["name"], label["x_mm"], label["y_mm"]) for label in page] for page in pages] == [
        [("0", 18.6 + 86.4 + 1.5, 21.6 + 5 * 42.3 - 1)],
        [("1", 18.6 + 1.5, 21.6 - 1), ("2", 18.6 + 86.4 + 1.5, 21.6 - 1)],
    ]


def test_every_sheet_lies_on_the_paper():
    for sheet in queries.SHEETS.values():
        x, y = sheet.place(sheet.size - 1)
        width, height = sheet.paper_mm
        assert (x + sheet.width_mm <= width + 0.01, y + sheet.height_mm <= height + 0.01) == (True, True), sheet.key


def test_an_envelope_is_a_page_of_its_own_and_says_who_sent_it(make_customer, organisation, misaki, now):
    people = [make_customer(name=name, **ADDRESS) for name in ("髙橋 𠮷男", "﨑田 円")]
    words = [label for _pk, label in queries.labels_of(misaki, [person.pk for person in people])]
    data = queries.label_pages(words, queries.SHEETS["naga3"], skip=0, right_mm=0, down_mm=0)
    assert (data["paper_mm"], [len(page) for page in data["pages"]]) == ((235.0, 120.0), [1, 1])
    assert data["sender"] == [organisation.address, organisation.name]
    assert queries.label_pages(words, queries.SHEETS["2x6"], skip=0, right_mm=0, down_mm=0)["sender"] == []
    pdf, _name = printed(labels(*people, actor=misaki, now=now, sheet="kaku2"), misaki, now)
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("wishes", [{"sheet": "9x9"}, {"first": 13}, {"first": 0}, {"order": "name"}])
def test_wishes_that_make_no_sense_are_refused(yuriko, misaki, now, wishes):
    with pytest.raises(Invalid):
        labels(yuriko, actor=misaki, now=now, **wishes)


def test_nobody_with_an_address_and_too_many_are_refused(make_customer, misaki, now, monkeypatch):
    with pytest.raises(Invalid):
        labels(make_customer(), actor=misaki, now=now)
    monkeypatch.setattr(queries, "MOST_LABELS", 1)
    with pytest.raises(Invalid):
        labels(make_customer(**ADDRESS), make_customer(**ADDRESS), actor=misaki, now=now)
    assert not ExportRun.rows.exists()


def test_labels_need_the_right_to_export_and_addresses_in_clear(make_customer, make_user, hayashi, yanaka, now):
    customer = make_customer(team=yanaka, **ADDRESS)
    for actor in (hayashi, rights.actor_of(make_user("support", "support"))):
        with pytest.raises(NotAllowed):
            labels(customer, actor=actor, now=now)


def test_only_customers_in_reach_are_printed(make_customer, misaki, now):
    binned = make_customer(**ADDRESS)
    Customer.rows.filter(pk=binned.pk).update(archived_at=now)
    with pytest.raises(Invalid):
        labels(binned, actor=misaki, now=now)


def test_the_list_asks_and_then_gives_the_pdf(misaki_client, make_customer):
    customers = [make_customer(**ADDRESS), make_customer()]
    url, chosen = reverse("customers:labels"), {"ids": [customer.pk for customer in customers], "selection": "some"}
    assert url in misaki_client.get(f"{reverse('customers:list')}?view=all").content.decode()
    dialog = misaki_client.post(url, chosen, headers=HTMX).content.decode()
    assert all(words in dialog for words in ("1人", "ほかに住所のない1人", "DMの同意を確かめていません", "86.4×42.3mm"))
    wishes = {"confirmed": "1", "sheet": "2x6", "first": "1", "order": "kana", "right_mm": "0", "down_mm": "0", "leave_out_refused": "on"}
    unsaid = misaki_client.post(url, chosen | wishes, headers=HTMX)
    assert (unsaid.status_code, "reason" in unsaid.context["form"].errors) == (422, True)
    wishes["reason"] = "秋のDM"
    for selection in (chosen, {"selection": "all", "back": f"{reverse('customers:list')}?view=all"}):
        answer = misaki_client.post(url, selection | wishes, headers=HTMX)
        assert answer.status_code == 204
        run_id = int(answer["HX-Redirect"].rstrip("/").rpartition("/")[2])
        assert "対象の顧客を確かめています" in misaki_client.get(answer["HX-Redirect"]).content.decode()
        running.run_stretch(run_id, seconds=600)
        assert "1枚のラベルを作りました" in misaki_client.get(answer["HX-Redirect"]).content.decode()
        file = misaki_client.get(reverse("exports:file", args=[run_id]))
        assert (file["Content-Type"], file["Content-Disposition"].partition(";")[0]) == ("application/pdf", "attachment")
    nobody = misaki_client.post(url, {"ids": [customers[1].pk], "selection": "some"} | wishes, headers=HTMX)
    assert (nobody.status_code, "印刷するラベルがありません" in nobody.content.decode()) == (422, True)
    for first in ("x", "13"):
        wrong = misaki_client.post(url, chosen | wishes | {"first": first}, headers=HTMX)
        assert (wrong.status_code, "first" in wrong.context["form"].errors) == (422, True)
