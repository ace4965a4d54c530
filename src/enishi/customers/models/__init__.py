"""The customer base: one customer, one id, one timeline."""

from enishi.customers.models.consent import ConsentRecord, ConsentState, Suppression
from enishi.customers.models.customer import Customer, CustomerAlias, CustomerTag, Identity, Note, Relation, Tag
from enishi.customers.models.imports import ImportRow, ImportRun

__all__ = [
    "ConsentRecord",
    "ConsentState",
    "Customer",
    "CustomerAlias",
    "CustomerTag",
    "Identity",
    "ImportRow",
    "ImportRun",
    "Note",
    "Relation",
    "Suppression",
    "Tag",
]
