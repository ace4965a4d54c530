"""The proof of one person's consents as a file: written down like everything that carries personal data out of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from enishi.customers.queries import consent_proof as queries
from enishi.customers.queries.printing import TEMPLATES
from enishi.platform import events, printing
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound

FORMATS: Mapping[str, str] = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class ProofFile:
    name: str
    content: bytes


@action
def export_proof(*, customer_id: int, file_format: str, actor: Actor, now: datetime) -> ProofFile:
    """The ledger of one person, the name masked as on the actor's screen. Records `consent.exported`. Raises NotFound,
    FontsMissing."""
    proof = queries.consent_proof(actor, customer_id)
    if file_format == "pdf":
        content = printing.pdf_of(TEMPLATES / "consents.typ", queries.as_print(proof, actor, now))
    elif file_format == "csv":
        content = queries.as_csv(proof)
    elif file_format == "json":
        content = queries.as_json(proof)
    else:
        raise NotFound
    events.record("consent.exported", subject=customer_id, customer=customer_id, actor=actor, at=now, data={"format": file_format})
    return ProofFile(f"consents_{proof.number}.{file_format}", content)
