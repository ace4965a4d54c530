"""The audience of the planted delivery."""

from __future__ import annotations

from enishi.campaigns.models import Audience
from enishi.platform.demo.access import Ground


def plant(ground: Ground) -> None:
    made = {"segment_id": ground.ids["segment_id"], "assigned_at": ground.now}
    Audience.rows.get_or_create(delivery_id=ground.ids["delivery_id"], defaults=made)
