"""Tying customers to each other, and the kinds of ties that a company adds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from secrets import token_hex

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.relation_rules import Bond, bond_of, standing_of, tell, write_bonds
from enishi.customers.models import Customer, Relation, RelationType
from enishi.customers.ties import RelationKind, relation_kinds
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.privacy import Level, Privacy


@dataclass(frozen=True, slots=True)
class Terms:
    """What is written about a relation, besides who is tied to whom."""

    department: str = ""
    title: str = ""
    is_primary: bool = False
    from_on: date | None = None
    until_on: date | None = None


@action
def relate_customers(
    *, customer_id: int, other_id: int, kind: str, outward: bool, terms: Terms, actor: Actor, now: datetime, door: str = "screen"
) -> int:
    """Tie two customers; the relation's id. `outward`: the customer is its source (for 所属, the person).

    Who does it may change the customer and see the other. Records `customer.related` for both. The primary one of a
    kind gives way to a new primary one.
    Raises NotFound, NotAllowed, Invalid, AlreadyRelated, OneAtATime, GoesInACircle.
    """
    customer, other = _both(customer_id, other_id, actor)
    source, target = (customer, other) if outward else (other, customer)
    meaning = _meaning(kind, source, target)
    terms = _checked(terms, actor)
    standing = standing_of({source.pk}, {target.pk}, [meaning])
    if terms.until_on is None and (refusal := standing.refusal(meaning, source.pk, target.pk)):
        raise refusal
    bond = Bond(source.pk, target.pk, kind, one_at_a_time=meaning.one_at_a_time, **asdict(terms))
    standing.add(bond)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("関係を登録する"))
    write_bonds(standing.touched, deed=deed, actor=actor, now=now)
    return bond.id


@action
def change_relation(*, customer_id: int, relation_id: int, terms: Terms, actor: Actor, now: datetime, door: str = "screen") -> None:
    """Change a relation's terms; with `until_on` it has ended. Records `customer.relation_changed` for both; nothing where
    nothing changes. Raises NotFound, NotAllowed, Invalid, AlreadyRelated, OneAtATime, GoesInACircle."""
    relation = _relation_of(customer_id, relation_id, actor)
    meaning, terms = relation_kinds()[relation.kind], _checked(terms, actor)
    standing = standing_of({relation.source_id}, {relation.target_id}, [meaning])
    bond = next(bond for bond in standing.of(relation.source_id, relation.kind) if bond.id == relation.pk)
    if bond.until_on is not None and terms.until_on is None and (refusal := standing.refusal(meaning, bond.source, bond.target)):
        raise refusal
    bond.change(**asdict(terms))
    if not bond.is_touched:
        return
    standing.give_way(bond)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("関係を変える"))
    write_bonds(standing.touched, deed=deed, actor=actor, now=now)


@action
def remove_relation(*, customer_id: int, relation_id: int, actor: Actor, now: datetime, door: str = "screen") -> None:
    """Take away a relation that was entered by mistake. Records `customer.unrelated` for both. Raises NotFound, NotAllowed."""
    relation = _relation_of(customer_id, relation_id, actor)
    bond = bond_of(relation)
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=_("関係を消す"))
    changes.record_changes(deed, Relation, [(relation.pk, {name: (value, None) for name, value in bond.written.items()})])
    tell([("customer.unrelated", bond)], deed.pk, actor, now)
    relation.delete()


# ---- kinds of the company's own -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Naming:
    """A kind of relation as it is named from both ends."""

    name: str
    target_label: str
    source_label: str
    source_kind: str = ""
    target_kind: str = ""


@action
def define_relation_type(*, naming: Naming, actor: Actor, now: datetime) -> int:
    """Add a kind of relation; its id. Records `relation_type.defined`. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    naming = _named(naming, besides=None)
    row = RelationType.rows.create(code=f"own_{token_hex(4)}", created_at=now, **asdict(naming))
    events.record("relation_type.defined", subject=row.pk, customer=None, actor=actor, at=now)
    return row.pk


@action
def rename_relation_type(*, type_id: int, naming: Naming, actor: Actor, now: datetime) -> None:
    """Change how a kind is named; which customers it ties stays. Records `relation_type.renamed`. Raises NotFound, NotAllowed,
    Invalid."""
    row = _type(type_id, actor)
    naming = replace(_named(naming, besides=row.pk), source_kind=row.source_kind, target_kind=row.target_kind)
    for name, value in asdict(naming).items():
        setattr(row, name, value)
    row.save(update_fields=[*asdict(naming)])
    events.record("relation_type.renamed", subject=row.pk, customer=None, actor=actor, at=now)


@action
def retire_relation_type(*, type_id: int, retired: bool, actor: Actor, now: datetime) -> None:
    """Offer a kind no longer, or again; relations of it stay as they are. Records `relation_type.retired` or
    `relation_type.revived`. Raises NotFound, NotAllowed, Invalid (another one has the name now)."""
    row = _type(type_id, actor)
    if (row.retired_at is not None) == retired:
        return
    if not retired:
        _named(Naming(row.name, row.target_label, row.source_label), besides=row.pk)
    row.retired_at = now if retired else None
    row.save(update_fields=["retired_at"])
    events.record("relation_type.retired" if retired else "relation_type.revived", subject=row.pk, customer=None, actor=actor, at=now)


def _type(type_id: int, actor: Actor) -> RelationType:
    policy.require(actor, "settings", "configure")
    row = RelationType.rows.select_for_update().filter(pk=type_id).first()
    if row is None:
        raise NotFound
    return row


def _named(naming: Naming, *, besides: int | None) -> Naming:
    tidy = {name: clean(value) for name, value in asdict(naming).items()}
    problems: dict[str, list[str]] = {}
    for name in ("name", "target_label", "source_label"):
        if not 0 < len(tidy[name]) <= 20:
            problems[name] = [_("20文字以内で入力してください。")]
    for name in ("source_kind", "target_kind"):
        if tidy[name] not in ("", *Customer.Kind.values):
            problems[name] = [_("一覧から選んでください。")]
    others = {str(kind.name) for kind in relation_kinds().values() if not kind.is_retired}
    mine = set(RelationType.rows.filter(pk=besides, retired_at__isnull=True).values_list("name", flat=True)) if besides else set()
    if tidy["name"] in others - mine:
        problems["name"] = [_("同じ名前の関係があります。")]
    if problems:
        raise Invalid(fields=problems)
    return Naming(**tidy)


# ---- shared steps -------------------------------------------------------------------------------------------------


def _both(customer_id: int, other_id: int, actor: Actor) -> tuple[Customer, Customer]:
    """Locked in id order, whichever of them is being changed."""
    if customer_id == other_id:
        raise Invalid(fields={"other": [_("本人とは関係を結べません。")]})
    list(Customer.rows.filter(pk__in=[customer_id, other_id]).order_by("pk").select_for_update().values_list("pk"))
    customer = access.customer_for(actor, customer_id, "update")
    other = access.look_at(actor, other_id, "read")
    if other.archived_at is not None:
        raise Invalid(fields={"other": [_("ごみ箱にある顧客です。元に戻してから選んでください。")]})
    return customer, other


def _relation_of(customer_id: int, relation_id: int, actor: Actor) -> Relation:
    """A relation of a customer whom the actor may change, to one whom they may see; locked."""
    access.customer_for(actor, customer_id, "update")
    relation = Relation.rows.select_for_update().filter(pk=relation_id).first()
    if relation is None or customer_id not in (relation.source_id, relation.target_id):
        raise NotFound
    access.look_at(actor, relation.target_id if relation.source_id == customer_id else relation.source_id, "read")
    return relation


def _meaning(kind: str, source: Customer, target: Customer) -> RelationKind:
    meaning = relation_kinds().get(kind)
    if meaning is None or meaning.is_retired:
        raise Invalid(fields={"kind": [_("一覧から選んでください。")]})
    if not meaning.fits(source.kind, target.kind):
        raise Invalid(fields={"other": [_("「%(kind)s」では、この相手を選べません。") % {"kind": meaning.name}]})
    return meaning


def _checked(terms: Terms, actor: Actor) -> Terms:
    terms = replace(terms, department=clean(terms.department), title=clean(terms.title))
    problems: dict[str, list[str]] = {}
    for name in ("department", "title"):
        if len(getattr(terms, name)) > 80:
            problems[name] = [_("%(n)d文字以内で入力してください。") % {"n": 80}]
    if terms.from_on and terms.until_on and terms.until_on < terms.from_on:
        problems["until_on"] = [_("「いつから」より前の日です。")]
    if terms.is_primary and terms.until_on:
        problems["is_primary"] = [_("終わった関係は、主な関係にできません。")]
    if problems:
        raise Invalid(fields=problems)
    if (terms.department or terms.title) and actor.level(Privacy.PERSONAL) < Level.WRITE:
        raise Invalid(fields={"title": [_("この項目を変える権限がありません。")]})
    return terms
