"""What the input standards say of a field while it is typed in."""

from __future__ import annotations

from dataclasses import asdict

from django.http import JsonResponse

from enishi.customers.queries.hints import field_hints
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_POST

_LONGEST = 4_000  # letters that are looked at: as many as the longest field holds


@require_POST
@needs("customer", "read")
def hints(request: ActorRequest) -> JsonResponse:
    """JSON, by field of the form: [{words, tone, text, act}]. Posted, so that nothing typed stands in an address; `kind`, and the texts
    that were typed anew by the names of their fields. 403 for a field that is not the actor's to write."""
    typed = {name: str(text)[:_LONGEST] for name, text in request.POST.items() if name not in ("kind", "csrfmiddlewaretoken")}
    found = field_hints(request.actor, typed, kind=request.POST.get("kind", "person"))
    return JsonResponse({name: [asdict(one) for one in hints] for name, hints in found.items()})
