"""Verbs of the answers that come by SAML: each counts once, and waits a moment for the browser that asked for it.

A browser brings an answer from another site and so without its cookies. What it says is kept under a ticket with which the
browser is sent on to a page of ours, where its session tells whether it had asked.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from enishi.platform.action import action
from enishi.platform.errors import ActionError
from enishi.platform.models import CompanyAnswer
from enishi.platform.rights import token_hash
from enishi.platform.saml import Identity
from enishi.platform.saml_xml import SamlRefused
from enishi.platform.secrets import seal, unseal

WAITS_FOR = timedelta(minutes=2)


class UsedBefore(SamlRefused):
    code = "saml.replay"
    message = _("このログインの返事は、もう使われています。ログイン画面からやり直してください。")


class TicketIsOver(ActionError):
    code = "saml.ticket"
    message = _("時間がたちすぎたか、もう使われています。ログイン画面からやり直してください。")
    status = 403


@action
def keep_answer(*, identity: Identity, issuer: str, wall: datetime) -> str:
    """Take an answer, once; gives the ticket for it. Raises UsedBefore."""
    ticket = secrets.token_urlsafe(32)
    row = CompanyAnswer(answer_hash=identity.answer_hash, good_until=identity.good_until, ticket_hash=token_hash(ticket), taken_at=wall)
    said = {
        "subject": identity.subject,
        "name": identity.name,
        "login": identity.login,
        "issuer": issuer,
        "in_response_to": identity.in_response_to,
    }
    row.said_sealed = seal(json.dumps(said), place=row.place)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise UsedBefore from error
    return ticket


@action
def take_answer(*, ticket: str, wall: datetime) -> dict[str, str]:
    """What the answer behind a ticket says, once: subject, name, login, issuer, in_response_to. Raises TicketIsOver."""
    row = CompanyAnswer.rows.select_for_update().filter(ticket_hash=token_hash(ticket), taken_at__gt=wall - WAITS_FOR).first()
    if row is None:
        raise TicketIsOver
    said: dict[str, str] = json.loads(unseal(bytes(row.said_sealed), place=row.place))
    row.ticket_hash, row.said_sealed = None, b""
    row.save(update_fields=["ticket_hash", "said_sealed"])
    return said


@action
def forget_answers(*, wall: datetime) -> int:
    """Drop answers that are too old to be taken again, and what nobody came for; how many rows went."""
    CompanyAnswer.rows.filter(taken_at__lte=wall - WAITS_FOR).exclude(ticket_hash=None).update(ticket_hash=None, said_sealed=b"")
    return CompanyAnswer.rows.filter(good_until__lt=wall).delete()[0]
