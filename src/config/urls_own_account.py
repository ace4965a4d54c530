"""What a user has beside the password: pages that we take from django-allauth, for oneself. All of it is listed on one of ours."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from enishi.platform.views import security

own_account = RedirectView.as_view(pattern_name="platform:security")

urlpatterns = [
    path("second-factors/", own_account, name="mfa_index"),
    path("passkeys/", own_account, name="mfa_list_webauthn"),
    path("app/add/", security.enrol_app, name="mfa_activate_totp"),
    path("app/remove/", security.remove_app, name="mfa_deactivate_totp"),
    path("passkeys/add/", security.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/rename/", security.rename_passkey, name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", security.remove_passkey, name="mfa_remove_webauthn"),
    path("recovery-codes/", security.show_codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/renew/", security.renew_codes, name="mfa_generate_recovery_codes"),
]
