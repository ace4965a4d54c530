"""The only door to a host that a user named: the address is decided at the moment of connecting.

A name is looked up once, every address found must be public, and the connection goes to one of those very addresses,
so that neither a spelling (`0x7f.1`), nor a mapped address, nor a name that changes its answer leads inside. Where the
lookup fails, the answer is no. What may be called although it is not public is listed in `ENISHI_EGRESS_ALLOW`
(`host`, `host:port`, an address or a network, IPv6 in brackets), which is how a demo reaches its own mailbox.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeout
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import ActionError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type Resolver = Callable[[str, int], Sequence[str]]

MAIL_PORTS = frozenset({25, 465, 587, 2525})
WEB_PORTS = frozenset({443})
DIRECTORY_PORTS = frozenset({389, 636, 3269})

_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:]+):(?P<port>\d{1,5})")
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
_EMBEDDING = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))


class EgressRefused(ActionError):
    """This installation does not connect there."""

    code = "egress.refused"
    message = _("この接続先には接続できません。")
    status = 422


class PortNotAllowed(EgressRefused):
    code = "egress.port"
    message = _("このポートには接続できません。メールの送信には 587、465、25、2525 のどれかを使います。")


class WebPortNotAllowed(PortNotAllowed):
    message = _("このポートには接続できません。https（443）だけを使えます。")


class DirectoryPortNotAllowed(PortNotAllowed):
    message = _("このポートには接続できません。LDAPS は 636、StartTLS は 389 を使います。")


class AddressNotPublic(EgressRefused):
    code = "egress.not_public"
    message = _("社内や自分自身のアドレスには接続できません。必要なときは管理者が ENISHI_EGRESS_ALLOW に接続先を加えてください。")


class NameNotFound(EgressRefused):
    code = "egress.name_not_found"
    message = _("サーバー名が見つかりません。つづりを確かめてください。")


def open_web_connection(host: str, port: int, timeout: float, *, resolve: Resolver | None = None) -> socket.socket:
    """A connected socket to a web server on port 443, or where the list allows; TLS is the caller's. `timeout` as below. Raises
    EgressRefused, OSError."""
    deadline = time.monotonic() + timeout
    connection = _connect(checked_addresses(host, port, timeout=timeout, resolve=resolve, ports=WEB_PORTS), port, deadline)
    connection.settimeout(timeout)
    return connection


def open_mail_connection(
    host: str, port: int, timeout: float, *, tls: ssl.SSLContext | None = None, resolve: Resolver | None = None
) -> socket.socket:
    """A connected socket to a mail server; with `tls`, encrypted from the first byte and its certificate checked for `host`.

    `timeout` seconds bound name, connection and TLS together and stay on the socket. Raises EgressRefused (its children
    say why) before anything is sent, and OSError (refused, timed out, `ssl.SSLError`) where the connection fails.
    """
    deadline = time.monotonic() + timeout
    addresses = checked_addresses(host, port, timeout=timeout, resolve=resolve)
    connection = _connect(addresses, port, deadline)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        if tls is not None:
            connection = tls.wrap_socket(connection, server_hostname=host)
        connection.settimeout(timeout)
    except BaseException:
        connection.close()
        raise
    return connection


def open_directory_connection(host: str, port: int, timeout: float, *, resolve: Resolver | None = None) -> socket.socket:
    """A connected socket to a directory; TLS is the caller's, before anything that matters is said. `timeout` as above. Raises
    EgressRefused, OSError."""
    deadline = time.monotonic() + timeout
    connection = _connect(checked_addresses(host, port, timeout=timeout, resolve=resolve, ports=DIRECTORY_PORTS), port, deadline)
    connection.settimeout(timeout)
    return connection


_NOT_ALLOWED: dict[frozenset[int], type[PortNotAllowed]] = {WEB_PORTS: WebPortNotAllowed, DIRECTORY_PORTS: DirectoryPortNotAllowed}


def checked_addresses(
    host: str, port: int, *, timeout: float, resolve: Resolver | None = None, ports: frozenset[int] = MAIL_PORTS
) -> list[Address]:
    """The addresses of a host, all of which may be connected to. Raises PortNotAllowed, NameNotFound, AddressNotPublic."""
    host = host.strip().lower()
    allow = [_Allowed(entry) for entry in settings.EGRESS_ALLOW]
    if port not in ports and not any(entry.port == port for entry in allow):
        raise _NOT_ALLOWED.get(ports, PortNotAllowed)
    addresses = [_literal(host)] if _looks_numeric(host) else _looked_up(host, port, timeout, resolve or _system_resolver)
    for address in addresses:
        listed = any(entry.covers(host, address, port) for entry in allow)
        if not listed and (port not in ports or not is_public(address)):
            raise AddressNotPublic
    return addresses


def is_public(address: Address) -> bool:
    """May anybody in the world have this address? An IPv4 address inside an IPv6 one is judged as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address.scope_id is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback)


class _Allowed:
    """One entry of the setting."""

    def __init__(self, entry: str) -> None:
        match = _PORT.fullmatch(entry)
        host = (match["host"] if match else entry).strip("[]").lower()
        self.port = int(match["port"]) if match else None
        self.network: Network | None
        try:
            self.network, self.name = ipaddress.ip_network(host, strict=False), ""
        except ValueError:
            self.network, self.name = None, host

    def covers(self, host: str, address: Address, port: int) -> bool:
        if self.port not in (None, port):
            return False
        return address in self.network if self.network is not None else host == self.name


def _looks_numeric(host: str) -> bool:
    return ":" in host or "[" in host or "%" in host or _NUMERIC.fullmatch(host) is not None


def _literal(host: str) -> Address:
    """A host written in numbers is read strictly: no octal, hexadecimal or shortened forms."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError as error:
        raise AddressNotPublic from error


def _looked_up(host: str, port: int, timeout: float, resolve: Resolver) -> list[Address]:
    if not _NAME.fullmatch(host) or len(host) > 253:
        raise NameNotFound
    try:
        found = _lookups().submit(resolve, host, port).result(timeout)
        addresses = [ipaddress.ip_address(each) for each in dict.fromkeys(found)]
    except (OSError, ValueError, UnicodeError, LookupTimeout) as error:
        raise NameNotFound from error
    if not addresses:
        raise NameNotFound
    return addresses


def _system_resolver(host: str, port: int) -> list[str]:
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@lru_cache(maxsize=1)
def _lookups() -> ThreadPoolExecutor:
    """The system's lookup cannot be given a time limit, so it runs beside us and is left behind when it is late."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="egress-lookup")


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a mapped, translated, 6to4 or Teredo address leads to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _EMBEDDING) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _connect(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """Try the checked addresses in turn; the last failure is raised."""
    failure: OSError = TimeoutError("timed out")
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return _connected(address, port, left)
        except OSError as error:
            failure = error
    raise failure


def _connected(address: Address, port: int, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection
