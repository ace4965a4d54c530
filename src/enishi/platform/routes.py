"""The census of routes: every URL pattern of every host, with the guard its view declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from inspect import getclosurevars, isfunction
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.operation import Operation, PathView

from enishi.platform.guards import OWN_ACCOUNT, is_public


@dataclass(frozen=True, slots=True)
class Route:
    host: str  # app, track, files
    name: str
    route: str
    methods: tuple[str, ...]  # said by `platform.http`
    guard: str  # "object.action", "signed_in", "public: reason", "" where none was declared
    public: bool
    app: str  # whose it is; "" for a library's

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def all_routes() -> list[Route]:
    tables = {"app": settings.ROOT_URLCONF, "track": settings.TRACK_URLCONF, "files": settings.FILES_URLCONF}
    return [
        found
        for host, table in tables.items()
        for name, route, view in _walk(get_resolver(table), "", "")
        for found in (_operations(host, name, route, view) or [_route(host, name, route, view)])
    ]


def _operations(host: str, name: str, route: str, view: Callable[..., Any]) -> list[Route]:
    return [
        Route(host, name, route, tuple(operation.methods), ".".join(getattr(operation.view_func, "guard", ())), False, app_of(view))
        for operation in operations(view)
    ]


def operations(view: Callable[..., Any]) -> list[Operation]:
    """The operations of the API behind one address; none for a page."""
    paths = getclosurevars(view).nonlocals.get("self") if isfunction(view) else None
    return paths.operations if isinstance(paths, PathView) else []


@cache
def app_of(view: Callable[..., Any]) -> str:
    """The app whose view this is, or whose operations; "" for one of a library."""
    found = operations(view)
    owner = str(getattr(found[0].view_func if found else view, "__module__", ""))
    return owner.split(".")[1] if owner.startswith("enishi.") else ""


def _walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, route, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or ''}", route, pattern.callback


def _route(host: str, name: str, route: str, view: Callable[..., Any]) -> Route:
    declared = getattr(view, "guard", None)
    if declared is None and is_public(view, name):
        declared = ("public", "sign-in page of django-allauth")
    if declared is None and name.startswith(OWN_ACCOUNT):
        declared = ("signed_in", "own account")
    guard = "" if declared is None else (f"public: {declared[1]}" if declared[0] == "public" else ".".join(declared))
    methods = getattr(view, "methods", ("GET", "POST") if name.startswith(OWN_ACCOUNT) else ())
    return Route(host, name, route, methods, guard, guard.startswith("public"), app_of(view))
