"""Mail to staff of what happened to their account, through a real server on loopback."""

from __future__ import annotations

import email
import re
import socket
from email.policy import default

import pytest
from django.core.cache import cache
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from enishi.messaging.sink.server import MailSink
from enishi.platform import tasks
from enishi.platform.models import Event, User

LOGIN, ACCOUNT = "/accounts/login/", "/settings/account/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def inbox(settings, db):
    """The mails that arrived at the system's own server."""
    cache.clear()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
    settings.SYSTEM_SMTP_HOST, settings.SYSTEM_SMTP_PORT, settings.SYSTEM_SMTP_SECURITY = "127.0.0.1", port, "none"
    settings.SYSTEM_SMTP_FROM = "enishi@example.jp"
    arrived = []
    sink = MailSink(lambda _recipient, raw: arrived.append(email.message_from_bytes(raw, policy=default)), port=port)
    sink.start()
    yield arrived
    sink.stop()


@pytest.fixture
def misaki_at_mail(misaki_user):
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    return misaki_user


def come_in(client, agent=FIREFOX):
    client.post(LOGIN, {"login": "misaki", "password": "enishi-demo-2026"}, headers={"User-Agent": agent})
    assert client.get(ACCOUNT, headers={"User-Agent": agent}).status_code == 200


def deliver():
    """Run the jobs that wait, as the worker would."""
    waiting = ProcrastinateJob.objects.filter(task_name="platform.mail_notice").order_by("id").values_list("args", flat=True)
    for args in waiting:
        tasks.mail_notice(**args)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def test_a_device_nobody_knew_is_told_to_its_user_with_time_place_and_what_to_do(inbox, misaki_at_mail, now):
    come_in(Client())
    come_in(Client(), SAFARI)
    deliver()
    (mail,) = inbox
    assert (mail["To"], mail["Subject"]) == ("misaki@example.jp", "初めての端末でログインがありました（Enishi）")
    text = text_of(mail)
    assert "2026/11/22(日) 10:11" in text
    assert "Safari・iPhone" in text
    assert "127.0.0.1" in text
    assert any(re.fullmatch(r"http://\S+/settings/account/", line) for line in text.splitlines())


def test_the_first_sign_in_ever_tells_nobody_and_the_same_browser_is_told_once(inbox, misaki_at_mail, now):
    first, second = Client(), Client()
    for client in (first, second, first, second):
        come_in(client)
        client.post("/accounts/logout/")
    deliver()
    assert len(inbox) == 1
    assert Event.rows.filter(kind="user.device_met").count() == 2


def test_a_browser_that_several_people_use_is_known_for_each_of_them(inbox, misaki_at_mail, make_user, now):
    make_user("ken", "admin")
    shop = Client()
    come_in(shop)
    shop.post("/accounts/logout/")
    shop.post(LOGIN, {"login": "ken", "password": "enishi-demo-2026"})
    assert shop.get(ACCOUNT).status_code == 200
    shop.post("/accounts/logout/")
    come_in(shop)
    deliver()
    assert inbox == []


def test_a_cookie_that_was_made_up_makes_no_device_known(inbox, misaki_at_mail, now, settings):
    come_in(Client())
    forged = Client()
    forged.cookies[settings.DEVICE_COOKIE_NAME] = f"{misaki_at_mail.pk}:1:made-up"
    come_in(forged)
    deliver()
    assert len(inbox) == 1


def test_the_notice_speaks_the_language_of_its_reader(inbox, misaki_at_mail, now):
    User.rows.filter(pk=misaki_at_mail.pk).update(language="en")
    come_in(Client())
    come_in(Client())
    deliver()
    assert "End that device" in text_of(inbox[0])
    assert not re.search(r"[ぁ-ん]", text_of(inbox[0]))


def test_who_has_no_address_is_told_nothing_and_signs_in_all_the_same(inbox, misaki_user, now):
    come_in(Client())
    come_in(Client())
    deliver()
    assert inbox == []
