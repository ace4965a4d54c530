"""The track host: pixels, links and the unsubscribe page of mails. Holders of a link, nobody else, no cookies."""

from __future__ import annotations

from base64 import b64decode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from enishi.messaging.actions import touches
from enishi.messaging.keys import link_key
from enishi.messaging.mail.tracking import Purpose, TrackedId, parse
from enishi.messaging.queries.unsubscribing import unsubscribe_page
from enishi.platform import time
from enishi.platform.errors import NotFound
from enishi.platform.guards import public
from enishi.platform.http import require_http_methods, require_safe

_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class AnyRedirect(HttpResponseRedirect):
    allowed_schemes = ["http", "https", "mailto", "tel"]


def _tracked(purpose: Purpose, part: str) -> TrackedId:
    found = parse(purpose, part, key=link_key())
    if found is None:
        raise NotFound
    return found


@require_safe
@public("the pixel of a mail; a random signed id, an empty answer")
def opened(request: HttpRequest, part: str) -> HttpResponse:
    """The pixel. A HEAD is no opening."""
    tracked = _tracked(Purpose.OPEN, part)
    if request.method == "GET":
        touches.record_open(token_hash=tracked.token_hash, user_agent=request.headers.get("User-Agent", ""), now=time.now())
    answer = HttpResponse(_PIXEL, content_type="image/gif")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"  # it stands in mails, on whatever origin shows them
    return answer


@require_safe
@public("a link of a mail; where it leads is looked up, never read from the address")
def clicked(request: HttpRequest, part: str) -> HttpResponse:
    """302 to the link's address. A HEAD is no click."""
    tracked = _tracked(Purpose.CLICK, part)
    url = touches.record_click(
        token_hash=tracked.token_hash,
        position=tracked.position,
        user_agent="" if request.method == "HEAD" else request.headers.get("User-Agent", ""),
        now=time.now(),
    )
    answer = AnyRedirect(url)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@csrf_exempt  # RFC 8058: the mailbox provider posts without a page, a cookie or a token; the signed id is the key
@require_http_methods(["GET", "HEAD", "POST"])
@public("the unsubscribe page of a mail; only POST acts, so scanners that follow links change nothing")
def unsubscribe(request: HttpRequest, part: str) -> HttpResponse:
    tracked = _tracked(Purpose.UNSUBSCRIBE, part)
    if request.method == "POST":
        touches.unsubscribe(token_hash=tracked.token_hash, now=time.now())
    page = unsubscribe_page(tracked.token_hash)
    return render(request, "messaging/unsubscribe.html", {"page": page, "done": page.already})
