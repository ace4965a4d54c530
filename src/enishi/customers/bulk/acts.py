"""The acts that verbs of bulk changes need, apart from what they do: queries ask for them, too."""

from __future__ import annotations

from collections.abc import Mapping

from enishi.customers.models import BulkRun

Verb = BulkRun.Verb
#: The act that each needs on each customer.
ACTS: Mapping[str, str] = {
    **dict.fromkeys((Verb.TAG, Verb.UNTAG, Verb.TRY, Verb.CLEANSE), "update"),
    **dict.fromkeys((Verb.OWNER, Verb.TEAM, Verb.HANDOVER), "assign"),
    Verb.ARCHIVE: "archive",
}
#: Verbs that look at all that is written about a customer; the others at whose they are alone.
WHOLE = frozenset((Verb.TRY, Verb.CLEANSE))
#: Verbs that are ordered by an action of their own.
APART = WHOLE | {Verb.HANDOVER}
