"""統合の取り消し: customers who were made one are again who they were, and what came since goes to whom its own evidence names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.actions.customers import claim_identities
from enishi.customers.actions.merge_consents import part_consents, settle_ledger
from enishi.customers.actions.merge_rows import bring_again, put_back
from enishi.customers.actions.merging import InTheBin, followers
from enishi.customers.details import FIELDS, Details, changed_names, class_of, column_of, details_of, fingerprint, value_of
from enishi.customers.merging.follower import Parting
from enishi.customers.merging.manifest import CUSTOMERS, FIGURED, pointing
from enishi.customers.merging.parting import details_of_row, parted
from enishi.customers.models import Activity, Comment, ConsentRecord, Customer, CustomerAlias, Merge, MergeEntry, Task
from enishi.customers.search import SEARCH_COLUMNS, fill_search_columns
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.sql import journal


class NewerMergeFirst(ActionError):
    """Somebody was merged with them since: the newest merge is taken back first. `merge_id`: that one."""

    code = "merge.newer_first"
    message = gettext_lazy("このあとに、別の統合があります。新しい統合から順に取り消してください。")

    def __init__(self, merge_id: int) -> None:
        self.merge_id = merge_id
        super().__init__()


class AlreadyUndone(ActionError):
    """It was taken back already."""

    code = "merge.already_undone"
    message = gettext_lazy("この統合は、すでに取り消されています。")


class ChangedAgain(ActionError):
    """Who carries on was changed after the screen showed what would become of them. Nothing was written."""

    code = "merge.changed_meanwhile"
    message = gettext_lazy("確認している間に、この顧客が変更されました。内容をもう一度確かめてください。")


@dataclass(frozen=True, slots=True)
class Unmerged:
    """Who they are again; `left`: rows that somebody changed since and that stay with who carried on."""

    kept_id: int
    gone_ids: tuple[int, ...]
    left: int


@action
def unmerge_customers(
    *, merge_id: int, actor: Actor, now: datetime, later: Mapping[str, int] | None = None, seen: str | None = None, door: str = "screen"
) -> Unmerged:
    """Take a merge back. Records `customer.unmerged` for each of them.

    `later`: of fields that were changed since the merge, part → id of the customer who keeps the later value; who carried on,
    where nothing is said. The others are as they were before the merge. `seen`: the fingerprint of who carries on, as the caller
    looked at them. Rows go back as the journal says but for those that somebody changed since; what came since goes where its
    evidence leads.

    Raises NotFound, NotAllowed, Invalid, AlreadyUndone, NewerMergeFirst, ChangedAgain.
    """
    merge = Merge.rows.select_for_update().filter(pk=merge_id).first()
    if merge is None:
        raise NotFound
    kept = _kept(merge, actor)
    if seen is not None and seen != fingerprint(details_of(kept)):
        raise ChangedAgain
    _refuse_unknown(merge, later or {})
    entries = list(MergeEntry.rows.filter(merge=merge).order_by("pk"))
    was = details_of(kept)
    left = _part(merge, kept, entries, later or {}, actor=actor, now=now)
    deed = changes.open_change_set(actor=actor, door="unmerge", at=now)
    after = details_of(kept)
    names = changed_names(was, after)
    pairs = {column_of(name): (value_of(was, name), value_of(after, name)) for name in names}
    changes.record_changes(deed, Customer, [(kept.pk, pairs)], classes={column_of(name): class_of(name) for name in names})
    merge.undone_at, merge.undone_by_id = now, actor.user_id
    merge.save(update_fields=["undone_at", "undone_by"])
    told: dict[str, events.Primitive] = {
        "ids": ",".join(map(str, merge.gone_ids)),
        "numbers": ",".join(merge.gone_numbers),
        "change_set": deed.pk,
        "door": door,
    }
    events.record_many([events.NewEvent("customer.unmerged", merge.pk, pk, now, told) for pk in merge.ids], actor=actor)
    access.confirm_reach(actor, merge.ids, "merge")
    return Unmerged(kept.pk, tuple(merge.gone_ids), left)


def _kept(merge: Merge, actor: Actor) -> Customer:
    """Who carries on, locked. Whether there is such a merge is told to who may see them alone."""
    if merge.undone_at is not None:
        access.look_at(actor, merge.kept_id, "read")
        raise AlreadyUndone
    newest = newest_of(merge.kept_id)
    if newest is None:
        raise NotFound
    if newest.pk != merge.pk:
        access.look_at(actor, newest.kept_id, "read")
        raise NewerMergeFirst(newest.pk)
    kept = access.customer_for(actor, merge.kept_id, "merge")
    if kept.archived_at is not None:
        raise InTheBin
    return kept


def newest_of(customer_id: int) -> Merge | None:
    """The last merge that stands of those that this customer carried on in or went in. One query."""
    rows = Merge.rows.filter(Q(kept_id=customer_id) | Q(gone_ids__contains=[customer_id]), undone_at=None)
    return rows.order_by("-pk").first()


def _refuse_unknown(merge: Merge, later: Mapping[str, int]) -> None:
    problems = {part: [_("一覧から選んでください。")] for part, pk in later.items() if pk not in merge.ids}
    if problems:
        raise Invalid(fields=problems)


def _part(merge: Merge, kept: Customer, entries: Sequence[MergeEntry], later: Mapping[str, int], *, actor: Actor, now: datetime) -> int:
    """Everything but the record of the deed; how many rows stay with who carried on since somebody changed them."""
    rows = {entry.row_id: entry for entry in entries if entry.table == CUSTOMERS}
    before = {pk: details_of_row(rows[pk].before or {}) for pk in merge.gone_ids}
    sides = parted(rows[kept.pk], details_of(kept), before, later)
    left = put_back(entries, gone=merge.gone_ids)
    _derived_as_before(rows[kept.pk])
    kept.refresh_from_db()
    gone = list(Customer.rows.filter(pk__in=merge.gone_ids).order_by("pk"))
    for customer in (kept, *gone):
        _write(customer, sides[customer.pk], rows[customer.pk].before or {})
    left += bring_again(entries)
    for customer in (kept, *gone):
        fill_search_columns(customer)
        customer.save(update_fields=SEARCH_COLUMNS)
        claim_identities(customer, now)
    born = {pk: pk for pk in merge.gone_ids} | dict(CustomerAlias.rows.filter(current__in=gone).values_list("old_id", "current_id"))
    refiled = _refile(Parting(merge.pk, kept.pk, merge.gone_ids, merge.at, merge.said_until, born))
    for follower in followers():
        follower.refigure(merge.ids, now)
    part_consents(merge.ids, merge_id=merge.pk, said_until=merge.said_until, refiled=refiled)
    settle_ledger(merge.ids, source=ConsentRecord.Source.UNMERGE, source_id=merge.pk, actor=actor, now=now)
    figured = {column.table for column in pointing(FIGURED)}
    return sum(entry.table not in figured for entry in left)


def _derived_as_before(entry: MergeEntry) -> None:
    """Of the row of who carried on the columns that nobody writes by hand, where nothing changed them since."""
    before, after = entry.before or {}, entry.after or {}
    current = journal.rows_of(CUSTOMERS, "id", [entry.row_id], pk="id")[entry.row_id]
    written = {*FIELDS, "phone_e164"}
    same = {name: value for name, value in before.items() if name not in written and current.get(name) == after.get(name)}
    journal.put_back(CUSTOMERS, "id", entry.row_id, same)


def _write(customer: Customer, details: Details, before: Mapping[str, object]) -> None:
    for name in FIELDS:
        setattr(customer, name, getattr(details, name))
    if details.phone == before.get("phone"):
        customer.phone_e164 = str(before["phone_e164"])
    else:
        phone = parse_phone(details.phone) if details.phone else None
        customer.phone_e164 = phone.e164 if phone else ""
    customer.save(update_fields=[*dict.fromkeys(column_of(name) for name in FIELDS), "phone_e164"])


def _refile(parting: Parting) -> dict[int, int]:
    """What came since: what hangs on an activity goes where the activity is; the other apps know the evidence of theirs."""
    for model in (Comment, Task):
        for pk in parting.gone:
            theirs = Activity.rows.filter(customer_id=pk).values("pk")
            model.rows.filter(customer_id=parting.kept, activity_id__in=theirs).update(customer_id=pk)
    refiled: dict[int, int] = {}
    for follower in followers():
        refiled |= follower.refile(parting)
    return refiled
