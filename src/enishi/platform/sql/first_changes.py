"""A few changes of each of many deeds: a deed may have changed a million rows."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

_FIRST = """
SELECT one.id FROM unnest(%s::bigint[]) AS deed(id)
 CROSS JOIN LATERAL (SELECT id FROM platform_fieldchange WHERE change_set_id = deed.id LIMIT %s) AS one
"""


def first_changes(change_sets: Sequence[int], few: int) -> list[int]:
    """The ids of at most `few` changes of each deed, as they lie. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [list(change_sets), few])
        return [pk for (pk,) in cursor.fetchall()]
