"""Addresses of the files host."""

from __future__ import annotations

from django.urls import path

from enishi.platform.views import health

handler404 = "enishi.platform.views.errors.not_found"
handler500 = "enishi.platform.views.errors.server_error"

urlpatterns = [path("healthz", health.healthz)]
