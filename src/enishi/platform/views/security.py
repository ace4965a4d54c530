"""自分のアカウント: password, second factors, devices. The steps of enrolment are django-allauth's, in our pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.platform import time
from enishi.platform.actions import signin as actions
from enishi.platform.guards import confirmed, signed_in
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST, user_of
from enishi.platform.queries import signin as queries
from enishi.platform.queries.company import is_linked
from enishi.platform.second_factor import is_required, is_vouched_for, keep_hashed
from enishi.platform.signin import SID, note_security


@require_GET
@signed_in
def page(request: ActorRequest) -> HttpResponse:
    user = user_of(request)
    context = {
        "account": queries.own_account(request.actor),
        "factors": queries.second_factors_of(user.pk),
        "sessions": queries.sessions_of(user.pk, current_id=request.session.get(SID)),
        "linked": is_linked(user.pk),
        "required": is_required(request.actor, user),
        "vouched": is_vouched_for(user, request.session),
    }
    return render(request, "platform/security.html", context)


@require_POST
@signed_in
def end_session(request: ActorRequest, session_id: int) -> HttpResponse:
    try:
        actions.end_session(session_id=session_id, own_id=request.session.get(SID, 0), actor=request.actor, now=time.now())
    except actions.OwnSession as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("その端末のログインを終わらせました。"))
    return redirect("platform:security")


@require_POST
@signed_in
def end_other_sessions(request: ActorRequest) -> HttpResponse:
    ended = actions.end_other_sessions(own_id=request.session.get(SID, 0), actor=request.actor, now=time.now())
    messages.success(request, _("ほかの端末 %(n)d台のログインを終わらせました。") % {"n": ended})
    return redirect("platform:security")


class AddApp(totp.ActivateTOTPView):
    def form_valid(self, form: Form) -> HttpResponse:
        note_security(self.request, "totp_activated")
        response: HttpResponse = super().form_valid(form)
        return response


class RenewCodes(recovery_codes.GenerateRecoveryCodesView):
    def form_valid(self, form: Form) -> HttpResponse:
        note_security(self.request, "recovery_codes_generated")
        response: HttpResponse = super().form_valid(form)
        return response


class ShowCodes(recovery_codes.ViewRecoveryCodesView):
    """The one time that the codes are shown; from here on nobody can read them."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        keep_hashed(user_of(self.request).pk)
        return context


class AddPasskey(webauthn.AddWebAuthnView):
    """A passkey of ours always signs in by itself: the browser is asked for such a one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"passkey_options": begin_registration(self.request.user, passwordless=True)}


def _own_step(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page of the library's, for oneself, shown and carried out only behind a fresh proof; what it writes and the event of
    it are one transaction."""
    return require_http_methods(["GET", "POST"])(signed_in(confirmed(reading=True)(transaction.atomic(view))))


enrol_app = _own_step(AddApp.as_view())
remove_app = _own_step(totp.deactivate_totp)
add_passkey = _own_step(AddPasskey.as_view())
rename_passkey = _own_step(webauthn.edit_webauthn)
remove_passkey = _own_step(webauthn.remove_webauthn)
show_codes = _own_step(ShowCodes.as_view())
renew_codes = _own_step(RenewCodes.as_view())
