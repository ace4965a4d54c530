from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "enishi.rules"
    label = "rules"
