from __future__ import annotations

from django.urls import path

from enishi.customers.views import exports

app_name = "exports"
urlpatterns = [
    path("", exports.own_list, name="list"),
    path("log/", exports.log, name="log"),
    path("new/", exports.new, name="new"),
    path("<int:export_id>/", exports.run, name="run"),
    path("<int:export_id>/progress/", exports.progress, name="progress"),
    path("<int:export_id>/stop/", exports.stop, name="stop"),
    path("<int:export_id>/resume/", exports.resume, name="resume"),
    path("<int:export_id>/discard/", exports.discard, name="discard"),
    path("<int:export_id>/file/", exports.file, name="file"),
    path("<int:export_id>/lost/", exports.lost, name="lost"),
]
