"""The engine process of an installation, until it is asked to stop."""

from __future__ import annotations

import os
import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from enishi.platform import context
from enishi.warehouse.engine.server import Engine, listening
from enishi.warehouse.engine.socket import socket_path
from enishi.warehouse.store import locked


class Command(BaseCommand):
    help = "Keep the mirror up to date and answer analyses over the local socket."

    @context.entered("command run_engine", "command")
    def handle(self, **options: object) -> None:
        folder, stopping = settings.DATA_DIR / "mirror", threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder) as alone:
            if not alone:
                raise CommandError("another engine works on this mirror")
            engine = Engine(folder, memory_mb=settings.ENGINE_MEMORY_MB, threads=os.cpu_count() or 2)
            with listening(engine.service, socket_path(settings.DATA_DIR)):
                engine.keep_fresh(stopping)
