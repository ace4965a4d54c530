from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "enishi.platform"
    label = "platform"
