"""「自分に1通送る」 is asked for by who may configure, before any server is met."""

from __future__ import annotations

import pytest

from enishi.messaging.actions.accounts import save_account
from enishi.messaging.engine.prove import send_proof
from enishi.messaging.models import MailAccount
from enishi.messaging.tests.factories import account
from enishi.platform.errors import NotAllowed, NotFound

__all__ = ["account"]
pytestmark = pytest.mark.django_db


def test_who_may_not_configure_sends_no_proof_and_meets_no_server(account, yoshida, onlooker, now):
    for actor in (yoshida, onlooker):
        with pytest.raises((NotAllowed, NotFound)):
            send_proof(actor=actor, account_id=account.pk, to="somebody@example.jp", now=now)


def test_who_may_not_configure_makes_no_account(account, yoshida, now):
    columns = ("name", "preset", "host", "port", "security", "username", "from_name", "from_email", "reply_to", "per_second")
    wanted = {name: getattr(account, name) for name in columns}
    for account_id in (None, account.pk):
        with pytest.raises((NotAllowed, NotFound)):
            save_account(actor=yoshida, account_id=account_id, password="", now=now, **wanted)
    assert MailAccount.rows.count() == 1
