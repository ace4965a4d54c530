"""A segment of everybody, for tests of access."""

from __future__ import annotations

from enishi.platform.demo.access import Ground
from enishi.segments.models import Segment


def plant(ground: Ground) -> None:
    name = f"{ground.relation}{ground.name}"
    made = {"name": f"セグメント{name}", "rule": {"type": "all", "rules": []}, "created_at": ground.now}
    segment, _ = Segment.rows.get_or_create(number=f"S-{name}"[:20], defaults=made)
    ground.ids["segment_id"] = segment.pk
