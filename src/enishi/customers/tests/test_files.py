"""Files with a customer: kept whole or not at all, seen by whom the customer is seen, served by the files host alone."""

from __future__ import annotations

import errno
import os
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse, set_urlconf

from enishi.customers.actions import files as actions
from enishi.customers.models import CustomerFile
from enishi.customers.queries import files as queries
from enishi.customers.tests.test_activity_api import api
from enishi.platform import files as stored_files
from enishi.platform import time, views_log
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.file_kinds import KindRefused
from enishi.platform.models import Event, FieldChange, StoredFile, UserRole, ViewLog
from enishi.platform.tests.test_file_kinds import PDF, picture

__all__ = ["api"]
HTMX = {"HX-Request": "true"}
MEMO = "のしの件\n".encode()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def yuriko(make_customer):
    return make_customer()


@pytest.fixture
def keep(yuriko, misaki, now):
    def kept(name="メモ.txt", content=MEMO, *, customer=yuriko, actor=misaki) -> int:
        return actions.add_file(customer_id=customer.pk, name=name, chunks=[content], actor=actor, now=now)

    return kept


def on_disk(folder):
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def nothing_kept(folder):
    return (on_disk(folder), CustomerFile.rows.count(), StoredFile.rows.count(), Event.rows.filter(kind="file.added").count()) == (
        [],
        0,
        0,
        0,
    )


def door(name, customer, *args):
    return reverse(f"customers:{name}", args=[customer.number, *args])


def of_files_host(url, settings):
    address = urlsplit(url)
    assert address.hostname == settings.FILES_HOST
    answer = Client(SERVER_NAME=settings.FILES_HOST).get(address.path)
    set_urlconf(None)  # an answer that nobody has closed yet keeps its host's addresses in force
    return answer


# ---- keeping


def test_a_file_is_kept_with_its_kind_and_recorded(keep, folder, yuriko, misaki):
    row = CustomerFile.rows.select_related("stored").get(pk=keep("見積書.pdf", PDF))
    assert (row.name, row.kind, row.customer_id, row.added_by_id) == ("見積書.pdf", "pdf", yuriko.pk, misaki.user_id)
    assert stored_files.path_of(row.stored).read_bytes() == PDF
    event = Event.rows.get(kind="file.added")
    assert (event.customer_id, event.data) == (yuriko.pk, {"kind": "pdf", "size_bytes": len(PDF)})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("😀𠮷﨑髙橋.txt", "😀𠮷﨑髙橋.txt"),
        ("C:\\Users\\美咲\\メモ.txt", "メモ.txt"),
        ("../../etc/メモ.txt", "メモ.txt"),
        ("見積\u202etxt.exe.txt", "見積txt.exe.txt"),
        ("か\u3099.txt", "が.txt"),
        ("あ" * 300 + ".txt", "あ" * 195 + "….txt"),
    ],
)
def test_names_stay_as_people_write_them_and_are_never_a_path(keep, folder, given, kept):
    row = CustomerFile.rows.select_related("stored").get(pk=keep(given))
    assert (row.name, len(row.name) <= 200) == (kept, True)
    assert stored_files.path_of(row.stored).name == row.stored.token


def test_a_name_that_is_nothing_gets_one():
    assert [actions.kept_name(name) for name in ("", "  ", "/", "...")] == ["名前のないファイル"] * 4


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [("a.svg", b"<svg/>", KindRefused), ("空.txt", b"", actions.FileRefused), ("a.pdf", b"MZ\x90\0\3", KindRefused)],
)
def test_a_refused_file_leaves_nothing_behind(keep, folder, name, content, refusal):
    with pytest.raises(refusal):
        keep(name, content)
    assert nothing_kept(folder)


def test_a_file_is_cut_off_at_the_limit_and_leaves_nothing_behind(keep, folder, monkeypatch):
    monkeypatch.setattr(actions, "LARGEST_BYTES", len(MEMO))
    keep()
    monkeypatch.setattr(actions, "LARGEST_BYTES", len(MEMO) - 1)
    with pytest.raises(actions.FileRefused):
        keep()
    assert (len(on_disk(folder)), CustomerFile.rows.count()) == (1, 1)


def test_a_customer_holds_so_many_files_and_no_more(keep, monkeypatch, yuriko, misaki, now):
    monkeypatch.setattr(actions, "MOST_FILES", 1)
    first = keep()
    with pytest.raises(actions.FileRefused):
        keep()
    actions.remove_file(customer_id=yuriko.pk, file_id=first, actor=misaki, now=now)
    keep()


def full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def cut_off():
    yield b"x" * 100_000
    raise OSError("the line was cut")


def test_a_full_disk_and_a_cut_line_leave_nothing_behind(keep, folder, yuriko, misaki, now, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(stored_files.DiskFull):
            keep()
    assert nothing_kept(folder)
    with pytest.raises((OSError, stored_files.DiskFull)):
        actions.add_file(customer_id=yuriko.pk, name="a.txt", chunks=cut_off(), actor=misaki, now=now)
    assert nothing_kept(folder)


def test_where_the_last_step_fails_the_bytes_go_as_well(keep, folder, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(actions.events, "record", fails)
    with pytest.raises(RuntimeError):
        keep("写真.jpg", picture("JPEG"))
    monkeypatch.undo()
    assert nothing_kept(folder)


def test_who_may_not_change_the_customer_keeps_nothing(keep, folder, make_customer, yoshida, hayashi, yanaka):
    with pytest.raises(NotFound):
        keep(actor=yoshida)
    with pytest.raises(NotAllowed):
        keep(customer=make_customer(team=yanaka), actor=hayashi)
    assert nothing_kept(folder)


# ---- names, bin


def test_name_and_note_change_with_a_trace(keep, yuriko, misaki, now):
    file_id = keep()
    actions.change_file(customer_id=yuriko.pk, file_id=file_id, name="控え.txt", note="原本は奥の棚", actor=misaki, now=now)
    row = CustomerFile.rows.get(pk=file_id)
    assert (row.name, row.note) == ("控え.txt", "原本は奥の棚")
    traces = FieldChange.rows.filter(object="customers.customerfile", object_id=file_id).order_by("pk")
    assert [(trace.field, trace.before, trace.after) for trace in traces] == [
        ("name", "メモ.txt", "控え.txt"),
        ("note", "", "原本は奥の棚"),
    ]
    with pytest.raises(Invalid):
        actions.change_file(customer_id=yuriko.pk, file_id=file_id, name=" ", note="", actor=misaki, now=now)


def test_a_file_goes_into_the_bin_and_comes_back_whole(keep, folder, yuriko, misaki, now):
    file_id = keep()
    for _twice in range(2):
        actions.remove_file(customer_id=yuriko.pk, file_id=file_id, actor=misaki, now=now)
    shelf = queries.shelf(misaki, yuriko.pk)
    assert ([line.id for line in shelf.files], [line.id for line in shelf.removed]) == ([], [file_id])
    assert queries.file_slice(misaki, yuriko.pk, before=0, size=10).items == []
    for _twice in range(2):
        actions.restore_file(customer_id=yuriko.pk, file_id=file_id, actor=misaki, now=now)
    assert [line.id for line in queries.shelf(misaki, yuriko.pk).files] == [file_id]
    assert sorted(Event.rows.filter(kind__startswith="file.").values_list("kind", flat=True)) == [
        "file.added",
        "file.removed",
        "file.restored",
    ]


def test_a_file_is_reached_by_its_own_customer_only(keep, make_customer, misaki, now):
    file_id, other = keep(), make_customer()
    with pytest.raises(NotFound):
        actions.remove_file(customer_id=other.pk, file_id=file_id, actor=misaki, now=now)
    with pytest.raises(NotFound):
        queries.open_file(misaki, other.pk, file_id, "download")


# ---- the panel and its doors


def test_the_panel_takes_a_file_and_shows_it(misaki_client, yuriko, misaki):
    answer = misaki_client.post(door("file-add", yuriko), {"file": SimpleUploadedFile("見積書.pdf", PDF, "text/html")}, headers=HTMX)
    assert answer.status_code == 204
    panel = misaki_client.get(door("files", yuriko), headers=HTMX).content.decode()
    row = CustomerFile.rows.get()
    assert all(words in panel for words in ("見積書.pdf", "PDF・1 KB", "髙橋 美咲", "1件", door("file-preview", yuriko, row.pk)))
    record = misaki_client.get(reverse("customers:record", args=[yuriko.number])).content.decode()
    assert reverse("customers:files", args=[yuriko.pk]) in record


def test_a_refusal_is_told_in_plain_words_beside_the_file(misaki_client, yuriko):
    refused = misaki_client.post(door("file-add", yuriko), {"file": SimpleUploadedFile("a.exe", b"MZ")}, headers=HTMX)
    assert (refused.status_code, refused["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "プログラムやスクリプトは受け付けていません。" in refused.content.decode()
    without = misaki_client.post(door("file-add", yuriko), {}, follow=True)
    assert "ファイルを選んでください。" in without.content.decode()


def test_remove_answers_with_an_undo_that_brings_it_back(misaki_client, yuriko, keep):
    file_id = keep()
    answer = misaki_client.post(door("file-remove", yuriko, file_id), headers=HTMX)
    undo = door("file-restore", yuriko, file_id)
    assert (answer["HX-Trigger"], undo in answer.content.decode()) == ("enishi:files", True)
    again = misaki_client.get(door("files", yuriko), headers=HTMX | {"HX-Target": "div#file-list"}).content.decode()
    assert ("ごみ箱（1件）" in again, "0件" in again, "file-upload" in again) == (True, True, False)
    misaki_client.post(undo, headers=HTMX)
    assert CustomerFile.rows.get().archived_at is None


def test_the_dialog_changes_the_name_or_says_what_is_wrong(misaki_client, yuriko, keep):
    file_id = keep()
    url = door("file", yuriko, file_id)
    assert 'value="メモ.txt"' in misaki_client.get(url, headers=HTMX).content.decode()
    assert misaki_client.post(url, {"name": "", "note": ""}, headers=HTMX).status_code == 422
    assert misaki_client.post(url, {"name": "控え.txt", "note": "棚"}, headers=HTMX)["HX-Redirect"] == f"/customers/{yuriko.number}/"


def test_files_stand_on_the_timeline_until_they_are_removed(misaki_client, yuriko, keep, misaki, now):
    file_id = keep("見積書.pdf", PDF)
    url = reverse("customers:timeline", args=[yuriko.number])
    assert "見積書.pdf" in misaki_client.get(f"{url}?group=contact", headers=HTMX).content.decode()
    actions.remove_file(customer_id=yuriko.pk, file_id=file_id, actor=misaki, now=now)
    assert "見積書.pdf" not in misaki_client.get(url, headers=HTMX).content.decode()


# ---- the files host


def test_a_download_leaves_by_the_files_host_alone_as_an_attachment(misaki_client, yuriko, keep, settings):
    file_id = keep("見積書\u3000𠮷😀.exe.docx", PDF)
    answer = misaki_client.get(door("file-download", yuriko, file_id))
    served = of_files_host(answer.url, settings)
    assert b"".join(served.streaming_content) == PDF
    assert served["Content-Type"] == "application/pdf"
    assert served["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert served["Content-Disposition"].endswith(".exe.docx.pdf")
    assert served["X-Content-Type-Options"] == "nosniff"
    assert {"default-src 'none'", "sandbox"} <= {part.strip() for part in served["Content-Security-Policy"].split(";")}
    assert not served.cookies
    assert misaki_client.get(urlsplit(answer.url).path).status_code == 404
    assert ViewLog.rows.filter(route="customers:file-download", object="customers.customerfile").get().object_ids == [file_id]


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", b"<script>alert(1)</script>"), ("a.csv", "氏名\n".encode()), ("a.ics", b"BEGIN:VCALENDAR")]
)
def test_a_text_is_never_anything_else_for_a_browser(misaki_client, yuriko, keep, settings, name, content):
    served = of_files_host(misaki_client.get(door("file-download", yuriko, keep(name, content))).url, settings)
    assert (served["Content-Type"].partition(";")[0], served["Content-Disposition"].partition(";")[0]) == ("text/plain", "attachment")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gif", b"GIF89a/*" + b"\0" * 40 + b"*/=1;<script>alert(1)</script>"),
        ("a.jpg", picture("JPEG") + b"<html><script>alert(1)</script>"),
        ("a.html.png", picture("PNG") + b"<script>alert(1)</script>"),
        ("a.pdf", b"%PDF-1.7\n<html><script>alert(1)</script></html>\n%%EOF"),
        ("a.pdf", b"<html><script>alert(1)</script></html>\n%PDF-1.7\n%%EOF"),
        ("a.zip", b"PK\x03\x04<script>alert(1)</script>"),
        ("a.svg.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("../../etc/a.html\u202egnp.txt", b"<html><script>alert(1)</script>"),
    ],
)
def test_a_file_of_two_kinds_is_refused_or_runs_nowhere(misaki_client, yuriko, keep, folder, settings, name, content):
    try:
        file_id = keep(name, content)
    except KindRefused:
        assert nothing_kept(folder)
        return
    served = of_files_host(misaki_client.get(door("file-download", yuriko, file_id)).url, settings)
    kind = served["Content-Type"].partition(";")[0]
    assert kind in ("image/gif", "image/jpeg", "image/png", "application/pdf", "application/zip", "text/plain")
    assert served["Content-Disposition"].startswith("attachment")
    assert (served["X-Content-Type-Options"], "sandbox" in served["Content-Security-Policy"]) == ("nosniff", True)
    assert not {"/", "\\", "\u202e"} & set("".join(StoredFile.rows.values_list("name", flat=True)))


def test_a_picture_is_shown_as_another_picture_in_a_dialog(misaki_client, yuriko, keep, misaki, settings):
    original = picture("PNG", (20, 20)) + b"<script>"
    file_id = keep("写真.png", original)
    dialog = misaki_client.get(door("file-preview", yuriko, file_id), headers=HTMX).content.decode()
    url = queries.open_file(misaki, yuriko.pk, file_id, "preview").url
    assert url.rpartition("/")[0] in dialog
    served = of_files_host(url, settings)
    shown = b"".join(served.streaming_content)
    assert (served["Content-Type"], served["Cross-Origin-Resource-Policy"], shown[:3]) == ("image/jpeg", "cross-origin", b"\xff\xd8\xff")
    assert b"<script>" not in shown


def test_a_pdf_opens_in_the_browsers_own_reader_on_the_files_host(misaki_client, yuriko, keep, settings):
    served = of_files_host(misaki_client.get(door("file-preview", yuriko, keep("a.pdf", PDF))).url, settings)
    assert (served["Content-Type"], served["Content-Disposition"].partition(";")[0]) == ("application/pdf", "inline")
    assert "default-src 'none'" in served["Content-Security-Policy"]
    assert misaki_client.get(door("file-preview", yuriko, keep("a.txt"))).status_code == 404


def test_an_address_ends_with_its_minute_and_with_the_readers_rights(yuriko, keep, misaki, misaki_user, settings, now):
    url = queries.open_file(misaki, yuriko.pk, keep(), "download").url
    assert of_files_host(url, settings).status_code == 200
    assert of_files_host(url[:-1], settings).status_code == 404
    assert of_files_host(url.replace("/kept/", "/pdf/"), settings).status_code == 404
    UserRole.rows.filter(user=misaki_user).delete()
    assert "権限がなくなりました" in of_files_host(url, settings).content.decode()


def test_an_address_does_not_open_after_its_time(yuriko, keep, misaki, settings, monkeypatch):
    from django.core import signing

    url = queries.open_file(misaki, yuriko.pk, keep(), "download").url
    later = signing.time.time() + 61
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert of_files_host(url, settings).status_code == 404


def test_masked_viewers_know_of_files_and_open_none(sign_in, make_customer, keep, hayashi, yanaka, settings):
    customer = make_customer(team=yanaka)
    file_id = keep("申込書.pdf", PDF, customer=customer)
    client = sign_in(hayashi)
    panel = client.get(door("files", customer), headers=HTMX).content.decode()
    assert ("申＊＊" in panel, "申込書" in panel, "download" in panel, "file-upload" in panel) == (True, False, False, False)
    assert client.get(door("file-download", customer, file_id)).status_code == 403
    assert client.post(door("file-add", customer), {"file": SimpleUploadedFile("a.txt", MEMO)}, headers=HTMX).status_code == 403
    timeline = client.get(reverse("customers:timeline", args=[customer.number]), headers=HTMX).content.decode()
    assert ("申＊＊" in timeline, "申込書" in timeline) == (True, False)


def test_who_does_not_see_the_customer_finds_no_file(sign_in, yoshida, yuriko, keep):
    file_id = keep()
    client = sign_in(yoshida)
    for name, args in (("files", ()), ("file-download", (file_id,)), ("file-preview", (file_id,)), ("file", (file_id,))):
        assert client.get(door(name, yuriko, *args), headers=HTMX).status_code == 404, name
    for name in ("file-remove", "file-restore"):
        assert client.post(door(name, yuriko, file_id), headers=HTMX).status_code == 404, name


def test_while_reads_cannot_be_written_down_no_file_is_opened(misaki_client, yuriko, keep, monkeypatch):
    file_id = keep()
    monkeypatch.setattr(views_log, "record", lambda *_, **__: False)
    assert misaki_client.get(door("file-download", yuriko, file_id)).status_code == 409


# ---- the API


def test_other_systems_list_add_read_and_remove(api, yuriko, settings, folder, misaki, now):
    from enishi.platform.actions.tokens import create_token

    token = create_token(name="複合機", read_only=False, actor=misaki, now=now).token
    sending = {"Authorization": f"Bearer {token}", "Idempotency-Key": "scan-1"}
    sent = [
        Client().post(f"/api/v1/customers/{yuriko.number}/files", {"file": SimpleUploadedFile("申込書.pdf", PDF)}, headers=sending)
        for _twice in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    made = sent[0].json()
    assert (made["name"], made["kind"], made["size_bytes"], sent[1].json()["id"]) == ("申込書.pdf", "pdf", len(PDF), made["id"])
    listed = api("get", f"/customers/{yuriko.number}/files").json()
    assert ([item["id"] for item in listed["items"]], listed["next_cursor"]) == ([made["id"]], None)
    leads = api("get", f"/customers/{yuriko.number}/files/{made['id']}/content")
    assert b"".join(of_files_host(leads.url, settings).streaming_content) == PDF
    assert api("delete", f"/customers/{yuriko.number}/files/{made['id']}").status_code == 204
    assert api("get", f"/customers/{yuriko.number}/files").json()["items"] == []
    refused = Client().post(
        f"/api/v1/customers/{yuriko.number}/files",
        {"file": SimpleUploadedFile("a.svg", b"<svg/>")},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "file.kind_refused")


def test_the_clock_of_the_demo_does_not_matter_to_addresses(yuriko, keep, misaki, settings, now):
    url = queries.open_file(misaki, yuriko.pk, keep(), "download").url
    time.freeze(now.replace(year=now.year + 1))
    assert of_files_host(url, settings).status_code == 200
