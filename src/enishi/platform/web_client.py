"""Calls to web servers that an administrator named: every connection by `platform.egress`, https, no redirects, bounded in time."""

from __future__ import annotations

import functools
import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from enishi.platform.egress import open_web_connection

SECONDS = 10.0


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return open_web_connection(self.host, self.port or 80, SECONDS)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return open_web_connection(self.host, self.port or 443, SECONDS)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def session() -> requests.Session:
    """Raises EgressRefused, where it is used, for a host that may not be called; the environment's proxies count for nothing."""
    made = requests.Session()
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter(max_retries=0))
    made.request = functools.partial(made.request, timeout=SECONDS, allow_redirects=False)  # type: ignore[method-assign]
    return made
