"""ご本人の確認: the page, and the dialog that htmx brings, before what only the person themself may do."""

from __future__ import annotations

from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from enishi.platform import confirmation
from enishi.platform.forms.signin import ConfirmForm
from enishi.platform.guards import signed_in
from enishi.platform.http import ActorRequest, onward, require_http_methods, user_of


@require_http_methods(["GET", "POST"])
@signed_in
def confirm(request: ActorRequest) -> HttpResponseBase:
    """Takes a proof and goes on to `next`, with the form that was held back for it. htmx: 204 and the page presses again."""
    path = onward(request)
    if request.method == "GET" and confirmation.is_recent(request):
        return redirect(path)
    form = ConfirmForm(request.POST or None, request=request, user=user_of(request))
    if request.method == "POST" and form.is_valid():
        confirmation.note(request)
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Trigger": "enishi:confirmed"})
        return confirmation.resume(request, path)
    if request.htmx:
        return dialog(request, form)
    return render(request, "platform/confirm.html", _context(form) | {"next": path}, status=422 if form.errors else 200)


def dialog(request: HttpRequest, form: ConfirmForm | None = None) -> HttpResponse:
    """The dialog above the page. 403: what was asked for has not been done; 422: the proof was wrong."""
    form = form or ConfirmForm(request=request, user=user_of(request))
    status = 422 if form.errors else 403
    return render(request, "platform/confirm_dialog.html", _context(form), status=status)


def _context(form: ConfirmForm) -> dict[str, object]:
    options = begin_authentication(form.user) if form.has_passkey else None
    return {"form": form, "passkey_options": options}
