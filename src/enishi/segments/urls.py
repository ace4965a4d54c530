from __future__ import annotations

from django.urls import path

from enishi.segments.views import segments

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("new/", segments.new, name="new"),
    path("build/", segments.build, name="build"),
    path("count/", segments.count, name="count"),
    path("<int:segment_id>/", segments.segment, name="segment"),
    path("<int:segment_id>/edit/", segments.edit, name="edit"),
    path("<int:segment_id>/archive/", segments.archive, name="archive"),
]
