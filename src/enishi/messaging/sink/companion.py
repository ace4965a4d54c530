"""Runs the demo's mail server beside the worker: what it takes stands in the mailbox before it answers 250."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import close_old_connections

from enishi.messaging.actions.sink import Arrived, take_mails
from enishi.messaging.sink.server import MailSink
from enishi.platform import time

logger = logging.getLogger(__name__)


def _deliver(recipient: str, raw: bytes) -> None:
    close_old_connections()
    take_mails(mails=[Arrived(recipient, raw)], now=time.now())


def mailbox_server(stop: threading.Event) -> None:
    """Until `stop` is set. A port that is taken means that another worker runs it already."""
    try:
        sink = MailSink(_deliver, port=settings.SINK_PORT)
        sink.start()
    except OSError:
        logger.warning("the demo's mail server runs elsewhere, or its port is taken")
        return
    try:
        stop.wait()
    finally:
        sink.stop()
