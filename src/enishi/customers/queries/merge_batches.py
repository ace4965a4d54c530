"""A batch of merges as its screen shows it: whom it would merge and whom not, how far it is, and what was left, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.merging.outcome import proposed_order, strong_counts
from enishi.customers.models import Customer, MergeBatch, MergeBatchRow
from enishi.customers.queries.names import Name
from enishi.customers.resolve import resolve_many
from enishi.customers.twins.words import HELD, percent
from enishi.platform.actor import Actor
from enishi.platform.policy import present_many
from enishi.platform.runs import time_left

EXAMPLES = 10
NAMED = 50
State, Outcome = MergeBatch.State, MergeBatchRow.Outcome
#: What the screen offers, the surest first.
SCORES: Final = (999_000, 995_000, 990_000, 950_000, 900_000)
#: Why pairs are not merged at once → words.
REASONS: Final[Mapping[str, str | Promise]] = {
    **HELD,
    "in_group": _("つながる3件以上の中に、同じ人か確かでない組がある"),
    "told_apart": _("つながる3件以上の中に、「同じ人ではない」とした組がある"),
    "too_many": _("11件以上がつながっている"),
    "changed": _("調べたあとに変更された（次の検索のあとで統合できます）"),
    "later": _("「あとで」にしてある"),
    "not_mine": _("統合する権限のない顧客を含む"),
    "no_more": _("そのあとに統合・変更されたか、統合する権限がなくなりました"),
    "broke_off": _("思わぬエラーで統合できませんでした。1件ずつ統合してみてください"),
    "merge.two_strong_ids": _("会員番号などの連携IDがそれぞれ違う"),
    "merge.kinds_differ": _("個人と法人は統合できません"),
    "merge.archived": _("ごみ箱にある顧客を含む"),
    "merge.already_undone": _("すでに取り消されています"),
    "merge.newer_first": _("このあとに別の統合があります。新しい統合から取り消してください"),
}
OTHER: Final = _("そのあとに変更されたか、権限がなくなりました")


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    name: str
    url: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A group that would be merged."""

    people: tuple[Person, ...]
    score: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    words: str
    pairs: int


@dataclass(frozen=True, slots=True)
class LeftGroup:
    people: tuple[Person, ...]
    reason: str
    merge_url: str  # of the merge that stands, where it could not be taken back


@dataclass(frozen=True, slots=True)
class BatchPage:
    id: int
    state: str
    at_least: str
    total: int
    done: int
    pace: int
    pairs: int
    gone: int
    merged: int
    refused: int
    left_pairs: int
    left_out: tuple[LeftOut, ...]
    examples: tuple[Example, ...]
    left: tuple[LeftGroup, ...]
    more_left: int
    is_undo: bool
    undoes: int | None
    undone_by: int | None

    @property
    def is_open(self) -> bool:
        return self.state in MergeBatch.OPEN

    @property
    def time_left(self) -> str:
        return time_left(done=self.done, total=self.total, pace=self.pace)

    @property
    def is_over(self) -> bool:
        return self.state in (State.DONE, State.STOPPED, State.FAILED)

    @property
    def can_undo(self) -> bool:
        return self.is_over and not self.is_undo and self.merged > 0 and self.undone_by is None

    @property
    def can_resume(self) -> bool:
        return self.state in (State.STOPPED, State.FAILED) and self.undone_by is None


def batch_page(actor: Actor, batch_id: int) -> BatchPage:
    """One of the actor's own batches. Names only of who is theirs to read. Raises NotFound, NotAllowed. Nine queries at most and one
    view-log row."""
    access.require(actor, "bulk")
    access.require_comparing(actor)
    run = access.merge_batch_for(actor, batch_id, lock=False)
    is_over = run.state in (State.DONE, State.STOPPED, State.FAILED)
    left = list(MergeBatchRow.rows.filter(batch=run, outcome=Outcome.LEFT).order_by("position")[:NAMED]) if is_over else []
    weakest = []
    if run.state == State.PLANNED:
        weakest = list(MergeBatchRow.rows.filter(batch=run).order_by("-position")[:EXAMPLES])
    people = _people(actor, {pk for row in (*left, *weakest) for pk in row.customer_ids})
    strong = strong_counts([pk for row in weakest for pk in row.customer_ids]) if weakest else {}
    records = {one.pk: one for one in Customer.rows.filter(pk__in=[pk for row in weakest for pk in row.customer_ids])} if weakest else {}
    return BatchPage(
        id=run.pk,
        state=run.state,
        at_least=percent(run.at_least_ppm),
        total=run.total,
        done=run.done,
        pace=run.pace,
        pairs=run.pair_count,
        gone=run.gone_count,
        merged=run.merged_count,
        refused=run.refused_count,
        left_pairs=sum(run.left_out.values()),
        left_out=tuple(LeftOut(words_of(code), pairs) for code, pairs in sorted(run.left_out.items(), key=lambda one: -one[1])),
        examples=tuple(_example(row, people, strong, records) for row in weakest),
        left=tuple(LeftGroup(_named(row.customer_ids, people), words_of(row.refusal), _merge_url(row.merge_id)) for row in left),
        more_left=run.refused_count - len(left) if is_over else 0,
        is_undo=run.undoes_id is not None,
        undoes=run.undoes_id,
        undone_by=MergeBatch.rows.filter(undoes=run).values_list("pk", flat=True).first(),
    )


def may_merge_many(actor: Actor) -> bool:
    """Whether the actor may merge all sure groups at once (buttons)."""
    return actor.kind == "staff" and access.may(actor, "bulk") and access.may(actor, "merge") and access.reads_compared(actor)


def scores() -> list[tuple[int, str]]:
    """What a batch may be asked for, in parts of a million and in words."""
    return [(ppm, gettext("%(n)s%%以上") % {"n": percent(ppm)}) for ppm in SCORES]


def words_of(code: str) -> str:
    return str(REASONS.get(code, OTHER))


def _people(actor: Actor, ids: Collection[int]) -> dict[int, Name]:
    """Of ids as they were at the time, who they are today, as far as the actor sees them. Two queries."""
    if not ids:
        return {}
    today = resolve_many(ids)
    shown = {row.id: row for row in present_many(Name, actor, access.visible_customers(actor).filter(pk__in=set(today.values())))}
    return {pk: shown[now] for pk, now in today.items() if now in shown}


def _named(ids: Sequence[int], people: Mapping[int, Name], keep: int | None = None) -> tuple[Person, ...]:
    found = {people[pk].id: pk for pk in ids if pk in people}
    rows = [people[pk] for pk in found.values()]
    return tuple(Person(one.number, one.name or one.number, f"/customers/{one.number}/", one.id == keep) for one in rows)


def _merge_url(merge_id: int | None) -> str:
    return "" if merge_id is None else f"/customers/merges/{merge_id}/"


def _example(row: MergeBatchRow, people: Mapping[int, Name], strong: Mapping[int, int], records: Mapping[int, Customer]) -> Example:
    known = [records[pk] for pk in row.customer_ids if pk in records]
    keep = proposed_order(known, strong)[0] if known else None
    return Example(_named(row.customer_ids, people, keep), percent(min(row.score_ppm, 999_900)))
