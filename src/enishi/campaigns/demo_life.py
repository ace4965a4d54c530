"""Demo: time moves and people act. Mails in the demo's mailbox are opened and clicked over HTTP, through the same
addresses as in any mailer; orders follow a base rate, and come more often after a click.

What a person does is drawn from a hash of the mail or of (customer, day), so that the same demo tells the same story
and a job that runs twice changes nothing: a mail is answered once, and a person orders at most once a day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from django.utils.translation import gettext as _

from enishi.commerce.actions.demo_orders import Wish, place_demo_orders
from enishi.customers.models import Customer
from enishi.messaging.mail.html_view import read_mail
from enishi.messaging.models import SinkMail, Touch
from enishi.platform import time, work
from enishi.platform.actions.installation import move_clock
from enishi.platform.languages import speaking_to
from enishi.platform.models import Event

OPEN_RATE, MACHINE_RATE, CLICK_OF_OPENED, LEAVE_RATE = 0.42, 0.10, 0.26, 0.004
BASE_RATE, AFTER_CLICK_RATE = 0.004, 0.09  # chance of an order per day
WORK = "demo.days"
REACTION_DAYS = 2  # most people look at a mail on the day it comes or the next
CLICK_DAYS = 5
MORNING_HOURS = 8
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile Safari/604.1"
MACHINE = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
_ADDRESS = re.compile(r'(?:href|src)="(https?://[^"]+)"')


def chance(*words: object) -> float:
    """A number in [0, 1) that is the same for the same words."""
    digest = hashlib.blake2b("|".join(map(str, words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def pass_days(*, days: int, event_id: int) -> None:
    """Day by day: the morning's mail is read, then the day's orders come in. The progress in the tray is the checkpoint."""
    for day in range(work.done(kind=WORK, subject=event_id), days):
        _tell(event_id, days, day)
        move_clock(hours=MORNING_HOURS, now=time.now())
        read_mailbox(time.now())
        move_clock(hours=24 - MORNING_HOURS, now=time.now())
        shop(time.now())
        _tell(event_id, days, day + 1)


def _tell(event_id: int, days: int, done: int) -> None:
    state = "done" if done == days else "running"
    with speaking_to(Event.rows.values_list("actor_id", flat=True).get(pk=event_id)):
        label = _("%(days)s日進める") % {"days": days}
    work.report(
        kind=WORK,
        subject=event_id,
        label=label,
        url="/",
        owner_id=None,
        total=days,
        done=done,
        state=state,
        at=time.now(),
    )


def read_mailbox(now: datetime) -> None:
    """People look at the mails of the last days, each after its own number of days, drawn once."""
    since = now - timedelta(days=REACTION_DAYS + 1)
    answered = set(map(str, Touch.rows.filter(at__gte=since).values_list("message__message_uuid", flat=True)))
    client = Client(SERVER_NAME=settings.TRACK_HOST, raise_request_exception=False)
    for mail in SinkMail.rows.filter(at__gte=since, at__lte=now).order_by("pk").iterator(chunk_size=200):
        waits = timedelta(days=int(chance(mail.message_id, "day") * REACTION_DAYS))
        if now - mail.at >= waits and mail.message_id.partition("@")[0] not in answered:
            _react(client, mail)


def _react(client: Client, mail: SinkMail) -> None:
    addresses = list(_addresses(bytes(mail.raw)))
    pixel = next((path for path in addresses if path.startswith("/o/")), None)
    links = [path for path in addresses if path.startswith("/c/")]
    leave = next((path for path in addresses if path.startswith("/u/")), None)
    key = mail.message_id
    if pixel and chance(key, "machine") < MACHINE_RATE:
        client.get(pixel, headers={"User-Agent": MACHINE})
    if chance(key, "open") >= OPEN_RATE:
        return
    if pixel:
        client.get(pixel, headers={"User-Agent": PHONE})
    if links and chance(key, "click") < CLICK_OF_OPENED:
        client.get(links[int(chance(key, "link") * len(links))], headers={"User-Agent": PHONE})
    elif leave and chance(key, "leave") < LEAVE_RATE / OPEN_RATE:
        client.post(leave, headers={"User-Agent": PHONE})


def _addresses(raw: bytes) -> Iterator[str]:
    """Paths on the track host that a mail holds."""
    for address in _ADDRESS.findall(read_mail(raw).html):
        parts = urlsplit(unescape(address))
        if parts.hostname == settings.TRACK_HOST:
            yield parts.path


def shop(now: datetime) -> int:
    """The orders of the past hours, at moments of their own; gives their number."""
    day = time.today(now)
    hours = 24 - MORNING_HOURS
    touches = Touch.rows.filter(kind=Touch.Kind.CLICK, machine=False, at__gte=now - timedelta(days=CLICK_DAYS), at__lte=now)
    clicked = set(touches.values_list("customer_id", flat=True))
    wishes = []
    for pk in Customer.rows.filter(archived_at=None).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=2_000):
        rate = AFTER_CLICK_RATE if pk in clicked else BASE_RATE
        if chance(pk, day, "buys") < rate:
            at = now - timedelta(seconds=int(chance(pk, day, "when") * hours * 3600))
            wishes.append(Wish(f"{day:%Y%m%d}-{pk:06d}", pk, at, int(chance(pk, day, "what") * 10_000)))
    return place_demo_orders(wishes=wishes, now=now)
