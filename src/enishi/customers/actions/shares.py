"""共有: letting a colleague, or a team, see or change one customer for a time; and taking that back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.platform import changes, events, rights, time
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Share, Team, User

LONGEST_REASON = 200
LONGEST = timedelta(days=3_653)
MOST_OF_ONE_CUSTOMER = 50
MOST_WITH_ONE = 1_000  # they are looked up one by one: more is a matter for a role or a team


class TooManyShares(ActionError):
    code = "share.too_many"
    message = gettext_lazy("この相手への共有は1,000件までです。担当・部署・ロールで見せることを検討してください。")


@action
def share_customer(
    *,
    customer_id: int,
    level: str,
    until_on: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
    user_id: int | None = None,
    team_id: int | None = None,
    door: str = "screen",
) -> int:
    """Let a colleague or a team see this customer, or change it as well; gives the id of the share. `until_on`: the last day.

    Nobody shares what they hold by a share alone, or more than they may do themselves; and the receiver gains this row, none of
    the acts that their roles do not give them. A share with the same receiver is replaced. Records `customer.shared`.
    Raises NotFound, NotAllowed, Invalid, TooManyShares.
    """
    customer = access.customer_for(actor, customer_id, "share")
    if level == Share.Level.UPDATE:
        access.customer_for(actor, customer_id, "update")
    problems = _problems(level, until_on, reason, user_id=user_id, team_id=team_id, actor=actor, now=now)
    if problems:
        raise Invalid(fields=problems)
    receiver = Q(user_id=user_id) if user_id is not None else Q(team_id=team_id)
    standing = _standing(customer_id).select_for_update().order_by("pk")
    before = standing.filter(receiver).first()
    if before is not None:
        _end(before, actor, now, door)
    elif standing.count() >= MOST_OF_ONE_CUSTOMER:
        raise Invalid(_("1人の顧客の共有は%(n)d件までです。") % {"n": MOST_OF_ONE_CUSTOMER})
    if Share.rows.filter(receiver, _lasting(now), object="customer").count() >= MOST_WITH_ONE:
        raise TooManyShares
    share = Share.rows.create(
        object="customer",
        record_id=customer.pk,
        user_id=user_id,
        team_id=team_id,
        level=level,
        until_at=time.start_of_day(until_on + timedelta(days=1)) if until_on else None,
        reason=clean(reason),
        created_at=now,
        created_by_id=actor.user_id,
    )
    _tell(share, "customer.shared", {"level": ("", share.level), "until_at": (None, share.until_at)}, actor, now, door)
    return share.pk


@action
def end_share(*, customer_id: int, share_id: int, actor: Actor, now: datetime, door: str = "screen") -> None:
    """Take a share back; twice is once. Records `customer.share_ended`. Raises NotFound, NotAllowed."""
    access.customer_for(actor, customer_id, "share")
    share = Share.rows.select_for_update().filter(pk=share_id, object="customer", record_id=customer_id).first()
    if share is None:
        raise NotFound
    if share.ended_at is None:
        _end(share, actor, now, door)


def _problems(
    level: str, until_on: date | None, reason: str, *, user_id: int | None, team_id: int | None, actor: Actor, now: datetime
) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if level not in Share.Level.values:
        problems["level"] = [_("一覧から選んでください。")]
    if until_on is not None and until_on < time.today(now):
        problems["until_on"] = [_("今日より前の日付です。")]
    elif until_on is not None and until_on > time.today(now) + LONGEST:
        problems["until_on"] = [_("10年より先の日付です。期限を決めないときは、空にしてください。")]
    if not clean(reason):
        problems["reason"] = [_("なぜ共有するのかを入力してください。")]
    elif len(clean(reason)) > LONGEST_REASON:
        problems["reason"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_REASON}]
    if word := _refused_receiver(user_id, team_id, actor):
        problems["receiver"] = [word]
    return problems


def _refused_receiver(user_id: int | None, team_id: int | None, actor: Actor) -> str:
    if team_id is not None and user_id is None:
        return "" if Team.rows.filter(pk=team_id, archived_at=None).exists() else _("一覧から選んでください。")
    if user_id is None or team_id is not None:
        return _("共有する相手を選んでください。")
    if user_id == actor.user_id:
        return _("自分には共有できません。")
    if not User.rows.filter(pk=user_id, is_active=True).exists():
        return _("一覧から選んでください。")
    if not access.may(rights.actor_by_id(user_id), "read"):
        return _("この人は、顧客を見る権限をまだ持っていません。先にロールを付けてください。")
    return ""


def _lasting(now: datetime) -> Q:
    return Q(ended_at=None) & (Q(until_at=None) | Q(until_at__gt=now))


def _standing(customer_id: int) -> QuerySet[Share]:
    return Share.rows.filter(object="customer", record_id=customer_id, ended_at=None)


def _end(share: Share, actor: Actor, now: datetime, door: str) -> None:
    share.ended_at, share.ended_by_id = now, actor.user_id
    share.save(update_fields=["ended_at", "ended_by"])
    _tell(share, "customer.share_ended", {"ended_at": (None, now)}, actor, now, door)


def _tell(share: Share, kind: str, pairs: dict[str, changes.Change], actor: Actor, now: datetime, door: str) -> None:
    deed = changes.open_change_set(actor=actor, door=door, at=now, reason=share.reason)
    changes.record_changes(deed, Share, [(share.pk, pairs)])
    data: dict[str, events.Primitive] = {"level": share.level, "change_set": deed.pk}
    data |= {"user_id": share.user_id} if share.user_id else {"team_id": share.team_id or 0}
    events.record(kind, subject=share.pk, customer=share.record_id, actor=actor, at=now, data=data)
