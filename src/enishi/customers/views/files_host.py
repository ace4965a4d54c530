"""What is kept with customers, as the files host serves it: away from the app's cookies, never as a page of its own."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override

from enishi.customers.queries.files import Way, served_file
from enishi.platform.errors import NotFound
from enishi.platform.guards import public
from enishi.platform.http import require_GET

_NOTHING = {"default-src": ["'none'"], "form-action": ["'none'"], "base-uri": ["'none'"]}


@require_GET
@public("a customer's file, as a download or a picture made anew, by a signed address of a minute; rights are asked again")
@csp_override(_NOTHING | {"sandbox": [""], "frame-ancestors": ["'none'"]})
def kept(request: HttpRequest, token: str) -> HttpResponseBase:
    return _serve(token, ("download", "preview"))


@require_GET
@public("a customer's PDF for the browser's own reader, by a signed address of minutes; rights are asked again")
@csp_override(_NOTHING | {"object-src": ["'self'"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'none'"]})
def pdf(request: HttpRequest, token: str) -> HttpResponseBase:
    """Without the sandbox, in which browsers refuse to open their reader; its scripts never reach a page."""
    return _serve(token, ("pdf",))


def _serve(token: str, ways: tuple[Way, ...]) -> HttpResponseBase:
    try:
        file = served_file(token, ways)
        content = file.path.open("rb")
    except (NotFound, FileNotFoundError):
        words = _("このファイルは開けません。表示の期限が切れたか、見る権限がなくなりました。顧客の画面から開き直してください。")
        return HttpResponse(words, content_type="text/plain; charset=utf-8", status=404)
    answer = FileResponse(content, as_attachment=file.as_attachment, filename=file.name, content_type=file.media_type)
    if not file.as_attachment:
        answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
