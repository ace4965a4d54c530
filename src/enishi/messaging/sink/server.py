"""The demo's own mail server: takes every mail on loopback and gives it to a function; nothing leaves the machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

type Deliver = Callable[[str, bytes], None]

_LARGEST = 10 * 1024 * 1024
_log = logging.getLogger(__name__)


class MailSink:
    """Listens in a thread of its own between `start` and `stop`.

    `deliver(recipient, raw)` is called in a thread of the loop's pool, once per recipient, before the mail is acknowledged: when it
    raises, the sender hears a temporary refusal and the mail was not taken.
    """

    def __init__(self, deliver: Deliver, *, port: int) -> None:
        self._handler = _Handler(deliver)
        self._port = port
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        controller = Controller(
            self._handler,
            hostname="127.0.0.1",
            port=self._port,
            server_hostname="enishi-sink",
            ident="sink",
            enable_SMTPUTF8=False,
            data_size_limit=_LARGEST,
        )
        controller.start()
        self._controller = controller

    def stop(self) -> None:
        """Stop listening and end the thread. Does nothing when it is not running."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


class _Handler:
    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 — aiosmtpd's name
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        try:
            for recipient in envelope.rcpt_tos:
                await asyncio.to_thread(self._deliver, recipient, raw)
        except Exception:  # whatever the function does, the sender must hear that the mail was not taken
            _log.exception("sink.delivery_failed")
            return "451 4.3.0 not stored, try later"
        return "250 2.0.0 taken"
