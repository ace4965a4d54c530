"""Tells opens and clicks of machines (mail proxies, link scanners) from those of people."""

from __future__ import annotations

import re
from datetime import datetime

# Words that proxies and scanners put into their User-Agent; people's browsers and mailers do not.
_MACHINE_WORDS = re.compile(
    r"bot\b|crawl|spider|scan|proxy|preview|prefetch|monitor|barracuda|proofpoint|mimecast|safelinks|googleimageproxy|yahoomailproxy"
    r"|python-|curl/|wget/|go-http|java/|okhttp|libwww|headless",
    re.IGNORECASE,
)
TOO_FAST_SECONDS = 2


def is_machine(user_agent: str, *, handed_at: datetime | None, now: datetime) -> bool:
    """No User-Agent, a machine's word in it, or a reaction within two seconds of the hand-over."""
    if not user_agent.strip() or _MACHINE_WORDS.search(user_agent):
        return True
    return handed_at is not None and 0 <= (now - handed_at).total_seconds() < TOO_FAST_SECONDS
