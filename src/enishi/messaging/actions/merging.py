"""Mails to customers who were one for a while: each goes to whose address it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

from enishi.customers.merging.follower import Parting
from enishi.customers.models import ConsentRecord, ContactPoint, Customer
from enishi.customers.models.consent import Channel
from enishi.customers.queries.consent import address_hash
from enishi.messaging.models import Message, Touch

# A mail of the same delivery that they had before stays theirs: nobody has two of one.
_REFILE = """
UPDATE messaging_message m SET customer_id = a.customer
  FROM unnest(%(hashes)s::bytea[], %(customers)s::bigint[]) AS a(hash, customer)
 WHERE m.customer_id = %(kept)s AND m.handed_at >= %(at)s AND m.address_hash = a.hash
   AND NOT EXISTS (SELECT FROM messaging_message o
                    WHERE o.delivery_id = m.delivery_id AND o.occasion = m.occasion AND o.customer_id = a.customer)
RETURNING m.id, m.customer_id
"""


class MailsFollow:
    """Wire MERGE_FOLLOWERS."""

    tables: tuple[str, ...] = ()

    def refigure(self, customer_ids: Collection[int], now: datetime) -> None:
        """Nothing of mails is figured a customer."""

    def refile(self, parting: Parting) -> Mapping[int, int]:
        """Mails that left since the merge, and what came back from them, go to whose address they were sent to; so does the word
        of who asked for no more, also where the mail is older. Six queries."""
        whose = _addresses(parting)
        if whose:
            with connection.cursor() as cursor:
                kept, at = parting.kept, parting.at
                cursor.execute(_REFILE, {"hashes": list(whose), "customers": list(whose.values()), "kept": kept, "at": at})
                for message_id, customer_id in cursor.fetchall():
                    Touch.rows.filter(message_id=message_id, customer_id=parting.kept).update(customer_id=customer_id)
        said = ConsentRecord.rows.filter(customer_id=parting.kept, source=ConsentRecord.Source.UNSUBSCRIBE, source_id__isnull=False)
        entries = dict(said.filter(pk__gt=parting.said_until).values_list("pk", "source_id"))
        theirs = Message.rows.filter(pk__in=set(entries.values()), customer_id__in=parting.born)
        owners: dict[int | None, int] = dict(theirs.values_list("pk", "customer_id"))
        return {pk: parting.born[owners[message]] for pk, message in entries.items() if message in owners}


def _addresses(parting: Parting) -> dict[bytes, int]:
    """The hash of each mail address that one of them alone has → who was merged away and has it."""
    rows = [*Customer.rows.filter(pk__in=[parting.kept, *parting.gone]).exclude(email="").values_list("pk", "email")]
    rows += ContactPoint.rows.filter(customer_id__in=[parting.kept, *parting.gone]).exclude(email="").values_list("customer_id", "email")
    holders: dict[bytes, set[int]] = {}
    for pk, email in rows:
        if hashed := address_hash(Channel.EMAIL, email):
            holders.setdefault(hashed, set()).add(pk)
    return {hashed: min(some) for hashed, some in holders.items() if parting.kept not in some and len(some) == 1}


FOLLOWER = MailsFollow()
