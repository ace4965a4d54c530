"""利用目的: what the company says it uses personal data for; and today's consents, folded anew from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

from enishi.customers.models import ConsentPurpose
from enishi.customers.models.consent import Purpose
from enishi.customers.queries.consent_proof import usual_purpose
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.normalise import clean


@action
def save_purpose(*, key: str, name: str, text: str, actor: Actor, now: datetime) -> str:
    """Define a purpose (`key` is ""), or say another differently; its key. What was said before stays in the history. Records
    `purpose.defined` or `purpose.changed`. Raises NotAllowed, NotFound, Invalid."""
    policy.require(actor, "settings", "configure")
    name, text = clean(name), clean(text)
    problems = {}
    if not 0 < len(name) <= 40:
        problems["name"] = [_("40文字以内で入力してください。")]
    elif ConsentPurpose.rows.filter(name=name).exclude(key=key).exists():
        problems["name"] = [_("同じ名前の利用目的があります。")]
    if not 0 < len(text) <= 400:
        problems["text"] = [_("400文字以内で入力してください。")]
    if problems:
        raise Invalid(fields=problems)
    row = _purpose(key, now) if key else ConsentPurpose(key="", created_at=now)
    changed = {field: (getattr(row, field), value) for field, value in (("name", name), ("text", text)) if getattr(row, field) != value}
    row.name, row.text = name, text
    row.save()
    if not row.key:
        row.key = f"p{row.pk}"
        row.save(update_fields=["key"])
    if changed:
        deed = changes.open_change_set(actor=actor, door="screen", at=now)
        changes.record_changes(deed, ConsentPurpose, [(row.pk, changed)])
        events.record("purpose.changed" if key else "purpose.defined", subject=row.pk, customer=None, actor=actor, at=now)
    return row.key


@action
def retire_purpose(*, key: str, retired: bool, actor: Actor, now: datetime) -> None:
    """Ask nobody for it any more, or again; what people said about it stays. Records `purpose.retired` or `purpose.revived`. Raises
    NotAllowed, NotFound, Invalid (mailings need theirs)."""
    policy.require(actor, "settings", "configure")
    row = _purpose(key, now)
    if retired and key == Purpose.MARKETING:
        raise Invalid(fields={"": [_("配信に使う利用目的は、使用をやめられません。")]})
    if (row.retired_at is not None) == retired:
        return
    row.retired_at = now if retired else None
    row.save(update_fields=["retired_at"])
    events.record("purpose.retired" if retired else "purpose.revived", subject=row.pk, customer=None, actor=actor, at=now)


def _purpose(key: str, now: datetime) -> ConsentPurpose:
    row = ConsentPurpose.rows.select_for_update().filter(key=key).first()
    if row is None and key != Purpose.MARKETING:
        raise NotFound
    return row or ConsentPurpose(key=key, created_at=now, **usual_purpose())


# ---- the projection -------------------------------------------------------------------------------------------------

# What the ledger says last of each customer of today, channel and purpose. An entry that takes an import back, where nobody had
# spoken before, leaves nothing.
_FOLD = sql.SQL("""
SELECT customer_id, channel, purpose, allowed, basis, at FROM (
  SELECT DISTINCT ON (coalesce(a.current_id, r.customer_id), r.channel, r.purpose)
         coalesce(a.current_id, r.customer_id) AS customer_id, r.channel, r.purpose, r.allowed, r.basis, r.source, r.at
    FROM customers_consentrecord r
    LEFT JOIN customers_customeralias a ON a.old_id = r.customer_id
    JOIN customers_customer c ON c.id = coalesce(a.current_id, r.customer_id)
   ORDER BY 1, 2, 3, r.id DESC) AS said
 WHERE NOT (source IN ('undo', 'unmerge') AND basis = 'unknown')
""")
_WRONG = sql.SQL("""
WITH fold AS ({fold})
SELECT count(*) FILTER (WHERE s.id IS NULL), count(*) FILTER (WHERE f.customer_id IS NULL),
       count(*) FILTER (WHERE s.id IS NOT NULL AND f.customer_id IS NOT NULL)
  FROM fold f FULL JOIN customers_consentstate s
    ON s.customer_id = f.customer_id AND s.channel = f.channel AND s.purpose = f.purpose
 WHERE (s.allowed, s.basis) IS DISTINCT FROM (f.allowed, f.basis)
""").format(fold=_FOLD)
_WITHOUT_A_WORD = sql.SQL("""
WITH fold AS ({fold})
DELETE FROM customers_consentstate s
 WHERE NOT EXISTS (SELECT FROM fold f WHERE f.customer_id = s.customer_id AND f.channel = s.channel AND f.purpose = s.purpose)
""").format(fold=_FOLD)
_AS_SAID = sql.SQL("""
INSERT INTO customers_consentstate (customer_id, channel, purpose, allowed, basis, changed_at) {fold}
ON CONFLICT (customer_id, channel, purpose) DO UPDATE
   SET allowed = EXCLUDED.allowed, basis = EXCLUDED.basis, changed_at = EXCLUDED.changed_at
 WHERE (customers_consentstate.allowed, customers_consentstate.basis) IS DISTINCT FROM (EXCLUDED.allowed, EXCLUDED.basis)
""").format(fold=_FOLD)


@dataclass(frozen=True, slots=True)
class Drift:
    """How today's consents differ from the ledger: states that are missing, that nobody spoke for, that say something else."""

    missing: int
    unfounded: int
    different: int

    @property
    def total(self) -> int:
        return self.missing + self.unfounded + self.different


def drift() -> Drift:
    """One query over the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        return Drift(*cursor.fetchone())


@action
def rebuild_consents(*, now: datetime) -> Drift:
    """Make today's consents what the ledger says; how they differed. Records `consent.rebuilt` where they did."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE customers_consentstate IN SHARE ROW EXCLUSIVE MODE")
        found = drift()
        if found.total:
            cursor.execute(_WITHOUT_A_WORD)
            cursor.execute(_AS_SAID)
            data: dict[str, events.Primitive] = {"rows": found.total}
            events.record("consent.rebuilt", subject=0, customer=None, actor=SYSTEM, at=now, data=data)
    return found
