"""The demo's mailbox, and the page on the files host that shows one mail's HTML in a sandbox."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from enishi.messaging.actions import sink
from enishi.messaging.mail.html_view import page_of
from enishi.messaging.queries import mailbox as queries
from enishi.platform.guards import needs, public
from enishi.platform.http import ActorRequest, require_GET, wants_part
from enishi.platform.origins import app_url, track_url


@require_GET
@needs("sink_mail", "read")
def mailbox(request: ActorRequest) -> HttpResponse:
    """Newest first; `to` narrows by address."""
    to, before = request.GET.get("to", "").strip()[:100], request.GET.get("before", "")
    lines = queries.mailbox(request.actor, to=to, before=int(before) if before.isdecimal() else None)
    context = {"lines": lines[: queries.PAGE], "more": lines[queries.PAGE - 1].id if len(lines) > queries.PAGE else None, "to": to}
    template = "messaging/mailbox.html#rows" if wants_part(request, "rows") else "messaging/mailbox.html"
    return render(request, template, context)


@require_GET
@needs("sink_mail", "read")
def mail(request: ActorRequest, mail_id: int) -> HttpResponse:
    line = queries.one_mail(request.actor, mail_id)
    sink.mark_seen(actor=request.actor, mail_id=mail_id)
    return render(request, "messaging/mail.html", {"line": line, "body_url": queries.body_url(request.actor, mail_id)})


@require_GET
@public("a mail's HTML, cleaned and sandboxed, by the random token that its reader was given")
@xframe_options_exempt
@csp_override(
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", track_url("")],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
        "frame-ancestors": [app_url("")],
    }
)
def mail_body(request: HttpRequest, token: str) -> HttpResponse:
    """On the files host only: no cookie of the app, no script; the pixel and the links work as in a mailer."""
    answer = HttpResponse(page_of(queries.raw_by_token(token)))
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
