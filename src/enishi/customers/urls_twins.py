"""Addresses of the work list of duplicates; included under /duplicates/."""

from __future__ import annotations

from django.urls import path

from enishi.customers.views import twins

app_name = "twins"
urlpatterns = [
    path("", twins.twins, name="list"),
    path("progress/", twins.progress, name="progress"),
    path("hint/", twins.hint, name="hint"),
    path("apart/", twins.apart, name="apart"),
    path("later/", twins.later, name="later"),
    path("reopen/", twins.reopen, name="reopen"),
    path("search/", twins.search, name="search"),
    path("search/<int:search_id>/stop/", twins.stop, name="stop"),
]
