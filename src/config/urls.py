"""Addresses of the app host."""

from __future__ import annotations

from django.urls import include, path

handler404 = "enishi.platform.views.errors.not_found"
handler500 = "enishi.platform.views.errors.server_error"

urlpatterns = [
    path("accounts/", include("config.urls_accounts")),
    path("customers/", include("enishi.customers.urls")),
    path("", include("enishi.commerce.urls")),
    path("imports/", include("enishi.customers.urls_imports")),
    path("deliveries/", include("enishi.campaigns.urls")),
    path("segments/", include("enishi.segments.urls")),
    path("", include("enishi.messaging.urls")),
    path("", include("enishi.platform.urls")),
]
