from __future__ import annotations

from django.urls import path

from enishi.platform.views import health

app_name = "platform"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
