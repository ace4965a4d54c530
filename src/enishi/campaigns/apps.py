from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "enishi.campaigns"
    label = "campaigns"
