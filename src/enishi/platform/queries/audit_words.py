"""The lines of the audit in their final words, masked for the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import audit_objects, event_words
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import Named
from enishi.platform.models import ApiToken, Event, FieldChange, User
from enishi.platform.queries.audit_changes import ChangesInWords, ChangeWords, changes_of, rows_in
from enishi.platform.queries.audit_rows import SHOWN_NAMES, Raw

#: How many changes of one deed a line of the screen shows.
SHOWN_CHANGES = 4

DOORS = {
    "screen": gettext_lazy("画面"),
    "api": gettext_lazy("API"),
    "scim": gettext_lazy("自動連携（SCIM）"),
    "import": gettext_lazy("取り込み"),
    "job": gettext_lazy("裏側の処理"),
    "schedule": gettext_lazy("定期処理"),
    "command": gettext_lazy("コマンド"),
}
#: Of the data of an event what is told, and how it is called.
_TOLD = {
    "address": gettext_lazy("接続元"),
    "ip": gettext_lazy("接続元"),
    "method": gettext_lazy("方法"),
    "step": gettext_lazy("段階"),
    "device": gettext_lazy("端末"),
    "login": gettext_lazy("ログイン名"),
    "rows": gettext_lazy("件数"),
    "count": gettext_lazy("件数"),
    "seals": gettext_lazy("封印の数"),
    "problems": gettext_lazy("問題の数"),
}
_CODES = {
    "password": gettext_lazy("パスワード"),
    "totp": gettext_lazy("認証アプリ"),
    "webauthn": gettext_lazy("パスキー"),
    "recovery_codes": gettext_lazy("リカバリーコード"),
    "company": gettext_lazy("会社のアカウント"),
    "socialaccount": gettext_lazy("会社のアカウント"),
    "ldap.password": gettext_lazy("会社のアカウント：ログイン名かパスワードが違う"),
    "ldap.guesses": gettext_lazy("会社のアカウント：続けて間違えた"),
    "ldap.unreachable": gettext_lazy("会社のアカウント：ディレクトリに届かない"),
    "ldap.certificate": gettext_lazy("会社のアカウント：ディレクトリの証明書が違う"),
    "ldap.no_tls": gettext_lazy("会社のアカウント：ディレクトリが暗号化に応じない"),
    "ldap.service": gettext_lazy("会社のアカウント：接続用アカウントで入れない"),
    "ldap.base": gettext_lazy("会社のアカウント：検索の起点がない"),
    "ldap.id": gettext_lazy("会社のアカウント：変わらない ID がない"),
    "saml.shape": gettext_lazy("会社のアカウント：返事を読めない"),
    "saml.signature": gettext_lazy("会社のアカウント：署名が違う"),
    "saml.unsigned": gettext_lazy("会社のアカウント：署名がない"),
    "saml.audience": gettext_lazy("会社のアカウント：宛先が違う"),
    "saml.issuer": gettext_lazy("会社のアカウント：発行者が違う"),
    "saml.time": gettext_lazy("会社のアカウント：期限や時刻が合わない"),
    "saml.not_asked": gettext_lazy("会社のアカウント：頼んでいない返事"),
    "saml.status": gettext_lazy("会社のアカウント：提供元が断った"),
    "saml.encrypted": gettext_lazy("会社のアカウント：暗号化されている"),
    "saml.subject": gettext_lazy("会社のアカウント：変わらない ID がない"),
    "saml.replay": gettext_lazy("会社のアカウント：使い終わった返事"),
    "saml.ticket": gettext_lazy("会社のアカウント：時間切れ"),
}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line in its final words, masked for the reader."""

    at: datetime
    source: str  # event, change, view
    what: str
    who: str
    door: str
    objects: tuple[Named, ...]
    more: int = 0  # objects beyond those that are named
    reason: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[ChangeWords, ...] = ()
    more_changes: int = 0


def lines(actor: Actor, found: Sequence[Raw], shown: int = SHOWN_CHANGES) -> list[AuditLine]:
    """Each in words, with at most `shown` changes. A query for each table that is named, and four or five beside."""
    changes = changes_of([pk for raw in found for pk in raw.change_sets])
    for raw in found:
        if raw.source == "change" and not raw.subjects:
            seen = dict.fromkeys((row.object, row.object_id) for pk in raw.change_sets for row in changes.get(pk, ()))
            raw.subjects, raw.count = list(seen)[:SHOWN_NAMES], max(len(seen), 1)
    ids: dict[str, set[int]] = {}
    for raw in found:
        for label, pk in raw.subjects:
            ids.setdefault(label, set()).add(pk)
    told = [row for raw in found for pk in raw.change_sets for row in changes.get(pk, ())[:shown]]
    for label, pks in rows_in(told).items():
        ids.setdefault(label, set()).update(pks)
    data = dict(Event.rows.filter(pk__in=[raw.data["event"] for raw in found if raw.data]).values_list("pk", "data"))
    names = audit_objects.names_of(actor, ids)
    people = _people(found)
    words = ChangesInWords.of(actor, told, names)
    return [_line(raw, names, people, words, changes, data, shown) for raw in found]


@dataclass(frozen=True, slots=True)
class _People:
    users: Mapping[int, str]
    tokens: Mapping[int, str]


def _people(found: Sequence[Raw]) -> _People:
    ids = {raw.actor_id for raw in found if raw.actor_id}
    tokens = {raw.token_id for raw in found if raw.token_id}
    return _People(
        dict(User.rows.filter(pk__in=ids).values_list("pk", "display_name")),
        dict(ApiToken.rows.filter(pk__in=tokens).values_list("pk", "name")) if tokens else {},
    )


def _line(
    raw: Raw,
    names: Mapping[tuple[str, int], Named],
    people: _People,
    words: ChangesInWords,
    changes: Mapping[int, Sequence[FieldChange]],
    data: Mapping[int, Mapping[str, Any]],
    shown: int,
) -> AuditLine:
    rows = [row for pk in raw.change_sets for row in changes.get(pk, ())]
    named = [names.get(key) or Named(f"{audit_objects.called(key[0])} {key[1]}") for key in raw.subjects]
    return AuditLine(
        at=raw.at,
        source=raw.source,
        what=_what(raw),
        who=_who(raw, people),
        door=str(DOORS[raw.door]),
        objects=tuple(dict.fromkeys(named)),  # two addresses of one customer are told by one name
        more=raw.count - len(named) if raw.count > 1 else 0,
        reason=raw.reason,
        notes=_notes(raw, data),
        changes=tuple(words(row) for row in rows[:shown]),
        more_changes=max(len(rows) - shown, 0),
    )


def _what(raw: Raw) -> str:
    if raw.source == "view":
        label = audit_objects.called(raw.subjects[0][0]) if raw.subjects else ""
        return _("%(what)sを閲覧") % {"what": label}
    if raw.source == "change":
        label = audit_objects.called(raw.subjects[0][0]) if raw.subjects else _("記録")
        return _("%(what)sの項目を変更") % {"what": label}
    return event_words.words_of(raw.kind)


def _who(raw: Raw, people: _People) -> str:
    if raw.actor_id is None:
        return {"system": _("システム"), "anonymous": _("ログイン前の人"), "scim": _("自動連携（SCIM）")}.get(raw.actor_kind, _("不明"))
    name = people.users.get(raw.actor_id, _("不明"))
    token = people.tokens.get(raw.token_id or 0)
    return _("%(name)s（APIトークン「%(token)s」）") % {"name": name, "token": token} if token else name


def _notes(raw: Raw, data: Mapping[int, Mapping[str, Any]]) -> tuple[str, ...]:
    said = data.get(raw.data.get("event", 0), {})
    if raw.ip and not said.get("ip"):
        said = {**said, "ip": raw.ip}
    found = [_pair(str(label), str(_CODES.get(said[key], said[key]))) for key, label in _TOLD.items() if said.get(key) not in (None, "")]
    if raw.columns and raw.subjects:
        found.append(_pair(_("見た項目"), "・".join(audit_objects.field_labels(raw.subjects[0][0], raw.columns))))
    return tuple(found)


def _pair(label: str, value: str) -> str:
    return _("%(label)s：%(value)s") % {"label": label, "value": value}
