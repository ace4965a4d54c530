"""SCIM 2.0 as an independent client and checker of the RFCs see it (scim2-tester), over a real connection on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from enishi.platform.tests.directory import Directory, directory

__all__ = ["directory"]

#: What the checker asks for that this server leaves out on purpose, each with the reason. This list only shrinks.
LEFT_OUT = {"User check_remove_attribute active": "an account is on or off and nothing between: what is removed is on, as at its making"}


class Quiet(WSGIRequestHandler):
    def log_message(self, *_said: object) -> None:
        """Says nothing of each request."""


@pytest.fixture
def server(directory: Directory) -> Iterator[str]:
    """The app behind a port of its own, on the connection of this test."""
    connection = connections["default"]
    connection.inc_thread_sharing()
    for signal in (request_started, request_finished):  # as Django's own test client does
        signal.disconnect(close_old_connections)
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as served:

        def serve() -> None:
            connections["default"] = connection
            served.serve_forever()

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    connection.dec_thread_sharing()


def _named(result: CheckResult) -> str:
    about = result.data.get("urn", "") if isinstance(result.data, dict) else ""
    return f"{result.resource_type} {result.title} {about}".strip()


def test_the_checker_of_the_rfcs_finds_nothing(server: str, directory: Directory, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with Client(base_url=f"{server}/scim/v2", headers={"Authorization": f"Bearer {directory.token}"}, timeout=30) as client:
        results = check_server(SyncSCIMClient(client))
    wrong = [
        f"{_named(result)}: {result.reason} {result.data!r}"
        for result in results
        if result.status not in (Status.SUCCESS, Status.SKIPPED) and _named(result) not in LEFT_OUT
    ]
    assert not wrong, "\n".join(wrong)
    assert {"crud:create", "crud:read", "crud:update", "crud:delete"} <= set().union(*(result.tags for result in results))
    assert sum(result.status == Status.SUCCESS for result in results) > 50
