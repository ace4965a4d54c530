"""Addresses of SCIM 2.0, each with the methods that RFC 7644 3.2 gives it."""

from __future__ import annotations

from django.urls import path

from enishi.platform.scim.door import SCIM_NAMESPACE, door

app_name = SCIM_NAMESPACE
_COLLECTION, _RESOURCE = ("GET", "POST"), ("GET", "PUT", "PATCH", "DELETE")
urlpatterns = [
    path("", door("GET"), name="root"),
    path(".search", door("POST"), name="root-search"),
    path("ServiceProviderConfig", door("GET"), name="config"),
    path("ResourceTypes", door("GET"), name="types"),
    path("ResourceTypes/<str:scim_id>", door("GET"), name="type"),
    path("Schemas", door("GET"), name="schemas"),
    path("Schemas/<str:scim_id>", door("GET"), name="schema"),
    path("Users", door(*_COLLECTION), name="users"),
    path("Users/.search", door("POST"), name="users-search"),
    path("Users/<str:scim_id>", door(*_RESOURCE), name="user"),
    path("Groups", door(*_COLLECTION), name="groups"),
    path("Groups/.search", door("POST"), name="groups-search"),
    path("Groups/<str:scim_id>", door(*_RESOURCE), name="group"),
    path("Bulk", door("POST"), name="bulk"),
    path("Me", door(*_RESOURCE), name="me"),
    path("<path:scim_id>", door("GET"), name="other"),  # so that an unknown address is refused in the form of SCIM
]
