"""What the mirror keeps of customers: whose they are and what they have in common with others, never who they are."""

from __future__ import annotations

from enishi.platform.mirrored import MirrorColumn, MirrorTable, same

CUSTOMERS = MirrorTable(
    "customers",
    "customers.customer",
    same("int64", "id", "owner_id", "team_id")
    | same("string", "kind", "gender", "prefecture", "acquisition_source", "lifecycle")
    | {
        "created_on": MirrorColumn("created_at", "date", "(created_at AT TIME ZONE 'Asia/Tokyo')::date"),
        "archived": MirrorColumn("archived_at", "bool", "archived_at IS NOT NULL"),
    },
)
