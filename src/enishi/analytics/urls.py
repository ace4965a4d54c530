from __future__ import annotations

from django.urls import path

from enishi.analytics.views import customers, rfm

app_name = "analytics"
urlpatterns = [
    path("rfm/", rfm.rfm, name="rfm"),
    path("decile/", customers.decile, name="decile"),
    path("cpm/", customers.cpm, name="cpm"),
    path("repeat/", customers.repeat, name="repeat"),
]
