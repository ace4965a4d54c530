"""The sign-in pages that we take from django-allauth: these and no others."""

from __future__ import annotations

from allauth.account import views
from allauth.mfa.base.views import authenticate
from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path, re_path

from enishi.platform.views import company, company_directory, company_saml

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    # The second step of signing in, and signing in by a passkey alone.
    path("code/", authenticate, name="mfa_authenticate"),
    path("company/<str:provider_id>/login/", company.login, name="openid_connect_login"),
    path("company/<str:provider_id>/login/callback/", company.callback, name="openid_connect_callback"),
    path("company/directory/", company_directory.page, name="company_directory"),
    path("company/saml/metadata/", company_saml.metadata, name="company_saml_metadata"),
    path("company/saml/answer/", company_saml.answer, name="company_saml_answer"),
    path("company/saml/finish/", company_saml.finish, name="company_saml_finish"),
    path("passkey/", login_webauthn, name="mfa_login_webauthn"),
]
