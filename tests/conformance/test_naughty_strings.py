"""515 naughty strings that other people collected, through the doors of customer data: a file, the base, files again, the API.

What changes on the way is said here and nowhere else: `clean_lines` stores NFC without control letters and without outer or
doubled spaces. An apostrophe at the head of a cell is the mark of a text in a spreadsheet: our files put one before it, and a
reader takes one off, so that a file of somebody else loses one. Whatever is left comes back letter for letter.

A name, a reading, an address and a tag have rules of their own: what breaks one is refused in words, and what is not refused is
kept, but for a space between the parts of a name. On paper stands what was written, as far as the fonts that come with the product
have it.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from unicodedata import bidirectional, category

import pytest
import typst
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import running
from enishi.customers.importing.cleaned import EMPTY
from enishi.customers.imports.staged import rejected_rows
from enishi.customers.models import Activity, Customer, CustomerTag, ExportRun, Identity
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.printing import TEMPLATES, LabelSheet, label_pages
from enishi.customers.tests.import_files import imported, messages_of
from enishi.platform import files, printing
from enishi.platform.actions.tokens import create_token
from enishi.platform.japanese.names import full_name
from enishi.platform.japanese.normalise import clean, clean_lines
from enishi.platform.rights import actor_of
from enishi.platform.sheets.cells import safe_text

NAUGHTY = Path(__file__).resolve().parents[3] / "shared" / "data" / "blns" / "blns.json"
HEADINGS = ["会員番号", "氏名", "備考", "聞いたこと"]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not NAUGHTY.exists(), reason=f"the published strings are not here ({NAUGHTY})"),
]


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def boss(make_user):
    return actor_of(make_user("boss", "admin", "ec_lead"))


@pytest.fixture
def heard(boss, now):
    return define_field(definition=Definition(kind="long_text", label="聞いたこと"), actor=boss, now=now)


def strings():
    return json.loads(NAUGHTY.read_text("utf-8"))


def written(cells):
    """A file with one of them in two cells of each row."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    writer.writerows([f"N{number:04d}", f"齋藤 {number}", cell, cell] for number, cell in enumerate(cells))
    return target.getvalue().encode("utf-8-sig")


def kept(key):
    """What the base has of them: notes and custom values, by the order of the file."""
    notes = dict(Activity.rows.filter(kind="note").values_list("customer_id", "text"))
    return [(notes.get(pk, ""), custom.get(key, "")) for pk, custom in Customer.rows.order_by("pk").values_list("pk", "custom")]


def taken_out(boss, key, now, form):
    run_id = export_customers(wanted=Wanted(Selection(asked=Asked()), ("number", "name", key), form), reason="確認", actor=boss, now=now)
    while running.run_stretch(run_id):
        pass
    run = ExportRun.rows.get(pk=run_id)
    return run.file.name, files.path_of(run.file).read_bytes()


def cells_of(name, data):
    if name.endswith(".xlsx"):
        rows = list(load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(values_only=True))
    else:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    place = rows[0].index("聞いたこと")
    whole = [(*row, *[""] * (place + 1 - len(row))) for row in rows[1:]]  # a workbook ends its rows with the last filled cell
    found = {row[rows[0].index("顧客番号")]: (row[place] or "").removeprefix("'") for row in whole}
    return [found[number] for number in sorted(found)]


def test_there_are_515_of_them():
    assert len(strings()) == 515


def test_a_file_of_somebody_else_loses_one_apostrophe_at_the_head_of_a_cell_and_nothing_else(boss, heard):
    run = imported(written(strings()), actor=boss)
    assert (run.created_count, messages_of(run)) == (515, [])
    wanted = [clean_lines(text.removeprefix("'")) for text in strings()]
    assert [note for note, _heard in kept(heard)] == wanted
    assert [heard for _note, heard in kept(heard)] == wanted


def test_each_comes_back_from_a_file_the_base_both_kinds_of_export_and_the_api(boss, heard, now):
    wanted = [clean_lines(text) for text in strings()]
    run = imported(written([safe_text(text) for text in strings()]), actor=boss)
    assert (run.created_count, messages_of(run)) == (515, [])
    assert kept(heard) == [(text, text) for text in wanted]
    for form in ("csv", "xlsx"):
        name, data = taken_out(boss, heard, now, form)
        assert cells_of(name, data) == wanted, form
        again = imported(data, name=name, actor=boss, existing="overwrite")
        assert (again.unchanged_count, again.rejected_count) == (515, 0), form
    assert kept(heard) == [(text, text) for text in wanted]
    token = create_token(name="照合", read_only=True, actor=boss, now=now).token
    client, sending = Client(), {"Authorization": f"Bearer {token}"}
    for number, text in zip(Customer.rows.order_by("pk").values_list("number", flat=True), wanted, strict=True):
        answer = client.get(f"/api/v1/customers/{number}", headers=sending)
        assert answer.status_code == 200
        assert answer.json()["custom"].get(heard, "") == text


def test_the_form_keeps_what_is_typed_and_shows_it_again(boss, heard, sign_in):
    """Every eighth of them, and those with an apostrophe at the head: a page costs much more than a row."""
    chosen = [text for number, text in enumerate(strings()) if number % 8 == 0 or text[:1] == "'"]
    client, person = sign_in(boss), {"kind": "person", "family_name": "齋藤", "given_name": "百合子", "consent-state": "unknown"}
    assert client.post("/customers/new/", person).status_code == 302
    row = Customer.rows.get()
    url = f"/customers/{row.number}/edit/"
    seen = client.get(url).context["seen"]
    for text in chosen:
        assert client.post(url, person | {heard: text, "seen": seen}).status_code == 302
        row.refresh_from_db()
        assert row.custom.get(heard, "") == clean_lines(text)
        page = client.get(url)
        seen = page.context["seen"]
        shown = re.search(rf'<textarea[^>]*name="{heard}"[^>]*>\r?\n?(.*?)</textarea>', page.content.decode(), re.DOTALL)
        assert html.unescape(shown[1]).replace("\r\n", "\n") == clean_lines(text)


# ---- names, readings, addresses, tags ---------------------------------------------------------------------------------

#: Written family name first behind a comma, and shown given name first: 「Yamada, Taro」.
TURNED = {"Craig Cockburn, Software Specialist"}
#: How a rule says no.
KIND_WORDS = re.compile(r"\d+文字まで|氏名がないため|フリガナに使えない文字があります")


def bare(text):
    return re.sub(r"\s", "", text)


def brought(heading, field, boss, *, cell=safe_text):
    """Number in the list → what the base keeps of each string, brought as this column of a file; None where it was refused."""
    person = [] if field == "name" else ["氏名"]
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(["会員番号", *person, heading])
    writer.writerows([f"{field}-{number}", *(["齋藤 百合子"] if person else []), cell(text)] for number, text in enumerate(strings()))
    mapping = {0: "member_number", **({1: "name"} if person else {}), 1 + len(person): field}
    run = imported(target.getvalue().encode("utf-8-sig"), actor=boss, mapping=mapping)
    refused = {row.row_no - 2: row.messages for row in rejected_rows(run)}
    assert all(KIND_WORDS.search(message["text"]) for messages in refused.values() for message in messages)
    owners = Identity.rows.filter(kind="member", value__startswith=f"{field}-").select_related("customer")
    kept = {int(row.value.partition("-")[2]): row.customer for row in owners}
    assert kept.keys() | refused.keys() == set(range(515))
    return [None if number in refused else kept[number] for number in range(515)]


def test_a_name_keeps_every_letter_in_its_place_or_is_refused(boss):
    found = brought("氏名", "name", boss)
    turned = {text for text, row in zip(strings(), found, strict=True) if row and bare(row.name) != bare(clean_lines(text))}
    assert (sum(row is not None for row in found), turned) == (474, TURNED)
    for row in filter(None, found):
        assert row.kind == "company" or full_name(row.family_name, row.given_name) == row.name


def test_a_reading_is_kept_as_written_or_is_refused_or_says_that_there_is_none(boss):
    found = brought("フリガナ", "kana", boss)
    said = [(clean_lines(text), row.kana) for text, row in zip(strings(), found, strict=True) if row]
    assert len(said) == 55
    assert all(kana == ("" if text in EMPTY else text) for text, kana in said)


def test_an_address_keeps_every_letter_in_its_place_or_is_refused(boss):
    for heading, field in (("住所", "address"), ("建物名", "building")):
        found = brought(heading, field, boss)
        kept = [(text, row) for text, row in zip(strings(), found, strict=True) if row]
        assert len(kept) > 500
        for text, row in kept:
            parts = (row.prefecture, row.city, row.street, row.building)
            assert bare("".join(parts)) == bare(clean_lines(text).replace("\n", "")), field


def test_a_tag_is_kept_as_written_or_is_refused(boss):
    found = brought("タグ", "tags", boss, cell=lambda text: safe_text('"' + text.replace('"', '""') + '"'))
    tags = {}
    for pk, name in CustomerTag.rows.values_list("customer_id", "tag__name"):
        tags.setdefault(pk, []).append(name)
    kept = [(clean(text), tags.get(row.pk, [])) for text, row in zip(strings(), found, strict=True) if row]
    assert len(kept) == 281
    assert all(names == [text] * bool(text) for text, names in kept)


def test_the_api_keeps_them_in_the_customers_own_fields_or_says_which_it_refuses(boss, now):
    """Every eighth of them in every field."""
    token = create_token(name="照合", read_only=False, actor=boss, now=now).token
    client, sending = Client(), {"Authorization": f"Bearer {token}"}
    refused = 0
    for text in strings()[::8]:
        for name in ("family_name", "kana", "city", "street", "building"):
            sent = {"kind": "person", "family_name": "齋藤", name: text}
            answer = client.post("/api/v1/customers", sent, content_type="application/json", headers=sending)
            if answer.status_code == 422:
                assert name in answer.json()["error"]["fields"]
                refused += 1
                continue
            assert answer.status_code == 201
            shown = client.get(f"/api/v1/customers/{answer.json()['number']}", headers=sending).json()
            assert shown[name] == clean(text), name
    assert 0 < refused < 5 * 65


# ---- paper -----------------------------------------------------------------------------------------------------------

#: Letters that the font sets from two signs: a reader gets both for one of them afterwards.
BUILT = set("ЃЌЍ")
#: What the fonts of the product do not have, or what has no shape: signs that only steer, emoji, scripts of which there is no font.
WITHOUT_SHAPE = (
    "ad 34f 600-605 61c 6dd 70f 963 c1c c1e c3e c4d ca5 e14 e47 e49 f3c-f3d 1682 1684-1685 168b 168f-1693"
    " 169b-169c 180e 200c-200f 2061-2064 206a-206f 270b f8ff fdfa fdfd fe0f 10400 10405-10407 1040a-1040c 1040f 10412-10414"
    " 10416-10417 10419-1041a 1041c-1041d 10421 10424 10431 10442 10444 110bd 1bca0-1bca3 1d173-1d17a 1f1e6 1f1eb 1f1f2 1f1f7-1f1f8"
    " 1f1fa 1f308 1f3e7 1f3f3 1f3fd 1f3ff 1f435 1f44f-1f450 1f466-1f469 1f47e 1f481 1f48c 1f493-1f49f 1f4aa 1f51f 1f60d 1f645-1f64f"
    " 1f6be 1f9b0-1f9b1 1f9b9 20000 e0001 e0020-e007f"
)


def on_paper(monkeypatch, texts):
    """What a reader of the PDF gets of each, printed as a name on a label of its own; spaces and breaks of lines apart."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in printing.font_folders()])
    monkeypatch.setattr(printing, "_fonts", lambda: fonts)
    words = [{"postal_code": "", "lines": [], "name": text, "honorific": ""} for text in texts]
    sheet = LabelSheet("a4", "A4", 1, 1, 210.0, 297.0, 0.0, 0.0)
    pdf = printing.pdf_of(TEMPLATES / "labels.typ", label_pages(words, sheet, skip=0, right_mm=0, down_mm=0))
    return [unspaced(page.extract_text()).removeprefix("〒") for page in PdfReader(io.BytesIO(pdf)).pages]


def unspaced(text):
    return bare(text).replace("\u200b", "")


def is_shaped(text):
    """Letters that change their shape by their neighbours, stand above others or run from the right: the text that a reader takes
    out of a PDF has them in another order. ﬁ comes out as its two letters."""
    marks = any(category(letter) in ("Mn", "Me") or bidirectional(letter) in ("R", "AL") for letter in text)
    return marks or not BUILT.isdisjoint(text) or "\ufb01" in text


def test_what_the_fonts_have_stands_on_paper_letter_for_letter(monkeypatch):
    texts = [unspaced(clean_lines(text)) for text in strings()]
    letters = sorted({letter for text in texts for letter in text} - BUILT)
    without = {letter for letter, found in zip(letters, on_paper(monkeypatch, letters), strict=True) if found != letter}
    assert without == {chr(code) for code in codes(WITHOUT_SHAPE)}
    plain = [text for text in texts if not is_shaped(text)]
    assert len(plain) > 470
    for text, found in zip(plain, on_paper(monkeypatch, plain), strict=True):
        assert found.replace("\x00", "") == "".join(letter for letter in text if letter not in without)


def codes(ranges):
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)
