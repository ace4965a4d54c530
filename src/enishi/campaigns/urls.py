from __future__ import annotations

from django.urls import path

from enishi.campaigns.views import deliveries, editor

app_name = "campaigns"
urlpatterns = [
    path("", deliveries.delivery_list, name="deliveries"),
    path("home/", deliveries.home, name="home"),
    path("start/", deliveries.start, name="start"),
    path("new/", editor.new, name="new"),
    path("<int:delivery_id>/", deliveries.delivery, name="delivery"),
    path("<int:delivery_id>/state/", deliveries.state, name="state"),
    path("<int:delivery_id>/edit/", editor.edit, name="edit"),
    path("<int:delivery_id>/save/", editor.save, name="save"),
    path("<int:delivery_id>/confirm/", editor.confirm, name="confirm"),
    path("<int:delivery_id>/cancel/", deliveries.cancel, name="cancel"),
    path("<int:delivery_id>/hurry/", deliveries.hurry, name="hurry"),
    path("<int:delivery_id>/stop/", deliveries.stop, name="stop"),
    path("<int:delivery_id>/resume/", deliveries.resume, name="resume"),
    path("<int:delivery_id>/judge/", deliveries.judge, name="judge"),
]
