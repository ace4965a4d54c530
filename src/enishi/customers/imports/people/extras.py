"""What a row says beside the customer's own columns: owner and shop, tags, notes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.imports.people.plan import Plan
from enishi.customers.imports.people.rows import PersonRow
from enishi.customers.imports.target import Message, RunContext
from enishi.customers.models import Activity, ActivityGrams, CustomerTag, Tag
from enishi.platform.actor import Actor
from enishi.platform.japanese.normalise import fold
from enishi.platform.models import Team, User


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
    """Tags and notes of the rows, each once a customer. At most six queries, none where no row has any."""
    people = [(known.ref, row) for (_result, known), row in zip(plan.results, rows, strict=True) if known is not None]
    _tags(context, [(pk, row.tags) for pk, row in people if row.tags])
    _notes(context, [(pk, row.note) for pk, row in people if row.note])


def _tags(context: RunContext, said: Sequence[tuple[int, Sequence[str]]]) -> None:
    names = sorted({name for _pk, tags in said for name in tags})
    if not names:
        return
    Tag.rows.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
    ids = dict(Tag.rows.filter(name__in=names).values_list("name", "pk"))
    CustomerTag.rows.bulk_create(
        [CustomerTag(customer_id=pk, tag_id=ids[name], at=context.now) for pk, tags in said for name in tags], ignore_conflicts=True
    )


def _notes(context: RunContext, said: Sequence[tuple[int, str]]) -> None:
    if not said:
        return
    told = Activity.rows.filter(kind=Activity.Kind.NOTE, customer_id__in=[pk for pk, _text in said], archived_at=None)
    had = set(told.values_list("customer_id", "text"))
    fresh = dict.fromkeys((pk, text) for pk, text in said if (pk, text) not in had)
    made = Activity.rows.bulk_create(
        [Activity(customer_id=pk, text=text, author_id=context.actor.user_id, at=context.now) for pk, text in fresh]
    )
    ActivityGrams.rows.bulk_create([ActivityGrams.of(activity) for activity in made])
