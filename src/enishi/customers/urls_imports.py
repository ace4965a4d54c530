from __future__ import annotations

from django.urls import path

from enishi.customers.views import imports

app_name = "imports"
urlpatterns = [path("<int:run_id>/", imports.run, name="run")]
