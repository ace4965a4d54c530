"""重複: searching for records that may be one customer, and saying which of them are not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.models import CustomerAlias, TwinPair, TwinSearch
from enishi.customers.resolve import resolve_many
from enishi.customers.twins import doors, running, settling
from enishi.customers.twins.groups import regroup
from enishi.platform import events, runs, time
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, NotAllowed, NotFound

State = TwinPair.State
#: 「あとで」: for so long a pair is not in the list.
LATER: Final = timedelta(days=14)
MOST_AT_ONCE: Final = 200


class SearchUnderWay(ActionError):
    code = "twins.search_under_way"
    message = gettext_lazy("重複の検索は、すでに進んでいます。終わるまでお待ちください。")


class SearchIsOver(ActionError):
    code = "twins.search_over"
    message = gettext_lazy("この検索は、もう終わっています。")


class AlreadyDecided(ActionError):
    """Somebody else was faster, or one of the two was merged or archived."""

    code = "twins.already_decided"
    message = gettext_lazy("この重複候補は、すでにほかの人が確認したか、対象でなくなっています。")


@action
def search_twins(*, whole: bool, actor: Actor, now: datetime) -> int:
    """Order a search of everybody, or of who is new or changed since the last one; its id. Records `twins.search_ordered`.

    What is found is shown by the rights of whoever looks: a token of somebody who merges everybody may order it as well. Raises
    NotAllowed, SearchUnderWay.
    """
    access.require_comparing(actor)
    if actor.kind not in ("staff", "token") or actor.user_id is None or actor.scope_for("customer", "merge") != "all":
        raise NotAllowed
    kind = TwinSearch.Kind.WHOLE if whole else TwinSearch.Kind.CHANGES
    made = doors.begin(kind, owner_id=actor.user_id, now=now)
    if made is None:
        raise SearchUnderWay
    events.record("twins.search_ordered", subject=made, customer=None, actor=actor, at=now, data={"kind": kind})
    return made


@action
def stop_search(*, search_id: int, actor: Actor, now: datetime) -> None:
    """End a search that runs; what it has written down stays. Records `twins.search_stopped`. Raises NotAllowed, NotFound,
    SearchIsOver."""
    access.require_comparing(actor)
    if actor.scope_for("customer", "merge") != "all":
        raise NotAllowed
    search = TwinSearch.rows.select_for_update().filter(pk=search_id).first()
    if search is None:
        raise NotFound
    if search.state not in running.OPEN:
        raise SearchIsOver
    runs.leave(search, TwinSearch.State.STOPPED, at=now)
    running.show_work(search)
    events.record("twins.search_stopped", subject=search.pk, customer=None, actor=actor, at=now)


@action
def tell_apart(*, pair_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """同じ人ではない: these pairs are two customers each; how many. Remembered until something new speaks for one.

    Records `twins.told_apart`. Raises NotFound, NotAllowed (of any of them), AlreadyDecided.
    """
    pairs = _open_pairs(pair_ids, actor)
    for pair in pairs:
        pair.state, pair.decided_by_id, pair.decided_at, pair.snoozed_until = State.DISTINCT, actor.user_id, now, None
    return _decided("twins.told_apart", pairs, actor, now)


@action
def put_off(*, pair_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """あとで: not in the list for two weeks; how many. Records `twins.put_off`. Raises as `tell_apart`."""
    pairs = _open_pairs(pair_ids, actor)
    for pair in pairs:
        pair.snoozed_until = time.today(now) + LATER
    return _decided("twins.put_off", pairs, actor, now)


@action
def reopen_pairs(*, pair_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """To be looked at again, after 「同じ人ではない」 or 「あとで」; how many. Records `twins.reopened`. Raises as `tell_apart`."""
    pairs = [pair for pair in _pairs(pair_ids, actor) if pair.state in (State.OPEN, State.DISTINCT)]
    if not pairs:
        raise AlreadyDecided
    for pair in pairs:
        pair.state, pair.decided_by_id, pair.decided_at, pair.snoozed_until = State.OPEN, None, None, None
    return _decided("twins.reopened", pairs, actor, now)


def _decided(kind: str, pairs: list[TwinPair], actor: Actor, now: datetime) -> int:
    TwinPair.rows.bulk_update(pairs, ["state", "decided_by", "decided_at", "snoozed_until"])
    regroup({side for pair in pairs for side in (pair.first_id, pair.second_id)})
    events.record_many([events.NewEvent(kind, pair.pk, pair.first_id, now, {"other_id": pair.second_id}) for pair in pairs], actor=actor)
    return len(pairs)


def _open_pairs(pair_ids: Collection[int], actor: Actor) -> list[TwinPair]:
    pairs = _pairs(pair_ids, actor)
    if any(pair.state != State.OPEN for pair in pairs):
        raise AlreadyDecided
    return pairs


def _pairs(pair_ids: Collection[int], actor: Actor) -> list[TwinPair]:
    """The pairs, locked until commit. Raises NotFound where one is not the actor's to decide."""
    access.require_comparing(actor)
    wanted = set(list(pair_ids)[:MOST_AT_ONCE])
    found = list(access.twin_pairs(actor).filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",)))
    if not wanted or len(found) < len(wanted):
        raise NotFound
    return found


@action
def settle_merges(*, customer_ids: Collection[int]) -> None:
    """Bring the pairs of customers who were merged, or are apart again, up to date. Who carries on is compared anew by the next search.

    What lies between two ids of one customer is settled; once they are apart again it is open to be decided, as it was.
    """
    aliases = dict(CustomerAlias.rows.filter(current_id__in=customer_ids).values_list("old_id", "current_id"))
    settling.follow_merges(aliases)
    merged = list(TwinPair.rows.filter(settling.of_customers(customer_ids), state=State.MERGED))
    today = resolve_many({side for pair in merged for side in (pair.first_id, pair.second_id)})
    apart = [pair.pk for pair in merged if today[pair.first_id] != today[pair.second_id]]
    TwinPair.rows.filter(pk__in=apart).update(state=State.OPEN)
    regroup(customer_ids)
