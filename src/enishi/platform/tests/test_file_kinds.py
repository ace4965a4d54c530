"""What a file is, by its content: what is taken in, what is refused, and under which name it leaves."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook
from PIL import Image

from enishi.platform.file_kinds import KINDS, KindRefused, kind_of
from enishi.platform.pictures import preview_of

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600


def picture(form: str, size=(40, 30), **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#2b4c7e").save(out, form, **options)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (PDF, "見積書.pdf", "pdf"),
        (PDF, "見積書.exe.docx", "pdf"),
        (picture("JPEG"), "写真.JPG", "jpeg"),
        (picture("PNG"), "写真.pdf", "png"),
        (picture("GIF"), "a.gif", "gif"),
        (picture("WEBP"), "a", "webp"),
        (picture("BMP"), "a.bmp", "bmp"),
        (picture("TIFF"), "FAX.tif", "tiff"),
        (workbook(), "顧客.xlsx", "xlsx"),
        (workbook(), "顧客.zip", "zip"),
        (OLE, "古い表.xls", "xls"),
        (OLE, "暗号化.xlsx", "xlsx"),
        (OLE, "案内.jtd", "jtd"),
        ("氏名,電話\r\n髙橋,03".encode("cp932"), "名簿.csv", "csv"),
        ("😀メモ".encode(), "メモ.txt", "text"),
        ("メモ".encode("utf-16"), "メモ.txt", "text"),
        (b"<script>alert(1)</script>", "メモ.txt", "text"),
    ],
)
def test_the_content_decides_and_the_name_where_the_content_says_nothing(head, name, kind):
    assert kind_of(head, name).key == kind


@pytest.mark.parametrize(
    ("head", "name", "word"),
    [
        (b"MZ\x90\0" + b"\0" * 60, "見積書.pdf", "この種類"),
        (b"\x7fELF" + b"\2\1\1" + b"\0" * 60, "a.jpg", "この種類"),
        (PDF, "見積書.pdf.exe", "プログラム"),
        (b"echo", "a.bat", "プログラム"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "ロゴ.svg", "SVG"),
        (b"<!doctype html>", "a.HTML", "SVG"),
        (workbook(), "集計.xlsm", "マクロ"),
        (OLE, "a.bin", "この種類"),
        (b"\0\1\2\3", "a.txt", "この種類"),
        (b"hello", "hello", "この種類"),
    ],
)
def test_what_is_not_taken_in_is_refused_in_words_that_help(head, name, word):
    with pytest.raises(KindRefused) as refusal:
        kind_of(head, name)
    assert word in str(refusal.value)
    assert refusal.value.fields["file"] == [str(refusal.value)]


def test_a_name_that_ends_otherwise_gets_the_ending_of_what_it_is():
    assert KINDS["pdf"].named("見積書.PDF") == "見積書.PDF"
    assert KINDS["pdf"].named("見積書.exe") == "見積書.exe.pdf"
    assert KINDS["jpeg"].named("写真") == "写真.jpg"


def test_no_two_kinds_share_an_ending():
    endings = [suffix for kind in KINDS.values() for suffix in kind.suffixes]
    assert len(endings) == len(set(endings))


# ---- pictures


def test_a_preview_is_a_new_picture_turned_as_it_was_held_and_without_its_place(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif[0x8825] = {1: "N", 2: (35.0, 43.0, 0.0)}
    path = tmp_path / "photo"
    path.write_bytes(picture("JPEG", (4_000, 2_000), exif=exif, comment=b"secret"))
    preview = preview_of(path)
    with Image.open(io.BytesIO(preview)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (800, 1_600), {})
    assert b"secret" not in preview


def test_what_is_see_through_lies_on_white(tmp_path):
    path, out = tmp_path / "logo", io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    path.write_bytes(out.getvalue())
    with Image.open(io.BytesIO(preview_of(path))) as seen:
        assert seen.getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_too_large_to_open_or_broken_has_no_preview(tmp_path):
    bomb, broken = tmp_path / "bomb", tmp_path / "broken"
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
    broken.write_bytes(picture("PNG")[:60])
    assert (preview_of(bomb), preview_of(broken)) == (None, None)
