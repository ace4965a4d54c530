from __future__ import annotations

from django.conf import settings
from django.urls import path

from enishi.messaging.views import accounts, mailbox

app_name = "messaging"
urlpatterns = [
    path("settings/mail/", accounts.account_list, name="accounts"),
    path("settings/mail/new/", accounts.account_new, name="account-new"),
    path("settings/mail/add/", accounts.account_edit, name="account-add"),
    path("settings/mail/<int:account_id>/", accounts.account_edit, name="account-edit"),
    path("settings/mail/<int:account_id>/prove/", accounts.account_prove, name="account-prove"),
    path("settings/mail/<int:account_id>/archive/", accounts.account_archive, name="account-archive"),
]
if settings.DEMO:
    urlpatterns += [
        path("mailbox/", mailbox.mailbox, name="mailbox"),
        path("mailbox/<int:mail_id>/", mailbox.mail, name="mail"),
    ]
