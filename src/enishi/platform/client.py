"""Who is at the other end of a request: the address that we trust, and what the browser calls itself."""

from __future__ import annotations

import re

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.translation import gettext as _

# In this order: Edge also says Chrome, Chrome also says Safari.
_BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMac OS X\b|\bMacintosh\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


def ip_of(request: HttpRequest) -> str:
    """The true peer, or what the trusted proxies in front (ENISHI_TRUSTED_PROXIES) say of it; no other header counts."""
    try:
        found = get_client_ip(request)
    except ImproperlyConfigured:  # fewer addresses than proxies: somebody came past them, and is who they are
        found = request.META.get("REMOTE_ADDR")
    return found or "0.0.0.0"  # noqa: S104 — nobody's address, as written where none is known


def agent_of(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[:200]


def device_words(agent: str) -> str:
    """「Chrome・Windows」 for people who look for their own devices in a list. Says nothing that can be relied on."""
    return device_name(agent) or _("不明な端末")


def device_name(agent: str) -> str:
    """The same, in every language; empty where nothing is known."""
    found = [next((name for name, pattern in names if re.search(pattern, agent)), "") for names in (_BROWSERS, _SYSTEMS)]
    return "・".join(part for part in found if part)
