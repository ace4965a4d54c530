from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "enishi.segments"
    label = "segments"
