"""A connection to a mail server: smtplib over a checked socket, every wait of which ends at one deadline."""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol

from enishi.messaging.mail.smtp_troubles import (
    EncryptionNotOffered,
    LoginNotOffered,
    LoginRefused,
    PlaintextNotAllowed,
    SmtpTrouble,
    trouble,
)
from enishi.platform.egress import EgressRefused, is_public, open_mail_connection

_LONGEST_REPLY = 64 * 1024


class Security(StrEnum):
    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"
    NONE = "none"  # never to a public address


class MailDoor(Protocol):
    """What an account says of its server."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def security(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails go. Seconds: `connect_seconds` for name, connection, greeting and login together, `message_seconds` for one message."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    connect_seconds: float = 20.0
    message_seconds: float = 30.0
    tls: ssl.SSLContext | None = None  # None: the system's authorities

    @classmethod
    def of(cls, account: MailDoor) -> SmtpServer:
        """The server of an account as it is kept."""
        return cls(account.host, account.port, Security(account.security), account.username, account.password)


class Connection(smtplib.SMTP):
    """smtplib over a checked socket, every wait of which ends at one deadline."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server
        self.deadline = time.monotonic() + server.connect_seconds
        super().__init__(local_hostname="[127.0.0.1]", timeout=server.connect_seconds)
        self._host = server.host  # smtplib checks the certificate against it, and sets it only when it connects at once

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        tls = tls_context(self.server) if self.server.security == Security.TLS else None
        return open_mail_connection(host, port, self.left(), tls=tls)

    def left(self) -> float:
        """Seconds until the deadline. Raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = io.BufferedReader(_DeadlineReader(self))
        self.reply_room = _LONGEST_REPLY
        return super().getreply()

    def write(self, data: bytes) -> int:
        """Give bytes to the network. Returns how many it took: all of them, or fewer when the line was lost."""
        if self.sock is None:
            return 0
        view, taken = memoryview(data), 0
        try:
            while taken < len(data):
                self.sock.settimeout(self.left())
                taken += self.sock.send(view[taken:])
        except OSError:
            self.close()
        return taken


class _DeadlineReader(io.RawIOBase):
    """Reads from a connection's socket, never past the deadline, never more than a reply may have."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        sock = self._connection.sock
        if sock is None:
            return 0
        sock.settimeout(self._connection.left())
        count = sock.recv_into(buffer)
        self._connection.reply_room -= count
        if self._connection.reply_room < 0:
            raise OSError("reply too long")
        return count


@lru_cache(maxsize=1)
def _system_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_context(server: SmtpServer) -> ssl.SSLContext:
    """Certificates are always checked."""
    return server.tls or _system_tls()


def open_connection(server: SmtpServer) -> Connection:
    """Connect, greet, encrypt, log in. Raises SmtpTrouble; then nothing is left open."""
    connection = Connection(server)
    try:
        _open(connection)
    except SmtpTrouble:
        connection.close()
        raise
    except (smtplib.SMTPException, EgressRefused, OSError, UnicodeError) as error:
        connection.close()
        raise trouble(error) from error
    return connection


def _open(connection: Connection) -> None:
    server = connection.server
    code, words = connection.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, words)
    _refuse_plaintext(connection)
    connection.ehlo_or_helo_if_needed()
    if server.security == Security.STARTTLS:
        try:
            connection.starttls(context=tls_context(server))
        except smtplib.SMTPNotSupportedError as error:
            raise EncryptionNotOffered(str(error)) from error
        connection.ehlo_or_helo_if_needed()
    if server.username:
        _log_in(connection)


def _refuse_plaintext(connection: Connection) -> None:
    sock = connection.sock
    if connection.server.security == Security.NONE and sock is not None and is_public(ip_address(sock.getpeername()[0])):
        raise PlaintextNotAllowed


def _log_in(connection: Connection) -> None:
    try:
        connection.login(connection.server.username, connection.server.password)
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPAuthenticationError):
        raise
    except smtplib.SMTPException as error:
        raise LoginNotOffered(str(error)) from error
    except UnicodeError as error:
        raise LoginRefused("the user name or password is not ASCII") from error
