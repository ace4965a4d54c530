from django.apps import AppConfig


class WarehouseConfig(AppConfig):
    name = "enishi.warehouse"
