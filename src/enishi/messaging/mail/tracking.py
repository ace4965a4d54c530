"""The ids in mailed links: random per message, signed per link, without a row per link.

A message has one random token of 128 bits, made when it is sent; the ledger keeps only its SHA-256. The part of a URL
that stands for "link 3 of this message" is

    base64url( token (16 bytes) | MAC (6 bytes) | position (2 bytes) )        → 32 characters, nothing else

so a million messages with eight links are a million hashes, not eight million rows. The token alone cannot be guessed.
The MAC, under a key of this installation, binds token, position and purpose together:

- a neighbour's position or another purpose is not found: a forwarded link to an article does not unsubscribe anybody;
- random scans are turned away without asking the database.

The URL holds no address to go to and nothing about the person; where a link leads is looked up by delivery and position.
Anything changed, the case of one letter included, makes an unknown id.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

TOKEN_BYTES = 16
MAX_POSITION = 0xFFFF

_MAC_BYTES = 6
_PART_LENGTH = 32


class Purpose(StrEnum):
    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class TrackedId:
    """What a genuine link says: which message (by the hash in the ledger) and which of its links."""

    token_hash: bytes
    position: int


def make_token() -> bytes:
    """A new message's token. It is never stored."""
    return secrets.token_bytes(TOKEN_BYTES)


def token_hash(token: bytes) -> bytes:
    """What the ledger keeps of a token: 32 bytes. Plain SHA-256 is enough for 128 random bits."""
    return sha256(token).digest()


def sign(purpose: Purpose, token: bytes, position: int, *, key: bytes) -> str:
    """The part of a URL that stands for one link of one message; 0 where the purpose has only one."""
    numbered = position.to_bytes(2, "big")
    return urlsafe_b64encode(token + _mac(purpose, token, numbered, key) + numbered).decode("ascii")


def parse(purpose: Purpose, part: str, *, key: bytes) -> TrackedId | None:
    """The id behind a part of a URL; None for anything this installation did not write for this purpose."""
    if len(part) != _PART_LENGTH or not part.isascii() or "+" in part or "/" in part:
        return None
    try:
        raw = urlsafe_b64decode(part)
    except ValueError:
        return None
    if len(raw) != TOKEN_BYTES + _MAC_BYTES + 2:  # characters outside the alphabet are dropped by the decoder
        return None
    token, mac, numbered = raw[:TOKEN_BYTES], raw[TOKEN_BYTES:-2], raw[-2:]
    if not hmac.compare_digest(mac, _mac(purpose, token, numbered, key)):
        return None
    return TrackedId(token_hash(token), int.from_bytes(numbered, "big"))


def _mac(purpose: Purpose, token: bytes, numbered: bytes, key: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + token + numbered, "sha256")[:_MAC_BYTES]
