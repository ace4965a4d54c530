"""Which arm a customer falls into: a stable hash, so that asking again gives the same answer."""

from __future__ import annotations

import hashlib


def is_control(delivery_id: int, customer_id: int, percent: int) -> bool:
    """Whether the customer is held back from this delivery. Independent between deliveries and customers."""
    digest = hashlib.blake2b(f"{delivery_id}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 10_000 < percent * 100
