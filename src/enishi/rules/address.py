"""A rule as a few letters of a page's address, so that a narrowed list can be kept and shared."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from enishi.rules.tree import Rule, RuleInvalid, RuleTooLarge, dump, parse_json

#: What the servers and browsers of this world carry without a question.
LONGEST = 6_000
_MAX_JSON = 200_000


def packed(rule: Rule) -> str:
    """Letters, figures, - and _. Raises RuleTooLarge for a rule that no address can carry; it can be saved as a view."""
    text = json.dumps(dump(rule), ensure_ascii=False, separators=(",", ":")).encode()
    found = urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")
    if len(found) > LONGEST:
        raise RuleTooLarge
    return found


def unpacked(text: str) -> Rule:
    """The rule that `packed` wrote; anything else, from anybody, is refused. Raises RuleInvalid, RuleTooLarge."""
    if len(text) > LONGEST:
        raise RuleTooLarge
    try:
        opened = zlib.decompressobj()
        raw = opened.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), _MAX_JSON)
    except (ValueError, zlib.error):
        raise RuleInvalid from None
    if opened.unconsumed_tail:
        raise RuleTooLarge
    return parse_json(raw)
