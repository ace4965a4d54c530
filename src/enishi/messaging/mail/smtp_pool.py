"""Several connections to one server, kept open between groups of messages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from enishi.messaging.mail.envelope import Envelope
from enishi.messaging.mail.smtp import Outcome, SendState, SmtpSession, Step
from enishi.messaging.mail.smtp_connection import SmtpServer
from enishi.messaging.mail.smtp_troubles import SmtpTrouble

MESSAGES_PER_CONNECTION = 100  # servers tire of a connection; many close it at about this number
IDLE_SECONDS = 30.0  # after this long a server may have hung up without our knowing


class SmtpPool:
    """Hands over groups of messages. One thread uses a pool; the pool uses one thread per further connection."""

    def __init__(self, server: SmtpServer, *, connections: int = 1) -> None:
        self._server = server
        self._sessions: list[SmtpSession | None] = [None] * connections
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="smtp") if connections > 1 else None

    def __enter__(self) -> SmtpPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """See that a connection stands, so that a server that cannot be reached is met before anything is promised. Raises SmtpTrouble."""
        self._session(0)

    def deliver(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """One outcome for each message, in order. At most one message per connection can be uncertain.

        Raises SmtpTrouble when no connection could be made and nothing was handed over at all.
        """
        lanes = min(len(self._sessions), len(envelopes))
        shares = [envelopes[lane::lanes] for lane in range(lanes)]
        if self._threads is None or lanes < 2:
            results = [self._deliver_share(lane, share) for lane, share in enumerate(shares)]
        else:
            results = list(self._threads.map(self._deliver_share, range(lanes), shares))
        troubles = [result for result in results if isinstance(result, SmtpTrouble)]
        if troubles and len(troubles) == lanes:
            raise troubles[0]
        outcomes: list[Outcome] = [Outcome(SendState.NOT_SENT, Step.SENDER)] * len(envelopes)
        for lane, result in enumerate(results):
            if not isinstance(result, SmtpTrouble):
                outcomes[lane::lanes] = result
            elif result.detail:
                outcomes[lane::lanes] = [Outcome(SendState.NOT_SENT, Step.SENDER, answer=result.detail)] * len(shares[lane])
        return outcomes

    def close(self) -> None:
        """Say goodbye to the server."""
        for lane, session in enumerate(self._sessions):
            if session is not None:
                session.close()
                self._sessions[lane] = None
        if self._threads is not None:
            self._threads.shutdown()

    def _deliver_share(self, lane: int, envelopes: Sequence[Envelope]) -> list[Outcome] | SmtpTrouble:
        """A lane's part. What a connection surely did not send before it was lost goes to a fresh one, as long as that helps."""
        outcomes: dict[int, Outcome] = {}
        pending = list(range(len(envelopes)))
        while pending:
            try:
                session = self._session(lane)
            except SmtpTrouble as error:
                if len(pending) == len(envelopes):
                    return error
                break
            was_used = session.taken > 0
            outcomes.update(zip(pending, session.deliver([envelopes[number] for number in pending]), strict=True))
            unsent = [number for number in pending if outcomes[number].state == SendState.NOT_SENT]
            if not was_used and len(unsent) == len(pending):
                break
            pending = unsent
        return [outcomes[number] for number in range(len(envelopes))]

    def _session(self, lane: int) -> SmtpSession:
        """The lane's connection, or a new one where it is closed, tired or has stood idle. Raises SmtpTrouble."""
        session = self._sessions[lane]
        if session is not None and (session.taken >= MESSAGES_PER_CONNECTION or time.monotonic() - session.used_at > IDLE_SECONDS):
            session.close()
        if session is None or session.closed:
            self._sessions[lane] = None
            session = self._sessions[lane] = SmtpSession(self._server)
        return session
