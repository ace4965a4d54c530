"""Whom a customer is tied to, as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Customer, Relation, RelationType
from enishi.customers.queries.palette import best_ids
from enishi.customers.resolve import all_ids
from enishi.customers.ties import HOUSEHOLD, RelationKind, kinds_of, relation_kinds
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.masking import mask
from enishi.platform.policy import present_many, shown
from enishi.platform.privacy import Level, Privacy

MOST = 200  # ties of one customer that a page shows
CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class _Other:
    id: int
    number: str
    kind: str
    name: str | None
    kana: str | None = shown("kana", format=to_hiragana)


@dataclass(frozen=True, slots=True)
class Tie:
    """One relation, seen from one end."""

    id: int  # 0: over the head of the household, not of the customer's own
    kind: str
    outward: bool
    other_id: int
    number: str
    name: str
    post: str  # 「営業部 課長」
    department: str
    title: str
    is_primary: bool
    from_on: date | None
    until_on: date | None
    period: str
    is_past: bool


@dataclass(frozen=True, slots=True)
class TieGroup:
    label: str
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class Ties:
    groups: tuple[TieGroup, ...]
    past: tuple[TieGroup, ...]
    more: int  # left out for their number

    def all(self) -> list[Tie]:
        """Those that go on, then those that ended."""
        return [tie for group in (*self.groups, *self.past) for tie in group.ties]


def ties_of(actor: Actor, customer_id: int, *, today: date) -> Ties:
    """What a customer is tied to; relations to customers whom the actor may not see do not exist for them. Seven queries
    at most, the view log's among them. Those that ended are apart."""
    ids = all_ids(customer_id)
    rows = list(Relation.rows.filter(Q(source_id__in=ids) | Q(target_id__in=ids)).order_by("-is_primary", "-from_on", "pk")[: MOST + 1])
    ends = [(row, row.source_id in ids) for row in rows[:MOST]]
    heads = {row.target_id for row, outward in ends if outward and row.kind == HOUSEHOLD and not _is_past(row, today)}
    family = list(Relation.rows.filter(kind=HOUSEHOLD, target_id__in=heads).exclude(source_id__in=ids).order_by("pk")) if heads else []
    people = _visible(actor, {row.target_id if outward else row.source_id for row, outward in ends} | {row.source_id for row in family})
    level, kinds = actor.level(Privacy.PERSONAL), kinds_of({HOUSEHOLD, *(row.kind for row in rows)})
    ties = [
        (kinds[row.kind].target_label if outward else kinds[row.kind].source_label, _tie(row, outward, people, level, today))
        for row, outward in ends
        if (row.target_id if outward else row.source_id) in people
    ]
    ties += [
        (kinds[HOUSEHOLD].source_label, _tie(row, False, people, level, today, own=False))
        for row in family
        if row.source_id in people and not _is_past(row, today)
    ]
    more = max(0, len(rows) - MOST)
    return Ties(_grouped((label, tie) for label, tie in ties if not tie.is_past), _grouped((la, t) for la, t in ties if t.is_past), more)


def _visible(actor: Actor, ids: Iterable[int]) -> dict[int, _Other]:
    wanted = set(ids)
    if not wanted:
        return {}
    return {row.id: row for row in present_many(_Other, actor, access.visible_customers(actor).filter(pk__in=wanted))}


def _tie(row: Relation, outward: bool, people: dict[int, _Other], level: Level, today: date, *, own: bool = True) -> Tie:
    other = people[row.target_id if outward else row.source_id]
    department, title = (_readable(level, value) for value in (row.department, row.title))
    return Tie(
        id=row.pk if own else 0,
        kind=row.kind,
        outward=outward,
        other_id=other.id,
        number=other.number,
        name=other.name or _("（氏名は表示できません）"),
        post=" ".join(part for part in (department, title) if part),
        department=department,
        title=title,
        is_primary=row.is_primary,
        from_on=row.from_on,
        until_on=row.until_on,
        period=_period(row.from_on, row.until_on),
        is_past=_is_past(row, today),
    )


def _readable(level: Level, text: str) -> str:
    if level == Level.HIDDEN:
        return ""
    return text if level >= Level.READ else str(mask("text", text))


def _is_past(row: Relation, today: date) -> bool:
    return row.until_on is not None and row.until_on < today


def _period(from_on: date | None, until_on: date | None) -> str:
    begins, ends = (f"{day:%Y/%m/%d}" if day else "" for day in (from_on, until_on))
    return f"{begins}〜{ends}" if begins or ends else ""


def _grouped(ties: Iterable[tuple[object, Tie]]) -> tuple[TieGroup, ...]:
    groups: dict[str, list[Tie]] = {}
    for label, tie in ties:
        groups.setdefault(str(label), []).append(tie)
    return tuple(TieGroup(label, tuple(found)) for label, found in groups.items())


def tie_of(actor: Actor, customer_id: int, relation_id: int, *, today: date) -> Tie:
    """One of them, for its form. Raises NotFound."""
    found = next((tie for tie in ties_of(actor, customer_id, today=today).all() if tie.id == relation_id), None)
    if found is None:
        raise NotFound
    return found


def household_ids(actor: Actor, customer_id: int, *, today: date) -> list[int]:
    """The customer and those of the same household whom the actor may see; the customer alone where there is none. Two queries,
    three in a household: asked as one, with the members as a query in it, PostgreSQL reads every customer (0.3 s at a million)."""
    going_on = Relation.rows.filter(kind=HOUSEHOLD).filter(Q(until_on__isnull=True) | Q(until_on__gte=today))
    head = going_on.filter(source_id=customer_id).values_list("target_id", flat=True).first() or customer_id
    others = {head, *going_on.filter(target_id=head).values_list("source_id", flat=True)} - {customer_id}
    seen = access.visible_customers(actor).filter(pk__in=others).values_list("pk", flat=True) if others else ()
    return sorted({customer_id, *seen})


# ---- for the form -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """One way to tie a customer of a kind: the relation's kind and the end at which the customer stands."""

    value: str  # works_for:out
    label: str  # what the other is to the customer
    kind: str
    outward: bool
    other_kind: str


def ways_of(customer_kind: str) -> list[Way]:
    """How a person or a company can be tied to another customer. One query."""
    ways: list[Way] = []
    for kind in relation_kinds().values():
        if not kind.is_retired:
            ways += _ways(kind, customer_kind)
    return ways


def _ways(kind: RelationKind, customer_kind: str) -> Sequence[Way]:
    both = (
        Way(f"{kind.code}:out", str(kind.target_label), kind.code, True, kind.target_kind),
        Way(f"{kind.code}:in", str(kind.source_label), kind.code, False, kind.source_kind),
    )
    same = str(kind.target_label) == str(kind.source_label)
    fitting = [way for way, mine in zip(both, (kind.source_kind, kind.target_kind), strict=True) if mine in ("", customer_kind)]
    return fitting[:1] if same else fitting


@dataclass(frozen=True, slots=True)
class Candidate:
    id: int
    number: str
    name: str
    ruby: str
    is_company: bool


def candidates(actor: Actor, text: str, *, kind: str, besides: int) -> list[Candidate]:
    """Customers whom a text finds, best first, for the other end of a relation. Six queries at most, one view-log row."""
    rows = access.visible_customers(actor).exclude(pk=besides)
    if kind:
        rows = rows.filter(kind=kind)
    ids = best_ids(actor, rows, text, CANDIDATES) if text.strip() else []
    found = {row.id: row for row in present_many(_Other, actor, rows.filter(pk__in=ids))} if ids else {}
    return [
        Candidate(row.id, row.number, row.name or _("（氏名は表示できません）"), row.kana or "", row.kind == Customer.Kind.COMPANY)
        for row in (found[pk] for pk in ids if pk in found)
    ]


@dataclass(frozen=True, slots=True)
class TypeRow:
    id: int
    name: str
    target_label: str
    source_label: str
    source_kind: str
    target_kind: str
    is_retired: bool
    count: int


def own_types() -> list[TypeRow]:
    """The company's own kinds with how often each is used. Two queries."""
    used = dict(Relation.rows.order_by().values_list("kind").annotate(Count("pk")))
    return [
        TypeRow(
            row.pk,
            row.name,
            row.target_label,
            row.source_label,
            row.source_kind,
            row.target_kind,
            row.retired_at is not None,
            used.get(row.code, 0),
        )
        for row in RelationType.rows.order_by("retired_at", "pk")
    ]


def type_named(type_id: int) -> dict[str, str]:
    """How one of them is named. Raises NotFound. One query."""
    row = RelationType.rows.filter(pk=type_id).first()
    if row is None:
        raise NotFound
    return {"name": row.name, "target_label": row.target_label, "source_label": row.source_label}
