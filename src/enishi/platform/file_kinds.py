"""What a file is, by its content and never by what its sender says: the kinds that are taken in, and how each leaves.

Signatures are read by the library `filetype`. Its verdict is an allow list's: what is not among `KINDS` is refused.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import filetype
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import Invalid

#: Bytes of the beginning that `kind_of` wants to see.
HEAD_BYTES: Final = 65_536


class KindRefused(Invalid):
    """A file of a kind that is not taken in."""

    code = "file.kind_refused"

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message, fields={"file": [message]})


@dataclass(frozen=True, slots=True)
class FileKind:
    """`suffixes`: how names of this kind end, the first being the one that is given to a name without. `opens`: how it
    may be looked at in the browser: "image" (a picture made anew from it), "pdf", or "" where it is only downloaded."""

    key: str
    label: str | Promise
    media_type: str
    suffixes: tuple[str, ...]
    opens: str = ""

    def named(self, name: str) -> str:
        """The name under which it is downloaded: one that ends otherwise gets this kind's ending behind it."""
        return name if PurePath(name).suffix.lower() in self.suffixes else f"{name}{self.suffixes[0]}"


_WORD, _EXCEL, _SLIDES = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"
_TEXT: Final = "text/plain"  # whatever a text claims to be, a browser is never told to read it as anything else

KINDS: Final[dict[str, FileKind]] = {
    kind.key: kind
    for kind in (
        FileKind("pdf", "PDF", "application/pdf", (".pdf",), "pdf"),
        FileKind("jpeg", _("画像"), "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), "image"),
        FileKind("png", _("画像"), "image/png", (".png",), "image"),
        FileKind("gif", _("画像"), "image/gif", (".gif",), "image"),
        FileKind("webp", _("画像"), "image/webp", (".webp",), "image"),
        FileKind("heic", _("画像"), "image/heic", (".heic", ".heif")),
        FileKind("tiff", _("画像"), "image/tiff", (".tif", ".tiff")),
        FileKind("bmp", _("画像"), "image/bmp", (".bmp",)),
        FileKind("docx", "Word", f"{_OPEN_XML}.wordprocessingml.document", (".docx",)),
        FileKind("doc", "Word", _WORD, (".doc",)),
        FileKind("xlsx", "Excel", f"{_OPEN_XML}.spreadsheetml.sheet", (".xlsx",)),
        FileKind("xls", "Excel", _EXCEL, (".xls",)),
        FileKind("pptx", "PowerPoint", f"{_OPEN_XML}.presentationml.presentation", (".pptx",)),
        FileKind("ppt", "PowerPoint", _SLIDES, (".ppt",)),
        FileKind("jtd", _("一太郎"), "application/octet-stream", (".jtd",)),
        FileKind("odt", _("文書"), f"{_OPEN}.text", (".odt",)),
        FileKind("ods", _("表"), f"{_OPEN}.spreadsheet", (".ods",)),
        FileKind("odp", _("スライド"), f"{_OPEN}.presentation", (".odp",)),
        FileKind("zip", "ZIP", "application/zip", (".zip",)),
        FileKind("mp3", _("音声"), "audio/mpeg", (".mp3",)),
        FileKind("m4a", _("音声"), "audio/mp4", (".m4a",)),
        FileKind("wav", _("音声"), "audio/wav", (".wav",)),
        FileKind("mp4", _("動画"), "video/mp4", (".mp4", ".m4v")),
        FileKind("mov", _("動画"), "video/quicktime", (".mov", ".qt")),
        FileKind("csv", "CSV", _TEXT, (".csv", ".tsv")),
        FileKind("text", _("テキスト"), _TEXT, (".txt", ".md", ".log", ".json")),
        FileKind("eml", _("メール"), _TEXT, (".eml",)),
        FileKind("msg", _("メール"), "application/octet-stream", (".msg",)),
        FileKind("ics", _("予定"), _TEXT, (".ics",)),
        FileKind("vcf", _("連絡先"), _TEXT, (".vcf",)),
    )
}
_BY_SIGNATURE: Final = {
    kind.media_type: kind.key for kind in KINDS.values() if kind.media_type.startswith(("image/", "audio/", "video/", "application/pdf"))
} | {"image/apng": "png", "audio/x-wav": "wav", "audio/m4a": "m4a", "video/x-m4v": "mp4"}
# Boxes that say little of what is inside: there the name decides, and Office opens the file by the name as well.
_OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_IN_OLE: Final = ("doc", "xls", "ppt", "msg", "jtd", "docx", "xlsx", "pptx")  # the last three: with a password
_IN_ZIP: Final = ("docx", "xlsx", "pptx", "odt", "ods", "odp")
_TEXTS: Final = ("csv", "text", "eml", "ics", "vcf")
_MACROS: Final = (".docm", ".xlsm", ".pptm", ".dotm", ".xltm", ".xlam")
_MARKUP: Final = (".html", ".htm", ".xhtml", ".svg", ".svgz", ".xml", ".mht", ".mhtml")
_PROGRAMS: Final = (
    ".exe", ".msi", ".bat", ".cmd", ".com", ".scr", ".pif", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".jar",
    ".sh", ".py", ".php", ".lnk", ".reg", ".dll", ".app", ".dmg", ".pkg", ".apk", ".iso", ".img",
)  # fmt: skip


def kind_of(head: bytes, name: str) -> FileKind:
    """The kind of a file by its first bytes (`HEAD_BYTES`, or all there are) and, inside of boxes and texts that say
    nothing themselves, by its name. Raises KindRefused."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _PROGRAMS:
        raise KindRefused(_("プログラムやスクリプトは受け付けていません。"))
    if suffix in _MARKUP:
        raise KindRefused(_("HTMLやSVGは受け付けていません。PDFか画像（PNGなど）にしてください。"))
    if suffix in _MACROS:
        raise KindRefused(_("マクロを含む形式は受け付けていません。マクロなしの形式（.xlsx など）で保存し直してください。"))
    key = _by_signature(head, suffix)
    if key is None:
        raise KindRefused(_("この種類のファイルは受け付けていません。PDF・画像・Office・テキスト・音声・動画・ZIPを置けます。"))
    return KINDS[key]


def _by_signature(head: bytes, suffix: str) -> str | None:
    if head.startswith(_OLE_MAGIC):
        return _named(_IN_OLE, suffix)
    if head.startswith(b"PK\x03\x04"):
        return _named(_IN_ZIP, suffix) or "zip"
    found = filetype.guess(head)
    if found is not None:
        return _BY_SIGNATURE.get(found.mime)
    return _named(_TEXTS, suffix) if is_text(head) else None


def _named(keys: tuple[str, ...], suffix: str) -> str | None:
    return next((key for key in keys if suffix in KINDS[key].suffixes), None)


def is_text(head: bytes) -> bool:
    """Whether bytes read as text as Windows or anybody else writes it: UTF-8, CP932, or UTF-16 with its mark."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads(head, "utf-16")
    return b"\0" not in head and (_reads(head, "utf-8") or _reads(head, "cp932"))


def _reads(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)  # a letter may be cut at the end
    except UnicodeDecodeError:
        return False
    return True
