"""Files that are no good, brought by the screen and by the command line: an answer in words, and nothing half-done behind."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import Workbook

from enishi.customers.imports import doors, staging
from enishi.customers.models import Customer, Identity, ImportRow, ImportRun
from enishi.customers.tests.import_files import HEADINGS, csv, messages_of
from enishi.platform import files

YURIKO = "M001,齋藤 百合子,サイトウ ユリコ,yuriko@example.jp,090-1234-5678,110-0001,東京都台東区谷中1-2-3,1985/4/1,女"
LONG_LINE = 30_000_000  # characters without a line end


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path / "var"
    return settings.DATA_DIR


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(HEADINGS.split(","))
    book.active.append(YURIKO.split(","))
    book.save(out)
    return out.getvalue()


def long_line_below() -> bytes:
    """A sound beginning, longer than what is looked at to know a file, and one endless line behind it."""
    return csv(*[YURIKO.replace("M001", f"M{number:05}") for number in range(3_000)]) + b"a" * LONG_LINE


REFUSED = [
    pytest.param("顧客.csv", b"", "ファイルが空です", id="empty"),
    pytest.param("顧客.csv", b"\xef\xbb\xbf\r\n \r\n", "空です", id="blank"),
    pytest.param("顧客.csv", csv(), "データの行がありません", id="no rows"),
    pytest.param("顧客.csv", b"\x00\x01\x02\x03" * 500, "文字の表ではない", id="binary"),
    pytest.param("顧客.csv", b"a" * LONG_LINE, "1行目が長すぎます", id="one long line"),
    pytest.param("顧客.csv", long_line_below(), "3,002行目が長すぎます", id="a long line below"),
    pytest.param("顧客.xlsx", b"PK\x03\x04broken", "壊れています", id="broken workbook"),
    pytest.param("顧客.xls", b"<html><body><table>", "ウェブページ", id="web page"),
]


def brought_by_screen(client, name: str, data: bytes) -> str:
    """The file sent, the job run, and what the page then shows."""
    file = io.BytesIO(data)
    file.name = name
    response = client.post(reverse("imports:new"), {"target": "customers", "file": file})
    if response.status_code == 422:
        return response.content.decode()
    run = ImportRun.rows.get()
    with doors.told(run.pk):
        staging.stage(run.pk)
    return client.get(reverse("imports:run", args=[run.pk]), follow=True).content.decode()


def nothing_is_left() -> bool:
    return not (ImportRow.rows.exists() or Customer.rows.exists() or Identity.rows.exists())


@pytest.mark.parametrize(("name", "data", "words"), REFUSED)
def test_the_screen_says_what_is_wrong_with_a_file(misaki_client, name, data, words):
    assert words in brought_by_screen(misaki_client, name, data)
    assert nothing_is_left()


@pytest.mark.parametrize(("name", "data", "words"), REFUSED)
def test_the_command_line_says_what_is_wrong_with_a_file(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CommandError, match=words):
        call_command("import_file", "customers", str(path), consent="unknown", stderr=io.StringIO())
    assert nothing_is_left()


def test_a_long_line_costs_little_memory(tmp_path):
    path = tmp_path / "顧客.csv"
    path.write_bytes(long_line_below())
    tracemalloc.start()
    with pytest.raises(CommandError):
        call_command("import_file", "customers", str(path), stderr=io.StringIO())
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < LONG_LINE / 2


def test_a_file_that_is_not_there_or_may_not_be_read_is_told(tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="ファイルがありません"):
        call_command("import_file", "customers", str(tmp_path / "ない.csv"))
    path = tmp_path / "顧客.csv"
    path.write_bytes(csv(YURIKO))

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(CommandError, match="読み書きできません"):
        call_command("import_file", "customers", str(path))


@pytest.mark.parametrize(
    ("name", "data"), [("顧客.csv", workbook()), ("顧客.xlsx", csv(YURIKO)), ("顧客.dat", csv(YURIKO, encoding="utf-16"))]
)
def test_a_file_is_read_as_what_it_is_whatever_it_is_called(misaki_client, name, data):
    assert "齋藤 百合子" in brought_by_screen(misaki_client, name, data)
    assert ImportRun.rows.get().total == 1


def test_rows_in_another_encoding_than_the_file_are_told_one_by_one(tmp_path):
    path = tmp_path / "顧客.csv"
    sound = csv(*[f"M{number:03},渡邊 {number},,w{number}@example.jp,,,,," for number in range(20)])
    path.write_bytes(sound + "M999,髙橋,,,,,,,\r\n".encode())
    with pytest.raises(CommandError, match="1行を取り込めませんでした"):
        call_command("import_file", "customers", str(path), consent="unknown", stdout=io.StringIO(), stderr=io.StringIO())
    assert "文字" in messages_of(ImportRun.rows.get())[0]
    assert Customer.rows.count() == 20


def test_columns_that_say_nothing_of_a_customer_are_asked_for(misaki_client):
    shown = brought_by_screen(misaki_client, "在庫.csv", csv("K-01,12,東", headings="棚番,在庫数,倉庫"))
    run = ImportRun.rows.get()
    response = misaki_client.post(reverse("imports:columns", args=[run.pk]), {"column-0": "", "column-1": "", "column-2": ""})
    assert "棚番" in shown
    assert response.status_code == 422
    assert "1つ以上" in response.content.decode()
    assert not Customer.rows.exists()


def test_a_full_disk_is_told_on_the_screen_and_leaves_no_file(misaki_client, monkeypatch, data_folder):
    real_open = files.Path.open

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

        def fileno(self):
            return 0

    def open_full(self, mode="r", *args, **kwargs):
        return (real_open(self, mode, *args, **kwargs).close(), Full())[1] if "x" in mode else real_open(self, mode, *args, **kwargs)

    monkeypatch.setattr(files.Path, "open", open_full)
    assert "空き" in brought_by_screen(misaki_client, "顧客.csv", csv(YURIKO))
    assert not ImportRun.rows.exists()
    assert [path for path in (data_folder / "files").rglob("*") if path.is_file()] == []
