"""Addresses of the app host."""

from __future__ import annotations

from django.urls import include, path

handler404 = "enishi.platform.views.errors.not_found"
handler500 = "enishi.platform.views.errors.server_error"

urlpatterns = [
    path("accounts/", include("config.urls_accounts")),
    path("", include("enishi.platform.urls")),
]
