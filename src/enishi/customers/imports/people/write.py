"""Write the plan of a chunk, set by set: COPY for what is new, one UPDATE for what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from django.db.models import F

from enishi.customers.actions.consent import Statement, weigh_consents, write_consents
from enishi.customers.actions.fields import note_use
from enishi.customers.fields import catalogue, own_keys
from enishi.customers.imports.people.further import further_of, note_gone, write_further
from enishi.customers.imports.people.plan import Known, Plan, is_own
from enishi.customers.imports.people.ready import ready_text
from enishi.customers.imports.people.rows import COLUMNS, Key, Value
from enishi.customers.imports.people.ties import write_ties
from enishi.customers.imports.target import Json, RunContext
from enishi.customers.models import ConsentRecord, Customer, Identity
from enishi.customers.search import SearchColumns, further_texts, search_columns
from enishi.platform import changes, events, time
from enishi.platform.bulk import copy_lines, copy_value, update_from_json
from enishi.platform.japanese.normalise import NORMALISER_VERSION
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids, take_numbers
from enishi.platform.sql.one_of import OneOf

_NEW = (
    *("id", "number", *COLUMNS, "sort_kana", "name_grams", "contact_grams", "grams_version", "lifecycle", "leave_alone", "custom"),
    *("created_by_id", "owner_id", "team_id", "created_at"),
)
_TEXT = tuple(name for name in COLUMNS if name != "birthday_on")
_UPDATE_TYPES: Mapping[str, str] = {
    **dict.fromkeys(_TEXT, "text"),
    "birthday_on": "date",
    "sort_kana": "text",
    "name_grams": "text[]",
    "contact_grams": "text[]",
    "grams_version": "smallint",
}


def write_plan(context: RunContext, plan: Plan) -> None:
    """Everything that a chunk of customers writes: about a dozen queries, however many rows.

    What has to ask comes first: from the first COPY on, PostgreSQL writes while the lines behind it are put together.
    """
    refs = [known.ref for known, _row in plan.created]
    ids = dict(zip(refs, reserve_ids(Customer, len(refs)), strict=True)) if refs else {}
    numbers = _numbers([str(known.columns.get("kind") or Customer.Kind.PERSON) for known, _row in plan.created])
    _count_themselves(plan)
    touched = {name for _known, before in plan.before.values() for name in before}
    note_use(sorted(touched.union(*(row.own for _known, row in plan.created))), time.today(context.now))
    fresh = set(ids.values())
    consents = weigh_consents(_statements(context, plan, ids), made=fresh)
    _create(context, plan, ids, numbers)
    write_further(context, plan, ids)
    changed = {ref: pair for ref, pair in plan.before.items() if ref > 0}
    grown: dict[int, tuple[Known, dict[str, Value]]] = {known.ref: (known, {}) for known, _point in plan.further if known.ref > 0}
    _update(context, list((grown | changed).values()))
    for known, _row in plan.created:
        known.ref = ids[known.ref]
    write_ties(context, plan, ids)
    _free_identities(context, plan.freed)
    _claim_identities(context, plan, fresh)
    events.record_many(_events(context, plan), actor=context.actor)
    write_consents(consents, actor=context.actor, now=context.now)
    for result, about in plan.results:
        result.object_id = about.ref if about is not None else None


_IDENTITY = ("customer_id", "kind", "value", "created_at")


def _free_identities(context: RunContext, freed: Mapping[Key, Known]) -> None:
    """Remove what its owners gave up, and keep each row whole in the change set, so that undo can put it back. Three queries,
    none where nothing was given up."""
    if not freed:
        return
    owned = Identity.rows.filter(OneOf(F("customer_id"), {known.ref for known in freed.values()})).values("pk", *_IDENTITY)
    rows = [row for row in owned if (by := freed.get((row["kind"], row["value"]))) is not None and by.ref == row["customer_id"]]
    gone = [(row.pop("pk"), {"value": (row | {"created_at": row["created_at"].isoformat()}, None)}) for row in rows]
    changes.record_changes(ChangeSet(pk=context.change_set_id), Identity, gone)
    Identity.rows.filter(pk__in=[pk for pk, _row in gone]).delete()


def _claim_identities(context: RunContext, plan: Plan, fresh: Collection[int]) -> None:
    """New identities by COPY. Those of customers who were known before are noted down for undo; the others go with theirs."""
    now = str(context.now)
    lines = {key: f"{known.ref}\t{key[0]}\t{copy_value(key[1])}\t{now}" for key, known in plan.identities.items()}
    known_before = [key for key, known in plan.identities.items() if known.ref not in fresh]
    noted = dict(zip(known_before, reserve_ids(Identity, len(known_before)), strict=True)) if known_before else {}
    copy_lines(Identity, _IDENTITY, [line for key, line in lines.items() if key not in noted] if noted else lines.values())
    copy_lines(Identity, ("id", *_IDENTITY), [f"{pk}\t{lines[key]}" for key, pk in noted.items()])
    if noted:
        deed = ChangeSet(pk=context.change_set_id)
        changes.record_changes(deed, Identity, [(pk, {"value": (None, key[1])}) for key, pk in noted.items()])


def _create(context: RunContext, plan: Plan, ids: Mapping[int, int], numbers: Sequence[str]) -> None:
    """New customers by COPY. Numbers follow the order of the rows, so that a resumed run gives the same."""
    # Whom a later row of the chunk changed, their search columns are not what their row was made ready with.
    touched = plan.before.keys() | plan.grown
    further = further_of(plan, touched)
    owner_id, team_id = _belongs(context)
    now = str(context.now)
    same, by = f"{NORMALISER_VERSION}\t{Customer.Lifecycle.PROSPECT.value}\tf", copy_value(context.actor.user_id)
    numbered = bool(own_keys.given_by_us())
    whose_else = f"{copy_value(owner_id)}\t{copy_value(team_id)}"

    def lines() -> Iterator[str]:
        for number, (known, row) in zip(numbers, plan.created, strict=True):
            made_ready = "" if known.ref in touched else row.ready
            ready = made_ready or ready_text(known.columns, further.get(known.ref, ()))
            is_whose = row.owner_id or row.team_id
            whose = f"{copy_value(row.owner_id or owner_id)}\t{copy_value(row.team_id or team_id)}" if is_whose else whose_else
            custom = _custom(known) if row.own or numbered or known.ref in touched else "{}"
            yield f"{ids[known.ref]}\t{number}\t{ready}\t{same}\t{custom}\t{by}\t{whose}\t{row.registered_at or now}"

    copy_lines(Customer, _NEW, lines())


def _custom(known: Known) -> str:
    """The custom values as COPY has them."""
    values = _own_values(known.columns)
    return copy_value(json.dumps(values, ensure_ascii=False)) if values else "{}"


def _count_themselves(plan: Plan) -> None:
    """Give new customers the numbers of fields that count by themselves. One query for each such field."""
    fields = catalogue.fields_in_use()
    for key in sorted(own_keys.given_by_us()):
        bare = [known for known, _row in plan.created if known.columns.get(key) is None]
        for known, number in zip(bare, own_keys.take(fields[key], len(bare)) if bare else [], strict=True):
            known.columns[key] = number
            plan.identities[(key, own_keys.key_of(fields[key], number))] = known


_PREFIX: Mapping[str, str] = {Customer.Kind.PERSON: "C", Customer.Kind.COMPANY: "B"}


def _numbers(kinds: Sequence[str]) -> list[str]:
    """A number for each new customer, in order, of the series of its kind."""
    counts = Counter(_PREFIX[kind] for kind in kinds)
    series = {prefix: iter(take_numbers(prefix, count)) for prefix, count in sorted(counts.items())}
    return [next(series[_PREFIX[kind]]) for kind in kinds]


def _search(columns: Mapping[str, Value], further: Sequence[str]) -> SearchColumns:
    return search_columns(
        name=str(columns["name"]),
        kana=str(columns.get("kana") or ""),
        former_name=str(columns.get("former_name") or ""),
        email=str(columns.get("email") or ""),
        phone=str(columns.get("phone") or ""),
        further=further,
    )


def _belongs(context: RunContext) -> tuple[int | None, int | None]:
    """Owner and team of new customers: the importer's own where the importer sees no others."""
    width = context.actor.scope_for("customer", "read")
    if width == "own":
        return context.actor.user_id, None
    if width == "team":
        return context.actor.user_id, min(context.actor.team_ids, default=None)
    return None, None


def _update(context: RunContext, updated: Sequence[tuple[Known, Mapping[str, Value]]]) -> None:
    """Changed columns of known customers, with their search columns, and what they were before."""
    if not updated:
        return
    note_gone(context, updated)
    write_columns({known.ref: known.columns for known, _before in updated})
    write_own({known.ref: known.columns for known, before in updated if any(map(is_own, before))})
    changes.record_changes(
        ChangeSet(pk=context.change_set_id),
        Customer,
        [(known.ref, {name: (value, known.columns.get(name)) for name, value in before.items()}) for known, before in updated],
        classes=catalogue.classes(),
    )


def write_own(customers: Mapping[int, Mapping[str, Value]]) -> None:
    """Give customers these custom values, all of theirs. One query, none without customers."""
    rows: list[dict[str, Json]] = [{"id": pk, "custom": _own_values(columns)} for pk, columns in sorted(customers.items())]
    if rows:
        update_from_json(Customer, {"custom": "jsonb"}, rows)


def _own_values(columns: Mapping[str, Value]) -> dict[str, Json]:
    return {name: value for name, value in columns.items() if is_own(name)}  # type: ignore[misc]  # no dates among them


def write_columns(customers: Mapping[int, Mapping[str, Value]]) -> None:
    """Give customers these columns, all of `COLUMNS`, and the search columns that follow from them and from their further contact points. Two queries."""
    further = further_texts(customers.keys())
    rows: list[dict[str, Json]] = []
    for pk, columns in sorted(customers.items()):
        plain = {name: _plain(columns.get(name)) for name in COLUMNS}
        rows.append({"id": pk, **plain, **_search(columns, further.get(pk, ()))._asdict()})
    update_from_json(Customer, _UPDATE_TYPES, rows)


def _plain(value: Value) -> Json:
    return value.isoformat() if isinstance(value, date) else value


def _statements(context: RunContext, plan: Plan, ids: Mapping[int, int]) -> list[Statement]:
    """What the rows say about writing to their people. `ids`: ref → id of new customers."""
    choices = context.run.choices.get("consent") or {}
    given_on = date.fromisoformat(choices["given_on"]) if choices.get("given_on") else None
    place = str(choices.get("place") or "")
    return [
        Statement(
            customer_id=ids.get(said.known.ref, said.known.ref),
            channel=said.channel,
            allowed=said.allowed,
            basis=said.basis,
            source=ConsentRecord.Source.IMPORT,
            source_id=context.run.pk,
            place=context.run.file.name[:200] if said.by_column else place[:200],
            given_on=None if said.by_column else given_on,
            wording="" if said.by_column else str(choices.get("wording") or ""),
        )
        for said in plan.statements
    ]


def _events(context: RunContext, plan: Plan) -> list[events.NewEvent]:
    told = {outcome: {"run": context.run.pk, "created": outcome == "created"} for outcome in ("created", "updated")}
    return [
        events.NewEvent("customer.imported", known.ref, known.ref, context.now, told[result.outcome])
        for result, known in plan.results
        if known is not None and result.outcome in told
    ]
