"""Addresses of the files host: content that others wrote, away from the app's cookies."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from enishi.campaigns.views import editor
from enishi.customers.views import files_host
from enishi.platform.views import health

handler404 = "enishi.platform.views.errors.not_found"
handler500 = "enishi.platform.views.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("preview/<str:token>", editor.preview, name="files-preview"),
    path("kept/<str:token>", files_host.kept, name="files-kept"),
    path("pdf/<str:token>", files_host.pdf, name="files-pdf"),
]
if settings.DEMO:
    from enishi.messaging.views import mailbox

    urlpatterns += [path("mail/<str:token>", mailbox.mail_body, name="files-mail")]
