"""引き継ぎ as its screens show it: what somebody was given, by whom and with which note; and who owned a customer from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import BulkRow, BulkRun, Customer
from enishi.customers.queries.names import Name
from enishi.customers.resolve import resolve_many
from enishi.customers.timeline import Position, TimelineEntry, TimelineSource
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import FieldChange, User
from enishi.platform.policy import present_many
from enishi.platform.privacy import Level, Privacy
from enishi.platform.words import own

SHOWN = 200
TOLD_FOR = timedelta(days=30)
_Verb, _Outcome = BulkRun.Verb, BulkRow.Outcome
_TAKEN_BACK = Exists(BulkRun.rows.filter(undoes=OuterRef("pk")))


@dataclass(frozen=True, slots=True)
class HandoverLine:
    """One hand-over to the reader, on ホーム."""

    id: int
    words: str
    note: str
    about: str
    url: str
    seen_url: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One hand-over: of its customers those whom the reader sees."""

    id: int
    title: str
    note: str
    about: str
    is_undone: bool
    count: int
    people: list[tuple[str, str, str]]  # url, number, name
    more: int


def handed_to(actor: Actor, *, now: datetime) -> list[HandoverLine]:
    """What the reader was given in the last thirty days and has not acknowledged, the latest first; of each as many as they see. One
    query, and two for each."""
    rows = _given().filter(target_id=actor.user_id or 0, noticed_at=None, created_at__gt=now - TOLD_FOR)
    found = []
    for run in rows.exclude(_TAKEN_BACK).exclude(owner_id=actor.user_id or 0).select_related("owner").order_by("-pk")[:10]:
        if count := _people(actor, run).count():
            words = _("%(name)sさんから%(n)d人を引き継ぎました") % {"name": run.owner.display_name, "n": count}
            url, seen = reverse("customers:handover", args=[run.pk]), reverse("customers:handover-seen", args=[run.pk])
            found.append(HandoverLine(run.pk, words, _note(actor, run), format_date(time.local(run.created_at).date()), url, seen))
    return found


def handed_over(actor: Actor, run_id: int) -> HandedOver:
    """One hand-over, for who was given it and who gave it. Raises NotFound. Five queries, and one view-log row."""
    mine = Q(target_id=actor.user_id or 0) | Q(owner_id=actor.user_id or 0)
    run = _given().filter(mine, pk=run_id).select_related("owner").first()
    if run is None:
        raise NotFound
    people = _people(actor, run)
    count, base = people.count(), reverse("customers:list")
    shown = present_many(Name, actor, people.order_by("sort_kana", "pk")[:SHOWN])
    to = User.rows.filter(pk=run.target_id or 0).values_list("display_name", flat=True).first() or ""
    return HandedOver(
        id=run.pk,
        title=own(_("%(name)sさんへの引き継ぎ")) % {"name": to},
        note=_note(actor, run),
        about=f"{run.owner.display_name}・{format_date(time.local(run.created_at).date())}",
        is_undone=BulkRun.rows.filter(undoes=run).exists(),
        count=count,
        people=[(f"{base}{row.number}/", row.number, row.name or row.number) for row in shown],
        more=count - len(shown),
    )


def _given() -> QuerySet[BulkRun]:
    """Hand-overs that have given anybody to somebody."""
    return BulkRun.rows.filter(verb=_Verb.HANDOVER, undoes=None, changed_count__gt=0)


def _people(actor: Actor, run: BulkRun) -> QuerySet[Customer]:
    ids = BulkRow.rows.filter(run=run, outcome=_Outcome.CHANGED).values_list("customer_id", flat=True)
    return access.visible_customers(actor).filter(pk__in=set(resolve_many(list(ids)).values()))


def _note(actor: Actor, run: BulkRun) -> str:
    return _words(run.note, actor.level(Privacy.PERSONAL), mine=run.owner_id == actor.user_id)


def _words(text: str, level: Level, *, mine: bool) -> str:
    if level == Level.HIDDEN:
        return ""
    return text if mine or level >= Level.READ else str(mask("text", text))


# ---- on the timeline ----------------------------------------------------------------------------------------------


def _rows(customer_ids: Sequence[int]) -> QuerySet[BulkRow]:
    """Those with a note: who looks after them from then on is told by the event."""
    rows = BulkRow.rows.filter(customer_id__in=customer_ids, outcome=_Outcome.CHANGED, run__verb=_Verb.HANDOVER, run__undoes=None)
    return rows.exclude(run__note="")


def _read(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    """Each hand-over once, with its note; one that was taken back says so. One query."""
    level = actor.level(Privacy.PERSONAL)
    if level == Level.HIDDEN:
        return []
    back = BulkRow.rows.filter(run__undoes=OuterRef("run"), customer_id=OuterRef("customer_id"), outcome=_Outcome.CHANGED)
    older = _rows(customer_ids).filter(TupleLessThan(Tuple(F("run__created_at"), F("pk")), before))
    heir = User.rows.filter(pk=OuterRef("run__target_id")).values("display_name")
    columns = ("run__created_at", "pk", "run__note", "run__owner_id", "run__owner__display_name")
    found = older.order_by("-run__created_at", "-pk").values_list(*columns, Subquery(heir), Exists(back))[:limit]
    return [
        TimelineEntry(
            at,
            pk,
            "users",
            _("引き継ぎ（取り消し済み）") if withdrawn else _("引き継ぎ"),
            _words(note, level, mine=by == actor.user_id),
            detail=_("%(by)s から %(to)s へ") % {"by": author, "to": to or ""},
        )
        for at, pk, note, by, author, to, withdrawn in found
    ]


HANDOVERS = TimelineSource("handovers", "contact", _read, lambda actor, ids: _rows(ids))


# ---- who owned whom -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tenure:
    """How long somebody looked after a customer."""

    name: str
    from_on: str
    until_on: str  # "" for who does now


def owners_of(actor: Actor, customer_id: int) -> list[Tenure]:
    """Who looked after a customer from when to when, who does now first. Raises NotFound. Three queries."""
    customer = access.readable_customers(actor).filter(pk=customer_id).only("owner_id", "created_at").first()
    if customer is None:
        raise NotFound
    told = FieldChange.rows.filter(object=Customer._meta.label_lower, object_id=customer_id, field="owner").order_by("change_set__at", "pk")
    moves = list(told.values_list("before", "after", "change_set__at"))
    owners = [moves[0][0] if moves else customer.owner_id, *(after for _before, after, _at in moves)]
    days = [customer.created_at, *(at for _before, _after, at in moves)]
    names = dict(User.rows.filter(pk__in=[pk for pk in owners if pk]).values_list("pk", "display_name"))
    starts = [format_date(time.local(at).date()) for at in days]
    found = [
        Tenure(names.get(owner or 0, _("担当なし")), start, until)
        for owner, start, until in zip(owners, starts, [*starts[1:], ""], strict=True)
    ]
    return found[::-1]
