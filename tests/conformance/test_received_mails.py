"""Torture messages and real Japanese mails of other projects: none crashes, the text is readable."""

from pathlib import Path

import pytest

from enishi.messaging.mail.html_view import page_of, read_mail

MAILS = Path(__file__).resolve().parents[3] / "shared" / "data" / "mail"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not MAILS.exists(), reason=f"the sample mails are not here ({MAILS})"),
]


def mails():
    return [path for path in sorted(MAILS.rglob("*")) if path.is_file() and path.suffix in (".eml", ".txt")]


def test_every_mail_gives_a_page():
    assert len(mails()) > 100
    for path in mails():
        page = page_of(path.read_bytes())
        assert page.startswith("<!doctype html>"), path
        assert "<script" not in page.lower(), path


def test_japanese_mails_are_readable():
    japanese = [
        read_mail(path.read_bytes()) for path in mails() if "japanese" in path.name or "iso_2022" in path.name or "shift_jis" in path.name
    ]
    assert japanese
    for mail in japanese:
        assert any("\u3040" <= char <= "\u9fff" for char in mail.subject + mail.text + mail.html + "".join(mail.attachments))
