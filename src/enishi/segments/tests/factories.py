"""Rules as they are stored, for tests of this app and of those above."""

from __future__ import annotations

EVERYBODY = {"type": "all", "rules": []}


def condition(fact: str, kind: str, op: str, *values: object) -> dict[str, object]:
    return {"type": "condition", "fact": fact, "test": {"type": kind, "op": op, "values": list(values)}}


IN_TAITO = condition("customer.city", "text", "contains", "台東")  # a personal fact
"""`city` may be read by few; so may this rule."""
FIRM = condition("customer.kind", "choice", "in", "company")
