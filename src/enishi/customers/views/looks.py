"""閲覧履歴 of one customer."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from enishi.customers.queries.looks import looks_at
from enishi.customers.queries.record import locate
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET


@require_GET
@needs("audit", "read")
def looks(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    before = request.GET.get("before", "")
    page = looks_at(request.actor, found.id, before=int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None)
    return render(request, "customers/looks.html", {"looks": page, "number": found.number, "further": bool(before)})
