"""A passkey in software, for tests: answers the server's options as a browser and its authenticator would."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class SoftPasskey:
    def __init__(self, origin: str = "http://localhost:8000") -> None:
        self.origin, self.key, self.id = origin, ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        self.user_handle = ""

    def _client_data(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(type=kind, challenge=websafe_decode(challenge), origin=self.origin)

    def _credential(self, response: dict[str, str], **more: object) -> str:
        own = websafe_encode(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}} | more)

    def create(self, options: dict[str, dict], flags: int = FLAGS) -> str:
        """What `navigator.credentials.create` gives, as JSON."""
        public = options["publicKey"]
        self.user_handle = public["user"]["id"]
        held = AttestedCredentialData.create(bytes(16), self.id, ES256.from_cryptography_key(self.key.public_key()))
        data = AuthenticatorData.create(sha256(public["rp"]["id"].encode()).digest(), flags | AuthenticatorData.FLAG.AT, 0, held)
        client = self._client_data("webauthn.create", public["challenge"])
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._credential(response, clientExtensionResults={"credProps": {"rk": True}})

    def get(self, options: dict[str, dict], flags: int = FLAGS) -> str:
        """What `navigator.credentials.get` gives, as JSON."""
        public = options["publicKey"]
        data = AuthenticatorData.create(sha256(public["rpId"].encode()).digest(), flags, 1)
        client = self._client_data("webauthn.get", public["challenge"])
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.user_handle,
        }
        return self._credential(response)
