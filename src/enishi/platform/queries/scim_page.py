"""設定 → ユーザーの自動連携（SCIM）: what administrators see of it, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import objects, policy, time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import RoleGrant, ScimGroup, ScimMeeting, ScimMember, ScimSettings, ScimToken, ScimTrouble, ScimUser
from enishi.platform.second_factor import GUARDED_ACTS

MOST, SHOWN_NAMES = 200, 5
SHOWN_TROUBLES = 20


@dataclass(frozen=True, slots=True)
class ScimState:
    is_on: bool
    first_sign_in: str
    called_at: datetime | None
    users: int


def scim_state(actor: Actor) -> ScimState:
    """Raises NotAllowed. Two queries."""
    policy.require(actor, "user", "update")
    row = ScimSettings.rows.first() or ScimSettings()
    return ScimState(row.is_on, row.first_sign_in, row.called_at, ScimUser.rows.filter(removed_at=None).count())


@dataclass(frozen=True, slots=True)
class ScimTokenRow:
    id: int
    name: str
    networks: list[str]
    expires_at: datetime | None
    used_at: datetime | None
    created_at: datetime
    created_by: str
    is_revoked: bool
    is_over: bool

    @property
    def last_day(self) -> date | None:
        return time.today(self.expires_at - timedelta(seconds=1)) if self.expires_at else None


def scim_tokens(actor: Actor, wall: datetime) -> list[ScimTokenRow]:
    """Those in use first. Raises NotAllowed. One query."""
    policy.require(actor, "user", "configure")
    rows = ScimToken.rows.select_related("created_by").order_by("revoked_at", "-pk")[:MOST]
    return [
        ScimTokenRow(
            row.pk,
            row.name,
            row.networks,
            row.expires_at,
            row.used_at,
            row.created_at,
            row.created_by.display_name,
            row.revoked_at is not None,
            row.expires_at is not None and row.expires_at <= wall,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ScimGroupRow:
    id: int
    name: str
    members: int
    role: str
    team: str


def scim_groups(actor: Actor) -> list[ScimGroupRow]:
    """The groups that the directory has sent, those that nobody has mapped first. Raises NotAllowed. Two queries."""
    policy.require(actor, "user", "update")
    sizes = dict(ScimMember.rows.values("group_id").annotate(n=Count("pk")).values_list("group_id", "n"))
    rows = ScimGroup.rows.filter(removed_at=None).select_related("role", "team").order_by("display_name", "pk")[:MOST]
    found = [
        ScimGroupRow(row.pk, row.display_name, sizes.get(row.pk, 0), row.role.name if row.role else "", row.team.name if row.team else "")
        for row in rows
    ]
    return sorted(found, key=lambda one: bool(one.role or one.team))


@dataclass(frozen=True, slots=True)
class ScimGroupPage:
    id: int
    name: str
    role_id: int | None
    team_id: int | None
    mapped_by: str
    mapped_at: datetime | None
    members: int
    names: list[str]  # the first of them

    @property
    def more(self) -> int:
        return self.members - len(self.names)


def scim_group_page(actor: Actor, group_id: int) -> ScimGroupPage:
    """Raises NotAllowed, NotFound. Three queries."""
    policy.require(actor, "user", "update")
    row = ScimGroup.rows.filter(pk=group_id, removed_at=None).select_related("mapped_by").first()
    if row is None:
        raise NotFound
    inside = ScimMember.rows.filter(group=row).order_by("member__user__display_name", "member_id")
    return ScimGroupPage(
        row.pk,
        row.display_name,
        row.role_id,
        row.team_id,
        row.mapped_by.display_name if row.mapped_by else "",
        row.mapped_at,
        inside.count(),
        list(inside.values_list("member__user__display_name", flat=True)[:SHOWN_NAMES]),
    )


def strong_rights(role_id: int | None) -> list[str]:
    """Of what a role allows, in sentences, what takes a second look: exports, sending, settings, reveals, and what leads to more
    rights: changing users and roles. One query."""
    if role_id is None:
        return []
    known = objects.all_objects()
    strong = Q(action__in=GUARDED_ACTS) | (Q(object__in=("user", "role")) & ~Q(action="read"))
    rows = RoleGrant.rows.filter(strong, role_id=role_id).order_by("object", "action")
    return [
        known[thing].sentence(act, width)
        for thing, act, width in rows.values_list("object", "action", "scope")
        if objects.is_known(thing, act)
    ]


@dataclass(frozen=True, slots=True)
class ScimMeetingRow:
    id: int
    user_name: str
    user_id: int
    met: str  # whom they met
    login: str
    at: datetime


def scim_meetings(actor: Actor) -> list[ScimMeetingRow]:
    """Whom the directory wanted to make and who is here already, the latest first. Raises NotAllowed. One query."""
    policy.require(actor, "user", "configure")
    rows = ScimMeeting.rows.select_related("user").order_by("-at", "-pk")[:MOST]
    return [ScimMeetingRow(row.pk, row.user_name, row.user_id, row.user.display_name, row.user.username, row.at) for row in rows]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a user came from, as their page says it."""

    user_name: str
    made_here: bool
    since: datetime
    groups: list[tuple[int, str]]  # id, name


def origin_of(actor: Actor, user_id: int) -> Origin | None:
    """None where no directory knows them. Raises NotAllowed. Two queries."""
    policy.require(actor, "user", "read")
    row = ScimUser.rows.filter(user_id=user_id, removed_at=None).first()
    if row is None:
        return None
    groups = ScimMember.rows.filter(member=row).order_by("group__display_name").values_list("group_id", "group__display_name")
    return Origin(row.user_name, row.made_here, row.created_at, list(groups))


# ---- what went wrong ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScimTroubleRow:
    at: datetime
    deed: str  # ユーザーの追加
    about: str
    words: str
    advice: str


type _Words = str | Promise

_DEEDS: Mapping[str, _Words] = {
    "POST Users": gettext_lazy("ユーザーの追加"),
    "PUT Users": gettext_lazy("ユーザーの変更"),
    "PATCH Users": gettext_lazy("ユーザーの変更"),
    "DELETE Users": gettext_lazy("ユーザーの停止"),
    "GET Users": gettext_lazy("ユーザーの検索"),
    "POST Groups": gettext_lazy("グループの追加"),
    "PUT Groups": gettext_lazy("グループの変更"),
    "PATCH Groups": gettext_lazy("グループの変更"),
    "DELETE Groups": gettext_lazy("グループの削除"),
    "GET Groups": gettext_lazy("グループの検索"),
    "POST Bulk": gettext_lazy("まとめての変更（Bulk）"),
}
_UNREADABLE: tuple[_Words, _Words] = (
    gettext_lazy("送られた内容を読めませんでした。"),
    gettext_lazy("連携元の「属性のマッピング」で、必須の項目（userName）と、メールアドレスの形を確かめてください。"),
)
_TROUBLES: Mapping[str, tuple[_Words, _Words]] = {
    "scim.user_name_taken": (
        gettext_lazy("同じ userName の人が、すでに連携されています。"),
        gettext_lazy("連携元で、重なっている人を直してください。"),
    ),
    "scim.external_id_taken": (
        gettext_lazy("同じ externalId が、すでに使われています。"),
        gettext_lazy("連携元の「属性のマッピング」で、externalId に人ごとに違う値（objectId など）を選んでください。"),
    ),
    "scim.already_here": (
        gettext_lazy("同じログイン名かメールアドレスのユーザーが、すでにいます。"),
        gettext_lazy("「確かめが必要な人」で、同じ人かどうかを決めてください。"),
    ),
    "scim.stopped_by_hand": (
        gettext_lazy("管理者が停止した人を、連携元が再開しようとしました。"),
        gettext_lazy("再開してよければ、ユーザーの画面で再開してください。"),
    ),
    "user.last_administrator": (
        gettext_lazy("ユーザーを管理できる最後の1人なので、停止しませんでした。"),
        gettext_lazy("先に、ほかの人を管理者にしてください。"),
    ),
    "role.nobody_left": (
        gettext_lazy("ロールを変えられる最後の1人なので、外しませんでした。"),
        gettext_lazy("先に、ほかの人に「管理者」を付けてください。"),
    ),
    "scim.changed_meanwhile": (
        gettext_lazy("ほかの変更が先に入りました。"),
        gettext_lazy("連携元がもう一度送るので、することはありません。"),
    ),
    "403": (gettext_lazy("自動連携がオフです。"), gettext_lazy("使うときは、オンにしてください。")),
    "413": (gettext_lazy("1回に送られた量が多すぎました。"), gettext_lazy("連携するグループを、使うものだけに絞ってください。")),
    "501": (
        gettext_lazy("まとめての変更（Bulk）など、対応していない方法で送られました。"),
        gettext_lazy("連携元の設定で、Bulk を使わないようにしてください。"),
    ),
    "invalidFilter": (
        gettext_lazy("検索の条件を読めませんでした。"),
        gettext_lazy("連携元の「照合に使う属性」を userName か externalId にしてください。"),
    ),
    "tooMany": (
        gettext_lazy("検索に当てはまる人が多すぎました。"),
        gettext_lazy("連携元の「照合に使う属性」を userName か externalId にしてください。"),
    ),
}


def scim_troubles(actor: Actor) -> list[ScimTroubleRow]:
    """What was refused, the latest first. Raises NotAllowed. One query."""
    policy.require(actor, "user", "update")
    rows = ScimTrouble.rows.order_by("-pk")[:SHOWN_TROUBLES]
    found = []
    for row in rows:
        words, advice = _TROUBLES.get(row.code, _UNREADABLE)
        found.append(ScimTroubleRow(row.at, str(_DEEDS.get(row.route, _("そのほかの呼び出し"))), row.about, str(words), str(advice)))
    return found
