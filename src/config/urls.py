"""Addresses of the app host."""

from __future__ import annotations

from django.urls import include, path

from config.api import api

handler404 = "enishi.platform.views.errors.not_found"
handler429 = "enishi.platform.views.errors.too_many"  # asked for by django-allauth
handler500 = "enishi.platform.views.errors.server_error"

operations, app_name, namespace = api.urls
operations = [pattern for pattern in operations if getattr(pattern, "name", "") != "api-root"]  # a page that only says that there is none

urlpatterns = [
    path("accounts/", include("config.urls_accounts")),
    path("settings/account/", include("config.urls_own_account")),
    path("api/v1/", (operations, app_name, namespace)),
    path("scim/v2/", include("config.urls_scim")),
    path("customers/", include("enishi.customers.urls")),
    path("", include("enishi.commerce.urls")),
    path("tasks/", include("enishi.customers.urls_tasks")),
    path("duplicates/", include("enishi.customers.urls_twins")),
    path("imports/", include("enishi.customers.urls_imports")),
    path("exports/", include("enishi.customers.urls_exports")),
    path("deliveries/", include("enishi.campaigns.urls")),
    path("segments/", include("enishi.segments.urls")),
    path("analytics/", include("enishi.analytics.urls")),
    path("", include("enishi.messaging.urls")),
    path("", include("enishi.platform.urls")),
]
