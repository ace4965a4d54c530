"""What can be done to many at once, and how each is taken back. Each works on customers that are locked, and records what
it changed under the run's change set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from enishi.customers import access
from enishi.customers.bulk import cleansing, handover
from enishi.customers.models import BulkRun, Customer, CustomerTag
from enishi.platform import changes, events
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange

Verb = BulkRun.Verb
_COLUMNS: Mapping[str, str] = {Verb.OWNER: "owner", Verb.TEAM: "team", Verb.ARCHIVE: "archived_at"}


@dataclass(frozen=True, slots=True)
class Deed:
    """One chunk's part of a run."""

    run: BulkRun
    actor: Actor
    now: datetime

    def gives_the_actor_more(self, customer: Customer) -> bool:
        """Whether this would let the actor do something with the customer that they may not do now."""
        match self.run.verb:
            case Verb.OWNER:
                return access.gains_by(self.actor, customer, owner_id=self.run.target_id, team_id=customer.team_id)
            case Verb.TEAM:
                return access.gains_by(self.actor, customer, owner_id=customer.owner_id, team_id=self.run.target_id)
            case Verb.HANDOVER:
                team_id = self.run.wishes.get("team_id", customer.team_id)
                return access.gains_by(self.actor, customer, owner_id=self.run.target_id, team_id=team_id)
        return False

    @property
    def tag_id(self) -> int:
        """The tag that a run about tags is about."""
        return self.run.target_id or 0


def do(deed: Deed, customers: Sequence[Customer]) -> set[int]:
    """Change them; the ids of those that are different now. Three to five queries."""
    match deed.run.verb:
        case Verb.TAG:
            return _put_tag(deed, [c.pk for c in customers])
        case Verb.UNTAG:
            return _take_tag(deed, CustomerTag.rows.filter(customer__in=customers, tag_id=deed.tag_id))
        case Verb.ARCHIVE:
            return _set(deed, dict.fromkeys(customers, (None, deed.now)))
        case Verb.TRY:
            return cleansing.would_change(deed.run, deed.actor, customers)
        case Verb.CLEANSE:
            return cleansing.mend(deed.run, deed.actor, customers, deed.now)
        case Verb.HANDOVER:
            return handover.hand_over(deed.run, deed.actor, customers, deed.now)
        case verb:
            name = f"{_COLUMNS[verb]}_id"
            return _set(deed, {c: (before, deed.run.target_id) for c in customers if (before := getattr(c, name)) != deed.run.target_id})


def undo(deed: Deed, customers: Sequence[Customer]) -> tuple[set[int], set[int]]:
    """Take back what the run that is undone did to them: (ids that are as before, ids that somebody changed since)."""
    done = deed.run.undoes
    if done is None:
        raise TypeError(f"run {deed.run.pk} undoes nothing")
    ids = {c.pk for c in customers}
    match done.verb:
        case Verb.TAG:
            there = CustomerTag.rows.filter(customer__in=customers, tag_id=deed.tag_id)
            ours = _recorded(done, CustomerTag, list(there.values_list("pk", flat=True)))
            changed = _take_tag(deed, there.filter(pk__in=ours))
        case Verb.UNTAG:
            changed = _put_tag(deed, sorted(ids))
        case Verb.CLEANSE:
            return cleansing.take_back(deed.run, done, deed.actor, customers, deed.now)
        case Verb.HANDOVER:
            return handover.take_back(deed.run, done, deed.actor, customers, deed.now)
        case _:
            changed = _set(deed, _as_before(done, customers))
    return changed, ids - changed


def _put_tag(deed: Deed, ids: Sequence[int]) -> set[int]:
    tag_id = deed.tag_id
    had = set(CustomerTag.rows.filter(customer_id__in=ids, tag_id=tag_id).values_list("customer_id", flat=True))
    fresh = [CustomerTag(customer_id=pk, tag_id=tag_id, at=deed.now) for pk in ids if pk not in had]
    rows = CustomerTag.rows.bulk_create(fresh)
    _record(deed, CustomerTag, [(row.pk, {"tag": (None, tag_id), "customer": (None, row.customer_id)}) for row in rows])
    return _tell(deed, "customer.tagged", [row.customer_id for row in rows], {"tag_id": tag_id})


def _take_tag(deed: Deed, rows: QuerySet[CustomerTag]) -> set[int]:
    found = list(rows.order_by("customer_id").values_list("pk", "customer_id", "tag_id"))
    CustomerTag.rows.filter(pk__in=[pk for pk, _customer, _tag in found]).delete()
    _record(deed, CustomerTag, [(pk, {"tag": (tag_id, None), "customer": (customer_id, None)}) for pk, customer_id, tag_id in found])
    return _tell(deed, "customer.untagged", [customer_id for _pk, customer_id, _tag in found], {"tag_id": deed.tag_id})


def _set(deed: Deed, values: Mapping[Customer, tuple[object, object]]) -> set[int]:
    """Give each customer a new value (after) in the verb's column."""
    column = _COLUMNS[deed.run.verb]
    _record(deed, Customer, [(customer.pk, {column: pair}) for customer, pair in values.items()])
    for after in {after for _before, after in values.values()}:
        ids = [customer.pk for customer, pair in values.items() if pair[1] == after]
        rows = Customer.rows.filter(pk__in=ids)
        if column == "owner":
            rows.update(owner_id=after)
        elif column == "team":
            rows.update(team_id=after)
        else:
            rows.update(archived_at=after)
    if column == "owner":
        for after in {after for _before, after in values.values()}:
            ids = [customer.pk for customer, pair in values.items() if pair[1] == after]
            _tell(deed, "customer.assigned", ids, {"owner_id": int(str(after or 0))})
        return {customer.pk for customer in values}
    kind = "customer.updated" if column == "team" else "customer.restored" if deed.run.undoes else "customer.archived"
    return _tell(deed, kind, [customer.pk for customer in values], {"fields": column} if column == "team" else {})


def _as_before(done: BulkRun, customers: Sequence[Customer]) -> dict[Customer, tuple[object, object]]:
    """What a run changed and nobody since: customer → (now, before the run)."""
    column = _COLUMNS[done.verb]
    found = FieldChange.rows.filter(
        object=Customer._meta.label_lower, object_id__in=[c.pk for c in customers], change_set_id=done.change_set_id, field=column
    )
    recorded = {change.object_id: (change.before, change.after) for change in found}
    values: dict[Customer, tuple[object, object]] = {}
    for customer in customers:
        before, after = recorded.get(customer.pk, (None, None))
        now = customer.archived_at if column == "archived_at" else getattr(customer, f"{column}_id")
        is_ours = now is not None and now.isoformat() == after if column == "archived_at" else now == after
        if customer.pk in recorded and is_ours:
            values[customer] = (now, before)
    return values


def _recorded(done: BulkRun, model: type[CustomerTag], ids: Collection[int]) -> list[int]:
    """Of these rows, those that the run made."""
    changed = FieldChange.rows.filter(object=model._meta.label_lower, object_id__in=ids, change_set_id=done.change_set_id, field="tag")
    return list(changed.values_list("object_id", flat=True))


def _record(deed: Deed, model: type[Customer] | type[CustomerTag], rows: Sequence[tuple[int, Mapping[str, changes.Change]]]) -> None:
    if rows:
        changes.record_changes(deed.run.change_set, model, rows)


def _tell(deed: Deed, kind: str, ids: Sequence[int], data: Mapping[str, events.Primitive]) -> set[int]:
    told = {**data, "change_set": deed.run.change_set_id}
    if ids:
        events.record_many([events.NewEvent(kind, pk, pk, deed.now, told) for pk in ids], actor=deed.actor)
    return set(ids)
