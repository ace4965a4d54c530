"""515 naughty strings that other people collected, through the doors of customer data: a file, the base, files again, the API.

What changes on the way is said here and nowhere else: `clean_lines` stores NFC without control letters and without outer or
doubled spaces. An apostrophe at the head of a cell is the mark of a text in a spreadsheet: our files put one before it, and a
reader takes one off, so that a file of somebody else loses one. Whatever is left comes back letter for letter.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path

import pytest
from django.test import Client
from openpyxl import load_workbook

from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import running
from enishi.customers.models import Activity, Customer, ExportRun
from enishi.customers.queries.asked import Asked
from enishi.customers.tests.import_files import imported, messages_of
from enishi.platform import files
from enishi.platform.actions import create_token
from enishi.platform.japanese.normalise import clean_lines
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
