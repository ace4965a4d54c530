"""Notes on a customer's timeline."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Note
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean_lines

LONGEST = 4_000


@action
def add_note(*, customer_id: int, text: str, actor: Actor, now: datetime) -> int:
    """Write a note; its id. Records `note.added`. Raises NotFound, NotAllowed, Invalid."""
    text = clean_lines(text)
    if not text:
        raise Invalid(fields={"text": [_("メモを入力してください。")]})
    if len(text) > LONGEST:
        raise Invalid(fields={"text": [_("メモは%(n)d文字以内で入力してください。") % {"n": LONGEST}]})
    customer = access.customer_for(actor, customer_id, "update")
    note = Note.rows.create(customer=customer, text=text, author_id=actor.user_id, at=now)
    events.record("note.added", subject=note.pk, customer=customer.pk, actor=actor, at=now)
    return note.pk


@action
def remove_note(*, note_id: int, actor: Actor, now: datetime) -> int:
    """Take one's own note off the timeline; the customer's id. Records `note.removed`; twice is once.

    Raises NotFound, NotAllowed (somebody else's note).
    """
    note = Note.rows.select_for_update().filter(pk=note_id).first()
    if note is None:
        raise NotFound
    access.customer_for(actor, note.customer_id, "update")
    if note.author_id != actor.user_id:
        raise NotAllowed(_("ほかの人のメモは消せません。"))
    if note.archived_at is None:
        note.archived_at = now
        note.save(update_fields=["archived_at"])
        events.record("note.removed", subject=note.pk, customer=note.customer_id, actor=actor, at=now)
    return note.customer_id
