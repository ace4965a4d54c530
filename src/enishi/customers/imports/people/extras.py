"""What a row says beside the customer's own columns: owner and shop, tags, notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import F
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.imports.people.plan import Plan
from enishi.customers.imports.people.rows import PersonRow
from enishi.customers.imports.target import Message, RunContext
from enishi.customers.models import Activity, ActivityGrams, CustomerTag, Tag
from enishi.platform import changes
from enishi.platform.actor import Actor
from enishi.platform.japanese.normalise import fold
from enishi.platform.models import ChangeSet, Team, User
from enishi.platform.sql.one_of import OneOf


def find_staff(rows: Sequence[PersonRow], actor: Actor) -> None:
    """Find the owners and shops that rows name, for new customers. At most two queries, none where no row names any."""
    named = [row for row in rows if (row.owner or row.store) and not row.rejected]
    if not named:
        return
    may = access.may(actor, "assign")
    people: dict[str, int] = {}
    for pk, name, login in User.rows.filter(is_active=True).values_list("pk", "display_name", "username") if may else ():
        people |= {fold(login): pk, fold(name): pk}
    teams = {fold(name): pk for pk, name in Team.rows.values_list("pk", "name")} if may else {}
    for row in named:
        row.owner_id, row.team_id = people.get(fold(row.owner)), teams.get(fold(row.store))
        if row.owner and row.owner_id is None:
            _tell(row, "owner", _("担当「%(name)s」は見つからないか、割り当てる権限がないため、設定しません。") % {"name": row.owner})
        if row.store and row.team_id is None:
            _tell(row, "store", _("店舗「%(name)s」は見つからないか、割り当てる権限がないため、設定しません。") % {"name": row.store})


def _tell(row: PersonRow, column: str, text: str) -> None:
    message = Message(column, text)
    if message not in row.messages:
        row.messages.append(message)


def write_extras(context: RunContext, plan: Plan, rows: Sequence[PersonRow]) -> None:
    """Tags and notes of the rows, each once a customer. At most ten queries, none where no row has any.

    What was put to customers who were known before is noted down for undo; the rest goes with its customer.
    """
    people = [(known.ref, row) for (_result, known), row in zip(plan.results, rows, strict=True) if known is not None]
    fresh = {known.ref for known, _row in plan.created}
    _tags(context, [(pk, row.tags) for pk, row in people if row.tags], fresh)
    _notes(context, [(pk, row.note) for pk, row in people if row.note], fresh)


def _tags(context: RunContext, said: Sequence[tuple[int, Sequence[str]]], fresh: Collection[int]) -> None:
    names = sorted({name for _pk, tags in said for name in tags})
    if not names:
        return
    ids = _tag_ids(context, names)
    wanted = {(pk, ids[name]) for pk, tags in said for name in tags}
    if known_before := {pk for pk, _tag in wanted} - set(fresh):
        wanted -= set(CustomerTag.rows.filter(OneOf(F("customer_id"), known_before)).values_list("customer_id", "tag_id"))
    made = CustomerTag.rows.bulk_create([CustomerTag(customer_id=pk, tag_id=tag, at=context.now) for pk, tag in sorted(wanted)])
    noted = [(row.pk, {"tag": (None, row.tag_id), "customer": (None, row.customer_id)}) for row in made if row.customer_id not in fresh]
    changes.record_changes(ChangeSet(pk=context.change_set_id), CustomerTag, noted)


def _tag_ids(context: RunContext, names: Sequence[str]) -> dict[str, int]:
    """Tag → id; tags that nobody used before are made, and noted down for undo."""
    rows = Tag.rows.filter(name__in=names).values_list("name", "pk")
    ids = dict(rows)
    if len(ids) == len(names):
        return ids
    known_before = set(ids)
    Tag.rows.bulk_create([Tag(name=name) for name in names if name not in ids], ignore_conflicts=True)
    ids = dict(rows.all())
    made = [(pk, {"name": (None, name)}) for name, pk in ids.items() if name not in known_before]
    changes.record_changes(ChangeSet(pk=context.change_set_id), Tag, made)
    return ids


def _notes(context: RunContext, said: Sequence[tuple[int, str]], fresh: Collection[int]) -> None:
    if not said:
        return
    told = Activity.rows.filter(kind=Activity.Kind.NOTE, customer_id__in=[pk for pk, _text in said], archived_at=None)
    had = set(told.values_list("customer_id", "text"))
    new = dict.fromkeys((pk, text) for pk, text in said if (pk, text) not in had)
    made = Activity.rows.bulk_create(
        [Activity(customer_id=pk, text=text, author_id=context.actor.user_id, at=context.now) for pk, text in new]
    )
    ActivityGrams.rows.bulk_create([ActivityGrams.of(activity) for activity in made])
    noted = [(row.pk, {"customer": (None, row.customer_id)}) for row in made if row.customer_id not in fresh]
    changes.record_changes(ChangeSet(pk=context.change_set_id), Activity, noted)
