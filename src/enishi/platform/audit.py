"""How the audit names what the platform keeps itself: users, roles, departments, settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import modules, objects
from enishi.platform.actor import Actor
from enishi.platform.approvals import kinds
from enishi.platform.audit_objects import AuditObject, Named, nameless
from enishi.platform.models import ApiToken, ApprovalRule, IdentityProvider, ModuleState, Role, RoleGrant, ScimGroup, ScimToken, Team, User
from enishi.platform.privacy import Level
from enishi.platform.roles import CLASSES, Json, Shape, class_words, shape_from
from enishi.platform.words import own

_NETWORKS = gettext_lazy("接続できるIPアドレス")
_ARCHIVED = gettext_lazy("しまった日時")


def _labels(words: Mapping[str, str | Promise]) -> Callable[[str], str | None]:
    return lambda field: str(words[field]) if field in words else None


def _by_name(model: type[models.Model], column: str = "name") -> Callable[[Actor, Collection[int]], Mapping[int, Named]]:
    def names(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
        rows = model.rows.filter(pk__in=ids)  # type: ignore[attr-defined]
        return {pk: Named(name) for pk, name in rows.values_list("pk", column)}

    return names


def _find_users(_actor: Actor, text: str) -> Sequence[int]:
    rows = User.rows.filter(models.Q(display_name__icontains=text) | models.Q(username__iexact=text))
    return list(rows.values_list("pk", flat=True)[:200])


USERS = AuditObject(
    names=_by_name(User, "display_name"),
    find=_find_users,
    label=_labels({"roles": gettext_lazy("ロール"), "teams": gettext_lazy("部署"), "is_active": gettext_lazy("ログインできる")}),
    rows={"roles": "platform.role", "teams": "platform.team"},
)


# ---- roles ----------------------------------------------------------------------------------------------------------


def _rights(field: str, before: object, after: object) -> tuple[str, str] | None:
    """Of all that a role says only what is new: 「顧客の書き出し：部署」."""
    if field != "rights":
        return None
    was, will = (_said(shape_from(kept) if kept else Shape()) for kept in (_json(before), _json(after)))
    new = [key for key in {**was, **will} if was.get(key) != will.get(key)]
    return _("、").join(_said_of(key, was) for key in new), _("、").join(_said_of(key, will) for key in new)


def _json(kept: object) -> Json | None:
    return kept if isinstance(kept, dict) and kept else None


def _said(shape: Shape) -> dict[str, str]:
    """What is called how → how far it goes."""
    widths = dict(RoleGrant.Scope.choices)
    labels = {one.key: own(one.label) for one in objects.all_objects().values()}
    found = {
        _("%(object)sの%(act)s") % {"object": labels.get(thing, thing), "act": str(objects.ACTS.get(act, act))}: str(widths[width])
        for (thing, act), width in shape.grants.items()
        if width in widths
    }
    found |= {class_words(privacy): _level(shape.level(privacy)) for privacy in CLASSES}
    fields = objects.field_rights()
    return found | {own(fields[name].label): _level(level) for name, level in shape.fields.items() if name in fields}


def _level(level: Level) -> str:
    return str(objects.LEVEL_WORDS[level])


def _said_of(key: str, said: Mapping[str, str]) -> str:
    return _("%(label)s：%(value)s") % {"label": key, "value": said.get(key) or _("なし")}


ROLES = AuditObject(
    names=_by_name(Role),
    label=_labels(
        {
            "name": gettext_lazy("名前"),
            "description": gettext_lazy("説明"),
            "rights": gettext_lazy("権限"),
            "holder": gettext_lazy("持っている人"),
            "networks": _NETWORKS,
            "archived_at": _ARCHIVED,
        }
    ),
    rows={"holder": "platform.user"},
    pair=_rights,
)
TEAMS = AuditObject(
    names=_by_name(Team),
    label=_labels({"member": gettext_lazy("所属する人"), "archived_at": _ARCHIVED}),
    rows={"parent_id": "platform.team", "member": "platform.user"},
)


# ---- settings -------------------------------------------------------------------------------------------------------


def _organisation(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return dict.fromkeys(ids, Named(_("会社の設定")))


ORGANISATION = AuditObject(
    names=_organisation,
    label=_labels(
        {
            "fiscal_year_start_month": gettext_lazy("年度の始まりの月"),
            "closing_day": gettext_lazy("締め日"),
            "extra_holidays": gettext_lazy("会社の休業日"),
            "send_wait_minutes": gettext_lazy("送信待ちの時間（分）"),
            "holdout_percent": gettext_lazy("比較用に配信しない人の割合（%）"),
            "second_factor_from": gettext_lazy("2段階認証を必須にする日"),
            "networks": _NETWORKS,
            "words": gettext_lazy("呼び方"),
            "admins_see_nobody": gettext_lazy("システム管理者に個人情報を見せない"),
        }
    ),
)


def _modules(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    known = modules.all_modules()
    rows = ModuleState.rows.filter(pk__in=ids).values_list("pk", "key")
    return {pk: Named(str(known[key].label)) for pk, key in rows if key in known}


MODULES = AuditObject(names=_modules, label=_labels({"on": gettext_lazy("オン")}))
TOKENS = AuditObject(
    names=_by_name(ApiToken),
    label=_labels(
        {
            "name": gettext_lazy("用途"),
            "read_only": gettext_lazy("読み取りだけ"),
            "scopes": gettext_lazy("できること"),
            "fields": gettext_lazy("見せる項目"),
            "networks": gettext_lazy("使えるIPアドレス"),
            "expires_at": gettext_lazy("期限"),
        }
    ),
)
COMPANY_LOGIN = AuditObject(
    names=_by_name(IdentityProvider),
    label=_labels(
        {
            "name": gettext_lazy("ボタンに出す名前"),
            "issuer": gettext_lazy("発行者（issuer）"),
            "kind": gettext_lazy("方式"),
            "client_id": gettext_lazy("クライアントID"),
            "saml_sso_url": gettext_lazy("ログイン先（SAML）"),
            "certificates": gettext_lazy("証明書"),
            "subject_rule": gettext_lazy("本人を見分けるもの"),
            "subject_attribute": gettext_lazy("属性の名前"),
            "ldap_host": gettext_lazy("サーバー名"),
            "ldap_port": gettext_lazy("ポート"),
            "ldap_starts_plain": gettext_lazy("StartTLS"),
            "ldap_login": gettext_lazy("ログイン名の属性"),
            "is_on": gettext_lazy("ログイン画面に出す"),
            "makes_users": gettext_lazy("招待していない人も、ユーザーにする"),
            "trusts_second_factor": gettext_lazy("この提供元の二要素認証を信頼する"),
        }
    ),
)

SCIM = AuditObject(
    names=lambda _actor, ids: dict.fromkeys(ids, Named(_("ユーザーの自動連携（SCIM）"))),
    label=_labels({"is_on": gettext_lazy("自動連携を使う"), "first_sign_in": gettext_lazy("はじめてのログイン")}),
)
SCIM_TOKENS = AuditObject(names=_by_name(ScimToken))
SCIM_GROUPS = AuditObject(
    names=_by_name(ScimGroup, "display_name"),
    label=_labels({"role": gettext_lazy("ロール"), "team": gettext_lazy("部署")}),
    rows={"role": "platform.role", "team": "platform.team"},
)


def _rules(_actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = ApprovalRule.rows.filter(pk__in=ids).values_list("pk", "kind")
    return {pk: Named(str(kinds()[kind].label)) for pk, kind in rows if kind in kinds()}


def _approvers(field: str, before: object, after: object) -> tuple[str, str] | None:
    """`role:3`, `person:5` by their names, in order. Two queries."""
    if field != "steps":
        return None
    listed = [[str(step).partition(":")[::2] for step in steps] if isinstance(steps, list) else [] for steps in (before, after)]
    ids = {way: {int(pk) for steps in listed for one, pk in steps if one == way and pk.isdigit()} for way in ("role", "person")}
    names = {("role", pk): name for pk, name in Role.rows.filter(pk__in=ids["role"]).values_list("pk", "name")}
    names |= {("person", pk): name for pk, name in User.rows.filter(pk__in=ids["person"]).values_list("pk", "display_name")}
    was, will = (" → ".join(names.get((way, int(pk)), _("不明")) for way, pk in steps if pk.isdigit()) for steps in listed)
    return was, will


APPROVAL_RULES = AuditObject(
    names=_rules, label=_labels({"on": gettext_lazy("承認を求める"), "steps": gettext_lazy("承認する人")}), pair=_approvers
)
FILES = AuditObject(names=nameless, called=gettext_lazy("ファイル"))
CHANGES = AuditObject(names=nameless, called=gettext_lazy("変更履歴"))
