from __future__ import annotations

from django.urls import path

from enishi.customers.views import import_undo, imports, imports_progress, imports_steps

app_name = "imports"
urlpatterns = [
    path("", imports.import_list, name="list"),
    path("new/", imports.new, name="new"),
    path("<int:run_id>/", imports.run, name="run"),
    path("<int:run_id>/content/", imports_steps.content, name="content"),
    path("<int:run_id>/columns/", imports_steps.columns, name="columns"),
    path("<int:run_id>/findings/", imports_steps.findings, name="findings"),
    path("<int:run_id>/consent/", imports_steps.consent, name="consent"),
    path("<int:run_id>/check/", imports_steps.check, name="check"),
    path("<int:run_id>/start/", imports_steps.start, name="start"),
    path("<int:run_id>/progress/", imports_progress.progress, name="progress"),
    path("<int:run_id>/stop/", imports_progress.stop, name="stop"),
    path("<int:run_id>/resume/", imports_progress.resume, name="resume"),
    path("<int:run_id>/discard/", imports_progress.discard, name="discard"),
    path("<int:run_id>/errors/", imports.errors, name="errors"),
    path("<int:run_id>/people/", imports.people, name="people"),
    path("<int:run_id>/undo/", import_undo.page, name="undo"),
    path("<int:run_id>/undo/progress/", import_undo.progress, name="undo-progress"),
    path("<int:run_id>/undo/check/", import_undo.check, name="undo-check"),
    path("<int:run_id>/undo/confirm/", import_undo.confirm, name="undo-confirm"),
    path("<int:run_id>/undo/start/", import_undo.start, name="undo-start"),
    path("<int:run_id>/undo/stop/", import_undo.stop, name="undo-stop"),
    path("<int:run_id>/undo/resume/", import_undo.resume, name="undo-resume"),
]
