"""Addresses of the track host: what mailed links lead to, and nothing of the app."""

from __future__ import annotations

from django.urls import path

from enishi.messaging.views import track
from enishi.platform.views import health

handler404 = "enishi.platform.views.errors.not_found"
handler500 = "enishi.platform.views.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("o/<str:part>", track.opened, name="track-open"),
    path("c/<str:part>", track.clicked, name="track-click"),
    path("u/<str:part>", track.unsubscribe, name="track-unsubscribe"),
]
