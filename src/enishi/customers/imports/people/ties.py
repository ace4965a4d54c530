"""The relations of a chunk: whom each row means, what the rules of the screen say to it, what is written.

A relation is planned after everybody of the chunk is, so that a row may name somebody below it. A row whose relation cannot be is
not taken at all: the chunk is planned again without it, until nothing is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from django.db.models import F
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.relation_rules import Bond, OneAtATime, Standing, standing_of, write_bonds
from enishi.customers.imports.people.plan import Known, Plan, World
from enishi.customers.imports.people.rows import PersonRow, Tie
from enishi.customers.imports.target import Message, RunContext
from enishi.customers.models import Customer, ImportResult
from enishi.customers.ties import WORKS_FOR, RelationKind, kinds_of
from enishi.platform.actor import Actor
from enishi.platform.models import ChangeSet
from enishi.platform.sql.one_of import OneOf

Outcome = ImportResult.Outcome
_NAMED = 5  # of the customers whom a text may mean

type Planner = Callable[[Sequence[PersonRow]], tuple[Plan, World]]
#: Puts what a dry run has planned before over what the base says.
type Overlay = Callable[[Standing, Collection[tuple[int, str]]], None]


class _Refused(Exception):
    """Why a relation cannot be, in words."""


def plan_with_ties(rows: Sequence[PersonRow], actor: Actor, planner: Planner, *, overwrite: bool, overlay: Overlay | None = None) -> Plan:
    """The plan of a chunk with its relations. Where a row is refused, everything is looked up and planned once more."""
    plan, world = planner(rows)
    while any(row.ties for row in rows):
        tying = _Tying(plan, world, actor, rows, overwrite=overwrite, overlay=overlay)
        refused = tying.refused
        if not refused:
            plan.bonds = tying.standing
            break
        rows = [replace(row, rejected=True, messages=refused[row.position], ties=()) if row.position in refused else row for row in rows]
        plan, world = planner(rows)
    return plan


class _Tying:
    """One attempt to tie everybody of a plan."""

    def __init__(
        self, plan: Plan, world: World, actor: Actor, rows: Sequence[PersonRow], *, overwrite: bool, overlay: Overlay | None
    ) -> None:
        self._plan, self._world, self._actor, self._overwrite = plan, world, actor, overwrite
        self._rows = rows
        self.refused: dict[int, list[Message]] = {}
        people = [(row, known, result) for row, (result, known) in zip(rows, plan.results, strict=True) if known is not None and row.ties]
        self._kinds = kinds_of({tie.kind for row, _known, _result in people for tie in row.ties})
        found = [
            (row, known, result, tie, other)
            for row, known, result in people
            for tie in row.ties
            if (other := self._look_up(row, tie)) is not None
        ]
        self.standing = self._load([(known, tie, other) for _row, known, _result, tie, other in found], overlay)
        for row, known, result, tie, other in found:
            try:
                if self._tie(known, tie, other) and result.outcome == Outcome.UNCHANGED:
                    result.outcome = Outcome.UPDATED
            except _Refused as refusal:
                self._refuse(row, tie, str(refusal))

        if self.refused:
            self._take_along([(row, known, tie, other) for row, known, _result, tie, other in found])

    def _take_along(self, found: Sequence[tuple[PersonRow, Known, Tie, Known]]) -> None:
        """Refuse who names a customer whom refused rows alone would have made, and who names those, in the same attempt."""
        made = {known for known, _row in self._plan.created}
        rows_of: dict[Known, list[PersonRow]] = {}
        for row, (_result, known) in zip(self._rows, self._plan.results, strict=True):
            if known in made:
                rows_of.setdefault(known, []).append(row)
        naming: dict[Known, list[tuple[PersonRow, Known, Tie]]] = {}
        for row, known, tie, other in found:
            naming.setdefault(other, []).append((row, known, tie))
        fallen = [known for known in rows_of if self._falls(rows_of[known])]
        while fallen:
            gone = fallen.pop()
            for row, known, tie in naming.get(gone, ()):
                if row.position not in self.refused:
                    self._refuse(row, tie, _waiting_for(tie, rows_of[gone][0].row_no))
                    if known in rows_of and self._falls(rows_of[known]):
                        fallen.append(known)

    def _falls(self, rows: Sequence[PersonRow]) -> bool:
        return all(row.position in self.refused for row in rows)

    def _refuse(self, row: PersonRow, tie: Tie, text: str) -> None:
        self.refused.setdefault(row.position, []).append(Message(tie.column, text))

    def _look_up(self, row: PersonRow, tie: Tie) -> Known | None:
        try:
            return self._whom(tie)
        except _Refused as refusal:
            self._refuse(row, tie, str(refusal))
            return None

    def _whom(self, tie: Tie) -> Known:
        """The one customer whom the text means: by a number, or something that is one customer's; else by a company's name."""
        world = self._world
        by_key = [world.numbers.get(tie.number), *(world.identities.get(key) for key in tie.keys)]
        found = self._visible(known for known in by_key if known is not None)
        if not found and tie.name_key:
            namesakes = [known for known in world.namesakes.get(tie.name_key, ()) if known.columns.get("kind") == Customer.Kind.COMPANY]
            found = self._visible(namesakes)
            alive = [known for known in found if not known.archived]
            found = alive or found
        if not found and (row_no := self._not_taken(tie)):
            raise _Refused(_waiting_for(tie, row_no))
        if not found:
            raise _Refused(
                _("「%(text)s」の顧客が見つかりません。番号・メールアドレスなどを確かめるか、先に登録してください。") % {"text": tie.whom}
            )
        if len(found) > 1:
            words = {"text": tie.whom, "numbers": self._numbers(found)}
            raise _Refused(_("「%(text)s」に当てはまる顧客が複数あります（%(numbers)s）。顧客番号で入れてください。") % words)
        if found[0].archived:
            raise _Refused(_("「%(text)s」はごみ箱にある顧客です。元に戻してから取り込んでください。") % {"text": tie.whom})
        return found[0]

    def _not_taken(self, tie: Tie) -> int:
        """The row of this chunk that is the customer meant, and is not taken; 0 for none."""
        return next(
            (
                row.row_no
                for row in self._rows
                if row.rejected and ((row.name_key and row.name_key == tie.name_key) or not set(tie.keys).isdisjoint(row.keys))
            ),
            0,
        )

    def _visible(self, people: Iterable[Known]) -> list[Known]:
        """Each once, without those whom the importer may not see: they are as if they were not there."""
        return list({known.ref: known for known in people if known.ref not in self._world.unseen}.values())

    def _numbers(self, people: Sequence[Known]) -> str:
        numbers = dict(Customer.rows.filter(pk__in=[known.ref for known in people]).values_list("pk", "number"))
        said = [numbers.get(known.ref) or _("このファイルの別の行") for known in people[:_NAMED]]
        return "・".join(said) + ("…" if len(people) > _NAMED else "")

    def _load(self, found: Sequence[tuple[Known, Tie, Known]], overlay: Overlay | None) -> Standing:
        ends = [(known, other, tie.kind) if tie.outward else (other, known, tie.kind) for known, tie, other in found]
        kinds = [self._kinds[kind] for kind in {kind for _source, _target, kind in ends}]
        sources, targets = ({end.ref for end in some if end.ref > 0} for some in ([e[0] for e in ends], [e[1] for e in ends]))
        standing = standing_of(sources, targets, kinds) if kinds else Standing()
        if overlay is not None:
            overlay(standing, {(end.ref, kind) for source, target, kind in ends for end in (source, target)})
        return standing

    def _tie(self, known: Known, tie: Tie, other: Known) -> bool:
        """Add the relation to what stands, or what the row says to one that is there; whether anything is new."""
        meaning = self._kinds[tie.kind]
        source, target = (known, other) if tie.outward else (other, known)
        if source is target:
            if meaning.one_at_a_time and not tie.until_on:
                return False  # 世帯主 of one's own household
            raise _Refused(_("本人とは関係を結べません。"))
        if not meaning.fits(str(source.columns.get("kind") or "person"), str(target.columns.get("kind") or "person")):
            raise _Refused(_("「%(kind)s」では、この相手を選べません。") % {"kind": meaning.name})
        between = [bond for bond in self.standing.of(source.ref, tie.kind) if bond.target == target.ref]
        meant = [bond for bond in between if bond.until_on == tie.until_on] or [bond for bond in between if _ends(bond, tie)]
        if meant:
            return self._add_to(meant[0], tie, known)
        bond = Bond(
            source.ref,
            target.ref,
            tie.kind,
            tie.department,
            tie.title,
            one_at_a_time=meaning.one_at_a_time,
            from_on=tie.from_on,
            until_on=tie.until_on,
            said_by=known.ref,
        )
        if tie.until_on is None:
            self._make_room(meaning, bond)
        self.standing.add(bond)
        self._plan.counters["ties"] += 1
        return True

    def _make_room(self, meaning: RelationKind, bond: Bond) -> None:
        """What goes on of this kind and the new relation side by side: a primary one gives way to a new one where the run
        overwrites, and ends the day before where the new one has a first day."""
        lasting = self.standing.lasting(bond.source, bond.kind)
        so_far = next((other for other in lasting if other.is_primary or meaning.one_at_a_time), None)
        replaces = so_far is not None and self._overwrite
        if so_far is not None and replaces and bond.from_on is not None:
            last = bond.from_on - timedelta(days=1)
            if so_far.from_on is not None and last < so_far.from_on:
                raise _Refused(_("開始日が、いまの関係の開始日（%(day)s）より前です。") % {"day": so_far.from_on.isoformat()})
            bond.is_primary = so_far.is_primary
            so_far.gave_way = False
            so_far.change(bond.said_by, until_on=last, is_primary=False)
            self._plan.counters["ties_ended"] += 1
        else:
            bond.is_primary = (bond.kind == WORKS_FOR and so_far is None) or bool(replaces and so_far and so_far.is_primary)
        refusal = self.standing.refusal(meaning, bond.source, bond.target)
        if refusal is OneAtATime:
            raise _Refused(
                _(
                    "「%(kind)s」の関係がほかにあります。同時に1つだけです。「新しい値で上書きする」を選び、関係の開始日を入れると、前の関係が終わります。"
                )
                % {"kind": meaning.name}
            )
        if refusal is not None:
            raise _Refused(str(refusal.message))

    def _add_to(self, bond: Bond, tie: Tie, known: Known) -> bool:
        """Empty cells change nothing; what is there already gives way only where the run overwrites. A last day ends it."""
        wanted = {"department": tie.department, "title": tie.title, "from_on": tie.from_on}
        new: dict[str, object] = {
            name: value
            for name, value in wanted.items()
            if value and value != (now := getattr(bond, name)) and (self._overwrite or not now)
        }
        if tie.until_on and bond.until_on is None:
            new |= {"until_on": tie.until_on, "is_primary": False}
            self._plan.counters["ties_ended"] += 1
        if not new:
            return False
        bond.gave_way = False
        bond.change(known.ref, **new)
        if bond.from_on and bond.until_on and bond.until_on < bond.from_on:
            raise _Refused(_("終わりの日が、関係の開始日（%(day)s）より前です。") % {"day": bond.from_on.isoformat()})
        return True


def _waiting_for(tie: Tie, row_no: int) -> str:
    words: dict[str, object] = {"text": tie.whom, "row": row_no}
    return _("「%(text)s」は%(row)d行目の顧客ですが、その行を取り込めません。その行を直すと、この行も取り込めます。") % words


def _ends(bond: Bond, tie: Tie) -> bool:
    """Whether the row says when this relation, which goes on, ended. One that began after that day is another."""
    return bond.until_on is None and tie.until_on is not None and (bond.from_on is None or bond.from_on <= tie.until_on)


def write_ties(context: RunContext, plan: Plan, ids: Mapping[int, int]) -> None:
    """Write the relations of the plan. `ids`: ref → id of new customers. Six queries at most, none where nothing is new."""
    touched = plan.bonds.touched if plan.bonds is not None else []
    for bond in touched:
        bond.source, bond.target, bond.said_by = (ids.get(ref, ref) for ref in (bond.source, bond.target, bond.said_by))
    if touched:
        write_bonds(touched, deed=ChangeSet(pk=context.change_set_id), actor=context.actor, now=context.now, run=context.run.pk)


def unseen(ids: Collection[int], actor: Actor) -> set[int]:
    """Those of the ids whom the actor may not see. One query, none where the actor sees everybody."""
    if not ids or actor.scope_for("customer", "read") == "all":
        return set()
    return set(ids) - set(access.readable_customers(actor).filter(OneOf(F("pk"), ids)).values_list("pk", flat=True))
