"""統合: several customers are one from now on. What points to the others points to who carries on, and nothing is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.actions import field_files
from enishi.customers.actions.customers import ChangedMeanwhile, claim_identities
from enishi.customers.actions.merge_consents import settle_ledger, unite_consents
from enishi.customers.actions.merge_contacts import known_of, unite_contacts
from enishi.customers.actions.merge_rows import entries_between, move_rows, snapshot
from enishi.customers.details import FIELDS, Details, changed_names, class_of, column_of, details_of, value_of
from enishi.customers.merging.follower import Follower
from enishi.customers.merging.manifest import CUSTOMERS
from enishi.customers.merging.outcome import fingerprint_of, label_of, may_choose, outcome, parts, strong_ids, usual_side
from enishi.customers.models import ConsentRecord, Customer, CustomerAlias, Merge, MergeEntry
from enishi.customers.resolve import resolve_many
from enishi.customers.search import SEARCH_COLUMNS, fill_search_columns
from enishi.platform import changes, events, wiring
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.sql import journal

#: Customers of one merge, the one who carries on among them.
MOST = 10
LONGEST_REASON = 200


class KindsDiffer(ActionError):
    """A person and a company are never one."""

    code = "merge.kinds_differ"
    message = gettext_lazy("個人と法人は統合できません。")


class AlreadyMerged(ActionError):
    """One of them is somebody else by now: another merge was faster."""

    code = "merge.already_merged"
    message = gettext_lazy("すでに統合されています。顧客を選び直してください。")


class InTheBin(ActionError):
    """One of them lies in the recycle bin."""

    code = "merge.archived"
    message = gettext_lazy("ごみ箱にある顧客がいます。ごみ箱から戻してから、もう一度お試しください。")


class TwoStrongIds(ActionError):
    """Two of them have different ids of one kind that others gave: they are rather two people. `ids`: kind and value of each."""

    code = "merge.two_strong_ids"

    def __init__(self, ids: Sequence[tuple[str, str]]) -> None:
        self.ids = ids
        words = _("会員番号などの連携IDがそれぞれ違います。同じ人だと確かめたときだけ、両方の番号を確認して統合できます。")
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of it: the merge, and who carries on."""

    id: int
    kept_id: int
    number: str


@action
def merge_customers(
    *,
    keep: int,
    gone: Sequence[int],
    actor: Actor,
    now: datetime,
    choices: Mapping[str, int] | None = None,
    reason: str = "",
    confirmed: Collection[str] = (),
    seen: str | None = None,
    door: str = "screen",
) -> Merged:
    """Let the customers `gone` be one with `keep` from now on. Records `customer.merged`.

    `choices`: part (`merging.outcome.parts`) → id of the customer whose value stays; the rest as the proposal says. `confirmed`:
    「kind:value」 of each id that others gave, where two of a kind differ. `seen`: `fingerprint_of` what the caller looked at, or
    None to merge what is there now. Whose numbers and ids go lead to who carries on, for ever.

    Raises NotFound, NotAllowed (any of them), Invalid, KindsDiffer, AlreadyMerged, InTheBin, TwoStrongIds, ChangedMeanwhile.
    """
    customers = _locked([keep, *gone], actor)
    sides = {customer.pk: details_of(customer) for customer in customers}
    if seen is not None and seen != fingerprint_of(sides.values()):
        raise ChangedMeanwhile
    _refuse(customers, reason, confirmed)
    after = outcome(sides, _checked_choices(choices or {}, sides, actor))
    _refuse_gain(customers, after, actor)
    return _merge(customers, after, clean(reason), actor=actor, now=now, door=door)


def _merge(customers: Sequence[Customer], after: Details, reason: str, *, actor: Actor, now: datetime, door: str) -> Merged:
    kept, gone = customers[0], [customer.pk for customer in customers[1:]]
    numbers = [customer.number for customer in customers[1:]]
    ids = [kept.pk, *gone]
    before, known, was = snapshot(ids), known_of(customers), details_of(kept)
    said_until = ConsentRecord.rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    _write(kept, after)
    unite_contacts(kept, known, now=now)
    move_rows(kept.pk, gone, actor=actor, now=now)
    field_files.follow(kept, after.custom, list(after.custom), now=now)
    fill_search_columns(kept)
    kept.save(update_fields=SEARCH_COLUMNS)
    claim_identities(kept, now)
    unite_consents(kept.pk, gone)
    CustomerAlias.rows.bulk_create(
        [CustomerAlias(old_id=pk, current=kept, number=number, merged_at=now) for pk, number in zip(gone, numbers, strict=True)]
    )
    journal.take_out(CUSTOMERS, "id", gone)
    for follower in followers():
        follower.refigure(ids, now)
    deed = changes.open_change_set(actor=actor, door="merge", at=now, reason=reason)
    merge = Merge.rows.create(
        kept_id=kept.pk,
        gone_ids=gone,
        kept_number=kept.number,
        gone_numbers=numbers,
        reason=reason,
        change_set=deed,
        said_until=said_until,
        at=now,
        by_id=actor.user_id,
    )
    entries = entries_between(before, snapshot(ids), whole={(CUSTOMERS, kept.pk)})
    for entry in entries:
        entry.merge = merge
    MergeEntry.rows.bulk_create(entries, batch_size=1_000)
    settle_ledger([kept.pk], source=ConsentRecord.Source.MERGE, source_id=merge.pk, actor=actor, now=now)
    names = changed_names(was, after)
    pairs = {column_of(name): (value_of(was, name), value_of(after, name)) for name in names}
    changes.record_changes(deed, Customer, [(kept.pk, pairs)], classes={column_of(name): class_of(name) for name in names})
    told: dict[str, events.Primitive] = {"ids": _listed(gone), "numbers": _listed(numbers), "change_set": deed.pk, "door": door}
    events.record("customer.merged", subject=merge.pk, customer=kept.pk, actor=actor, at=now, data=told)
    return Merged(merge.pk, kept.pk, kept.number)


def followers() -> Sequence[Follower]:
    """What the other apps do beside."""
    found: Sequence[Follower] = wiring.load("MERGE_FOLLOWERS")
    return found


def _listed(values: Sequence[object]) -> str:
    return ",".join(map(str, values))


def _write(kept: Customer, after: Details) -> None:
    for name in FIELDS:
        setattr(kept, name, getattr(after, name))
    phone = parse_phone(after.phone) if after.phone else None
    kept.phone_e164 = phone.e164 if phone else ""
    kept.save(update_fields=[*dict.fromkeys(column_of(name) for name in FIELDS), "phone_e164"])


# ---- refusals -----------------------------------------------------------------------------------------------------


def _locked(ids: Sequence[int], actor: Actor) -> list[Customer]:
    """All of them, the actor's to merge, locked in id order, in the order in which they were named."""
    if not 2 <= len(ids) <= MOST or len(set(ids)) < len(ids):
        raise Invalid(fields={"gone": [_("統合する顧客を、2件から%(n)d件まで選んでください。") % {"n": MOST}]})
    try:
        found = {pk: access.customer_for(actor, pk, "merge") for pk in sorted(ids)}
    except NotFound:
        moved = {today for old, today in resolve_many(ids).items() if old != today}
        if moved and access.readable_customers(actor).filter(pk__in=moved).exists():
            raise AlreadyMerged from None
        raise
    return [found[pk] for pk in ids]


def _refuse(customers: Sequence[Customer], reason: str, confirmed: Collection[str]) -> None:
    if len({customer.kind for customer in customers}) > 1:
        raise KindsDiffer
    if any(customer.archived_at is not None for customer in customers):
        raise InTheBin
    if len(clean(reason)) > LONGEST_REASON:
        raise Invalid(fields={"reason": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_REASON}]})
    differing = strong_ids([customer.pk for customer in customers])
    if not {f"{kind}:{value}" for kind, value, _holder in differing} <= set(confirmed):
        raise TwoStrongIds([(kind, value) for kind, value, _holder in differing])


def _checked_choices(choices: Mapping[str, int], sides: Mapping[int, Details], actor: Actor) -> Mapping[str, int]:
    """Those that are another than the proposal says. Raises Invalid, NotAllowed."""
    known = parts()
    problems = {part: [_("一覧から選んでください。")] for part, pk in choices.items() if part not in known or pk not in sides}
    if problems:
        raise Invalid(fields=problems)
    chosen = {part: pk for part, pk in choices.items() if pk != usual_side(sides, known[part])}
    if kept_from := [part for part in chosen if not may_choose(actor, part)]:
        raise Invalid(fields={part: [_("「%(field)s」を選ぶ権限がありません。") % {"field": label_of(part)}] for part in kept_from})
    if {"owner_id", "team_id"} & set(chosen) and not all(access.can(actor, pk, "assign") for pk in sides):
        raise NotAllowed
    return chosen


def _refuse_gain(customers: Sequence[Customer], after: Details, actor: Actor) -> None:
    """Nobody merges themselves into more than they may do to each of them now."""
    if any(access.gains_by(actor, customer, owner_id=after.owner_id, team_id=after.team_id) for customer in customers):
        words = _("統合すると、あなたにできることがいまより増えるため、統合できません。担当を決める人に頼んでください。")
        raise Invalid(fields={"owner_id": [words]})
