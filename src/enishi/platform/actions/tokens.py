"""Verbs of API tokens: making, narrowing and revoking one's own."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, objects
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.models import ApiToken, User
from enishi.platform.rights import token_hash

MOST_TOKENS = 20
TOUCHED_EVERY = timedelta(minutes=5)


class TooManyTokens(ActionError):
    code = "token.too_many"
    message = _("APIトークンは20個までです。使っていないものを無効にしてください。")


@dataclass(frozen=True, slots=True)
class NewToken:
    id: int
    token: str  # shown once, stored hashed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a token may do of what its owner may: all, the reading, or only `scopes` ("customer.read"); of which `fields`
    ("customer.email"), None for all; until when, and from where."""

    read_only: bool = True
    scopes: Collection[str] | None = None
    fields: Collection[str] | None = None
    expires_at: datetime | None = None
    networks: Sequence[str] = ()


@action
def create_token(*, name: str, read_only: bool = True, actor: Actor, now: datetime, reach: Reach | None = None) -> NewToken:
    """A token with at most the rights that the actor has when it is used; `reach` says more than `read_only`. Records
    `token.created`.

    Raises NotAllowed (a token makes no tokens), Invalid, TooManyTokens.
    """
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    reach = reach or Reach(read_only=read_only)
    User.rows.select_for_update().get(pk=actor.user_id)  # two requests at once are counted one after the other
    if ApiToken.rows.filter(user_id=actor.user_id, revoked_at=None).count() >= MOST_TOKENS:
        raise TooManyTokens
    token = f"enishi_{secrets.token_urlsafe(32)}"
    columns = _columns(name, reach, actor)
    row = ApiToken.rows.create(user_id=actor.user_id, token_hash=token_hash(token), created_at=now, **columns)
    events.record("token.created", subject=row.pk, customer=None, actor=actor, at=now, data={"read_only": reach.read_only})
    return NewToken(row.pk, token)


def _columns(name: str, reach: Reach, actor: Actor) -> dict[str, object]:
    """What is kept of a token. Raises Invalid: no name, no scope, or one that the actor does not hold."""
    name = name.strip()
    if not name or len(name) > 60:
        raise Invalid(fields={"name": [_("何に使うトークンかを、60文字以内で入力してください。")]})
    scopes = None if reach.scopes is None else sorted(set(reach.scopes))
    if scopes is not None and not scopes:
        raise Invalid(fields={"scopes": [_("できることを、1つ以上選んでください。")]})
    if scopes is not None and not all(tuple(scope.split(".", 1)) in actor.grants for scope in scopes):
        raise Invalid(fields={"scopes": [_("自分にできることだけを選べます。")]})
    fields = None if reach.fields is None else sorted(set(reach.fields))
    if fields is not None and (not fields or set(fields) - set(objects.open_fields())):
        raise Invalid(
            fields={
                "fields": [
                    _("見せる項目を、一覧から1つ以上選んでください。")
                    if not fields
                    else _("一覧にない項目があります。選び直してください。")
                ]
            }
        )
    return {
        "name": name,
        "read_only": reach.read_only if scopes is None else all(scope.endswith(".read") for scope in scopes),
        "scopes": scopes,
        "fields": fields,
        "networks": list(reach.networks),
        "expires_at": reach.expires_at,
    }


@action
def change_token(*, token_id: int, name: str, reach: Reach, actor: Actor, now: datetime) -> None:
    """Let one's own token do more or less from the next call on, with what it was before. Records `token.changed` where any is
    new. Raises NotFound, Invalid."""
    row = _own(token_id, actor)
    columns = _columns(name, reach, actor)
    changed = {key: (before, after) for key, after in columns.items() if (before := getattr(row, key)) != after}
    if not changed:
        return
    for key, (_before, after) in changed.items():
        setattr(row, key, after)
    row.save(update_fields=list(changed))
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, ApiToken, [(row.pk, changed)])
    events.record("token.changed", subject=row.pk, customer=None, actor=actor, at=now)


@action
def revoke_token(*, token_id: int, actor: Actor, now: datetime) -> None:
    """Switch off one's own token; twice is once. Records `token.revoked`. Raises NotFound."""
    row = _own(token_id, actor)
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        events.record("token.revoked", subject=row.pk, customer=None, actor=actor, at=now)


def _own(token_id: int, actor: Actor) -> ApiToken:
    """The actor's own token, locked. Raises NotFound; to another token too."""
    row = ApiToken.rows.select_for_update().filter(pk=token_id, user_id__in=[actor.user_id]).first()
    if row is None or actor.kind != "staff":
        raise NotFound
    return row


@action
def touch_token(*, token_id: int, wall: datetime) -> None:
    """The token was used just now."""
    ApiToken.rows.filter(pk=token_id).update(used_at=wall)
