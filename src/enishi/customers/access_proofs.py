"""What a hint about a hidden customer gives to ask with: it says nothing of who that is, serves whom it was given to, and runs out."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag

from enishi.customers.resolve import resolve
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.secrets import seal, unseal

SECONDS = 3_600


def proof_of(actor: Actor, customer_id: int) -> str:
    """Good for an hour."""
    text = f"{customer_id}:{int(time.wall_clock().timestamp())}"
    return base64.urlsafe_b64encode(seal(text, place=_place(actor))).decode()


def customer_of(actor: Actor, proof: str) -> int | None:
    """The customer of today; None where it was not given to this actor, or too long ago."""
    try:
        customer_id, _colon, at = unseal(base64.urlsafe_b64decode(proof), place=_place(actor)).partition(":")
    except (InvalidTag, ValueError, binascii.Error):
        return None
    return resolve(int(customer_id)) if time.wall_clock().timestamp() - int(at) <= SECONDS else None


def _place(actor: Actor) -> str:
    return f"customers.access_proof|{actor.user_id}"
