"""統合 on the screens: who stands beside whom, what would become of them, and what became of those who were merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.details import Details, chosen_words, details_of, fingerprint
from enishi.customers.fields import catalogue, values
from enishi.customers.merging.consents import united
from enishi.customers.merging.manifest import CUSTOMERS, MOVED, MOVED_LABELS, pointing
from enishi.customers.merging.outcome import (
    BUILT_IN,
    Sides,
    differs,
    fingerprint_of,
    is_filled,
    is_shown,
    label_of,
    may_choose,
    of_part,
    parts,
    proposed_order,
    strong_counts,
    strong_ids,
    usual_side,
)
from enishi.customers.merging.parting import changed_since, details_of_row
from enishi.customers.models import ConsentState, Customer, CustomerAlias, Identity, Merge, MergeEntry
from enishi.customers.models.consent import Channel
from enishi.customers.queries.consent_proof import purpose_names
from enishi.customers.resolve import resolve_many
from enishi.platform import event_words, policy, time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import Team, User
from enishi.platform.policy import personal_columns, watched
from enishi.platform.privacy import Privacy

PAGE = 50
HIDDEN = "＊＊＊"


@dataclass(frozen=True, slots=True)
class Side:
    id: int
    number: str
    name: str
    registered: str
    is_kept: bool
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class Value:
    customer_id: int
    number: str
    words: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Row:
    part: str
    label: str
    values: tuple[Value, ...]
    differs: bool  # never of what is not shown
    can_choose: bool


@dataclass(frozen=True, slots=True)
class ConsentLine:
    label: str
    each: tuple[tuple[str, str], ...]  # number and what they said
    after: str
    is_stricter: bool  # than what one of them said


@dataclass(frozen=True, slots=True)
class Moving:
    label: str
    count: int


def _listed(moving: Sequence[Moving]) -> str:
    """注文 3件、活動 1件"""
    return _("、").join(_("%(what)s %(n)s件") % {"what": one.label, "n": f"{one.count:,}"} for one in moving)


@dataclass(frozen=True, slots=True)
class StrongId:
    key: str  # as the action wants it confirmed; empty for who does not read it
    label: str
    value: str
    number: str


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would make of them: nothing of it is written."""

    sides: tuple[Side, ...]
    rows: tuple[Row, ...]
    consents: tuple[ConsentLine, ...]
    moving: tuple[Moving, ...]
    strong: tuple[StrongId, ...]
    kept_number: str
    gone_numbers: tuple[str, ...]
    obstacle: str  # why they cannot be merged at all; empty where they can
    seen: str

    @property
    def moving_words(self) -> str:
        return _listed(self.moving)


def proposed(actor: Actor, customer_ids: Sequence[int]) -> list[int]:
    """The ids, the one who should carry on first. Raises NotFound, NotAllowed. Three queries."""
    customers = [access.look_at(actor, pk, "merge") for pk in dict.fromkeys(customer_ids)]
    return proposed_order(customers, strong_counts([customer.pk for customer in customers]))


def merge_preview(actor: Actor, keep: int, gone: Sequence[int], choices: Mapping[str, int] | None = None) -> MergePreview:
    """All of them must be the actor's to merge: of others nothing is told. Raises NotFound, NotAllowed. About twenty queries, and a
    view-log row."""
    customers = [access.look_at(actor, pk, "merge") for pk in (keep, *gone)]
    ids = [customer.pk for customer in customers]
    if access.reads_somebody(actor):
        actor = watched(actor, Customer, ids, columns=personal_columns(Customer))
    sides = {customer.pk: details_of(customer) for customer in customers}
    proposal = proposed_order(customers, strong_counts(ids))[0]
    words = _Words(sides.values())
    return MergePreview(
        sides=tuple(
            Side(
                c.pk,
                c.number,
                words.of(actor, "name", sides[c.pk]) or c.number,
                format_date(time.local(c.created_at).date()),
                c.pk == keep,
                c.pk == proposal,
            )
            for c in customers
        ),
        rows=tuple(_rows(actor, customers, sides, choices or {}, words)),
        consents=tuple(_consents({customer.pk: customer.number for customer in customers})),
        moving=tuple(_moving(actor, gone)),
        strong=tuple(_strong(actor, customers)),
        kept_number=customers[0].number,
        gone_numbers=tuple(customer.number for customer in customers[1:]),
        obstacle=_obstacle(customers),
        seen=fingerprint_of(sides.values()),
    )


def _obstacle(customers: Sequence[Customer]) -> str:
    if len({customer.kind for customer in customers}) > 1:
        return _("個人と法人は統合できません。")
    if any(customer.archived_at is not None for customer in customers):
        return _("ごみ箱にある顧客がいます。ごみ箱から戻してから、もう一度お試しください。")
    return ""


def _rows(actor: Actor, customers: Sequence[Customer], sides: Sides, choices: Mapping[str, int], words: _Words) -> list[Row]:
    """The parts in which any of them says something; those that differ come first."""
    rows = []
    for part, names in parts().items():
        if not any(is_filled(of_part(details, names)) for details in sides.values()):
            continue
        shown = is_shown(actor, part)
        stays = choices.get(part) or usual_side(sides, names)
        different = shown and differs(sides, names)
        found = tuple(Value(c.pk, c.number, words.of(actor, part, sides[c.pk]), shown and c.pk == stays) for c in customers)
        rows.append(Row(part, label_of(part), found, different, different and may_choose(actor, part)))
    return sorted(rows, key=lambda row: not row.differs)


class _Words:
    """Values of parts in the words of the screens. Two queries, where owners or teams are named."""

    def __init__(self, details: Any) -> None:
        sides = list(details)
        owners, teams = {side.owner_id for side in sides} - {None}, {side.team_id for side in sides} - {None}
        self._owners = dict(User.rows.filter(pk__in=owners).values_list("pk", "display_name")) if owners else {}
        self._teams = dict(Team.rows.filter(pk__in=teams).values_list("pk", "name")) if teams else {}

    def of(self, actor: Actor, part: str, details: Details) -> str:
        return self.clear(part, details) if is_shown(actor, part) else HIDDEN

    def clear(self, part: str, details: Details) -> str:
        if part not in BUILT_IN:
            value = details.custom.get(part)
            return "" if value is None else values.words(catalogue.all_fields()[part], value)
        if part == "address":
            return " ".join(filter(None, [details.postal_code, f"{details.prefecture}{details.city}{details.street}", details.building]))
        value = getattr(details, BUILT_IN[part][0])
        match part:
            case "owner_id":
                return self._owners.get(value, "")
            case "team_id":
                return self._teams.get(value, "")
            case "leave_alone":
                return _("はい") if value else ""
            case "gender" | "language":
                return chosen_words(part, value) if value else ""
        return format_date(value) if isinstance(value, date) else str(value or "")


def _consents(numbers: Mapping[int, str]) -> list[ConsentLine]:
    """What counts afterwards, where any of them spoke. Two queries."""
    states = list(ConsentState.rows.filter(customer_id__in=numbers))
    names = purpose_names() if states else {}
    lines = []
    for (channel, purpose), counts in united(states).items():
        own = {state.customer_id: state for state in states if (state.channel, state.purpose) == (channel, purpose)}
        label = _("%(purpose)s（%(channel)s）") % {"purpose": names.get(purpose, purpose), "channel": Channel(channel).label}
        each = tuple((number, _verdict(own[pk].allowed) if pk in own else _("未取得")) for pk, number in numbers.items())
        lines.append(ConsentLine(label, each, _verdict(counts.allowed), not counts.allowed and any(s.allowed for s in own.values())))
    return lines


def _verdict(allowed: bool) -> str:
    return _("配信可") if allowed else _("配信不可")


def _moving(actor: Actor, gone: Sequence[int]) -> list[Moving]:
    """How much comes along with those who go, of what the actor may read. One query a table."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    found: dict[str, int] = {}
    for column in pointing(MOVED):
        model: Any = models[column.table]
        guard = getattr(model, "guard", None)
        if column.table == CUSTOMERS or (guard is not None and not policy.allowed(actor, guard.object, "read")):
            continue
        rows = model.rows.filter(Q((f"{column.key}__in", list(gone))))
        if count := (rows.filter(Q(column.only)) if column.only else rows).aggregate(n=Count("pk"))["n"]:
            label = str(MOVED_LABELS.get(column.table) or event_words.object_label(model._meta.label_lower))
            found[label] = found.get(label, 0) + count
    return [Moving(label, count) for label, count in found.items()]


def _strong(actor: Actor, customers: Sequence[Customer]) -> list[StrongId]:
    ids = {customer.pk: customer.number for customer in customers}
    kinds = dict(Identity.Kind.choices)
    reads = actor.reads(Privacy.PERSONAL, "customer.member_number")
    return [
        StrongId(f"{kind}:{value}" if reads else "", str(kinds[kind]), value if reads else HIDDEN, ids[pk])
        for kind, value, pk in strong_ids(ids)
    ]


# ---- what became of them ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastMerge:
    id: int
    at: datetime
    by: str
    reason: str
    kept_id: int  # of that day
    kept_number: str
    gone_numbers: tuple[str, ...]
    undone_at: datetime | None
    undone_by: str


@dataclass(frozen=True, slots=True)
class PastMerges:
    lines: list[PastMerge]
    next: int | None  # id to go on before


def merges_of(customer_id: int) -> list[PastMerge]:
    """The merges of one customer who was found to be read, the newest first. One query."""
    born = CustomerAlias.rows.filter(current_id=customer_id).values("old_id")
    rows = Merge.rows.filter(Q(kept_id=customer_id) | Q(kept_id__in=born) | Q(gone_ids__contains=[customer_id]))
    return [_past(row) for row in rows.select_related("by", "undone_by").order_by("-pk")[:PAGE]]


def past_merges(actor: Actor, *, before: int | None = None) -> PastMerges:
    """All merges of customers whom the actor may merge, the newest first. About five queries."""
    access.require(actor, "merge")
    rows = Merge.rows.select_related("by", "undone_by").order_by("-pk")
    reach: list[Merge] = []
    while len(reach) <= PAGE:
        some = list((rows.filter(pk__lt=before) if before is not None else rows)[: PAGE * 4])
        today = resolve_many({row.kept_id for row in some}) if some else {}
        mine = set(access.within_reach(actor, set(today.values()), "merge"))
        reach += [row for row in some if today[row.kept_id] in mine]
        if len(some) < PAGE * 4:
            break
        before = some[-1].pk
    page = reach[:PAGE]
    return PastMerges([_past(row) for row in page], page[-1].pk if len(reach) > PAGE else None)


def _past(row: Merge) -> PastMerge:
    by, undone_by = (str(user.display_name) if user else _("システム") for user in (row.by, row.undone_by))
    numbers = tuple(row.gone_numbers)
    return PastMerge(
        row.pk, row.at, by, row.reason, row.kept_id, row.kept_number, numbers, row.undone_at, undone_by if row.undone_at else ""
    )


@dataclass(frozen=True, slots=True)
class Later:
    """A part that somebody changed since the merge: who shall have what stands there now?"""

    part: str
    label: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class UnmergePreview:
    merge: PastMerge
    sides: tuple[tuple[int, str], ...]  # id and number, who carries on first
    later: tuple[Later, ...]
    moving: tuple[Moving, ...]
    can_undo: bool
    newer: int | None  # the merge that is to be taken back first
    seen: str

    @property
    def moving_words(self) -> str:
        return _listed(self.moving)


def unmerge_preview(actor: Actor, merge_id: int) -> UnmergePreview:
    """What taking a merge back would do. Raises NotFound (also where who carries on is out of sight). About ten queries, and a
    view-log row."""
    merge = Merge.rows.select_related("by", "undone_by").filter(pk=merge_id).first()
    if merge is None:
        raise NotFound
    today = resolve_many([merge.kept_id])[merge.kept_id]
    kept = access.readable_customers(actor).filter(pk=today).first()
    if kept is None:
        raise NotFound
    newest = Merge.rows.filter(Q(kept_id=merge.kept_id) | Q(gone_ids__contains=[merge.kept_id]), undone_at=None).order_by("-pk").first()
    stands = merge.undone_at is None
    is_newest = stands and newest is not None and newest.pk == merge.pk
    can_undo = is_newest and kept.archived_at is None and access.can(actor, kept.pk, "merge")
    if can_undo and access.reads_somebody(actor):
        actor = watched(actor, Customer, merge.ids, columns=personal_columns(Customer))
    return UnmergePreview(
        merge=_past(merge),
        sides=((merge.kept_id, merge.kept_number), *zip(merge.gone_ids, merge.gone_numbers, strict=True)),
        later=tuple(_later(actor, merge, kept)) if can_undo else (),
        moving=tuple(_moved(actor, merge)) if stands else (),
        can_undo=can_undo,
        newer=newest.pk if stands and not is_newest and newest is not None else None,
        seen=fingerprint(details_of(kept)),
    )


def _later(actor: Actor, merge: Merge, kept: Customer) -> list[Later]:
    own = MergeEntry.rows.get(merge=merge, table=CUSTOMERS, row_id=merge.kept_id)
    then, now = details_of_row(own.after or {}), details_of(kept)
    words = _Words([then, now])
    return [Later(part, label_of(part), words.of(actor, part, then), words.of(actor, part, now)) for part in changed_since(own, now)]


def _moved(actor: Actor, merge: Merge) -> list[Moving]:
    """How many rows of each kind go back. One query."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    tables = {column.table for column in pointing(MOVED)}
    rows = MergeEntry.rows.filter(merge=merge, table__in=tables, before__isnull=False).order_by().values_list("table")
    found = []
    for table, count in sorted(rows.annotate(Count("pk"))):
        guard = getattr(models[table], "guard", None)
        if guard is None or policy.allowed(actor, guard.object, "read"):
            label = str(MOVED_LABELS.get(table) or event_words.object_label(models[table]._meta.label_lower))
            found.append(Moving(label, count))
    return found
