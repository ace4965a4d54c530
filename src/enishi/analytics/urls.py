from __future__ import annotations

from django.urls import path

from enishi.analytics.queries.screens import SCREENS
from enishi.analytics.views import analyses

app_name = "analytics"
urlpatterns = [
    path("", analyses.home, name="home"),
    *[path(f"{key}/", analyses.analysis, {"key": key}, name=key) for key in SCREENS],
    *[path(f"{key}/<slug:table_key>.csv", analyses.file, {"key": key}, name=f"{key}-file") for key in SCREENS],
]
