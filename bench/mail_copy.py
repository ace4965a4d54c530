"""What one copy of a mail costs before the ledger: links signed, templates rendered, bytes built, handed to a server.

    python -m bench.mail_copy [--json] [--messages 3000]

CPU figures are of this process alone and hold on a busy machine, too; rates are of the clock. The mail has eight tracked
links, eight places for merge fields and about 30 kB as bytes. The sink runs beside us on loopback, once as it is and once with
every answer 20 ms later, which is what a server elsewhere feels like.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings

if TYPE_CHECKING:
    from enishi.messaging.mail.envelope import Envelope

GOAL_US = 1000  # microseconds of CPU for links, rendering and bytes together
AT = datetime(2026, 11, 22, tzinfo=UTC)


def content() -> list[dict[str, object]]:
    """Blocks of an ordinary newsletter with eight tracked links."""
    return [
        {"type": "image", "url": "https://shop.example/hero.png", "alt": "秋の新物", "link": "https://shop.example/autumn"},
        {"type": "heading", "text": "{{ customer.family_name | default: 'お客様' | honorific }}、秋の新物が届きました"},
        {
            "type": "text",
            "paragraphs": [[{"text": "いつもありがとうございます。"}, {"text": "お店の場所", "link": "https://shop.example/map"}]],
        },
        *(block for number in range(6) for block in _one_of_the_goods(number)),
        {"type": "footer", "sender_name": "株式会社縁商店", "address": "〒110-0001 東京都台東区谷中1-2-3", "contact": "info@example.jp"},
    ]


def _one_of_the_goods(number: int) -> list[dict[str, object]]:
    words = "{{ customer.family_name | default: 'お客様' | honorific }}におすすめの一品です。" if number < 3 else "人気の一品です。"
    praise = "羅臼昆布と枕崎の本枯節を合わせました。毎日のお味噌汁に、煮物に、そのままお使いいただけます。" * 2
    return [
        {"type": "heading", "level": 2, "text": f"【{number + 1}】季節のだしセット"},
        {"type": "text", "paragraphs": [[{"text": words}], [{"text": praise}]]},
        {"type": "button", "label": "くわしく見る", "link": f"https://shop.example/goods/{number}?from=mail"},
    ]


class Shop:
    """A compiled mail and all that is needed for a copy of it."""

    def __init__(self) -> None:
        from enishi.messaging.mail.blocks import MailTemplates, compile_mail
        from enishi.messaging.mail.envelope import Letterhead, MailAddress

        compiled = compile_mail(
            subject="{{ customer.family_name | honorific }}へ、秋の新物のご案内", preheader="入荷しました", blocks=content()
        )
        self.templates = MailTemplates(compiled)
        self.letterhead = Letterhead(from_name="縁商店", from_address=MailAddress("info", "example.jp"), list_id="news.example.jp")

    def links(self) -> dict[str, str]:
        from enishi.messaging.mail.tracking import Purpose, make_token, sign

        token, key = make_token(), b"k" * 32
        found = {f"link{n}": f"https://t.example.jp/c/{sign(Purpose.CLICK, token, n, key=key)}" for n in range(len(self.templates.links))}
        found["unsubscribe"] = f"https://t.example.jp/u/{sign(Purpose.UNSUBSCRIBE, token, 0, key=key)}"
        found["open"] = f"https://t.example.jp/o/{sign(Purpose.OPEN, token, 0, key=key)}"
        return found

    def copy(self, number: int) -> Envelope:
        from enishi.messaging.mail.envelope import MailAddress

        links = self.links()
        mail = self.templates.render({"customer": {"family_name": "山田", "given_name": "花子"}}, links)
        return self.letterhead.write(
            recipient=MailAddress.parse(f"taro{number}@example.com"),
            subject=mail.subject,
            html=mail.html,
            text=mail.text,
            message_uuid=uuid4(),
            at=AT,
            unsubscribe_url=links["unsubscribe"],
        )


def cpu_us(work: Callable[[], object], times: int) -> float:
    """Median CPU time of one call in microseconds, of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times // 5):
            work()
        rounds.append((time.process_time() - started) / (times // 5) * 1e6)
    return round(median(rounds), 1)


def copying(shop: Shop, messages: int) -> dict[str, float]:
    """Microseconds of CPU for each part of a copy."""
    links = shop.links()
    data: dict[str, object] = {"customer": {"family_name": "山田", "given_name": "花子"}}
    return {
        "links_us": cpu_us(shop.links, messages),
        "render_us": cpu_us(lambda: shop.templates.render(data, links), messages),  # type: ignore[arg-type]
        "copy_us": cpu_us(lambda: shop.copy(1), messages),
        "bytes": len(shop.copy(1).message),
    }


@contextmanager
def sink(latency_ms: int) -> Iterator[int]:
    """A sink beside us; gives its port."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.sinks", "--port", "0", "--record", f"{folder}/record.tsv", "--latency-ms", str(latency_ms)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[1])
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().split()[-1])
            settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
            yield port
        finally:
            process.terminate()
            process.wait()


def by_sendmail(port: int, envelopes: Sequence[Envelope]) -> None:
    """The stdlib's own way, for comparison: a round trip for each command."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="[127.0.0.1]") as server:
        for envelope in envelopes:
            server.sendmail(str(envelope.sender), [str(envelope.recipient)], envelope.message)


def by_session(port: int, envelopes: Sequence[Envelope]) -> None:
    """Ours, in groups of eight, as the ledger hands over."""
    from enishi.messaging.mail.smtp import SendState, SmtpSession
    from enishi.messaging.mail.smtp_connection import Security, SmtpServer

    session = SmtpSession(SmtpServer("127.0.0.1", port, Security.NONE))
    for start in range(0, len(envelopes), 8):
        if any(outcome.state != SendState.ACCEPTED for outcome in session.deliver(envelopes[start : start + 8])):
            raise SystemExit("the sink did not take every message")
    session.close()


def sending(shop: Shop, messages: int) -> dict[str, float]:
    """Messages a second and CPU a message on one connection."""
    figures: dict[str, float] = {}
    for latency, count in ((0, messages), (20, 100)):
        envelopes = [shop.copy(number) for number in range(count)]
        with sink(latency) as port:
            for name, way in (("sendmail", by_sendmail), ("session", by_session)):
                started, cpu = time.perf_counter(), time.process_time()
                way(port, envelopes)
                label = f"{name}_{latency}ms"
                figures[f"{label}_per_s"] = round(count / (time.perf_counter() - started))
                figures[f"{label}_cpu_us"] = round((time.process_time() - cpu) / count * 1e6, 1)
    return figures


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.mail_copy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=2000)
    options = parser.parse_args(arguments)
    if not settings.configured:
        settings.configure(USE_I18N=False, USE_TZ=True, TIME_ZONE="Asia/Tokyo", EGRESS_ALLOW=())
    shop = Shop()
    figures = {**copying(shop, options.messages), **sending(shop, options.messages)}
    holds = figures["copy_us"] <= GOAL_US
    if options.json:
        print(json.dumps({"name": "mail-copy", "figures": figures, "goal": f"copy_us <= {GOAL_US}", "holds": holds}))
    else:
        for name, figure in figures.items():
            print(f"{name:24} {figure:>10,}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    raise SystemExit(main(sys.argv[1:]))
