"""The product as its owner runs it, and a browser in front of it: real processes, a real worker, an empty base."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from config.cli.browser import CHROMIUM
from config.cli.postgres import ROLES
from conftest import database_copy
from tests.browser.screens import Screens

# A headless browser says so in its User-Agent, and its clicks would count as a machine's.
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
SIZES = {
    "desktop": {"viewport": {"width": 1366, "height": 768}, "user_agent": DESKTOP},
    "phone": {"viewport": {"width": 390, "height": 844}, "user_agent": PHONE, "is_mobile": True, "has_touch": True},
}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=ja-JP",
)
START_SECONDS = 120
REFUSED = re.compile("status of (409|422)")  # said on the page, and by the browser
SLOWEST_ANSWER = 30_000  # ms; a job, or a page on a busy machine

expect.set_options(timeout=SLOWEST_ANSWER)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest walk first, so that no worker is left alone with it in the end."""
    items.sort(key=lambda item: item.path.stem != "test_main_job")


@pytest.fixture(scope="session", autouse=True)
def empty_base(template_database: str) -> str:
    """Made before Playwright begins: in its event loop Django refuses to migrate."""
    return template_database


@pytest.fixture(scope="session", params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium: Playwright's own browsers are not downloaded."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "no Chromium on PATH"
    return {"executable_path": path, "args": list(FLAGS)}


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it answers, and where its mail server listens: beside the web server's port, as settings say."""

    address: str
    mail_port: int
    owner_url: str

    @contextmanager
    def customers_held(self) -> Iterator[None]:
        """Nobody changes a customer meanwhile: work on many of them stands still, to be looked at."""
        with psycopg.connect(self.owner_url) as owner:
            owner.execute("LOCK TABLE customers_customer IN EXCLUSIVE MODE")
            yield

    def hire(self, login: str, name: str, *, role: str, team: str) -> None:
        """Somebody who works in a team, with the first user's password. There is no screen for it yet."""
        with psycopg.connect(self.owner_url) as owner:
            owner.execute(_HIRE, {"login": login, "name": name, "role": role, "team": team})


_HIRE = """
    WITH hired AS (
        INSERT INTO platform_user (username, display_name, email, title, language, is_active, joined_at, password)
        SELECT %(login)s, %(name)s, '', '', 'ja', true, now(), password FROM platform_user ORDER BY id LIMIT 1 RETURNING id),
    founded AS (INSERT INTO platform_team (name) VALUES (%(team)s) RETURNING id),
    joined AS (INSERT INTO platform_teammember (team_id, user_id) SELECT founded.id, hired.id FROM founded, hired)
    INSERT INTO platform_userrole (user_id, role_id) SELECT hired.id, role.id FROM hired, platform_role role WHERE role.key = %(role)s"""


@pytest.fixture
def installation(empty_base: str, tmp_path: Path) -> Iterator[Installation]:
    """`enishi up` on an empty base of its own. As in the demo, time may be moved, and mail stays inside, in a mailbox."""
    port = _free_port()
    with database_copy(empty_base, f"enishi_browser_{port}") as name:
        urls = {role: f"{os.environ[f'ENISHI_DATABASE_URL_{role.upper()}'].rpartition('/')[0]}/{name}" for role in ROLES}
        environ = os.environ | {f"ENISHI_DATABASE_URL_{role.upper()}": url for role, url in urls.items()}
        environ |= {"DATABASE_URL": urls["owner"], "ENISHI_DATA_DIR": str(tmp_path), "ENISHI_WEB_COUNT": "1", "ENISHI_WORKER_COUNT": "1"}
        command = [sys.executable, "-m", "config.cli", "up", "--no-browser", "--port", str(port)]
        log = tmp_path / "up.log"
        with log.open("w") as output, subprocess.Popen(command, env=environ, stdout=output, stderr=subprocess.STDOUT) as product:
            try:
                _wait_until_ready(product, port, log)
                yield Installation(f"http://localhost:{port}", port + 525, urls["owner"])
            finally:
                product.terminate()
                product.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(product: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(port):
        assert product.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _opened(browser: Browser, address: str, size: str) -> Iterator[Page]:
    """A browser in Japan, of one size, in front of the installation. A script's error or a blocked resource fails the test."""
    context = browser.new_context(base_url=address, locale="ja-JP", timezone_id="Asia/Tokyo", **SIZES[size])
    context.set_default_timeout(SLOWEST_ANSWER)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" and not REFUSED.search(message.text) else None
    )
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def page(browser: Browser, installation: Installation, size: str) -> Iterator[Page]:
    with _opened(browser, installation.address, size) as page:
        yield page


@pytest.fixture
def another(browser: Browser, installation: Installation) -> Iterator[Callable[[str], Page]]:
    """Somebody else's browser, of this size: nothing of the first is known to it."""
    with ExitStack() as opened:
        yield lambda size: opened.enter_context(_opened(browser, installation.address, size))


@pytest.fixture
def screens(page: Page, size: str, request: pytest.FixtureRequest) -> Screens:
    screens = Screens(page, size, request.node.path.stem.removeprefix("test_"))
    shutil.rmtree(screens.place, ignore_errors=True)
    return screens
