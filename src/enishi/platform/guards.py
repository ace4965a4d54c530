"""Every route declares its guard; the census test lists those that do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase

from enishi.platform import policy

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
    }
)


def public[F: Callable[..., HttpResponseBase]](reason: str) -> Callable[[F], F]:
    """Mark a view that answers anyone. `reason` is printed by `enishi routes` and reviewed."""

    def mark(view: F) -> F:
        view.guard = ("public", reason)  # type: ignore[attr-defined]
        return view

    return mark


def needs[F: Callable[..., Any]](object_key: str, action: str) -> Callable[[F], F]:
    """The view, or the operation of the API, answers actors who may do `action` to some `object_key`; others get 403 before it runs."""

    def mark(view: F) -> F:
        from functools import wraps

        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            policy.require(request.actor, object_key, action)
            return view(request, *args, **kwargs)

        guarded.guard = (object_key, action)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def signed_in[F: Callable[..., HttpResponseBase]](view: F) -> F:
    """The view answers every member of staff; what it shows is scoped row by row."""
    view.guard = ("signed_in", "read")  # type: ignore[attr-defined]
    return view


def is_public(view: Callable[..., HttpResponseBase], name: str) -> bool:
    return name in PUBLIC_ROUTES or getattr(view, "guard", ("", ""))[0] == "public"
