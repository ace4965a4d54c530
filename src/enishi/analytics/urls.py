from __future__ import annotations

from django.urls import path

from enishi.analytics.views import rfm

app_name = "analytics"
urlpatterns = [path("rfm/", rfm.rfm, name="rfm")]
