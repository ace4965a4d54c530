"""What became of each mail, told exactly, whatever the server does."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from enishi.messaging.mail import smtp_connection
from enishi.messaging.mail.envelope import Letterhead, MailAddress
from enishi.messaging.mail.smtp import Outcome, SendState, SmtpSession, Step
from enishi.messaging.mail.smtp_connection import Security, SmtpServer
from enishi.messaging.mail.smtp_pool import SmtpPool
from enishi.messaging.mail.smtp_troubles import (
    CertificateRefused,
    ConnectionRefused,
    EncryptionMismatch,
    EncryptionNotOffered,
    LoginNotOffered,
    LoginRefused,
    NotAMailServer,
    PlaintextNotAllowed,
    ServerNotAllowed,
    ServerNotFound,
    ServerNotReady,
    ServerSilent,
)
from enishi.messaging.tests.mail_servers import FaultyServer, self_made_certificate

ACCEPTED, REJECTED, DEFERRED = SendState.ACCEPTED, SendState.REJECTED, SendState.DEFERRED
UNCERTAIN, NOT_SENT = SendState.UNCERTAIN, SendState.NOT_SENT


def mail(to="taro", *, size=1):
    """A mail whose recipient (and, for faults of the sender, whose envelope sender) tells the test server what to do."""
    shop = MailAddress("info", "example.jp")
    letterhead = Letterhead(from_name="縁商店", from_address=shop, bounce_to=MailAddress(to, "example.jp") if "sender" in to else None)
    return letterhead.write(
        recipient=MailAddress(to, "example.com"),
        subject="お知らせ",
        html="<p>本文</p>" * size,
        text="本文",
        message_uuid=uuid4(),
        at=datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.fixture(params=[True, False], ids=["pipelining", "one-by-one"])
def server(request, settings):
    settings.EGRESS_ALLOW = ("127.0.0.1/32", "localhost")
    with FaultyServer(pipelining=request.param) as running:
        settings.EGRESS_ALLOW = (f"127.0.0.1:{running.port}",)
        yield running


def at(server, **options):
    return SmtpServer("127.0.0.1", server.port, Security.NONE, **{"connect_seconds": 2, "message_seconds": 0.5, **options})


def deliver(server, *names, **options):
    session = SmtpSession(at(server, **options))
    try:
        return session.deliver([mail(name) for name in names])
    finally:
        session.close()


def test_mails_arrive_in_order_and_as_they_were(server):
    envelopes = [mail(f"taro{number}", size=number) for number in range(20)]
    session = SmtpSession(at(server))
    outcomes = session.deliver(envelopes)
    session.close()
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [(ACCEPTED, 250)] * 20
    assert server.taken == [(str(envelope.recipient), envelope.message) for envelope in envelopes]
    assert server.connections == 1
    assert server.commands[-1] == "QUIT"


def test_nothing_to_hand_over_is_no_trouble(server):
    assert deliver(server) == []


REFUSALS = [
    ("reject-sender", REJECTED, Step.SENDER, 550),
    ("defer-sender", DEFERRED, Step.SENDER, 451),
    ("reject-recipient", REJECTED, Step.RECIPIENT, 550),
    ("defer-recipient", DEFERRED, Step.RECIPIENT, 450),
    ("reject-data", REJECTED, Step.DATA, 554),
    ("defer-data", DEFERRED, Step.DATA, 451),
    ("reject-message", REJECTED, Step.MESSAGE, 554),
    ("defer-message", DEFERRED, Step.MESSAGE, 451),
]


@pytest.mark.parametrize(("fault", "state", "step", "code"), REFUSALS, ids=[each[0] for each in REFUSALS])
def test_a_refusal_concerns_one_mail_only(server, fault, state, step, code):
    outcomes = deliver(server, "before", fault, "after")
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, state, ACCEPTED]
    assert (outcomes[1].step, outcomes[1].code) == (step, code)
    assert outcomes[1].answer.startswith(f"{code} ")
    assert server.connections == 1


def test_two_refusals_in_a_row_do_not_confuse_the_dialogue(server):
    names = ["reject-recipient", "defer-recipient", "a", "reject-recipient", "reject-message", "reject-data", "defer-data", "b"]
    assert [outcome.state for outcome in deliver(server, *names)] == [
        REJECTED,
        DEFERRED,
        ACCEPTED,
        REJECTED,
        REJECTED,
        REJECTED,
        DEFERRED,
        ACCEPTED,
    ]


@pytest.mark.parametrize(
    "fault",
    [
        "drop-at-rcpt",
        "close-at-rcpt",
        "hang-at-rcpt",
        "drip-at-rcpt",
        "drop-at-data",
        "close-at-data",
        "hang-at-data",
        "garbage-recipient",
        "long-recipient",
        "odd-data",
    ],
)
def test_before_the_message_a_lost_line_means_not_sent(server, fault):
    outcomes = deliver(server, "before", fault, "after")
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, NOT_SENT, NOT_SENT]
    assert [to for to, _message in server.taken] == ["before@example.com"]


@pytest.mark.parametrize(
    "fault", ["drop-at-end", "close-at-end", "hang-at-end", "drip-at-end", "garbage-message", "odd-message", "long-message"]
)
def test_after_the_message_a_lost_answer_means_uncertain(server, fault):
    outcomes = deliver(server, "before", fault, "after")
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, UNCERTAIN, NOT_SENT]
    assert [to for to, _message in server.taken] == ["before@example.com", f"{fault}@example.com"]


def test_a_message_cut_in_the_middle_was_not_sent(server):
    session = SmtpSession(at(server, message_seconds=5))
    outcomes = session.deliver([mail("before"), mail("drop-in-message", size=2_000_000), mail("after")])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, NOT_SENT, NOT_SENT]
    assert outcomes[1].step == Step.MESSAGE
    assert [to for to, _message in server.taken] == ["before@example.com"]


def test_421_after_the_message_is_a_clear_no(server):
    outcomes = deliver(server, "before", "busy-message", "after")
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [(ACCEPTED, 250), (DEFERRED, 421), (NOT_SENT, 0)]


def test_421_on_a_used_connection_is_about_the_connection(server):
    assert [outcome.state for outcome in deliver(server, "before", "busy-recipient", "after")] == [ACCEPTED, NOT_SENT, NOT_SENT]


def test_421_at_once_is_about_the_mail(server):
    assert [outcome.state for outcome in deliver(server, "busy-recipient", "after")] == [DEFERRED, NOT_SENT]


def test_a_reply_of_many_lines_is_one_answer(server):
    assert deliver(server, "many-lines")[0].answer == "250 ok 縁 done"


def test_the_whole_message_has_one_time_limit(server):
    """A server that sends a byte now and then does not hold us longer."""
    started = time.perf_counter()
    assert deliver(server, "drip-at-end")[0].state == UNCERTAIN
    assert time.perf_counter() - started < 2


def test_dots_at_line_starts_survive(server):
    envelope = mail()
    dotted = type(envelope)(envelope.sender, envelope.recipient, envelope.message_id, b".a\r\n..b\r\n.\r\nc\r\n")
    session = SmtpSession(at(server))
    assert session.deliver([dotted])[0].state == ACCEPTED
    assert server.taken[0][1].replace(b"\r\n..", b"\r\n.") == b"..a\r\n..b\r\n.\r\nc\r\n"


@pytest.mark.parametrize(
    ("answer", "step", "blamed"),
    [
        ("550 5.1.1 no such user", Step.RECIPIENT, False),
        ("552 5.2.2 mailbox full", Step.MESSAGE, False),
        ("550 5.7.1 you may not send", Step.SENDER, True),
        ("530 5.7.0 Authentication required", Step.SENDER, True),
        ("550 5.4.5 Daily user sending limit exceeded", Step.MESSAGE, True),
        ("552 5.7.0 blocked because of its content", Step.MESSAGE, True),
        ("432 4.3.2 Concurrent connections limit exceeded", Step.MESSAGE, False),
        ("454 4.7.0 Throttling failure", Step.SENDER, False),
    ],
)
def test_what_concerns_all_mails_is_told_from_what_concerns_one(answer, step, blamed):
    code = int(answer[:3])
    assert Outcome(REJECTED if code >= 500 else DEFERRED, step, code, answer).blames_sender is blamed


# --- the pool ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connections", [1, 3])
def test_a_pool_keeps_order_and_connections(server, connections):
    with SmtpPool(at(server, message_seconds=5), connections=connections) as pool:
        for _group in range(3):
            names = [f"taro{number}" for number in range(7)] + ["reject-recipient"]
            outcomes = pool.deliver([mail(name) for name in names])
            assert [outcome.state for outcome in outcomes] == [ACCEPTED] * 7 + [REJECTED]
    assert server.connections == connections
    assert len(server.taken) == 21


def test_what_was_surely_not_sent_goes_to_a_fresh_connection(settings):
    with FaultyServer(close_after=3) as server:
        settings.EGRESS_ALLOW = (f"127.0.0.1:{server.port}",)
        with SmtpPool(at(server)) as pool:
            outcomes = pool.deliver([mail(f"taro{number}") for number in range(8)])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED] * 8
    assert [to for to, _message in server.taken] == [f"taro{number}@example.com" for number in range(8)]
    assert server.connections == 3


def test_the_uncertain_is_never_tried_again(server):
    with SmtpPool(at(server)) as pool:
        outcomes = pool.deliver([mail("a"), mail("drop-at-end"), mail("b"), mail("hang-at-end"), mail("c")])
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, UNCERTAIN, ACCEPTED, UNCERTAIN, ACCEPTED]
    assert sorted(to for to, _message in server.taken) == sorted(
        f"{name}@example.com" for name in ("a", "drop-at-end", "b", "hang-at-end", "c")
    )


def test_a_line_that_is_always_lost_is_not_tried_for_ever(server):
    with SmtpPool(at(server)) as pool:
        assert [outcome.state for outcome in pool.deliver([mail("drop-at-rcpt"), mail("b")])] == [NOT_SENT, NOT_SENT]
    assert server.connections == 1


def test_a_connection_that_died_in_the_pause_is_replaced(settings):
    with FaultyServer() as first:
        settings.EGRESS_ALLOW = (f"127.0.0.1:{first.port}",)
        pool = SmtpPool(at(first))
        assert pool.deliver([mail("drop-at-data")])[0].state == NOT_SENT
        assert pool.deliver([mail("a")])[0].state == ACCEPTED
        assert first.connections == 2


def test_no_connection_at_all_is_raised_and_nothing_left(settings):
    with FaultyServer() as server:
        port = server.port
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
    with pytest.raises(ConnectionRefused), SmtpPool(SmtpServer("127.0.0.1", port, Security.NONE), connections=2) as pool:
        pool.deliver([mail("a"), mail("b"), mail("c")])


# --- what goes wrong before any mail, in words for the settings screen ---------------------------------------------------


@pytest.fixture
def certificates(tmp_path):
    return self_made_certificate(tmp_path)


@pytest.fixture
def running(settings):
    """Start a server with options; everything on this machine may be called."""
    servers = []

    def start(**options):
        server = FaultyServer(**options)
        servers.append(server)
        settings.EGRESS_ALLOW = (f"127.0.0.1:{server.port}", f"localhost:{server.port}")
        return server

    yield start
    for server in servers:
        server.__exit__()


def connect(server, security, *, seconds=2, **options):
    SmtpSession(SmtpServer("127.0.0.1", server.port, security, connect_seconds=seconds, **options)).close()


def test_tls_from_the_first_byte_and_starttls(running, certificates):
    on_server, on_client = certificates
    connect(running(tls=on_server), Security.TLS, tls=on_client)
    server = running(starttls=on_server, password="open sesame")
    session = SmtpSession(SmtpServer("127.0.0.1", server.port, Security.STARTTLS, "info", "open sesame", tls=on_client))
    assert session.deliver([mail()])[0].state == ACCEPTED
    assert server.commands[:4] == ["EHLO", "STAR", "EHLO", "AUTH"]
    session.close()


def test_an_unknown_certificate_is_refused(running, certificates):
    with pytest.raises(CertificateRefused) as caught:
        connect(running(tls=certificates[0]), Security.TLS)
    assert caught.value.detail
    with pytest.raises(CertificateRefused):
        connect(running(starttls=certificates[0]), Security.STARTTLS)


def test_a_certificate_for_somebody_else_is_refused(running, tmp_path):
    on_server, on_client = self_made_certificate(tmp_path, name="mail.example.jp")
    server = running(tls=on_server)
    with pytest.raises(CertificateRefused):
        SmtpSession(SmtpServer("localhost", server.port, Security.TLS, tls=on_client))


def test_the_wrong_kind_of_encryption_is_named(running, certificates):
    with pytest.raises(EncryptionMismatch):
        connect(running(), Security.TLS, tls=certificates[1])
    with pytest.raises(EncryptionNotOffered):
        connect(running(), Security.STARTTLS, tls=certificates[1])
    with pytest.raises(ServerSilent):
        connect(running(tls=certificates[0]), Security.STARTTLS, seconds=0.3)


def test_a_wrong_password_is_named(running, certificates):
    server = running(starttls=certificates[0], password="right")
    with pytest.raises(LoginRefused) as caught:
        connect(server, Security.STARTTLS, tls=certificates[1], username="info", password="wrong")
    assert caught.value.detail == "535 5.7.8 wrong"
    assert not caught.value.passing
    with pytest.raises(LoginRefused):
        connect(server, Security.STARTTLS, tls=certificates[1], username="info", password="ひらけごま")
    with pytest.raises(LoginNotOffered):
        connect(running(), Security.NONE, username="info", password="x")


@pytest.mark.parametrize(
    ("greeting", "trouble"),
    [
        (b"421 4.3.2 too many connections\r\n", ServerNotReady),
        (b"554 5.7.1 you are on a list\r\n", ServerNotReady),
        (b"* OK IMAP4rev1 ready\r\n", NotAMailServer),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NotAMailServer),
        (b"\xff" * 9000, NotAMailServer),
        (b"", ServerSilent),
    ],
    ids=["busy", "listed", "imap", "http", "noise", "silence"],
)
def test_a_greeting_that_is_none_is_named(running, greeting, trouble):
    with pytest.raises(trouble):
        connect(running(greeting=greeting), Security.NONE, seconds=0.4)


def test_a_server_that_is_not_there_is_named(settings):
    settings.EGRESS_ALLOW = ()
    with pytest.raises(ServerNotAllowed):
        SmtpSession(SmtpServer("127.0.0.1", 25, Security.NONE))
    with pytest.raises(ServerNotAllowed):
        SmtpSession(SmtpServer("8.8.8.8", 80, Security.NONE))
    with pytest.raises(ServerNotFound):
        SmtpSession(SmtpServer("no such name", 25, Security.NONE))


def test_nothing_goes_in_the_clear_to_the_world(running, monkeypatch):
    monkeypatch.setattr(smtp_connection, "is_public", lambda address: True)
    server = running()
    with pytest.raises(PlaintextNotAllowed):
        connect(server, Security.NONE, username="info", password="secret")
    assert "AUTH" not in server.commands


def test_a_password_is_in_no_text():
    assert "open sesame" not in repr(SmtpServer("x", 1, Security.TLS, "info", "open sesame"))
