"""The worker: takes jobs from the queue and keeps the pulse."""

from __future__ import annotations

import asyncio
import logging
import threading
from argparse import ArgumentParser
from typing import cast

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from procrastinate.contrib.django.django_connector import DjangoConnector

from enishi.platform import jobs, tick, wiring

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run jobs and the pulse until SIGTERM; a job in hand is finished first (up to 20 seconds)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=3)
        parser.add_argument("--no-pulse", action="store_true", help="only jobs; another worker keeps the pulse")

    def handle(self, *, concurrency: int, no_pulse: bool, **options: object) -> None:
        stop = threading.Event()
        threads = [] if no_pulse else [threading.Thread(target=_pulse, args=(stop,), name="pulse", daemon=True)]
        companions = wiring.load("WORKER_COMPANIONS") if settings.DEMO else []
        threads += [threading.Thread(target=run, args=(stop,), name=run.__name__, daemon=True) for run in companions]
        for thread in threads:
            thread.start()
        try:
            asyncio.run(_work(concurrency))
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=5)


async def _work(concurrency: int) -> None:
    connector = cast("DjangoConnector", jobs.app.connector)
    app = jobs.app.with_connector(connector.get_worker_connector())
    async with app.open_async():
        await app.run_worker_async(
            concurrency=concurrency,
            install_signal_handlers=True,
            delete_jobs="successful",
            shutdown_graceful_timeout=18,
            fetch_job_polling_interval=2,
            update_heartbeat_interval=5,
            stalled_worker_timeout=30,
        )


def _pulse(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            close_old_connections()
            tick.beat()
        except Exception:
            logger.exception("the pulse missed a beat")
            connections.close_all()
        stop.wait(PAUSE_SECONDS)
