"""The demo's further contact points: second phones, mail at work, where the parcels go, and what no longer works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from enishi.customers.actions.contacts import add_contact, change_contact
from enishi.customers.contact_points import Point
from enishi.customers.models import Customer
from enishi.customers.models.contacts import ADDRESS
from enishi.customers.queries.contacts import editable_contact
from enishi.platform import time
from enishi.platform.demo.chapter import Chapter, Story
from enishi.platform.demo.world.script import PART
from enishi.platform.rights import actor_by_id

_FIRST, _STEP, _MOST = 22, 19, 60  # which customers beside the fixed ones
_BOUNCED = 9  # every so many have a mail address that no longer works

_PLACES: Final = (
    ("920-0902", "石川県", "金沢市", "尾張町1-9-20", "旅館 白鷺荘 フロント気付"),
    ("110-0001", "東京都", "台東区", "谷中3-12-7", ""),
    ("604-8091", "京都府", "京都市中京区", "下本能寺前町522-3", "縁側ビル 3F"),
    ("248-0006", "神奈川県", "鎌倉市", "小町2-8-11", "小町ハイツ 205"),
)


def _end(story: Story) -> None:
    """Through the same door as somebody at the screen."""
    actor = actor_by_id(story.user_ids["takahashi"])
    fixed = sorted(PART)
    others = range(_FIRST, min(story.world.customers, _FIRST + _STEP * _MOST), _STEP)
    living = Customer.rows.filter(pk__in=[*fixed, *others], archived_at=None).order_by("pk")
    for n, (customer_id, email) in enumerate(living.values_list("pk", "email")):
        at = story.now - timedelta(days=40 + n % 30, minutes=53 * n % 600)
        for point in _points(n, customer_id, time.today(at)):
            add_contact(customer_id=customer_id, point=point, shares_address=True, actor=actor, now=at, door="demo")
        if email and customer_id not in PART and n % _BOUNCED == 0:
            mail = editable_contact(actor, customer_id, "email").point
            dead = replace(mail, state="invalid", reason="bounced", stopped_on=time.today(at))
            change_contact(customer_id=customer_id, contact="email", point=dead, actor=actor, now=at, door="demo")


def _points(n: int, customer_id: int, today: date) -> Iterator[Point]:
    """What the n-th of them has beside the primary ones."""
    figures = f"{customer_id % 10_000:04d}"
    place: dict[str, Any] = dict(zip(ADDRESS, _PLACES[n % len(_PLACES)], strict=True))
    if n % 5 in (0, 3):
        yield Point("phone", "mobile", phone=f"080-5550-{figures}", note="お昼休みにかける" if n % 2 else "")
    if n % 5 in (0, 2):
        yield Point("email", "work", email=f"kinmu-{customer_id}@example.jp")
    if n % 5 in (0, 1):
        yield Point("address", "shipping", **place, note="ご実家。のし名は「齋藤」" if n == 0 else "")
    if n % 5 == 2:
        yield Point("phone", "fax", phone=f"076-255-{figures}")
        yield Point("address", "billing", **place, note="経理部 宛")
    if n % 5 in (3, 4):
        yield Point("phone", "home", phone=f"076-262-{figures}", state="invalid", reason="unused", stopped_on=today)
    if n % 5 == 4:
        yield Point("email", "home", email=f"mae-{customer_id}@example.jp", until_on=today - timedelta(days=100))


CHAPTER = Chapter("contacts", end=_end)
