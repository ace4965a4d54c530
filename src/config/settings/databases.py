"""Which database role this process speaks as.

Web requests run as the `app` role, jobs as `worker`, migrations as `owner`. A server that gives one role
only (`DATABASE_URL`) uses it for all three; the status page says so.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.settings.environment import Environment


def parse_url(url: str) -> dict[str, Any]:
    """Django's database dictionary for a `postgresql://user:password@host:port/name?sslmode=…` address."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def databases(env: Environment) -> dict[str, dict[str, Any]]:
    """The one connection of this process, as the role it speaks as."""
    by_role = {"owner": env.database_url_owner, "app": env.database_url_app, "worker": env.database_url_worker}
    url = by_role[env.role] or env.database_url
    if not url:
        url = "postgresql://enishi@127.0.0.1:1/enishi"  # commands that need no database still start
    return {"default": parse_url(url)}
