"""The demo's deliveries: twelve finished campaigns with what they changed, one stopped midway, and segments to start from."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from enishi.campaigns.demo_segments import make_segments
from enishi.campaigns.models import Audience, AudienceMember
from enishi.messaging.first_templates import first_mail, footer_block, text_block
from enishi.messaging.mail.blocks import compile_mail
from enishi.messaging.models import Delivery, DeliveryLink, MailAccount, Message, Template, Touch
from enishi.platform.bulk import copy_rows
from enishi.platform.demo.chapter import Chapter, Rows, Story
from enishi.platform.demo.world import plans, staff
from enishi.platform.demo.world.mailings import BOUNCED, CONTROL, campaign_days
from enishi.platform.demo.world.plans import PLANS, SHOP_URL, Plan
from enishi.platform.demo.world.truth import GOAL_DAYS
from enishi.platform.demo.world.world import Block
from enishi.platform.models import Counter, Organisation
from enishi.segments.models import Segment

MEMBER = ("audience_id", "customer_id", "arm")
MESSAGE = (
    "delivery_id", "customer_id", "occasion", "state", "reason", "message_uuid", "fence", "attempts", "answer", "handed_at", "finished_at",
)  # fmt: skip
TOUCH = ("message_id", "customer_id", "kind", "link_id", "machine", "at")


def _begin(story: Story) -> None:
    organisation = Organisation.rows.get()
    account = MailAccount.rows.create(
        name="デモの受信箱",
        preset="other",
        host="127.0.0.1",
        port=2525,
        security="none",
        from_name="縁日堂",
        from_email=staff.SENDER_MAIL,
        per_second=200,
        is_sink=True,
        proved_at=story.now,
        created_at=story.moment(0, 0),
    )
    owner = story.user_ids["takahashi"]
    subject, preheader, blocks = first_mail(organisation)
    Template.rows.create(
        number="T-000001",
        name="はじめてのおしらせ",
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        key="first",
        owner_id=owner,
        created_at=story.now,
    )
    deliveries: dict[tuple[int, int], Delivery] = {}
    links: dict[int, int] = {}
    segments = make_segments(story)
    sends = [
        (story.moment(day + send * PLANS[place].gap_days, PLANS[place].hour * 3600), place, send)
        for place, day in campaign_days(story.world.history)
        for send in range(PLANS[place].sends)
    ]
    for number, (at, place, send) in enumerate(sorted(sends), 1):
        delivery = _delivery(PLANS[place], send, number, account, owner, at, organisation, segments[PLANS[place].audience])
        deliveries[place, send] = delivery
        links[delivery.pk] = DeliveryLink.rows.filter(delivery=delivery).values_list("pk", flat=True)[0]
    story.shelf |= {"deliveries": deliveries, "links": links, "account": account, "segments": segments}


def _delivery(
    plan: Plan, send: int, number: int, account: MailAccount, owner: int, at: datetime, organisation: Organisation, segment: Segment
) -> Delivery:
    blocks = [
        {"type": "heading", "text": plan.headline},
        text_block("{{ customer.name | default: 'お客様' }} 様\n\n" + plan.body),
        {"type": "button", "label": plan.button, "link": SHOP_URL + plan.path},
        footer_block(organisation),
    ]
    compiled = compile_mail(subject=plan.subject, preheader=plan.preheader, blocks=blocks)
    name = plan.name if plan.sends == 1 else f"{plan.name} {send + 1}通目"
    delivery = Delivery.rows.create(
        number=f"D-{number:06d}", name=name, account=account, subject=plan.subject, preheader=plan.preheader, blocks=blocks,
        state=Delivery.State.DONE, compiled=compiled.as_json(), confirmed_at=at, due_at=at, started_at=at, finished_at=at,
        owner_id=owner, created_by_id=owner, created_at=at,
    )  # fmt: skip
    DeliveryLink.rows.bulk_create(
        DeliveryLink(delivery=delivery, position=x.position, url=x.url, label=x.label[:200]) for x in compiled.links
    )
    Audience.rows.create(
        delivery=delivery, segment=segment, rule=segment.rule, control_percent=round(plan.control_share * 100), goal_days=GOAL_DAYS, assigned_at=at, frozen_at=at,
        hypothesis=plan.hypothesis, lesson=f"{plan.result}\n{plan.lesson}", verdict=plan.verdict.value,
    )  # fmt: skip
    return delivery


def _block(story: Story, block: Block) -> Iterable[Rows]:
    rows, keys = block.mailings, block.people.key
    deliveries, links = story.shelf["deliveries"], story.shelf["links"]
    assert isinstance(deliveries, dict)
    assert isinstance(links, dict)
    ids = [deliveries[plan, send].pk for plan, send in zip(rows.plan.tolist(), rows.send.tolist(), strict=True)]
    who = keys[rows.who].tolist()
    control = (rows.arm == CONTROL).tolist()
    copy_rows(AudienceMember, MEMBER, [(ids[i], who[i], "control" if control[i] else "treated") for i in range(len(rows))])
    treated = [i for i in range(len(rows)) if not control[i] and rows.sent_at[i] >= 0]
    first = _next_message_id(len(treated))
    number = {i: first + n for n, i in enumerate(treated)}
    bounced = (rows.state == BOUNCED).tolist()
    copy_rows(
        Message,
        ("id", *MESSAGE),
        [
            (
                number[i], ids[i], who[i], "", "rejected" if bounced[i] else "accepted", "", uuid.UUID(int=number[i]), 1, 1,
                "550 5.1.1 no such user" if bounced[i] else "250 2.0.0 taken", story.at(rows.sent_at[i]), story.at(rows.sent_at[i]),
            )
            for i in treated
        ],
    )  # fmt: skip
    touches: list[tuple[object, ...]] = []
    for i in treated:
        for kind, column, link, machine in (
            ("open", rows.opened_at, None, False),
            ("open", rows.machine_at, None, True),
            ("click", rows.clicked_at, links[ids[i]], False),
            ("unsubscribe", rows.unsubscribed_at, None, False),
        ):
            if column[i] >= 0:
                touches.append((number[i], who[i], kind, link, machine, story.at(column[i])))
    copy_rows(Touch, TOUCH, touches)
    return ()  # written already: ids were reserved


def _next_message_id(count: int) -> int:
    from enishi.platform.numbers import reserve_ids

    ids = reserve_ids(Message, count)
    if ids and ids != list(range(ids[0], ids[0] + count)):
        raise RuntimeError("somebody else writes messages while the demo is made")
    return ids[0] if ids else 0


def _end(story: Story) -> None:
    deliveries, account = story.shelf["deliveries"], story.shelf["account"]
    assert isinstance(deliveries, dict)
    assert isinstance(account, MailAccount)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_audience a SET treated_count = n.treated, control_count = n.control FROM (SELECT audience_id,"
            " count(*) FILTER (WHERE arm = 'treated') AS treated, count(*) FILTER (WHERE arm = 'control') AS control"
            " FROM campaigns_audiencemember GROUP BY 1) n WHERE n.audience_id = a.delivery_id"
        )
    _stopped_midway(story, len(deliveries) + 1, account)
    Counter.rows.update_or_create(prefix="D", defaults={"last": len(deliveries) + 1})
    Counter.rows.update_or_create(prefix="T", defaults={"last": 1})


def _stopped_midway(story: Story, number: int, account: MailAccount) -> None:
    """水出し煎茶: stopped by hand half way, with the rest still on the ledger."""
    organisation = Organisation.rows.get()
    at = story.now - timedelta(days=2, hours=3)
    blocks = [
        {"type": "heading", "text": "水出し煎茶、仕込みました"},
        text_block("{{ customer.name | default: 'お客様' }} 様\n\n冷たい水でゆっくり。いつもの急須でできる水出し煎茶をご用意しました。"),
        {"type": "button", "label": "水出し煎茶を見る", "link": SHOP_URL + "/mizudashi"},
        footer_block(organisation),
    ]
    compiled = compile_mail(subject="水出し煎茶、仕込みました", preheader="", blocks=blocks)
    delivery = Delivery.rows.create(
        number=f"D-{number:06d}", name="水出し煎茶のご案内", account=account, subject="水出し煎茶、仕込みました", blocks=blocks,
        state=Delivery.State.STOPPED, compiled=compiled.as_json(), confirmed_at=at, due_at=at, started_at=at, finished_at=at,
        stop_reason="森 拓海さんが止めました", owner_id=story.user_ids["mori"], created_by_id=story.user_ids["mori"], created_at=at,
    )  # fmt: skip
    DeliveryLink.rows.bulk_create(
        DeliveryLink(delivery=delivery, position=x.position, url=x.url, label=x.label[:200]) for x in compiled.links
    )
    people = np.arange(20, min(story.world.customers, 420), 3).tolist()
    segments = story.shelf["segments"]
    assert isinstance(segments, dict)
    segment = segments[plans.Audience.RECENT]
    Audience.rows.create(
        delivery=delivery,
        segment=segment,
        rule=segment.rule,
        assigned_at=at,
        frozen_at=at,
        treated_count=len(people),
        hypothesis="暑い日が続くので、冷たいお茶が喜ばれる。",
    )
    copy_rows(AudienceMember, MEMBER, [(delivery.pk, key, "treated") for key in people])
    half = len(people) * 3 // 5
    copy_rows(
        Message,
        MESSAGE,
        [
            (delivery.pk, key, "", "accepted", "", uuid.uuid4(), 1, 1, "", at, at)
            if n < half
            else (delivery.pk, key, "", "queued", "", None, 0, 0, "", None, None)
            for n, key in enumerate(people)
        ],
    )  # fmt: skip


CHAPTER = Chapter("campaigns", _begin, _block, _end, (AudienceMember, Message, Touch))
