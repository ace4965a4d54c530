"""The installation's key under which mailed links are signed."""

from __future__ import annotations

from functools import cache

from enishi.platform.secrets import keyed_hash


@cache
def link_key() -> bytes:
    return keyed_hash("mailed links", purpose="tracking")
