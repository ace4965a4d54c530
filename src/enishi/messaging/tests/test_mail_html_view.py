"""A foreign mail on our page: readable, and harmless."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from enishi.messaging.mail.blocks import MailTemplates, compile_mail
from enishi.messaging.mail.envelope import Letterhead, MailAddress
from enishi.messaging.mail.html_view import clean_html, page_of, read_mail, text_as_html
from enishi.messaging.tests.mail_samples import BLOCKS, tracked


def raw(head, body):
    return head.encode() + b"\r\n\r\n" + (body if isinstance(body, bytes) else body.encode())


def test_our_own_mail_looks_as_it_should():
    compiled = compile_mail(subject="秋のだし", preheader="入荷", blocks=BLOCKS)
    copy = MailTemplates(compiled).render({"customer": {"family_name": "山田"}}, tracked(compiled.links))
    envelope = Letterhead(from_name="縁商店", from_address=MailAddress("info", "example.jp")).write(
        recipient=MailAddress("taro", "example.com"),
        subject=copy.subject,
        html=copy.html,
        text=copy.text,
        message_uuid=uuid4(),
        at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    mail = read_mail(envelope.message)
    assert (mail.subject, mail.sender, mail.to) == ("秋のだし", "縁商店 <info@example.jp>", "taro@example.com")
    assert mail.message_id == envelope.message_id
    page = LexborHTMLParser(page_of(envelope.message))
    assert page.css_first("h1").text() == "山田様、秋のだしが届きました"
    assert "font-size:22px" in page.css_first("h1").attributes["style"]
    links = page.css("a")
    assert [link.attributes["href"] for link in links][:3] == [f"https://track.example.jp/c/{n}" for n in range(3)]
    assert {link.attributes["rel"] for link in links} == {"noopener noreferrer nofollow"}
    assert {link.attributes["target"] for link in links} == {"_blank"}
    assert page.css("img")[-1].attributes["src"] == "https://track.example.jp/o/x"
    assert "background-color:#1f4e8c" in page_of(envelope.message).replace(": ", ":")


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<ScRiPt src=//evil.example/x.js></sCrIpT>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='  java\nscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<object data='x'></object><embed src='x'>",
        "<form action='https://evil.example'><input name=password><button>OK</button></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href='https://evil.example'>",
        "<link rel=stylesheet href='https://evil.example/x.css'>",
        "<style>@import 'https://evil.example/x.css'; body{background:url(https://evil.example)}</style>",
        "<div style='background:url(https://evil.example/x.gif)'>x</div>",
        "<div style='position:fixed;inset:0;z-index:9'>x</div>",
        "<div style='list-style:url(https://evil.example)'>x</div>",
        "<div hx-get='/x' hx-trigger=load data-hx-post='/y' hx-on:load='alert(1)'>x</div>",
        "<div onclick=alert(1) onmouseover='alert(1)'>x</div>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<template><script>alert(1)</script></template>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
        "<video src=x onerror=alert(1)></video><audio src=x></audio>",
        "<table background='https://evil.example/x.gif'><tr><td background='https://evil.example'>x</td></tr></table>",
        "<p id='top' class='toolbar' name='csrf'>x</p>",
    ],
)
def test_nothing_that_acts_survives(evil):
    for page in (clean_html(evil), page_of(raw("Content-Type: text/html; charset=utf-8", evil))):
        lowered = page.lower()
        for word in (
            "script",
            "onerror",
            "onload",
            "onclick",
            "hx-",
            "data:",
            "evil.example",
            "<form",
            "<input",
            "<style",
            "position:",
            "url(",
            "class=",
            "id=",
        ):
            assert word not in lowered


def test_a_mail_of_text_is_shown_as_text():
    page = page_of(raw("Subject: <b>x</b>", "<script>alert(1)</script>\nhttps://shop.example/a?b=1&c=2 をどうぞ"))
    assert "<script" not in page
    assert '<a href="https://shop.example/a?b=1&amp;c=2" target="_blank"' in page
    assert "<title>&lt;b&gt;x&lt;/b&gt;</title>" in page


@given(st.text(st.characters(exclude_characters="\x00\r", exclude_categories=("Cs",)), max_size=200))
def test_text_is_shown_letter_for_letter(text):
    shown = LexborHTMLParser(f"<body>{text_as_html('|' + text)}</body>").css_first("pre").text()
    assert shown == f"|{text}"


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ("iso-2022-jp", "iso2022_jp"),
        ("shift_jis", "cp932"),
        ("euc-jp", "euc_jp"),
        ("utf-8", "utf-8"),
        ("us-ascii", "utf-8"),
        ("x-unknown", "cp932"),
        ("", "utf-8"),
    ],
)
def test_japanese_of_all_ages_is_read(declared, used):
    kind = f"text/plain; charset={declared}" if declared else "text/plain"
    assert read_mail(raw(f"Content-Type: {kind}", "拝啓　お元気ですか".encode(used))).text == "拝啓　お元気ですか"


def test_attachments_are_named_and_not_shown():
    body = (
        "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nContent-Type: text/html\r\n"
        'Content-Disposition: attachment; filename="=?utf-8?B?6KuL5rGC5pu4Lmh0bWw=?="\r\n\r\n<b>no</b>\r\n--x--\r\n'
    )
    mail = read_mail(raw('Content-Type: multipart/mixed; boundary="x"', body))
    assert (mail.text.strip(), mail.html, mail.attachments) == ("hello", "", ("請求書.html",))


@given(st.binary(max_size=400))
def test_whatever_arrives_gives_a_page(data):
    assert page_of(data).startswith("<!doctype html>")
    assert page_of(b"Content-Type: text/html\r\n\r\n" + data).startswith("<!doctype html>")
