"""What must be answered before a run may begin."""

from __future__ import annotations

from typing import Any

from enishi.customers.imports.people.rows import MAILS
from enishi.customers.imports.running import target_of
from enishi.customers.models import ImportRun


def needs_consent(run: ImportRun) -> bool:
    """Whether nothing in the file says who may be mailed, so that its owner must. A file that we wrote holds people whom we know."""
    mapped = set(run.mapping.values())
    return target_of(run).asks_consent and bool(mapped & MAILS.keys()) and not mapped & {"mail_consent", "mail_refusal", "number"}


def stopping_findings(run: ImportRun) -> list[dict[str, Any]]:
    """Findings that stop the import: in columns that are to be taken in."""
    return [f for f in run.findings if f["severity"] == "stop" and (f["column"] is None or run.mapping.get(str(f["column"])))]
