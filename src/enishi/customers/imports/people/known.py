"""What the base knows of the people of a chunk. A fixed number of queries, whatever its size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.db.models import F, JSONField, Value

from enishi.customers.imports.people.companies import company_ids
from enishi.customers.imports.people.names import name_key
from enishi.customers.imports.people.plan import DESCRIBING, Known, World, conflicting
from enishi.customers.imports.people.rows import COLUMNS, PersonRow, place_key
from enishi.customers.imports.people.ties import unseen
from enishi.customers.models import ConsentState, ContactPoint, Customer, CustomerAlias, Suppression
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.models.contacts import ADDRESS
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.japanese.kana import sort_kana
from enishi.platform.secrets import keyed_hash
from enishi.platform.sql.one_of import OneOf
from enishi.platform.sql.pairs import found_by_pairs

NOTHING = Value(None, output_field=JSONField())
# The index by kana finds people of a name; the address tells which of them.
_NAMESAKES = """
SELECT id FROM customers_customer
 WHERE sort_kana = ANY(%(names)s) AND archived_at IS NULL
   AND (email = ANY(%(mails)s) OR phone_e164 = ANY(%(phones)s) OR birthday_on = ANY(%(birthday_on)s::date[])
        OR postal_code = ANY(%(postal_code)s) OR street = ANY(%(street)s)
        OR (%(bare)s AND email = '' AND phone_e164 = '' AND birthday_on IS NULL AND postal_code = '' AND street = ''))
"""


def load_world(rows: Sequence[PersonRow], actor: Actor, *, run_id: int, lock: bool) -> World:
    """Everybody whom the rows may mean, locked in id order for a run. Five to seven queries, two more for a file that we wrote,
    one or two more where rows have further contact points, two more where they name companies by their names."""
    world = World()
    keys = [key for row in rows if not row.rejected for key in row.keys]
    ties = [tie for row in rows if row.ties and not row.rejected for tie in row.ties]
    keys += [key for tie in ties for key in tie.keys]
    owners = found_by_pairs("customers_identity", ("kind", "value", "customer_id"), keys)
    numbers = {row.number for row in rows if row.number and not row.rejected} | {tie.number for tie in ties if tie.number}
    numbered = _ids_by_number(numbers)
    nameless = [tie for tie in ties if tie.name_key and tie.number not in numbered and owners.keys().isdisjoint(tie.keys)]
    named = company_ids(run_id, {tie.name_key for tie in nameless})
    own = any(row.own for row in rows)
    people = _people({*owners.values(), *numbered.values(), *named}, actor, lock=lock, own=own)
    if ties:
        world.unseen = unseen(people.keys(), actor)
    world.numbers = {number: people[pk] for number, pk in numbered.items() if pk in people}
    world.identities = {key: people[pk] for key, pk in owners.items() if pk in people}
    has_more = any(row.further for row in rows)
    if has_more:
        _load_further(people)
    unsure = [row for row in rows if conflicting(row, world)]
    if unsure:
        more = _people(_namesake_ids(unsure) - set(people), actor, lock=lock, own=own)
        if has_more:
            _load_further(more)
        people |= more
    if unsure or named:
        for known in people.values():
            world.namesakes.setdefault(known.name_key, []).append(known)
    return world


def _ids_by_number(numbers: Collection[str]) -> dict[str, int]:
    """Whose numbers these are; one that was merged away leads to who carries on."""
    if not numbers:
        return {}
    merged = CustomerAlias.rows.filter(number__in=numbers).values_list("number", "current_id")
    return dict(merged) | dict(Customer.rows.filter(number__in=numbers).values_list("number", "pk"))


def _people(ids: Collection[int], actor: Actor, *, lock: bool, own: bool) -> dict[int, Known]:
    """`own`: with the values of their custom fields, which are many bytes and mostly not asked."""
    if not ids:
        return {}
    found = Customer.rows.filter(OneOf(F("pk"), ids)).order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    may = _updatable(ids, actor)
    people = {
        pk: Known(
            ref=pk,
            columns=dict(zip(COLUMNS, columns, strict=True)) | (custom or {}),
            name_key=name_key(columns[0], columns[1]),
            archived=archived_at is not None,
            may_update=may is None or pk in may,
        )
        for pk, archived_at, custom, *columns in found.values_list("pk", "archived_at", F("custom") if own else NOTHING, *COLUMNS)
    }
    stopped = ContactPoint.rows.filter(OneOf(F("customer_id"), ids), kind=ContactPoint.Kind.EMAIL, is_primary=True)
    for pk in stopped.exclude(state=ContactPoint.State.USABLE).values_list("customer_id", flat=True):
        people[pk].mail_stopped = True
    states = ConsentState.rows.filter(OneOf(F("customer_id"), ids), purpose=Purpose.MARKETING)
    for pk, channel, allowed, basis in states.values_list("customer_id", "channel", "allowed", "basis"):
        people[pk].consents[channel] = (allowed, basis)
    return people


def _load_further(people: Mapping[int, Known]) -> None:
    if not people:
        return
    rows = ContactPoint.rows.filter(OneOf(F("customer_id"), people.keys()), is_primary=False)
    for pk, kind, email, e164, *place in rows.values_list("customer_id", "kind", "email", "phone_e164", *ADDRESS):
        people[pk].further.add((kind, email or e164 or place_key(dict(zip(ADDRESS, place, strict=True)))))


def _updatable(ids: Collection[int], actor: Actor) -> set[int] | None:
    """Those that the actor may change; None for everybody."""
    if actor.scope_for("customer", "update") == "all":
        return None
    return set(policy.scope(actor, Customer, "update").filter(pk__in=ids).values_list("pk", flat=True))


def _namesake_ids(rows: Sequence[PersonRow]) -> set[int]:
    keys = [key for row in rows for key in row.keys]
    keyless = [row for row in rows if not row.keys]
    described = {name: [value for row in keyless if (value := row.columns.get(name))] for name in DESCRIBING}
    with connection.cursor() as cursor:
        cursor.execute(
            _NAMESAKES,
            {
                "names": sorted({key for row in rows for key in _sort_keys(row)}),
                "mails": [value for kind, value in keys if kind == "email"],
                "phones": [value for kind, value in keys if kind == "phone"],
                "bare": any(not any(row.columns.get(name) for name in DESCRIBING) for row in keyless),
                **described,
            },
        )
        return {pk for (pk,) in cursor.fetchall()}


def _sort_keys(row: PersonRow) -> tuple[str, str]:
    """Under which somebody of this name is found by the index, whether or not their reading is known."""
    name = str(row.columns.get("name", ""))
    return sort_kana(str(row.columns.get("kana", "")), name), sort_kana("", name)


_SUPPRESSED = "SELECT address_hash, reason FROM customers_suppression WHERE channel = 'email' AND address_hash = ANY(%s::bytea[])"


def suppressed_mails(rows: Sequence[PersonRow]) -> dict[str, str]:
    """Mail addresses of the rows that stand on the suppression list → why. Two queries, one where the list is empty."""
    if not Suppression.rows.filter(channel=Channel.EMAIL).exists():
        return {}
    hashes = {keyed_hash(value): value for row in rows for kind, value in row.keys if kind == "email"}
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESSED, ["{" + ",".join([f'"\\\\x{hashed.hex()}"' for hashed in hashes]) + "}"])
        return {hashes[bytes(hashed)]: reason for hashed, reason in cursor.fetchall()}
