"""The work list of duplicates: groups side by side, what differs, why they may be one, and how the last search went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Customer, Identity, ImportResult, TwinPair, TwinSearch
from enishi.customers.twins.model import AUTOMATIC_PPM
from enishi.customers.twins.words import Reason, held, reasons
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.normalise import fold
from enishi.platform.listing import capped_count, count_words
from enishi.platform.policy import present_many
from enishi.platform.sql.one_of import OneOf

PAGE = 10
MOST_IN_A_GROUP = 12  # shown side by side
State = TwinPair.State
SHOWN = ("open", "later", "distinct")
BANDS = ("all", "sure", "doubtful")


@dataclass(frozen=True, slots=True)
class _Side:
    id: int
    number: str
    kind: str
    name: str | None
    kana: str | None
    former_name: str | None
    birthday_on: date | str | None
    phone: str | None
    email: str | None
    postal_code: str | None
    prefecture: str | None
    city: str | None
    street: str | None
    building: str | None
    gender: str | None
    created_at: datetime
    owner__display_name: str | None
    team__name: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a group: its head in the table."""

    number: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One field of all records of a group."""

    label: str
    values: tuple[tuple[str, str], ...]  # number of the record, its words; "" for nothing
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    numbers: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Records that hang together, the surest pair first."""

    id: int
    pair_ids: str  # as forms post them
    members: tuple[Member, ...]
    lines: tuple[Line, ...]
    pairs: tuple[Pair, ...]
    score: str
    is_sure: bool
    held: tuple[str, ...]
    merge_ids: str
    decided: str  # by whom and when, where it was


@dataclass(frozen=True, slots=True)
class Asked:
    """What the work list is asked for."""

    shown: str = "open"
    band: str = "all"
    team_id: int | None = None
    import_id: int | None = None
    after: tuple[int, int] | None = None  # score and id of the last pair


@dataclass(frozen=True, slots=True)
class SearchLine:
    """How a search stands, or how the last one went."""

    id: int
    state: str
    total: int
    done: int
    pace: int
    words: str
    failure: str


@dataclass(frozen=True, slots=True)
class TwinPage:
    groups: tuple[Group, ...]
    count: str
    after: str  # "" on the last page
    search: SearchLine | None
    can_search: bool


def twin_page(actor: Actor, asked: Asked, *, now: datetime) -> TwinPage:
    """Raises NotAllowed for who may not merge, or does not read all that customers are compared by. At most nine queries and one
    view-log row."""
    access.require_comparing(actor)
    rows = chosen_pairs(actor, asked, now)
    onward = rows
    if asked.after is not None:
        score, pk = asked.after
        onward = rows.filter(Q(score_ppm__lt=score) | Q(score_ppm=score, pk__lt=pk))
    found = list(onward.order_by("-score_ppm", "-pk")[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    return TwinPage(
        groups=tuple(_groups(actor, page, asked)),
        count=count_words(capped_count(rows)),
        after=f"{page[-1].score_ppm}-{page[-1].pk}" if more else "",
        search=_last_search(),
        can_search=actor.kind == "staff" and actor.scope_for("customer", "merge") == "all",
    )


def open_count_of_import(actor: Actor, import_id: int, *, now: datetime) -> int:
    """How many open pairs there are of customers whom an import brought in; 0 for who may not decide about them. Two queries."""
    return capped_count(chosen_pairs(actor, Asked(import_id=import_id), now))


def chosen_pairs(actor: Actor, asked: Asked, now: datetime) -> QuerySet[TwinPair]:
    """The pairs of the list that the actor may decide about, in no order."""
    rows, today = access.twin_pairs(actor), time.today(now)
    if asked.shown == "distinct":
        rows = rows.filter(state=State.DISTINCT)
    elif asked.shown == "later":
        rows = rows.filter(state=State.OPEN, snoozed_until__gt=today)
    else:
        rows = rows.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=today), state=State.OPEN)
    if asked.band == "sure":
        rows = rows.filter(score_ppm__gte=AUTOMATIC_PPM, held_by=[])
    elif asked.band == "doubtful":
        rows = rows.exclude(score_ppm__gte=AUTOMATIC_PPM, held_by=[])
    if asked.team_id is not None:
        ours = Customer.rows.filter(team_id=asked.team_id).values("pk")
        rows = rows.filter(Q(first_id__in=ours) | Q(second_id__in=ours))
    if asked.import_id is not None:
        brought = ImportResult.rows.filter(run_id=asked.import_id).values("object_id")
        rows = rows.filter(Q(first_id__in=brought) | Q(second_id__in=brought))
    return rows


def _groups(actor: Actor, page: Sequence[TwinPair], asked: Asked) -> list[Group]:
    """Each group once, at its surest pair; told apart, or put off, a pair stands alone."""
    whole = asked.shown == "open"
    pairs = list(page)
    if whole:
        near = access.twin_pairs(actor).filter(OneOf(F("group_id"), {pair.group_id for pair in page}), state=State.OPEN)
        pairs = list(near.order_by("-score_ppm", "-pk"))
    sides = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    shown = {row.id: row for row in present_many(_Side, actor, Customer.rows.filter(pk__in=sides))}
    members = _member_numbers(sides)
    deciders = _deciders(pairs) if asked.shown == "distinct" else {}
    together: dict[int, list[TwinPair]] = {}
    for pair in pairs:
        if pair.first_id in shown and pair.second_id in shown:
            together.setdefault(pair.group_id if whole else pair.pk, []).append(pair)
    wanted = {pair.pk for pair in page}
    # On a later page a group whose surest pair stood on an earlier one is not told again.
    return [_group(of, shown, members, deciders) for of in together.values() if of[0].pk in wanted]


def _member_numbers(ids: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for pk, value in Identity.rows.filter(customer_id__in=ids, kind=Identity.Kind.MEMBER).values_list("customer_id", "value"):
        found.setdefault(pk, []).append(value)
    return found


def _deciders(pairs: Sequence[TwinPair]) -> dict[int, str]:
    rows = TwinPair.rows.filter(pk__in=[pair.pk for pair in pairs]).values_list("pk", "decided_by__display_name")
    return {pk: name or "" for pk, name in rows}


def _group(pairs: Sequence[TwinPair], shown: dict[int, _Side], numbers: dict[int, list[str]], deciders: dict[int, str]) -> Group:
    ids = sorted({pk for pair in pairs for pk in (pair.first_id, pair.second_id)})[:MOST_IN_A_GROUP]
    people, best = [shown[pk] for pk in ids], pairs[0]
    decided = ""
    if best.decided_at is not None and best.pk in deciders:
        day = format_date(time.local(best.decided_at).date())
        decided = _("%(who)sが%(day)sに「同じ人ではない」としました") % {"who": deciders[best.pk] or _("退職者"), "day": day}
    return Group(
        id=best.pk,
        pair_ids=",".join(str(pair.pk) for pair in pairs),
        members=tuple(Member(one.number, one.name or one.number, f"/customers/{one.number}/") for one in people),
        lines=tuple(_lines(people, numbers)),
        pairs=tuple(
            Pair(f"{shown[p.first_id].number}・{shown[p.second_id].number}", tuple(reasons(p.outcomes)))
            for p in pairs
            if p.first_id in ids and p.second_id in ids
        ),
        score=_percent(best.score_ppm),
        is_sure=best.score_ppm >= AUTOMATIC_PPM and not best.held_by,
        held=tuple(held(sorted({code for pair in pairs for code in pair.held_by}))),
        merge_ids=",".join(map(str, ids)),
        decided=decided,
    )


def _percent(ppm: int) -> str:
    """99.9 and never 100: nobody is that sure."""
    return f"{min(ppm // 1_000, 999) / 10:.1f}"


def _lines(people: Sequence[_Side], numbers: dict[int, list[str]]) -> list[Line]:
    genders = dict(Customer.Gender.choices)
    rows = [
        (_("フリガナ"), [one.kana or "" for one in people]),
        (_("旧姓・旧社名"), [one.former_name or "" for one in people]),
        (_("生年月日"), [_day(one.birthday_on) for one in people]),
        (_("電話番号"), [one.phone or "" for one in people]),
        (_("メールアドレス"), [one.email or "" for one in people]),
        (_("住所"), [_address(one) for one in people]),
        (_("性別"), [str(genders.get(one.gender or "", "")) for one in people]),
        (_("会員番号"), ["、".join(numbers.get(one.id, ())) for one in people]),
        (_("担当・部署"), ["・".join(filter(None, (one.owner__display_name, one.team__name))) for one in people]),
        (_("登録日"), [format_date(time.local(one.created_at).date()) for one in people]),
    ]
    return [
        Line(
            label,
            tuple((one.number, value) for one, value in zip(people, values, strict=True)),
            label not in (_("担当・部署"), _("登録日")) and _differ(values),  # these tell nothing of who somebody is
        )
        for label, values in rows
        if any(values)
    ]


def _differ(values: Sequence[str]) -> bool:
    """Whether two that are filled say something else, however they are written."""
    return len({fold(value).replace("-", "") for value in values if value}) > 1


def _day(value: date | str | None) -> str:
    return format_date(value) if isinstance(value, date) else value or ""


def _address(one: _Side) -> str:
    postal = f"〒{one.postal_code} " if one.postal_code else ""
    return f"{postal}{one.prefecture or ''}{one.city or ''}{one.street or ''} {one.building or ''}".strip()


def _last_search() -> SearchLine | None:
    last = TwinSearch.rows.order_by("-pk").first()
    if last is None:
        return None
    at = time.local(last.finished_at or last.created_at)
    words = _("%(at)s に%(n)s人を調べました。") % {"at": f"{format_date(at.date())} {at:%H:%M}", "n": f"{last.total:,}"}
    return SearchLine(last.pk, last.state, last.total, last.done, last.pace, words, last.failure)
