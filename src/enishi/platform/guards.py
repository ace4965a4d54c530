"""Every route declares its guard; the census test lists those that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from enishi.platform import confirmation, objects, policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed

# How pages of django-allauth are called: for oneself, or open by review.
OWN_ACCOUNT = ("account_", "mfa_")

# Routes of libraries that are open by nature, reviewed here by name.
PUBLIC_ROUTES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_inactive",
        "mfa_authenticate",
        "mfa_login_webauthn",
    }
)


def public[F: Callable[..., HttpResponseBase]](reason: str) -> Callable[[F], F]:
    """Mark a view that answers anyone. `reason` is printed by `enishi routes` and reviewed."""

    def mark(view: F) -> F:
        view.guard = ("public", reason)  # type: ignore[attr-defined]
        return view

    return mark


def stop(view: Callable[..., Any], actor: Actor, object_key: str, action: str) -> None:
    """The one place where a call of a guarded view is refused; `bench guards` puts its own here to see a view without its guard."""
    policy.require(actor, object_key, action)


class NotListed(NotAllowed):
    """A token that shows chosen fields only calls for something else."""

    code = "token.not_listed"


def _listed(actor: Actor, parts: Sequence[str] | None) -> Actor:
    """A token with a list, as it uses an operation that shows these parts; None: one that tells of all fields at once. Raises
    NotListed."""
    missing = [] if parts is None else [part for part in parts if not actor.opens(part)]
    if parts is None:
        raise NotListed(_("項目を選んだトークンでは使えません。すべての項目にかかわる操作です。"))
    if missing:
        known = objects.open_fields()
        names = "・".join(str(known[part].label) for part in missing if part in known)
        raise NotListed(_("このトークンの「見せる項目」に「%(parts)s」がないため、使えません。") % {"parts": names})
    return actor.whole() if parts else actor


def needs[F: Callable[..., Any]](object_key: str, action: str, *, parts: Sequence[str] | None = None) -> Callable[[F], F]:
    """The view, or the operation of the API, answers actors who may do `action` to some `object_key`; others get 403 before it runs.

    `parts`: what a token that shows chosen fields only must have on its list; () where the answer is cut to the list by itself. An
    operation that says nothing is closed to such tokens.
    """

    def mark(view: F) -> F:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            stop(view, request.actor, object_key, action)
            if request.actor.only is not None:
                request.actor = request.auth = _listed(request.actor, parts)
            return view(request, *args, **kwargs)

        guarded.guard = (object_key, action)  # type: ignore[attr-defined]
        guarded.parts = parts  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def confirmed[F: Callable[..., Any]](*, reading: bool = False) -> Callable[[F], F]:
    """The view changes things only for somebody who has shown within ten minutes that they are themself, else it asks first:
    see `platform.confirmation`. With `reading`, it does not even show before. Stands below `needs` or `signed_in`, right
    above the view: `@require_POST`, `@needs("customer", "export")`, `@confirmed()`."""

    def mark(view: F) -> F:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            changes = request.method not in ("GET", "HEAD", "OPTIONS")
            if (changes or reading) and not confirmation.is_recent(request):
                return confirmation.ask(request)
            return view(request, *args, **kwargs)

        guarded.confirmed = True  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def signed_in[F: Callable[..., HttpResponseBase]](view: F) -> F:
    """The view answers every member of staff; what it shows is scoped row by row."""
    view.guard = ("signed_in", "read")  # type: ignore[attr-defined]
    return view


def is_public(view: Callable[..., HttpResponseBase], name: str) -> bool:
    return name in PUBLIC_ROUTES or getattr(view, "guard", ("", ""))[0] == "public"
