"""The demo's own mail server."""

import socket
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from enishi.messaging.mail.envelope import Letterhead, MailAddress
from enishi.messaging.mail.smtp import SendState
from enishi.messaging.mail.smtp_connection import Security, SmtpServer
from enishi.messaging.mail.smtp_pool import SmtpPool
from enishi.messaging.sink.server import MailSink


def mail(to):
    letterhead = Letterhead(from_name="縁商店", from_address=MailAddress("info", "example.jp"), list_id="news.example.jp")
    return letterhead.write(
        recipient=MailAddress.parse(to),
        subject="お知らせ",
        html="<p>本文</p>",
        text="本文",
        message_uuid=uuid4(),
        at=datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.fixture
def port(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    settings.EGRESS_ALLOW = (f"127.0.0.1:{number}",)
    return number


def test_the_sink_gives_each_mail_to_its_function(port):
    arrived = []
    sink = MailSink(lambda recipient, raw: arrived.append((recipient, raw)), port=port)
    sink.start()
    envelopes = [mail("taro@example.com"), mail("a..b.@docomo.ne.jp"), mail("hanako@例え.jp")]
    try:
        with SmtpPool(SmtpServer("127.0.0.1", port, Security.NONE), connections=2) as pool:
            outcomes = pool.deliver(envelopes)
    finally:
        sink.stop()
    assert [outcome.state for outcome in outcomes] == [SendState.ACCEPTED] * 3
    assert sorted(raw for _recipient, raw in arrived) == sorted(envelope.message for envelope in envelopes)
    assert {recipient for recipient, _raw in arrived} == {"taro@example.com", "a..b.@docomo.ne.jp", "hanako@xn--r8jz45g.jp"}


def test_what_could_not_be_kept_was_not_taken(port):
    def full(recipient, raw):
        raise OSError("disk full")

    sink = MailSink(full, port=port)
    sink.start()
    try:
        with SmtpPool(SmtpServer("127.0.0.1", port, Security.NONE)) as pool:
            outcome = pool.deliver([mail("taro@example.com")])[0]
    finally:
        sink.stop()
    assert (outcome.state, outcome.code) == (SendState.DEFERRED, 451)


def test_a_taken_port_is_said_at_start_and_stopping_twice_is_fine(port):
    first, second = (MailSink(lambda recipient, raw: None, port=port) for _ in range(2))
    first.start()
    with pytest.raises(OSError, match="address already in use"):
        second.start()
    second.stop()
    first.stop()
    first.stop()
