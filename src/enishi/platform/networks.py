"""From where people and tokens may come: lists of addresses and networks, held against the address that we trust."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from enishi.platform.errors import Invalid
from enishi.platform.models import ApiToken, User

MOST = 200

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(typed: str) -> list[str]:
    """What was typed, an address or a network a line, in its plain form. Raises Invalid (field "") naming the lines that are none."""
    found, wrong = [], []
    for line in typed.replace(",", "\n").splitlines():
        if not (text := line.strip()):
            continue
        try:
            found.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            wrong.append(text[:40])
    if wrong:
        raise Invalid(
            fields={"": [_("IPアドレスとして読めません：%(lines)s。例：203.0.113.5、203.0.113.0/24") % {"lines": "、".join(wrong)}]}
        )
    if len(found) > MOST:
        raise Invalid(fields={"": [_("%(n)d行までにしてください。") % {"n": MOST}]})
    return list(dict.fromkeys(found))


def is_within(networks: Iterable[str], ip: str) -> bool:
    """Whether the address lies in one of the networks. An IPv4 address written as an IPv6 one is itself."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network) for network in networks)


def may_come(user: User | ApiToken | AnonymousUser, ip: str) -> bool:
    """Whether somebody, or their token, may work from there: inside of the company's list and of the list of each of their roles
    that has one. No query: the lists came with the user (`rules_of_users`), or the token (`rights`)."""
    lists: list[Sequence[str]] = [getattr(user, "company_networks", None) or [], *(getattr(user, "role_networks", None) or [])]
    return all(is_within(networks, ip) for networks in lists if networks)
