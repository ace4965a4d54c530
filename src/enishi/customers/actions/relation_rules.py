"""Relations as they stand, what may not stand beside them, and how they are written: by form, by API and by an import alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy

from enishi.customers.models import Relation
from enishi.customers.ties import RelationKind
from enishi.platform import changes, events
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids
from enishi.platform.privacy import Privacy
from enishi.platform.sql.one_of import OneOf

_CIRCLES = 727_201  # advisory lock: who looks for circles waits for who makes them


class AlreadyRelated(ActionError):
    """The two are tied in this way already."""

    code = "relation.already_there"
    message = gettext_lazy("この関係はもう登録されています。")


class OneAtATime(ActionError):
    """The customer has a relation of this kind that goes on, and it can have one only."""

    code = "relation.one_at_a_time"
    message = gettext_lazy("この関係は同時に1つだけです。いまの関係の「いつまで」を入れてから登録してください。")


class GoesInACircle(ActionError):
    """The target would, over others, belong to itself."""

    code = "relation.circle"
    message = gettext_lazy("関係が輪になります。向きを確かめてください。")


@dataclass(slots=True, eq=False)
class Bond:
    """A relation as the rules look at it. `id` is 0 for one to be written; source and target are ids of customers, or below zero
    for those that an import is about to make."""

    source: int
    target: int
    kind: str
    department: str = ""
    title: str = ""
    is_primary: bool = False
    one_at_a_time: bool = False
    from_on: date | None = None
    until_on: date | None = None
    id: int = 0
    said_by: int = 0  # of an import: the customer of the row that says so
    before: Mapping[str, object] | None = None  # as it was, where it was changed
    gave_way: bool = False  # changed only in so far as another is the primary one now

    @property
    def written(self) -> Mapping[str, object]:
        return {name: getattr(self, name) for name in _WRITTEN}

    @property
    def is_touched(self) -> bool:
        return self.id == 0 or (self.before is not None and self.before != self.written)

    def change(self, said_by: int = 0, **columns: object) -> None:
        """Set columns, and keep what was there before."""
        if self.id and self.before is None:
            self.before = self.written
        for name, value in columns.items():
            setattr(self, name, value)
        self.said_by = said_by or self.said_by


_WRITTEN = ("source", "target", "kind", "department", "title", "is_primary", "from_on", "until_on")
_READ = ("source_id", "target_id", "kind", "department", "title", "is_primary", "one_at_a_time", "from_on", "until_on", "pk")
_CHANGED = ("department", "title", "is_primary", "from_on", "until_on")


def bond_of(relation: Relation) -> Bond:
    return Bond(*[getattr(relation, name) for name in _READ])


class Standing:
    """The relations of some customers as they stand, with those that are being added."""

    def __init__(self) -> None:
        self._bonds: dict[tuple[int, str], list[Bond]] = {}
        self._read: set[int] = set()  # customers whose relations of the kinds in question are here

    def read(self, sources: Collection[int], kinds: Collection[str], *, lasting: bool) -> None:
        """Add what the base has of these sources, once; `lasting`: only what goes on. One query."""
        fresh = {source for source in sources if source > 0} - self._read
        self._read |= fresh
        if fresh:
            rows = Relation.rows.filter(OneOf(F("source_id"), fresh), kind__in=kinds).order_by("pk")
            for row in (rows.filter(until_on=None) if lasting else rows).values_list(*_READ):
                self._keep(Bond(*row))

    def above(self, sources: Collection[int], kinds: Collection[str]) -> set[int]:
        """Whom these are tied to by what goes on."""
        return {bond.target for source in sources for kind in kinds for bond in self.lasting(source, kind)}

    def _keep(self, bond: Bond) -> None:
        self._bonds.setdefault((bond.source, bond.kind), []).append(bond)

    def of(self, source: int, kind: str) -> Sequence[Bond]:
        return self._bonds.get((source, kind), ())

    def lasting(self, source: int, kind: str) -> list[Bond]:
        return [bond for bond in self.of(source, kind) if bond.until_on is None]

    def replace(self, source: int, kind: str, bonds: list[Bond]) -> None:
        self._bonds[source, kind] = bonds

    @property
    def touched(self) -> list[Bond]:
        """New and changed ones."""
        return [bond for bonds in self._bonds.values() for bond in bonds if bond.is_touched]

    def refusal(self, meaning: RelationKind, source: int, target: int) -> type[ActionError] | None:
        """Why the source cannot be tied to the target from now on; None where it can."""
        lasting = self.lasting(source, meaning.code)
        if any(bond.target == target for bond in lasting):
            return AlreadyRelated
        if not meaning.one_at_a_time:
            return None
        if lasting:
            return OneAtATime
        return GoesInACircle if self.leads_to(source, meaning.code, target) else None

    def leads_to(self, source: int, kind: str, target: int) -> bool:
        """Whether the source is above the target, or is the target."""
        seen: set[int] = set()
        above: int | None = target
        while above is not None and above not in seen:
            if above == source:
                return True
            seen.add(above)
            above = next((bond.target for bond in self.lasting(above, kind)), None)
        return False

    def add(self, bond: Bond) -> None:
        """Add one that nothing refuses. Of a kind the primary one so far gives way to a new primary one."""
        self.give_way(bond)
        self._keep(bond)

    def give_way(self, bond: Bond) -> None:
        if not bond.is_primary:
            return
        for other in self.lasting(bond.source, bond.kind):
            if other is not bond and other.is_primary:
                other.gave_way = other.before is None
                other.change(bond.said_by, is_primary=False)


def standing_of(sources: Collection[int], targets: Collection[int], kinds: Collection[RelationKind]) -> Standing:
    """The relations of these kinds that the sources have; where there is one at a time, also what stands above the targets,
    and nobody else ties such a one until commit. One query, two and one a storey where there is one at a time: a head office
    above a branch above a counter."""
    single = [kind.code for kind in kinds if kind.one_at_a_time]
    if single:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CIRCLES])
    standing = Standing()
    standing.read(sources, [kind.code for kind in kinds], lasting=False)
    seen, storey = set(sources), set(targets) - set(sources)
    while single and storey:
        seen |= storey
        standing.read(storey, single, lasting=True)
        storey = standing.above(storey, single) - seen
    return standing


def write_bonds(bonds: Sequence[Bond], *, deed: ChangeSet, actor: Actor, now: datetime, run: int | None = None) -> None:
    """Write new and changed relations and their history. Records `customer.related` and `customer.relation_changed` for both ends;
    `run`: of an import. Five queries at most, however many."""
    fresh, changed = [bond for bond in bonds if bond.id == 0], [bond for bond in bonds if bond.id]
    # Before a primary one comes, the one so far goes: the base has no two for a moment either.
    for is_coming in (False, True):
        some = [_row(bond) for bond in changed if is_coming == (bond.is_primary and bond.until_on is None)]
        if some:
            Relation.rows.bulk_update(some, _CHANGED)
    for bond, pk in zip(fresh, reserve_ids(Relation, len(fresh)) if fresh else [], strict=True):
        bond.id = pk
    if fresh:
        Relation.rows.bulk_create([_row(bond) for bond in fresh])
    told = [(bond.id, _told(bond)) for bond in (*fresh, *changed)]
    changes.record_changes(deed, Relation, told, classes={"customer": Privacy.INTERNAL})
    heard = [("customer.related", bond) for bond in fresh]
    heard += [("customer.relation_changed", bond) for bond in changed if not bond.gave_way]
    tell([*heard], deed.pk, actor, now, run=run)


def _told(bond: Bond) -> dict[str, changes.Change]:
    """What the history keeps: what has changed; of a new one what is filled."""
    before = bond.before
    found: dict[str, changes.Change] = {
        name: (before[name] if before else None, value) for name, value in bond.written.items() if before or value
    }
    return found | {"customer": (None, bond.said_by)} if bond.said_by else found


def _row(bond: Bond) -> Relation:
    return Relation(
        pk=bond.id or None,
        source_id=bond.source,
        target_id=bond.target,
        kind=bond.kind,
        one_at_a_time=bond.one_at_a_time,
        **{name: getattr(bond, name) for name in _CHANGED},
    )


def tell(heard: Iterable[tuple[str, Bond]], change_set: int, actor: Actor, now: datetime, *, run: int | None = None) -> None:
    """Events about relations, each for both ends."""
    by: dict[str, events.Primitive] = {} if run is None else {"run": run}
    told: list[events.NewEvent] = []
    for kind, bond in heard:
        data: dict[str, events.Primitive] = {"relation_id": bond.id, "relation": bond.kind, "change_set": change_set, **by}
        for customer, other in ((bond.source, bond.target), (bond.target, bond.source)):
            told.append(events.NewEvent(kind, customer, customer, now, data | {"other_id": other}))
    if told:
        events.record_many(told, actor=actor)
