"""認証アプリ, passkeys and recovery codes by django-allauth: whose secret is whose, what it is called, and who must have one.

Seeds are sealed with their owner's id bound in, so that a row that was given to somebody else does not open. Recovery codes are
sealed until they are shown, once, and hashed from then on. A code counts once, also where the library's own memory of it is
shorter than the time in which it would be taken.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from hashlib import sha256

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enishi.platform.actor import Actor
from enishi.platform.models import User
from enishi.platform.secrets import seal, unseal
from enishi.platform.words import name_and_words

SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes only stand in for these
_REMEMBERED_FOR = 180  # seconds; a code of an app is taken for 90 at most


def kinds_of(user: User) -> set[str]:
    """By what the user can prove who they are, beside a password. One query."""
    return set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))


_owner: ContextVar[int | None] = ContextVar("owner", default=None)


@contextmanager
def of(user_id: int) -> Iterator[None]:
    """Inside of this block secrets are this user's, whoever makes the request (nobody is signed in at the second step)."""
    token = _owner.set(user_id)
    try:
        yield
    finally:
        _owner.reset(token)


def _place() -> str:
    owner = _owner.get() or context.request.user.pk
    return f"mfa_authenticator|data|user {owner}"


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("確認コードが違うか、もう使われています。新しいコードを入力してください。"),
        "cannot_generate_recovery_codes": _("先に認証アプリかパスキーを登録してください。"),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text, place=_place())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        if encrypted_text.startswith(f"{CODE_HASHER.algorithm}$"):
            return encrypted_text  # a recovery code that nobody reads again; what is typed is hashed before it is compared
        return unseal(base64.b64decode(encrypted_text), place=_place())

    def get_totp_label(self, user: User) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        """As the app lists it. A colon would end the name."""
        return f"Enishi {name_and_words()[0]}".strip().replace(":", "：")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 — the library's word
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("パスキー%(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that passkeys are for: from the settings, never from what a request calls us."""
        return {"id": settings.APP_HOST, "name": "Enishi"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, object]:
        entity: dict[str, object] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.username}


# ---- recovery codes ---------------------------------------------------------------------------------------------------

CODE_HASHER = ScryptPasswordHasher()  # slow and salted, as for passwords: ten figures alone are soon tried
_CODES = "migrated_codes"  # the library's place for codes that are not made from a seed: a list that a used one leaves


def keep_hashed(user_id: int) -> None:
    """Of the recovery codes of a user keep salted hashes alone: they were shown. Twice is once. The hashes of one set share
    their salt, so that a typed code is hashed once and not ten times."""
    with transaction.atomic(), of(user_id):
        row = Authenticator.objects.select_for_update().filter(user_id=user_id, type=Authenticator.Type.RECOVERY_CODES).first()
        if row is None or "seed" not in row.data:
            return
        salt = CODE_HASHER.salt()
        row.data[_CODES] = [CODE_HASHER.encode(code, salt) for code in row.wrap().get_unused_codes()]
        del row.data["seed"], row.data["used_mask"]
        row.save(update_fields=["data"])


def as_kept(user_id: int, code: str) -> str:
    """What a typed code is compared as: one of as many figures as a recovery code by its hash, any other as it is."""
    row = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None or len(code) != settings.MFA_RECOVERY_CODE_DIGITS:
        return code
    if row.data.get("viewed_at"):  # those of before codes were hashed
        keep_hashed(user_id)
        row.refresh_from_db()
    kept = row.data.get(_CODES)
    return CODE_HASHER.encode(code, str(CODE_HASHER.decode(kept[0])["salt"])) if kept else code


def read_code(typed: str) -> str:
    """What was typed, in half-width and without the space that apps show in the middle."""
    return "".join(unicodedata.normalize("NFKC", typed).split())


def use_up(user_id: int, code: str) -> bool:
    """Whether this is the first use of a right code; from now on it is none."""
    digest = sha256(code.encode()).hexdigest()
    return bool(cache.add(f"signin.code:{user_id}:{digest}", 1, _REMEMBERED_FOR))


def offered_secret(user: User, *, renew: bool) -> str:
    """The secret that the page of enrolment shows, kept sealed in the session until its first code proves it."""
    session = context.request.session
    with of(user.pk):
        adapter = MFAAdapter()
        if renew or SECRET_SESSION_KEY not in session:
            session[SECRET_SESSION_KEY] = adapter.encrypt(generate_totp_secret())
        return adapter.decrypt(session[SECRET_SESSION_KEY])


# ---- who must have one -----------------------------------------------------------------------------------------------

METHOD, BY_COMPANY = "method", "socialaccount"  # key of the session: by what its user came in; the library's word for the company
GUARDED_ACTS = frozenset({"export", "send", "configure", "reveal"})


def is_required(actor: Actor, user: User | AnonymousUser) -> date | None:
    """The day from which this user must have a second factor: the company asks for it of all whose roles export, send,
    configure or reveal. None: of this one it does not."""
    starts_on: date | None = getattr(user, "second_factor_from", None)
    if starts_on is None or actor.kind != "staff" or not any(act in GUARDED_ACTS for _thing, act in actor.grants):
        return None
    return starts_on


def missing_from(actor: Actor, user: User | AnonymousUser, session: SessionBase) -> date | None:
    """The day from which this user, who has none yet, gets no further without; None where nothing is missing. No query:
    the facts came with the user of the session."""
    if getattr(user, "has_second_factor", True) or is_vouched_for(user, session):
        return None
    return is_required(actor, user)


def is_vouched_for(user: User | AnonymousUser, session: SessionBase) -> bool:
    """Whether this session came in by the company's account, whose second factor the administrator trusts. A password of
    ours proves nothing of the kind, also where the same user could have come by the company."""
    return bool(getattr(user, "company_vouches", False)) and session.get(METHOD) == BY_COMPANY
