"""How the audit names segments."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.urls import reverse

from enishi.platform.actor import Actor
from enishi.platform.audit_objects import AuditObject, Named
from enishi.segments import access


def _names(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = access.visible_segments(actor).filter(pk__in=ids).values_list("pk", "name")
    return {pk: Named(name, reverse("segments:segment", args=[pk])) for pk, name in rows}


SEGMENTS = AuditObject(names=_names)
