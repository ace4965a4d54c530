from __future__ import annotations

from django.urls import path

from enishi.analytics.queries.screens import SCREENS
from enishi.analytics.views import ad_costs, analyses, value

app_name = "analytics"
urlpatterns = [
    path("", analyses.home, name="home"),
    *[path(f"{key}/", analyses.analysis, {"key": key}, name=key) for key in SCREENS],
    *[path(f"{key}/<slug:table_key>.csv", analyses.file, {"key": key}, name=f"{key}-file") for key in SCREENS],
    path("ltv/", value.ltv, name="ltv"),
    path("costs/", value.costs, name="costs"),
    path("cpa/", value.cpa, name="cpa"),
    path("ad-costs/", ad_costs.ad_costs, name="ad-costs"),
    path("ad-costs/import/", ad_costs.ad_costs_import, name="ad-costs-import"),
    path("sources/", ad_costs.sources, name="sources"),
    path("sources/add/", ad_costs.source_add, name="source-add"),
    path("sources/merge/", ad_costs.source_merge, name="source-merge"),
]
