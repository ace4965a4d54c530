"""A fast SMTP sink on loopback for benches and chaos: takes mails, writes down each one before it answers, fails on request.

    python -m bench.sinks --port 2526 --record /tmp/sink.tsv
    python -m bench.sinks --port 2526 --record /tmp/sink.tsv --drop-before-250 0.01 --seed 1

The record has one line a message: outcome, Message-ID, envelope recipient, envelope sender. Outcomes: `accepted` (250 was
or will be answered), `dropped` (the message was whole, the line was cut before 250), `hung` (whole, never answered),
`deferred` and `rejected` (4xx, 5xx). A line is written, unbuffered, before the answer leaves, so that it stays true when
this process is killed. One message has one outcome, drawn from the seed. On SIGTERM the counts are printed as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>\r\n]*)>", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"
_LONGEST_LINE = 4096


@dataclass
class Faults:
    """Chances between 0 and 1, each for one message; `close_after`: messages per connection before 421."""

    drop_before_data: float = 0.0
    drop_in_data: float = 0.0
    drop_before_250: float = 0.0
    hang_before_250: float = 0.0
    defer_recipient: float = 0.0
    reject_recipient: float = 0.0
    defer_message: float = 0.0
    reject_message: float = 0.0
    close_after: int = 0
    latency_ms: float = 0.0

    def draw(self, dice: random.Random) -> str:
        """The fault of one message, or ""."""
        throw = dice.random()
        for name in CHANCES:
            throw -= getattr(self, name)
            if throw < 0:
                return name
        return ""


CHANCES = (
    "drop_before_data",
    "drop_in_data",
    "drop_before_250",
    "hang_before_250",
    "defer_recipient",
    "reject_recipient",
    "defer_message",
    "reject_message",
)


@dataclass
class Record:
    """Where outcomes are written down and counted."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, outcome: str, message_id: str, recipient: str, sender: str) -> None:
        os.write(self._file, f"{outcome}\t{message_id}\t{recipient}\t{sender}\n".encode())
        self.counts[outcome] += 1


class Session(asyncio.Protocol):
    """One connection: plain SMTP with pipelining, one recipient a message."""

    def __init__(self, record: Record, faults: Faults, dice: random.Random) -> None:
        self._record, self._faults, self._dice = record, faults, dice
        self._buffer = bytearray()
        self._answers = bytearray()  # to all that one read brought, in one write, as servers with PIPELINING do
        self._in_data = False
        self._taken = 0
        self._fault = self._sender = self._recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._write("220 sink ready")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._read()
        self._flush()

    def _read(self) -> None:
        """All that is whole in the buffer."""
        while not self._transport.is_closing():
            if self._in_data:
                if self._fault == "drop_in_data" and self._buffer:
                    self._hang_up()
                    return
                # The line end before the first dot belongs to the DATA command where the message is empty.
                # From behind: a client waits for our answer before its next message, so there is one end at most.
                end = 0 if self._buffer.startswith(_END[2:]) else self._buffer.rfind(_END)
                if end < 0:
                    return
                message = bytes(self._buffer[:end])
                del self._buffer[: end + (3 if end == 0 else 5)]
                self._in_data = False
                self._take(message)
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    if len(self._buffer) > _LONGEST_LINE:
                        self._hang_up()
                    return
                line = bytes(self._buffer[:end]).decode("ascii", "replace")
                del self._buffer[: end + 2]
                self._command(line)

    def _command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb == "EHLO":
            self._answer("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800")
        elif verb == "MAIL":
            self._fault = self._faults.draw(self._dice)
            self._sender, self._recipient = _address(line), ""
            self._answer("250 ok")
        elif verb == "RCPT":
            self._name_recipient(_address(line))
        elif verb == "DATA":
            self._open_data()
        elif verb == "QUIT":
            self._write("221 bye")
            self._transport.close()
        elif verb in ("HELO", "NOOP", "RSET"):
            self._answer("250 ok")
        else:
            self._answer("502 not here")

    def _name_recipient(self, recipient: str) -> None:
        if self._fault in ("defer_recipient", "reject_recipient"):
            deferred = self._fault == "defer_recipient"
            self._record.write("deferred" if deferred else "rejected", "", recipient, self._sender)
            self._answer("451 4.2.1 try later" if deferred else "550 5.1.1 no such user")
            return
        self._recipient = recipient
        self._answer("250 ok")

    def _open_data(self) -> None:
        if self._fault == "drop_before_data":
            self._hang_up()
        elif not self._recipient:
            self._answer("503 5.5.1 no recipient")
        elif self._faults.close_after and self._taken >= self._faults.close_after:
            self._write("421 4.3.2 enough for now")
            self._transport.close()
        else:
            self._in_data = True
            self._answer("354 go on")

    def _take(self, message: bytes) -> None:
        """A whole message is here: write it down, then answer or fail."""
        found = _MESSAGE_ID.search(message)
        message_id = found[1].decode("ascii", "replace") if found else ""
        outcome, answer = {
            "drop_before_250": ("dropped", ""),
            "hang_before_250": ("hung", ""),
            "defer_message": ("deferred", "451 4.3.0 try later"),
            "reject_message": ("rejected", "554 5.7.1 not wanted"),
        }.get(self._fault, ("accepted", "250 2.0.0 taken"))
        self._record.write(outcome, message_id, self._recipient, self._sender)
        self._taken += 1
        if outcome == "dropped":
            self._hang_up()
        elif outcome == "hung":
            self._transport.pause_reading()
        else:
            self._answer(answer)

    def _answer(self, text: str) -> None:
        if self._faults.latency_ms:  # as if the server stood far away: every answer arrives later, in order
            asyncio.get_running_loop().call_later(self._faults.latency_ms / 1000, self._write, text)
        else:
            self._answers += text.encode("ascii") + b"\r\n"

    def _write(self, text: str) -> None:
        self._answers += text.encode("ascii") + b"\r\n"
        self._flush()

    def _flush(self) -> None:
        if self._answers and not self._transport.is_closing():
            self._transport.write(bytes(self._answers))
        self._answers.clear()

    def _hang_up(self) -> None:
        """Cut the line behind what was answered already."""
        self._flush()
        self._transport.abort()


def _address(line: str) -> str:
    start, end = line.find("<"), line.rfind(">")
    return line[start + 1 : end] if 0 <= start < end else ""


async def serve(port: int, record: Record, faults: Faults, seed: int) -> None:
    """Run until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    dice = random.Random(seed)
    server = await loop.create_server(lambda: Session(record, faults, dice), "127.0.0.1", port, backlog=256)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await stopped.wait()
    print(json.dumps(record.counts), flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.sinks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="0: any free one, which is printed")
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    for name in CHANCES:
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=0.0, metavar="CHANCE")
    parser.add_argument("--close-after", type=int, default=0, metavar="MESSAGES")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    options = parser.parse_args(arguments)
    faults = Faults(**{name: getattr(options, name) for name in CHANCES}, close_after=options.close_after, latency_ms=options.latency_ms)
    asyncio.run(serve(options.port, Record(options.record), faults, options.seed))


if __name__ == "__main__":
    main(sys.argv[1:])
