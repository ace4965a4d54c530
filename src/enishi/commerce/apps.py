from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "enishi.commerce"
    label = "commerce"
