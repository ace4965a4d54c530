"""Handing mails to a server, and saying exactly what became of each one.

The stdlib's smtplib does what needs care: replies, EHLO, STARTTLS, AUTH. On top of it this file adds pipelining (one
round trip a message), total time limits, and the distinction that the ledger lives on: a mail whose last byte was never
given to the network was surely not sent; one that lost its answer after that is uncertain. See `docs/adr/0017`.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from enishi.messaging.mail.envelope import Envelope
from enishi.messaging.mail.smtp_connection import SmtpServer, open_connection

_END = b".\r\n"


class SendState(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # for good: 5xx
    DEFERRED = "deferred"  # for now: 4xx
    UNCERTAIN = "uncertain"  # it may have been accepted; nobody can know
    NOT_SENT = "not_sent"  # it surely was not accepted, and may be tried again


class Step(StrEnum):
    """How far the dialogue about a message had come."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. `code` 0: no reply. `answer`: the server's or the system's words in one line."""

    state: SendState
    step: Step
    code: int = 0
    answer: str = ""

    @property
    def blames_sender(self) -> bool:
        """Was it refused for good for what we are (login, sender address, quota, content) and not for whom it was to?

        The next messages would fare the same, so a delivery should stop instead of failing one by one.
        """
        if self.state != SendState.REJECTED:
            return False
        status = self.answer.split(" ", 2)[1:2]
        told = bool(status) and status[0] in ("5.4.5", "5.7.0", "5.7.8", "5.7.9", "5.7.14")
        return told or self.step == Step.SENDER or self.code in (530, 534, 535, 538)


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    text: str

    @property
    def line(self) -> str:
        return f"{self.code} {self.text}"


class _LineLost(Exception):
    """The connection is of no use any more; nothing more can be said about what was sent on it."""


class SmtpSession:
    """One connection that is logged in. Not for two threads at once."""

    def __init__(self, server: SmtpServer) -> None:
        """Connect, greet, encrypt, log in. Raises SmtpTrouble; then nothing is left open."""
        self.taken = 0  # messages accepted on this connection
        self.used_at = time.monotonic()
        self._server = server
        self._connection = open_connection(server)
        self._pipelining = self._connection.has_extn("pipelining")
        self._resetting = False

    @property
    def closed(self) -> bool:
        return self._connection.sock is None

    def deliver(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Hand over messages one after another, one round trip each; one outcome for each, in order.

        At most one of them can be uncertain: the one that was being answered when the line was lost. Raises nothing.
        """
        outcomes: list[Outcome] = []
        self._begin_message()
        self._offer(envelopes[0] if envelopes else None, reset=False)
        for number, envelope in enumerate(envelopes):
            following = envelopes[number + 1] if number + 1 < len(envelopes) else None
            outcomes.append(self._hand_over(envelope, following))
            if self.closed:
                lost = Outcome(SendState.NOT_SENT, Step.SENDER, answer="connection lost")
                outcomes += [lost] * (len(envelopes) - len(outcomes))
                break
            self._begin_message()
        self.used_at = time.monotonic()
        return outcomes

    def close(self) -> None:
        """Say goodbye, without waiting long for an answer."""
        if not self.closed:
            self._connection.deadline = time.monotonic() + 1
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()

    def _begin_message(self) -> None:
        self._connection.deadline = time.monotonic() + self._server.message_seconds

    def _offer(self, envelope: Envelope | None, *, reset: bool) -> None:
        """Where the server takes commands ahead of its answers, send all of a message's now."""
        self._resetting = reset
        if envelope is not None and self._pipelining:
            self._connection.write((b"RSET\r\n" if reset else b"") + b"".join(_commands(envelope)))

    def _hand_over(self, envelope: Envelope, following: Envelope | None) -> Outcome:
        step = Step.SENDER
        try:
            if self._resetting:
                self._finish_reset()
            replies = self._replies(envelope)
            step = tuple(Step)[len(replies) - 1]
            refused = self._first_refusal(replies)
            if refused is not None:
                self._leave_data(replies)
                self._offer(following, reset=True)
                return refused
        except _LineLost as error:
            self._connection.close()
            return Outcome(SendState.NOT_SENT, step, answer=str(error))
        return self._send_message(envelope, following)

    def _replies(self, envelope: Envelope) -> list[_Reply]:
        """The answers to sender, recipient and DATA; without pipelining, as far as they are good."""
        if self._pipelining:
            return [self._reply(), self._reply(), self._reply()]
        replies: list[_Reply] = []
        for command in _commands(envelope):
            self._connection.write(command)
            replies.append(self._reply())
            if replies[-1].code >= 400:
                break
        return replies

    def _first_refusal(self, replies: Sequence[_Reply]) -> Outcome | None:
        for step, reply in zip(Step, replies, strict=False):
            if reply.code == 421 and self.taken:
                raise _LineLost(reply.line)  # enough for this connection; a fresh one may take the message
            if reply.code >= 400:
                return Outcome(_refusal(reply), step, reply.code, reply.line)
            if reply.code != (354 if step == Step.DATA else reply.code) or not 200 <= reply.code < 400:
                raise _LineLost(f"unexpected reply: {reply.line}")
        return None

    def _leave_data(self, replies: Sequence[_Reply]) -> None:
        """After a refusal: close a server that hangs up, and end an empty message that was opened ahead of it."""
        if any(reply.code == 421 for reply in replies):
            self._connection.close()
        elif replies[-1].code == 354:
            self._connection.write(_END)
            self._reply()

    def _finish_reset(self) -> None:
        if not self._pipelining:
            self._connection.write(b"RSET\r\n")
        if self._reply().code != 250:
            raise _LineLost("RSET refused")
        self._resetting = False

    def _send_message(self, envelope: Envelope, following: Envelope | None) -> Outcome:
        """The message itself. Behind its end, in the same write, may already go the next one's commands."""
        body = _transparent(envelope.message) + _END
        ahead = b"".join(_commands(following)) if following is not None and self._pipelining else b""
        if self._connection.write(body + ahead) < len(body):
            return Outcome(SendState.NOT_SENT, Step.MESSAGE, answer="connection lost before the end of the message")
        try:
            reply = self._reply()
            if not 200 <= reply.code < 600 or 300 <= reply.code < 400:
                raise _LineLost(f"unexpected reply: {reply.line}")
        except _LineLost as error:
            self._connection.close()
            return Outcome(SendState.UNCERTAIN, Step.MESSAGE, answer=str(error))
        if reply.code == 421:
            self._connection.close()
        if reply.code >= 400:
            return Outcome(_refusal(reply), Step.MESSAGE, reply.code, reply.line)
        self.taken += 1
        return Outcome(SendState.ACCEPTED, Step.MESSAGE, reply.code, reply.line)

    def _reply(self) -> _Reply:
        """The next reply. Raises _LineLost when there is none, or it is no reply."""
        try:
            code, words = self._connection.getreply()
        except smtplib.SMTPResponseException as error:
            raise _LineLost(str(error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise _LineLost(str(error)) from error
        if code < 0:
            raise _LineLost("no SMTP reply")
        return _Reply(code, " ".join(words.decode("utf-8", "replace").split())[:400])


def _refusal(reply: _Reply) -> SendState:
    return SendState.DEFERRED if reply.code < 500 else SendState.REJECTED


def _commands(envelope: Envelope) -> tuple[bytes, bytes, bytes]:
    return (f"MAIL FROM:<{envelope.sender}>\r\n".encode("ascii"), f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii"), b"DATA\r\n")


def _transparent(message: bytes) -> bytes:
    """A line's first dot doubled, as SMTP asks; our own messages have none. Base64 has no dot at all, so the search is short."""
    if message.find(b"\r\n.", 0, message.rfind(b".") + 1) >= 0:
        message = message.replace(b"\r\n.", b"\r\n..")
    return b"." + message if message.startswith(b".") else message
