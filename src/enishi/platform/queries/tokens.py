"""API tokens, without the tokens themselves: only their hashes are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import ApiToken
from enishi.platform.objects import OpenField, all_objects, open_fields
from enishi.platform.routes import all_routes


@dataclass(frozen=True, slots=True)
class TokenRow:
    id: int
    name: str
    read_only: bool
    scopes: list[str] | None
    fields: list[str] | None
    networks: list[str]
    expires_at: datetime | None
    used_at: datetime | None
    created_at: datetime
    revoked_at: datetime | None
    shows: str = ""  # in a sentence

    @property
    def reach(self) -> str:
        if self.scopes is not None:
            return _("選んだ %(n)d項目") % {"n": len(self.scopes)}
        return _("読み取り") if self.read_only else _("読み書き")

    @property
    def last_day(self) -> date | None:
        return time.today(self.expires_at - timedelta(seconds=1)) if self.expires_at else None

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= time.wall_clock()


_COLUMNS = ("id", "name", "read_only", "scopes", "fields", "networks", "expires_at", "used_at", "created_at", "revoked_at")


def own_tokens(actor: Actor) -> list[TokenRow]:
    """The viewer's own tokens, those in use first. One query, one more where the company has fields of its own."""
    rows = ApiToken.rows.filter(user_id__in=[actor.user_id]).order_by("revoked_at", "-id")
    found = [TokenRow(*row) for row in rows.values_list(*_COLUMNS)]
    known = open_fields() if any(row.fields is not None for row in found) else {}
    return [replace(row, shows=_shows(row.fields, known)) for row in found]


_NAMED = 3  # so many fields are named in a sentence


def _shows(fields: list[str] | None, known: Mapping[str, OpenField]) -> str:
    """What a token shows of customers: 「顧客番号と、氏名・メールアドレス・都道府県 ほか2項目だけが見えます」. Fields that are gone are not counted."""
    if fields is None:
        return _("あなたに見える項目が、すべて見えます")
    names = [str(one.label) for key, one in known.items() if key in fields]
    if not names:
        return _("顧客番号だけが見えます")
    told = _("・").join(names[:_NAMED])
    if more := len(names) - _NAMED if len(names) > _NAMED else 0:
        return _("顧客番号と、%(names)s ほか%(n)d項目だけが見えます") % {"names": told, "n": more}
    return _("顧客番号と、%(names)sだけが見えます") % {"names": told}


def own_token(actor: Actor, token_id: int) -> TokenRow:
    """One of them that is not revoked. Raises NotFound. One query."""
    rows = ApiToken.rows.filter(user_id__in=[actor.user_id], pk=token_id, revoked_at=None)
    found = rows.values_list(*_COLUMNS).first()
    if found is None:
        raise NotFound
    return TokenRow(*found)


def field_choices() -> list[OpenField]:
    """What a token can be told to show, in the order of the screen. One query where the company has fields of its own."""
    return list(open_fields().values())


def scope_choices(actor: Actor) -> list[tuple[str, str]]:
    """What a token can be given: of what the API can do, what the actor may, in sentences. No query."""
    asked = {route.guard for route in all_routes() if route.name.startswith("api:")}
    return [
        (f"{key}.{act}", thing.sentence(act, actor.grants[key, act]))
        for key, thing in all_objects().items()
        for act in thing.acts
        if f"{key}.{act}" in asked and (key, act) in actor.grants
    ]


def all_tokens() -> list[tuple[str, str]]:
    """Every API token there ever was, with whose it is. One query."""
    rows = ApiToken.rows.order_by("user__display_name", "pk").values_list("pk", "name", "user__display_name")
    return [(str(pk), _("%(owner)s：%(name)s") % {"owner": owner, "name": name}) for pk, name, owner in rows]
