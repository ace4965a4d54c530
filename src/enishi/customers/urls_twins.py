"""Addresses of the work list of duplicates; included under /duplicates/."""

from __future__ import annotations

from django.urls import path

from enishi.customers.views import merge_batches, twins

app_name = "twins"
urlpatterns = [
    path("", twins.twins, name="list"),
    path("progress/", twins.progress, name="progress"),
    path("hint/", twins.hint, name="hint"),
    path("apart/", twins.apart, name="apart"),
    path("later/", twins.later, name="later"),
    path("reopen/", twins.reopen, name="reopen"),
    path("batch/", merge_batches.plan, name="batch-plan"),
    path("batch/<int:batch_id>/", merge_batches.batch, name="batch"),
    path("batch/<int:batch_id>/progress/", merge_batches.progress, name="batch-progress"),
    path("batch/<int:batch_id>/approve/", merge_batches.approve, name="batch-approve"),
    path("batch/<int:batch_id>/stop/", merge_batches.stop, name="batch-stop"),
    path("batch/<int:batch_id>/resume/", merge_batches.resume, name="batch-resume"),
    path("batch/<int:batch_id>/undo/", merge_batches.undo, name="batch-undo"),
    path("search/", twins.search, name="search"),
    path("search/<int:search_id>/stop/", twins.stop, name="stop"),
]
