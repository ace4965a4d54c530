"""Keys of this installation: sealing secrets that are stored, and keyed hashes of addresses."""

from __future__ import annotations

import hmac
import secrets as random
from contextlib import suppress
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


@cache
def _key(purpose: str) -> bytes:
    """32 bytes for one purpose, derived from the installation's own key file (made at first use, mode 0600)."""
    path = settings.DATA_DIR / "secrets" / "installation_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{random.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(random.token_bytes(32))
        with suppress(FileExistsError):  # another process was first, and then its key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return hmac.new(path.read_bytes(), purpose.encode(), sha256).digest()


def seal(text: str, *, place: str) -> bytes:
    """AES-256-GCM. `place` (table|column|row) is bound in, so that a cell moved elsewhere does not open."""
    nonce = random.token_bytes(12)
    return nonce + AESGCM(_key("seal")).encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    """Raises cryptography.exceptions.InvalidTag where the cell was changed or moved."""
    sealed = bytes(sealed)
    return AESGCM(_key("seal")).decrypt(sealed[:12], sealed[12:], place.encode()).decode()


def keyed_hash(text: str, *, purpose: str = "address") -> bytes:
    """HMAC-SHA256 under this installation's key: equal texts meet, the text cannot be read back."""
    return hmac.digest(_key(purpose), text.encode(), "sha256")
