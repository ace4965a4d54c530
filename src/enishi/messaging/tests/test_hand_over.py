"""A delivery from the ledger to a real server on loopback, and what becomes of each copy."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from enishi.messaging.actions import deliveries, ledger
from enishi.messaging.engine import hand_over
from enishi.messaging.engine.hand_over import run_lane
from enishi.messaging.mail.blocks import compile_mail
from enishi.messaging.models import Delivery, DeliveryLink, MailAccount, Message
from enishi.messaging.tests.factories import account, make_people, make_sending, states
from enishi.platform.actions.installation import installation_id
from enishi.platform.models import ModuleState

pytestmark = pytest.mark.django_db
__all__ = ["account", "make_people", "make_sending"]

FOOTER = {"type": "footer", "sender_name": "縁日堂", "address": "東京都台東区谷中1-2-3", "contact": "0120-000-000"}
BLOCKS = [
    {"type": "heading", "text": "新茶のご案内"},
    {"type": "text", "paragraphs": [[{"text": "{{ customer.family_name | default: 'お客様' }} 様"}]]},
    {"type": "button", "label": "見る", "link": "https://shop.example.jp/shincha?a=1&b=2"},
    FOOTER,
]


class Sink:
    def __init__(self, port: int, record: Path, vanish: Callable[[], None]) -> None:
        self.port, self.record, self.vanish = port, record, vanish

    def mails(self) -> list[tuple[str, str, str]]:
        """(outcome, Message-ID, recipient) of each mail that arrived whole."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [tuple(line.split("\t")[:3]) for line in lines]


@pytest.fixture
def start_sink(tmp_path: Path) -> Iterator[Callable[..., Sink]]:
    """`start_sink("--drop-before-250", "1")` → a mail server of our own on a free port, with faults on request."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Sink:
        record = tmp_path / f"record-{len(running)}.tsv"
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.sinks", "--port", "0", "--record", str(record), *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[4],
        )
        running.append(process)
        words = process.stdout.readline().split()
        port = next(int(word.rpartition(":")[2]) for word in reversed(words) if word.rpartition(":")[2].isdecimal())
        return Sink(port, record, process.kill)

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture
def sending(organisation, make_people, make_sending, account, settings):
    """`sending(sink, people=3)` → a compiled delivery to people, by an account that leads to the sink."""
    organisation.installation_id = installation_id()
    organisation.save()

    def make(sink: Sink | None, people: int = 3, ids: list[int] | None = None, blocks: list[dict] = BLOCKS) -> Delivery:
        settings.EGRESS_ALLOW = (f"127.0.0.1:{sink.port if sink else 1}",)
        MailAccount.rows.filter(pk=account.pk).update(host="127.0.0.1", port=sink.port if sink else 1, per_second=5000)
        compiled = compile_mail(subject="新茶のご案内", preheader="", blocks=blocks)
        delivery = make_sending(ids or make_people(people), compiled=compiled.as_json())
        DeliveryLink.rows.bulk_create(DeliveryLink(delivery=delivery, position=link.position, url=link.url) for link in compiled.links)
        return delivery

    return make


def test_everybody_gets_one_copy_and_the_ledger_says_so(start_sink, sending):
    sink = start_sink()
    delivery = sending(sink, people=20)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert set(states(delivery).values()) == {"accepted"}
    assert len(sink.mails()) == 20
    uuids = {f"{uuid}@example.jp" for uuid in Message.rows.values_list("message_uuid", flat=True)}
    assert {message_id for _, message_id, _ in sink.mails()} == uuids


def test_a_finished_ledger_finishes_the_delivery(start_sink, sending, now):
    delivery = sending(start_sink(), people=2)
    run_lane(delivery_id=delivery.pk, lane=0)
    deliveries.keep_sending(now=now)
    assert Delivery.rows.get(pk=delivery.pk).state == "done"


def test_an_answer_that_never_came_makes_a_row_uncertain_and_it_is_not_sent_again(start_sink, sending):
    sink = start_sink("--drop-before-250", "1")
    delivery = sending(sink, people=1)
    run_lane(delivery_id=delivery.pk, lane=0)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert list(states(delivery).values()) == ["uncertain"]
    assert len(sink.mails()) <= 1


def test_nobody_gets_a_mail_with_a_hole_in_it(start_sink, sending, make_people):
    sink = start_sink()
    nameless = make_people(1, given_name="")
    named = make_people(1, given_name="百合子")
    blocks = [{"type": "text", "paragraphs": [[{"text": "{{ customer.given_name }} 様"}]]}, FOOTER]
    delivery = sending(sink, ids=[*nameless, *named], blocks=blocks)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert states(delivery) == {nameless[0]: "suppressed:empty_field", named[0]: "accepted"}


def test_a_server_that_is_down_loses_nobody_and_says_what_is_wrong(sending):
    delivery = sending(None, people=3)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert set(states(delivery).values()) == {"queued"}
    assert Message.rows.filter(not_before=None).count() == 0
    assert Delivery.rows.get(pk=delivery.pk).state in ("sending", "stopped")
    assert Delivery.rows.get(pk=delivery.pk).stop_reason


def test_a_server_that_vanishes_in_the_middle_loses_nobody(start_sink, sending, monkeypatch):
    sink = start_sink()
    delivery = sending(sink, people=20)
    step, calls = ledger.step, []

    def vanish_before_the_second_group(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            sink.vanish()
        return step(**arguments)

    monkeypatch.setattr(hand_over.ledger, "step", vanish_before_the_second_group)
    run_lane(delivery_id=delivery.pk, lane=0)
    found = sorted(states(delivery).values())
    assert (found.count("accepted"), found.count("queued"), len(sink.mails())) == (8, 12, 8)
    assert Delivery.rows.get(pk=delivery.pk).stop_reason


def test_what_is_known_is_written_before_a_lane_waits_for_its_pace(start_sink, sending, monkeypatch):
    delivery = sending(start_sink(), people=9)
    MailAccount.rows.update(per_second=2)
    seen: list[list[str]] = []
    monkeypatch.setattr(hand_over, "sleep", lambda seconds: seen.append(sorted(states(delivery).values())))
    run_lane(delivery_id=delivery.pk, lane=0)
    assert seen[0].count("accepted") == 8


def test_a_copied_database_sends_nothing(start_sink, sending, organisation):
    sink = start_sink()
    delivery = sending(sink)
    organisation.installation_id = "another installation"
    organisation.save()
    run_lane(delivery_id=delivery.pk, lane=0)
    assert (set(states(delivery).values()), sink.mails()) == ({"queued"}, [])


def test_stopping_holds_after_the_group_in_flight(start_sink, sending, monkeypatch):
    sink = start_sink()
    delivery = sending(sink, people=24)
    step, calls = ledger.step, []

    def stop_after_the_first_group(**arguments):
        calls.append(arguments)
        if len(calls) == 2:
            Delivery.rows.filter(pk=delivery.pk).update(state="stopped")
        return step(**arguments)

    monkeypatch.setattr(hand_over.ledger, "step", stop_after_the_first_group)
    run_lane(delivery_id=delivery.pk, lane=0)
    found = sorted(states(delivery).values())
    assert (found.count("accepted"), found.count("queued")) == (8, 16)
    assert len(sink.mails()) == 8


def test_a_database_that_restarts_in_between_costs_no_knowledge(start_sink, sending, monkeypatch):
    sink = start_sink()
    delivery = sending(sink, people=20)
    real, calls = ledger.step, []

    def step(*, next_group, **words):
        calls.append(len(next_group))
        if len(calls) in (2, 3):  # the mark on the second group, and the first try to write down the first one's outcomes
            raise OperationalError("the server closed the connection unexpectedly")
        return real(next_group=next_group, **words)

    monkeypatch.setattr(ledger, "step", step)
    monkeypatch.setattr(hand_over, "sleep", lambda seconds: None)
    with pytest.raises(OperationalError):
        run_lane(delivery_id=delivery.pk, lane=0)
    assert Counter(states(delivery).values()) == {"accepted": 8, "queued": 12}
    run_lane(delivery_id=delivery.pk, lane=0)
    assert Counter(states(delivery).values()) == {"accepted": 20}
    assert len({recipient for _outcome, _id, recipient in sink.mails()}) == len(sink.mails()) == 20


def test_lanes_of_one_process_share_what_may_be_in_flight(start_sink, sending, monkeypatch):
    delivery = sending(start_sink(), people=20)
    groups, real = [], ledger.step
    monkeypatch.setattr(ledger, "step", lambda **words: (groups.append(len(words["next_group"])), real(**words))[1])
    monkeypatch.setattr(hand_over, "_lanes_here", {-1})  # another lane is at work beside this one
    run_lane(delivery_id=delivery.pk, lane=0)
    assert max(groups) == hand_over.GROUP // 2
    assert Counter(states(delivery).values()) == {"accepted": 20}


def test_nothing_is_handed_over_while_the_module_is_off(start_sink, sending):
    sink = start_sink()
    delivery = sending(sink, people=3)
    ModuleState.rows.create(key="marketing", on=False)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert set(states(delivery).values()) == {"queued"}
    ModuleState.rows.update(on=True)
    run_lane(delivery_id=delivery.pk, lane=0)
    assert set(states(delivery).values()) == {"accepted"}
    assert len(sink.mails()) == 3
