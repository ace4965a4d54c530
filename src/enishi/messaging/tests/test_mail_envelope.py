"""The bytes of a mail: read back by the stdlib, they say what was put in, and nothing a person typed becomes a header."""

import base64
import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.messaging.mail.envelope import AddressRefused, HeaderRefused, Letterhead, MailAddress, encoded_text, tidy_header

AT = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
UUID_7 = UUID("01939f3e-7a2b-7c3d-8e4f-000000000007")
SHOP = MailAddress("info", "example.jp")
TARO = MailAddress("taro", "example.com")
NO_CONTROLS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)


def write(
    *,
    subject="お知らせ",
    html="<p>こんにちは</p>",
    text="こんにちは",
    recipient=TARO,
    unsubscribe_url="https://track.example.jp/u/abc",
    **head,
):
    letterhead = Letterhead(**{"from_name": "縁商店", "from_address": SHOP, "list_id": "news.example.jp", **head})
    return letterhead.write(
        recipient=recipient, subject=subject, html=html, text=text, message_uuid=UUID_7, at=AT, unsubscribe_url=unsubscribe_url
    )


def read(envelope):
    return email.message_from_bytes(envelope.message, policy=email.policy.default)


def canonical(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_mail_says_what_it_should():
    envelope = write()
    message = read(envelope)
    assert message.items() == [
        ("To", "taro@example.com"),
        ("Subject", "お知らせ"),
        ("Date", "Sun, 22 Nov 2026 09:30:00 +0900"),
        ("Message-ID", f"<{UUID_7}@example.jp>"),
        ("List-Unsubscribe", "<https://track.example.jp/u/abc>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("From", "縁商店 <info@example.jp>"),
        ("List-Id", "<news.example.jp>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/alternative; boundary="=_enishi_part_="'),
    ]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_body(("plain",)).get_content() == "こんにちは"
    assert message.get_body(("html",)).get_content() == "<p>こんにちは</p>"
    assert not message.defects
    assert (envelope.sender, envelope.recipient, envelope.message_id) == (SHOP, TARO, f"{UUID_7}@example.jp")


def test_a_mail_of_business_has_no_list_headers():
    message = read(write(list_id="", unsubscribe_url=""))
    assert not {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"} & set(message.keys())


def test_replies_and_bounces_go_where_they_should():
    envelope = write(reply_to=MailAddress("desk", "example.jp"), bounce_to=MailAddress("bounce", "example.jp"))
    assert read(envelope)["Reply-To"] == "desk@example.jp"
    assert str(envelope.sender) == "bounce@example.jp"


@given(NO_CONTROLS, NO_CONTROLS)
def test_subject_and_name_come_back_letter_for_letter(subject, name):
    envelope = write(subject=subject, from_name=name)
    message = read(envelope)
    assert message["Subject"] == subject
    written, address = parseaddr(email.message_from_bytes(envelope.message)["From"])
    assert str(make_header(decode_header(written))) == name
    assert address == "info@example.jp"
    assert message["From"].addresses[0].addr_spec == "info@example.jp"
    assert len(message["From"].addresses) == 1


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=500), st.text(st.characters(exclude_categories=("Cs",)), max_size=500))
def test_bodies_come_back_letter_for_letter(html, text):
    message = read(write(html=html, text=text))
    parts = [part.get_payload(decode=True).decode() for part in message.iter_parts()]
    assert [canonical(part) for part in parts] == [canonical(text), canonical(html)]


@given(NO_CONTROLS, st.text(max_size=200), st.text(max_size=200))
def test_every_line_is_short_and_ends_properly(subject, html, text):
    raw = write(subject=subject, html=html, text=text).message
    lines = raw.split(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 100
    assert not any(line.startswith(b".") for line in lines)
    assert raw.isascii()


@given(NO_CONTROLS)
def test_every_encoded_word_stands_alone(subject):
    for line in encoded_text(subject, used=9).split("\r\n"):
        assert len(line) <= 76
        for word in re.findall(r"=\?utf-8\?B\?([^?]*)\?=", line):
            base64.b64decode(word, validate=True).decode()


@pytest.mark.parametrize("control", ["\r", "\n", "\r\n", "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
@pytest.mark.parametrize("place", ["subject", "from_name", "list_id", "unsubscribe_url"])
def test_a_control_character_never_gets_into_a_header(control, place):
    value = {"unsubscribe_url": "https://x.jp/"}.get(place, "山") + control + "Bcc: x@evil.example"
    with pytest.raises(HeaderRefused):
        write(**{place: value})


@pytest.mark.parametrize(
    "url", ["http://x.jp/>, <mailto:x@evil.example", "javascript:alert(1)", "ftp://x.jp/", "https://x.jp/ a", "https://"]
)
def test_only_a_web_address_unsubscribes(url):
    with pytest.raises(HeaderRefused):
        write(unsubscribe_url=url)


@given(st.text(max_size=200))
def test_a_tidied_subject_is_always_taken(text):
    tidy = tidy_header(text)
    assert read(write(subject=tidy))["Subject"] == tidy


def test_tidying_keeps_the_words():
    assert tidy_header(" 山田\r\nBcc: x　様\u2028  御中\t") == "山田 Bcc: x　様 御中"


@pytest.mark.parametrize(
    "text",
    [
        "a@x.jp, b@evil.example",
        "a@x.jp,b@evil.example",
        "a@x.jp b@evil.example",
        "a@x.jp;b@evil.example",
        "a@b@x.jp",
        "a@x.jp\r\nRCPT TO:<b@evil.example>",
        "a@x.jp\n",
        "\na@x.jp",
        "a\x00@x.jp",
        "a@x.jp>",
        "<a@x.jp>",
        "a@x.jp> SIZE=1",
        '"a b"@x.jp',
        'a"@x.jp',
        "a\\@x.jp",
        "(c)a@x.jp",
        "@x.jp",
        "a@",
        "a",
        "",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-x.jp",
        "a@x..jp",
        "a@.jp",
        "a@x.jp.",
        "あ@x.jp",
        "ａ@x.jp",
        "a＠x.jp",
        "a" * 65 + "@x.jp",
        "a@" + "x." * 130 + "jp",
    ],
)
def test_what_is_not_one_address_is_refused(text):
    with pytest.raises(AddressRefused):
        MailAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("taro@example.jp", "taro@example.jp"),
        ("Taro.Yamada+shop@Example.JP", "Taro.Yamada+shop@example.jp"),
        ("o'brien@example.jp", "o'brien@example.jp"),
        ("a..b.@docomo.ne.jp", '"a..b."@docomo.ne.jp'),
        (".a@ezweb.ne.jp", '".a"@ezweb.ne.jp'),
        ("info@例え.jp", "info@xn--r8jz45g.jp"),
        ("info@ドメイン.日本", "info@xn--eckwd4c7c.xn--wgv71a"),
    ],
)
def test_addresses_that_people_have_are_taken(text, written):
    assert str(MailAddress.parse(text)) == written
    assert f"To: {written}\r\n".encode() in write(recipient=MailAddress.parse(text)).message
    assert len(read(write(recipient=MailAddress.parse(text)))["To"].addresses) == 1


@given(st.text(max_size=40))
def test_an_address_is_one_word_without_room_for_more(text):
    try:
        written = str(MailAddress.parse(text))
    except AddressRefused:
        return
    assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+", written)
    assert not set(written) & set(" <>,;:\\\r\n()[]")
